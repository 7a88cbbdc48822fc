"""The posterior by an ensemble: draws of all uncertain inputs are moved step by step to agree with the record.

An ensemble smoother with multiple data assimilation: at each of ``rounds`` steps every member is moved by the
regression of inputs on misses over the ensemble, against figures whose variance is inflated by ``rounds``. For a
linear model with normal errors the members are draws of the posterior. It needs no gradient, uses the program that
runs use, and sees a limit that binds in a part of the draws alone, which a gradient at one point does not. Outliers
weigh less, as under the Student-t errors of :mod:`chipgate.inference.errors`; the misfit of the model is estimated by
expectation and maximisation.

Source: Emerick and Reynolds (2013), "Ensemble smoother with multiple data assimilation", Computers & Geosciences 55;
localisation by correlation: Luo, Bhakta and Naevdal (2018), "Correlation-based adaptive localization", SPE Journal 23.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from chipgate.inference.errors import FREEDOM, Errors
from chipgate.inference.paths import Paths

Array = NDArray[np.float64]
Say = Callable[[str], None]

MEMBERS: Final = 1_024
ROUNDS: Final = 6
CYCLES: Final = 3
"""Estimates of the misfit, each with a fit of its own."""
_SURE: Final = 3.0
"""Standard errors by which a correlation over the ensemble must differ from nought to count."""
_GRID: Final = np.linspace(-2.5, 4.0, 261)


@dataclass(frozen=True, eq=False)
class Problem:
    """Unknowns and figures of a fit: scores of streams, then of the errors."""

    paths: Paths
    errors: Errors

    @property
    def streams(self) -> int:
        """Number of streams."""
        return len(self.paths.names)

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return self.streams + len(self.errors.names)

    @property
    def misfits(self) -> list[int]:
        """Indices of the unknowns that are misfits."""
        return [self.streams + i for i, name in enumerate(self.errors.names) if name.startswith("misfit:")]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Draws of the posterior.

    Attributes:
        theta: ``[unknown member]``; misfits have the same score in all members.
        residual: Of the figures at the members, ``[row member]``. ``scale``: of the errors, ``[row]``.
        diagnostics: Of the fit.
    """

    theta: Array
    residual: Array
    scale: Array
    diagnostics: dict[str, Any]


def fitted(
    problem: Problem, rng: np.random.Generator, *, members: int = MEMBERS, rounds: int = ROUNDS, cycles: int = CYCLES,
    say: Say | None = None,
) -> Ensemble:  # fmt: skip
    """The posterior with the misfits at their estimates."""
    start = rng.standard_normal((problem.size, members))
    noise = rng.standard_normal((rounds + 1, len(problem.errors.rows), members))
    misfit = np.zeros(len(problem.misfits))
    log: list[list[float]] = []
    part = max(members // 4, 128)
    for cycle in range(cycles):
        found = smoothed(problem, start[:, :part], noise[:, :, :part], misfit)
        before, misfit = misfit, estimated(problem, found)
        log.append([float(x) for x in misfit])
        if say:
            told = ", ".join(f"{x:+.2f}" for x in misfit)
            say(f"cycle {cycle + 1} of {cycles}: misfits at {told} standard deviations")
        if np.abs(misfit - before).max(initial=0.0) < 0.1:
            break
    found = smoothed(problem, start, noise, misfit)
    return replace(found, diagnostics=found.diagnostics | {"members": members, "rounds": rounds, "misfits": log})


def smoothed(problem: Problem, start: Array, noise: Array, misfit: Array) -> Ensemble:
    """The posterior given the misfits.

    Args:
        start: Draws of the unknowns under their priors, ``[unknown member]``.
        noise: Standard normal, ``[round + 1 row member]``.
        misfit: Scores of the misfits.
    """
    theta = start.copy()
    theta[problem.misfits] = misfit[:, None]
    rounds = len(noise) - 1
    residual, scale = _residual(problem, theta)
    first = _miss(residual, scale)
    for number in range(rounds):
        theta = theta + _step(theta, residual, scale, noise[number], float(rounds))
        theta[problem.misfits] = misfit[:, None]
        residual, scale = _residual(problem, theta)
    return Ensemble(theta, residual, scale, {"miss_before": first, "miss_after": _miss(residual, scale)})


def _step(theta: Array, residual: Array, scale: Array, noise: Array, inflation: float) -> Array:
    """Moves of all members, ``[unknown member]``."""
    count = theta.shape[1]
    away, missed = theta - theta.mean(1, keepdims=True), residual - residual.mean(1, keepdims=True)
    own = missed.var(1)
    t = residual.mean(1) / np.sqrt(scale**2 + own)
    error = inflation * scale**2 * (FREEDOM + t * t) / (FREEDOM + 1)
    joint = away @ missed.T / (count - 1)
    spread = np.sqrt(np.outer(away.var(1), own)) + 1e-12
    solved = cho_factor(missed @ missed.T / (count - 1) + np.diag(error))
    gain = cho_solve(solved, np.where(np.abs(joint) > _SURE / np.sqrt(count) * spread, joint, 0.0).T).T
    return np.asarray(-gain @ (residual + np.sqrt(error)[:, None] * noise))


def _residual(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Residuals ``[row member]``, those of paths without prices at the mean, and scales ``[row]``."""
    n = problem.streams
    residual, scale = problem.errors.scales(problem.paths.said(theta[:n]), theta[n:])
    whole = np.isfinite(residual).all(0)
    residual[:, ~whole] = residual[:, whole].mean(1, keepdims=True)
    return residual, np.median(scale[:, whole], axis=1)


def _miss(residual: Array, scale: Array) -> float:
    """Root mean square of the mean residuals in standard deviations of the error, cut at 5."""
    return float(np.sqrt(np.mean(np.minimum((residual.mean(1) / scale) ** 2, 25.0))))


def estimated(problem: Problem, found: Ensemble) -> Array:
    """Scores of the misfits where, with what the posterior says of the residuals, their density is largest."""
    errors = problem.errors
    held = found.theta[problem.misfits, 0]
    sized = np.array([errors.misfit_size(i, held[i]) for i in range(len(held))])
    sigma2 = np.maximum(found.scale**2 - sized[errors.misfit_of] ** 2, 0.0)
    square = found.residual.mean(1) ** 2 + found.residual.var(1)
    best = []
    for group in range(len(held)):
        rows = errors.misfit_of == group
        total = sigma2[rows, None] + errors.misfit_size(group, _GRID) ** 2
        t2 = square[rows, None] / total
        density = -(0.5 * np.log(total) + (FREEDOM + 1) / 2 * np.log1p(t2 / FREEDOM)).sum(0) - 0.5 * _GRID**2
        best.append(_GRID[int(density.argmax())])
    return np.array(best)
