"""The market: pure functions of arrays, one month in :mod:`chipgate.market.step`, a run in ``simulate``."""
