"""Scores against closed forms and by hand."""

import numpy as np
import pytest
import scoringrules
from scipy.stats import norm

from chipgate.scoring.baselines import MEMBERS
from chipgate.scoring.scores import score


def crps_of_normal(observed: float, mean: float, spread: float) -> float:
    """Gneiting and Raftery (2007), equation 21."""
    z = (observed - mean) / spread
    return float(spread * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)))


@pytest.mark.parametrize("observed", [-1.0, 2.0, 2.7, 9.0])
def test_crps_of_many_draws_is_that_of_the_normal(observed: float) -> None:
    draws = np.random.default_rng(1).normal(2.0, 1.5, 40_000)
    assert score(draws, observed, 1.0).crps == pytest.approx(crps_of_normal(observed, 2.0, 1.5), rel=0.02)


def test_crps_of_evenly_spaced_quantiles_is_that_of_the_normal() -> None:
    quantiles = norm.ppf((np.arange(MEMBERS) + 0.5) / MEMBERS, 2.0, 1.5)
    found = score(quantiles, 2.7, 1.0, sample=False)
    assert found.crps == pytest.approx(crps_of_normal(2.7, 2.0, 1.5), rel=0.01)


def test_three_draws_by_hand() -> None:
    found = score(np.array([1.0, 2.0, 3.0]), 4.0, 1.0)
    assert found.crps == pytest.approx(2 - 2 / 3)  # mean distance 2, less half the mean distance of two draws, 4/3
    assert found.pit == 1.0
    assert found.quantiles[3] == 2.0
    assert found.z == pytest.approx((4 - 2) / ((2.9 - 2) / 1.6448536))
    assert not found.covers(4.0, 90)
    assert found.covers(2.4, 50)


def test_a_point_mass_has_finite_scores() -> None:
    zeros = np.zeros(50)
    hit, miss = score(zeros, 0.0, 1e7), score(zeros, 5e8, 1e7)
    assert (hit.z, hit.pit, hit.crps) == (0.0, 0.5, 0.0)
    assert hit.covers(0.0, 50)
    assert np.isfinite([miss.z, miss.log_score, miss.crps]).all()
    assert miss.log_score > hit.log_score


def test_log_score_is_that_of_the_density_and_bounded_far_out() -> None:
    draws = np.sinh(np.random.default_rng(2).normal(3.0, 0.5, 20_000))
    near = score(draws, float(np.sinh(3.0)), 1.0)
    assert near.log_score == pytest.approx(-norm.logpdf(0.0, 0, 0.5), abs=0.06)
    assert score(draws, float(np.sinh(9.0)), 1.0).log_score < 10


def test_pit_of_the_true_distribution_is_even() -> None:
    rng = np.random.default_rng(3)
    found = [score(rng.normal(0, 1, 200), float(rng.normal()), 1.0) for _ in range(400)]
    assert np.mean([f.pit for f in found]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([-1.6 < f.z < 1.6 for f in found]) == pytest.approx(0.89, abs=0.05)


def test_sorting_gives_the_fair_estimate() -> None:
    draws = np.random.default_rng(5).normal(0, 1, 60)
    assert score(draws, 0.4, 1.0).crps == pytest.approx(scoringrules.crps_ensemble(0.4, draws, estimator="fair"))
    every = score(draws, 0.4, 1.0, sample=False).crps
    assert every == pytest.approx(scoringrules.crps_ensemble(0.4, draws, estimator="nrg"))
