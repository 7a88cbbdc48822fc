"""The parts of the fit, each against what is known of it."""

from datetime import date

import numpy as np
import pytest
from chipgate.inference.fit import Problem, checked, mode
from chipgate.inference.psis import smoothed
from helpers import embedded
from scipy import stats

from chipgate.inference.errors import Errors
from chipgate.inference.paths import Paths
from chipgate.inference.smooth import Smooth
from chipgate.setup.posterior import latest

DAY = date(2025, 8, 17)
NAMES = ("choice.lam", "choice.alpha_training", "taste.h20", "path:budget.total", "budget.total.2024", "cost.chip.h20",
         "path:supply.h20", "supply.h20.2024_08", "path:huawei.packaging", "price.vendor_share", "beijing.pass.2",
         "episode:h20", "grey.scale.h100", "orders.pull_multiple")  # fmt: skip


@pytest.fixture(scope="module")
def paths() -> Paths:
    return Paths(embedded(), DAY, NAMES)


class Straight(Paths):
    """Paths whose figures are log-linear in the scores, so that all is known of the fit."""

    def __init__(self, paths: Paths, slope: np.ndarray) -> None:
        self.rows, self.names, self.slope = paths.rows, paths.names, slope

    def said(self, scores: np.ndarray) -> np.ndarray:
        value = np.array([row.value for row in self.rows])[:, None]
        return value * np.exp(self.slope @ scores)


def test_the_map_in_jax_is_that_of_the_setup(paths: Paths) -> None:
    smooth = Smooth(Problem(paths, Errors.of(paths.rows)))
    rng = np.random.default_rng(1)
    for _ in range(3):
        assert smooth.gap(rng.normal(size=len(NAMES))) < 1e-6


@pytest.mark.parametrize("day", [date(2024, 9, 30), DAY, date(2026, 6, 30)])
def test_so_it_is_at_every_shipped_mean(day: date) -> None:
    found = latest(embedded(), day)
    assert found is not None
    there = Paths(embedded(), found.as_of, found.names)
    assert Smooth(Problem(there, Errors.of(there.rows))).gap(found.mean) < 1e-6


def test_mode_and_spread_of_a_straight_problem(paths: Paths) -> None:
    rng = np.random.default_rng(2)
    straight = Straight(paths, 0.05 * rng.normal(size=(len(paths.rows), len(NAMES))))
    problem = Problem(straight, Errors.of(paths.rows))
    found = mode(problem, start=0.5 * rng.normal(size=problem.size))
    assert found.diagnostics["newton_decrement"] < 0.1
    near = found.mean[:, None] + 0.3 * rng.normal(size=(problem.size, 50))
    assert (problem.loss(near) > problem.loss(found.mean[:, None])[0]).all()
    assert (np.linalg.eigvalsh(found.covariance) < 1.0001).all()  # a figure never widens a prior
    told = checked(problem, found, rng, draws=2_000, rounds=3)
    assert told.diagnostics["importance"][-1]["k_hat"] < 0.9  # misfits and biases alone bend the density


def test_weights_smoothed_by_their_tail() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(4_000)
    weight, shape = smoothed(stats.norm(0.5, 0.8).logpdf(x) - stats.norm.logpdf(x))
    assert weight.sum() == pytest.approx(1)
    assert (weight * x).sum() == pytest.approx(0.5, abs=0.06)
    assert shape < 0.5
    narrow = 0.25 * x  # a proposal far too narrow
    assert smoothed(stats.norm.logpdf(narrow) - stats.norm(0, 0.25).logpdf(narrow))[1] > 0.7


def test_figures_drawn_from_the_errors_look_like_the_errors(paths: Paths) -> None:
    errors = Errors.of(paths.rows)
    rng = np.random.default_rng(4)
    said = np.repeat(np.array([row.value for row in paths.rows])[:, None] * 1.1, 4_000, axis=1)
    nuisance = np.zeros((len(errors.names), 4_000))
    drawn = errors.draw(said, nuisance, rng)
    assert drawn.shape == said.shape
    assert (drawn > 0).all()
    residual, _ = errors.scales(said, nuisance)
    value = np.array([row.value for row in paths.rows])
    revenue = [i for i, row in enumerate(paths.rows) if row.kind == "revenue"]
    middle = np.median(np.log(drawn[revenue]), axis=1)
    np.testing.assert_allclose(middle, np.log(value[revenue]) + residual[revenue, 0], atol=0.06)
