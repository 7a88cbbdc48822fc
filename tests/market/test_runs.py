"""Whole runs: precision, repeatability, kept numbers, convergence."""

import json

import numpy as np
import pytest
from small_market import GOLDEN, KEPT, built, summary

from chipgate.metrics import METRICS
from chipgate.results.execute import execute

DISCRETE = {"binding_gate", "binding_gate_by_chip", "binding_input", "beijing_level"}
"""Metrics that count which of several is largest: a tie may fall either way."""
STOCKS = {"maker_stock"}
"""What is made less what is delivered, summed over years: it carries the rounding of those larger flows."""


@pytest.fixture(scope="module")
def single():
    return execute(built())


def test_single_precision_equals_double(single) -> None:
    double = execute(built(), dtype="float64")
    assert single.converged.all()
    assert double.converged.all()
    for name in METRICS:
        left, right = np.asarray(single.values[name], float), np.asarray(double.values[name], float)
        known = np.isfinite(right)
        np.testing.assert_array_equal(known, np.isfinite(left), err_msg=name)
        gap = np.abs(np.where(known, left - right, 0.0))
        if name in DISCRETE:
            assert (gap > 0).mean() < 1e-3, name
        else:
            # Against the largest month of the same entry; differences of large numbers against those numbers.
            size = np.abs(np.where(known, right, 0.0))
            scale = np.maximum(size.max(axis=0), 1e-3 * size.max())
            bound = 1e-3 if name in STOCKS else 3e-4
            assert (gap <= bound * scale).all(), (name, float((gap / np.maximum(scale, 1e-30)).max()))


def test_same_seed_same_bits(single) -> None:
    again = execute(built())
    for name in METRICS:
        assert single.values[name].tobytes() == again.values[name].tobytes(), name


def test_some_metrics_alone_are_the_same(single) -> None:
    alone = execute(built(), names=["revenue"])
    assert list(alone.values) == ["revenue"]
    assert alone.values["revenue"].tobytes() == single.values["revenue"].tobytes()


def test_kept_numbers(single) -> None:
    """After an intended change run ``python tests/market/small_market.py`` and look at the difference."""
    kept, now = json.loads(GOLDEN.read_text()), summary(single)
    assert list(kept) == list(KEPT) == list(now)
    for name, values in kept.items():
        np.testing.assert_allclose(now[name], values, rtol=1e-3, atol=1e-4 * max(map(abs, values)), err_msg=name)


@pytest.mark.parametrize("scenario", ["h20-reopened", "full-embargo", "no-controls", "h20-fee-50"])
def test_prices_converge(scenario: str) -> None:
    """Every draw in every month, in far fewer sweeps than the cap."""
    run = execute(built(128, None, scenario), names=["revenue"])
    assert run.converged.all(), run.residual.max()
    assert run.sweeps < 25
