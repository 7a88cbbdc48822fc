"""Errors of published figures in forecasts."""

import numpy as np
import pytest
from helpers import embedded
from scipy.special import logit

from chipgate.inference.errors import published_error
from chipgate.scoring.noise import scattered, spread_of


def test_a_source_that_counts_too_high_is_forecast_higher() -> None:
    seen = embedded().observations["hw_910b_2024"]  # units in the press
    own = embedded().figure_errors["bias:units:press"]
    # The fit found that what the model says lies below such figures: y - y_0 = bias < 0.
    fitted = {"bias:units:press": {"mean": -1.0, "sd": 0.5}, "misfit:domestic": {"mean": 2.0, "sd": 0.0}}
    centre, scale = published_error(seen, fitted)
    size = embedded().figure_errors["misfit:domestic"]
    assert centre == pytest.approx(own.spread - own.centre)
    assert scale == pytest.approx(np.hypot(size.centre * np.exp(2.0 * size.spread), 0.5 * own.spread))
    draws = np.full(3, 1e5)
    low, middle, high = scattered(draws, seen, np.array([0.1, 0.5, 0.9]), fitted, fraction=False)
    assert middle == pytest.approx(1e5 * np.exp(centre))
    assert np.log(high / middle) == pytest.approx(np.log(middle / low))
    assert np.log(high / middle) == pytest.approx(1.5332 * np.hypot(scale, spread_of(seen)), rel=1e-3)  # t, 4 degrees


def test_a_definition_that_the_target_bridges_has_no_bias_of_its_own() -> None:
    seen = embedded().observations["dom_units_2025_idc"]
    assert published_error(seen, {})[0] == 0.0


def test_odds_of_a_share_scatter_and_nothing_stays_nothing() -> None:
    seen = embedded().observations["share_nvda_2024_bern"]
    draws = np.array([0.0, 0.5, 0.9, 0.999999])
    u = np.full(4, 0.8)
    found = scattered(draws, seen, u, {}, fraction=True)
    assert found[0] == 0.0
    assert ((found > 0) | (draws == 0)).all()
    assert (found < 1).all()
    moves = logit(found[1:3]) - logit(draws[1:3])
    assert moves[0] == pytest.approx(moves[1])
    assert moves[0] > 0
