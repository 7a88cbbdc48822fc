"""Naive forecasts from a target's own published past, each with the spread of its own past errors.

All work on asinh(value / scale), which is a logarithm for large values and lets nought be nought.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from chipgate.scoring.history import Past

Draws = NDArray[np.float64]
MEMBERS: Final = 199
"""Evenly spaced quantiles of a naive forecast."""
NAMES: Final = ("persistence", "drift", "ar", "ets")
_SPREAD: Final = 0.35
"""Spread a quarter where the past shows none; it counts as one past error. Ours."""
_LEAST: Final = {"persistence": 1, "drift": 3, "ar": 7, "ets": 6}
"""Figures of the past without which a method says nothing."""
_MOST_STEP: Final = 3.0
_NORMAL: Final = ndtri((np.arange(MEMBERS) + 0.5) / MEMBERS)


def naive(past: Sequence[Past], at: float, scale: float, factor: float = 1.0) -> dict[str, Draws]:
    """Forecasts by name; only those for which the past is long enough.

    Args:
        past: Figures of the past, oldest first.
        at: Middle of the period that is forecast, in quarters.
        factor: Months of the period for a flow, 1 for a level.
    """
    if not past:
        return {}
    y = np.arcsinh(np.array([p.value for p in past]) * factor / scale)
    t = np.array([p.at for p in past])
    found = {}
    for name in NAMES:
        if len(y) >= _LEAST[name]:
            moved = _METHODS[name](y, t, max(at - t[-1], 0.5))
            if moved is not None:
                centre, spread = moved
                draws = np.sinh(centre + spread * _NORMAL) * scale
                found[name] = np.maximum(draws, 0.0) if (y >= 0).all() else draws
    return found


def _step_spread(y: Draws, t: Draws, drift: float = 0.0) -> float:
    """Spread a quarter of the steps of the past about a drift, with one assumed error beside them."""
    gaps = np.maximum(np.diff(t), 0.25)
    errors = (np.diff(y) - drift * gaps) / np.sqrt(gaps)
    return float(np.sqrt((np.sum(errors**2) + _SPREAD**2) / (len(errors) + 1)))


def _persistence(y: Draws, t: Draws, ahead: float) -> tuple[float, float]:
    return float(y[-1]), _step_spread(y, t) * float(np.sqrt(ahead))


def _drift(y: Draws, t: Draws, ahead: float) -> tuple[float, float]:
    span = max(float(t[-1] - t[0]), 0.5)
    slope = float(y[-1] - y[0]) / span
    spread = _step_spread(y, t, slope)
    # The slope is itself uncertain.
    moved = float(np.clip(slope * ahead, -_MOST_STEP, _MOST_STEP))
    return float(y[-1]) + moved, spread * float(np.sqrt(ahead + ahead**2 / span))


def _ar(y: Draws, t: Draws, ahead: float) -> tuple[float, float] | None:
    """An autoregression of the first order; figures count as one step apart."""
    from statsmodels.tsa.ar_model import AutoReg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = AutoReg(y, lags=1, trend="c").fit()
    constant, slope = float(fitted.params[0]), float(np.clip(fitted.params[1], -0.99, 0.99))
    steps = _steps(t, ahead)
    centre, variance = float(y[-1]), 0.0
    noise = float(np.sqrt((float(np.sum(fitted.resid**2)) + _SPREAD**2) / (len(fitted.resid) + 1)))
    for _ in range(steps):
        centre, variance = constant + slope * centre, variance * slope**2 + noise**2
    return (centre, float(np.sqrt(variance))) if np.isfinite(centre) else None


def _ets(y: Draws, t: Draws, ahead: float) -> tuple[float, float] | None:
    """Exponential smoothing with an additive error and no trend."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = ETSModel(y, error="add", trend=None).fit(disp=False)
        except (ValueError, np.linalg.LinAlgError):
            return None
    resid = np.asarray(fitted.resid)
    noise = float(np.sqrt((float(np.sum(resid**2)) + _SPREAD**2) / (len(resid) + 1)))
    alpha = float(np.clip(fitted.smoothing_level, 0, 1))
    steps = _steps(t, ahead)
    centre = float(np.asarray(fitted.forecast(1))[-1])
    return (centre, noise * float(np.sqrt(1 + (steps - 1) * alpha**2))) if np.isfinite(centre) else None


def _steps(t: Draws, ahead: float) -> int:
    usual = float(np.median(np.diff(t))) if len(t) > 1 else 1.0
    return max(round(ahead / max(usual, 0.25)), 1)


_METHODS: Final[dict[str, Callable[[Draws, Draws, float], tuple[float, float] | None]]] = {
    "persistence": _persistence, "drift": _drift, "ar": _ar, "ets": _ets,
}  # fmt: skip
