"""Naive forecasts on made-up series."""

import numpy as np
import pytest

from chipgate.scoring.baselines import naive
from chipgate.scoring.history import Past

SCALE = 1.0


def series(values: list[float]) -> list[Past]:
    return [Past(value, float(i)) for i, value in enumerate(values)]


def median(draws: np.ndarray) -> float:
    return float(np.median(draws))


def test_no_past_no_forecast() -> None:
    assert naive([], 1.0, SCALE) == {}


def test_one_figure_gives_persistence_alone() -> None:
    found = naive(series([50.0]), 1.0, SCALE)
    assert list(found) == ["persistence"]
    assert median(found["persistence"]) == pytest.approx(50.0)


def test_persistence_spreads_with_the_distance() -> None:
    past = series([50.0, 60.0, 40.0])
    near, far = (np.std(np.log(naive(past, at, SCALE)["persistence"])) for at in (3.0, 6.0))
    assert far == pytest.approx(2 * near, rel=0.01)  # four steps against one


def test_drift_goes_on_with_the_trend() -> None:
    found = naive(series([10.0, 20.0, 40.0, 80.0]), 4.0, SCALE)
    assert median(found["drift"]) == pytest.approx(160, rel=0.02)
    assert median(found["persistence"]) == pytest.approx(80)


def test_ar_returns_to_the_mean_and_ets_smooths() -> None:
    rng = np.random.default_rng(4)
    values = list(np.exp(4 + 0.2 * rng.normal(size=30)))
    values[-1] = np.exp(5.0)
    found = naive(series(values), 33.0, SCALE)
    assert median(found["ar"]) == pytest.approx(np.exp(4.0), rel=0.2)
    assert median(found["ets"]) < 0.9 * median(found["persistence"])


def test_a_flow_is_scaled_by_the_length_of_its_period() -> None:
    assert median(naive(series([10.0]), 1.0, SCALE, factor=12.0)["persistence"]) == pytest.approx(120)


def test_nought_stays_near_nought() -> None:
    found = naive(series([0.0]), 1.0, 1e7)["persistence"]
    assert 0.0 <= found.min() <= median(found) < 1.0
    assert np.isfinite(found).all()
