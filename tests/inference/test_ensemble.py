"""The parts of the fit, each against what is known of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from helpers import embedded

from chipgate.inference import ensemble
from chipgate.inference.ensemble import Problem, estimated, fitted, smoothed
from chipgate.inference.errors import Errors, assumed
from chipgate.inference.nuts import Size, sampled
from chipgate.inference.paths import Paths
from chipgate.inference.smooth import Smooth, moves
from chipgate.setup.posterior import latest

DAY = date(2025, 8, 17)
NAMES = ("choice.lam", "choice.alpha_training", "taste.h20", "path:budget.total", "budget.total.2024", "cost.chip.h20",
         "path:supply.h20", "supply.h20.2024_08", "path:huawei.packaging", "price.vendor_share", "beijing.pass.2",
         "episode:h20", "grey.scale.h100", "orders.pull_multiple", "together:demand")  # fmt: skip


@pytest.fixture(scope="module")
def paths() -> Paths:
    return Paths(embedded(), DAY, NAMES)


class Straight(Paths):
    """Paths whose figures are log-linear in the scores, so that all is known of the fit.

    Their medians differ from the figures by up to ``scatter``.
    """

    scatter = 0.4

    def __init__(self, paths: Paths, slope: np.ndarray) -> None:
        self.rows, self.names, self.slope = paths.rows, paths.names, slope

    def said(self, scores: np.ndarray) -> np.ndarray:
        value = np.array([row.value for row in self.rows])[:, None]
        return value * np.exp(self.scatter * np.sin(np.arange(len(value)))[:, None] + self.slope @ scores)


def test_the_map_in_jax_is_that_of_the_setup(paths: Paths) -> None:
    smooth = Smooth(Problem(paths, Errors.of(paths.rows)))
    rng = np.random.default_rng(1)
    for _ in range(3):
        assert smooth.gap(rng.normal(size=len(NAMES))) < 1e-6


def test_so_it_is_at_a_shipped_mean() -> None:
    found = latest(embedded(), DAY)
    assert found is not None
    names = [name for name in found.names if moves(name)]
    assert len(names) > len(found.names) / 2
    there = Paths(embedded(), found.as_of, names)
    mean = np.array([found.mean[found.names.index(name)] for name in names])
    assert Smooth(Problem(there, Errors.of(there.rows))).gap(mean) < 1e-6


def straight(paths: Paths, seed: int, slope: float = 0.3) -> Problem:
    """Figures that are log-linear in the scores, with errors alike on both sides."""
    rows = [row for row in paths.rows if row.kind in ("revenue", "units") and not row.other_goods]
    rows = [replace(row, low=row.value / 1.2, high=row.value * 1.2) for row in rows]
    assert len(rows) > 8
    rng = np.random.default_rng(seed)
    made = Straight(paths.with_rows(tuple(rows)), slope * rng.normal(size=(len(rows), len(NAMES))))
    return Problem(made, Errors.of(rows))


def exact(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the posterior of a straight problem with normal errors, in closed form."""
    errors = problem.errors
    at = np.zeros((problem.size, 1))
    residual, scale = errors.scales(problem.paths.said(at[: problem.streams]), at[problem.streams :])
    design = np.stack([
        errors.scales(problem.paths.said(x[: problem.streams, None]), x[problem.streams :, None])[0][:, 0]
        for x in np.eye(problem.size)
    ], axis=1) - residual  # fmt: skip
    design[:, problem.misfits] = 0
    weighted = design.T / scale[:, 0] ** 2
    covariance = np.linalg.inv(np.eye(problem.size) + weighted @ design)
    return -covariance @ weighted @ residual[:, 0], covariance


def test_members_are_draws_of_the_posterior_where_that_is_known(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "FREEDOM", 1e9)  # normal errors
    problem = straight(paths, 2)
    rng = np.random.default_rng(0)
    start, noise = rng.standard_normal((problem.size, 4_000)), rng.standard_normal((7, len(problem.errors.rows), 4_000))
    found = smoothed(problem, start, noise, np.zeros(len(problem.misfits)))
    mean, covariance = exact(problem)
    free = np.setdiff1d(np.arange(problem.size), problem.misfits)
    spread = np.sqrt(np.diag(covariance))[free]
    assert np.abs(mean[free]).max() > 0.3
    assert spread.min() < 0.7
    np.testing.assert_allclose(found.theta.mean(1)[free], mean[free], atol=0.12)
    np.testing.assert_allclose(found.theta.std(1)[free], spread, rtol=0.1)


def test_a_figure_far_out_pulls_less_than_a_normal_error_would(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = straight(paths, 3)
    rows = list(problem.errors.rows)
    rows[0] = replace(rows[0], value=rows[0].value * 60, low=rows[0].low * 60, high=rows[0].high * 60)
    far = Problem(problem.paths, Errors.of(rows))

    def moved() -> float:
        found = fitted(far, np.random.default_rng(1), members=1_000, cycles=0)
        return float(np.abs(found.residual.mean(1)[1:]).mean())

    robust = moved()
    monkeypatch.setattr(ensemble, "FREEDOM", 1e9)
    assert robust < moved()


def test_misfits_grow_with_the_scatter_of_the_figures(paths: Paths) -> None:
    problem = straight(paths, 4, slope=0.02)
    sizes = []
    for scatter in (0.0, 1.5):
        problem.paths.scatter = scatter
        sizes.append(fitted(problem, np.random.default_rng(6), members=600).theta[problem.misfits, 0])
    assert (sizes[1] > sizes[0]).all()
    assert (sizes[0] < 0).any()


def test_the_fit_gives_the_same_bits_twice(paths: Paths) -> None:
    problem = straight(paths, 7)
    one, two = (fitted(problem, np.random.default_rng(8), members=256) for _ in range(2))
    assert np.array_equal(one.theta, two.theta)
    assert np.array_equal(estimated(problem, one), estimated(problem, two))


def test_nuts_finds_a_known_density_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    mean, covariance = np.array([1.0, -2.0]), np.array([[0.5, 0.2], [0.2, 0.3]])
    inverse = np.linalg.inv(covariance)

    def density(x):  # type: ignore[no-untyped-def]
        return 0.5 * (x - mean) @ inverse @ (x - mean)

    def run(name: str, samples: int) -> np.ndarray:
        size = Size(chains=4, warmup=100, samples=samples, seed=3)
        draws, told = sampled(density, np.zeros(2), np.eye(2), size, tmp_path / name, "key")
        assert told["largest_r_hat"] < 1.05
        return draws

    whole = run("whole", 1_000)
    np.testing.assert_allclose(whole.mean((0, 1)), mean, atol=0.1)
    np.testing.assert_allclose(np.cov(whole.reshape(-1, 2).T), covariance, atol=0.08)
    calls = []

    def stop(text: str) -> None:
        calls.append(text)
        if len(calls) == 40:
            raise KeyboardInterrupt

    size = Size(chains=4, warmup=100, samples=1_000, seed=3)
    with pytest.raises(KeyboardInterrupt):
        sampled(density, np.zeros(2), np.eye(2), size, tmp_path / "cut", "key", stop)
    assert np.array_equal(run("cut", 1_000), whole)


def test_every_error_that_a_row_needs_is_a_record(paths: Paths) -> None:
    names = Errors.of(paths.rows).names[1:]
    assert names
    assert all(assumed(name).kind == "assumed" for name in names)


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
