"""The mode of the posterior, the normal distribution around it, and its check by importance sampling.

Unknowns are standard normal scores: of the streams of the priors, and of the biases, misfits and other goods. The
path is linearised by differences (a wide step, over which kinks even out), the likelihood is taken as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.inference.errors import FREEDOM, Errors
from chipgate.inference.paths import Paths
from chipgate.inference.psis import smoothed

Array = NDArray[np.float64]
Say = Callable[[str], None]

_STEP: Final = 0.05
"""Step of the differences, in prior standard deviations."""
_NUISANCE_STEP: Final = 1e-4
_TRIALS: Final = np.array([1.0, 0.7, 0.5, 0.3, 0.15, 0.07, 0.03, 0.01])
_MOST_STEPS: Final = 40
_TOLERANCE: Final = 1e-3
"""Fall of the loss at which the search for the mode ends."""
_TAIL: Final = 8.0
"""Degrees of freedom of the proposal of the importance sampler: heavier tails than a normal's."""


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution of the unknowns.

    Attributes:
        mean: ``[n + k]``: streams, then the other unknowns. ``covariance``: theirs.
        diagnostics: Of the search and the check.
    """

    mean: Array
    covariance: Array
    diagnostics: dict[str, Any]


class Problem:
    """Negative log posterior of the unknowns, and its parts."""

    def __init__(self, paths: Paths, errors: Errors) -> None:
        self.paths, self.errors = paths, errors
        self.streams = len(paths.names)
        self.size = self.streams + len(errors.names)

    def loss(self, theta: Array, said: Array | None = None) -> Array:
        """Of unknowns ``[n + k, d]``; infinite where prices did not converge."""
        said = self.paths.said(theta[: self.streams]) if said is None else said
        with np.errstate(invalid="ignore"):
            value = 0.5 * (theta**2).sum(0) + self.errors.loss(said, theta[self.streams :])
        return np.where(np.isfinite(value), value, np.inf)

    def linear(self, theta: Array) -> tuple[Array, Array, float]:
        """Gradient, curvature and loss at one point; the curvature is that of the normal scale mixture."""
        n, nuisance = self.streams, theta[self.streams :, None]
        steps = np.concatenate([np.zeros((n, 1)), _STEP * np.eye(n), -_STEP * np.eye(n)], axis=1)
        said = self.paths.said(theta[:n, None] + steps)
        residual, scale = self.errors.scales(said, nuisance)
        slope = (residual[:, 1 : n + 1] - residual[:, n + 1 :]) / (2 * _STEP)
        slope = np.where(np.isfinite(slope), slope, 0.0)
        k = self.size - n
        around = nuisance + _NUISANCE_STEP * np.concatenate([np.eye(k), -np.eye(k)], axis=1)
        moved, wider = self.errors.scales(np.repeat(said[:, :1], 2 * k, axis=1), around)
        other = (moved[:, :k] - moved[:, k:]) / (2 * _NUISANCE_STEP)
        spread = (np.log(wider[:, :k]) - np.log(wider[:, k:])) / (2 * _NUISANCE_STEP)
        jacobian = np.concatenate([slope, other], axis=1)
        widening = np.concatenate([np.zeros_like(slope), spread], axis=1)
        t, s = residual[:, 0] / scale[:, 0], scale[:, 0]
        weight = (FREEDOM + 1) / (FREEDOM + t * t)
        gradient = theta + jacobian.T @ (weight * t / s) + widening.T @ (1 - weight * t * t)
        curvature = np.eye(self.size) + (jacobian.T * (weight / s**2)) @ jacobian
        curvature += (widening.T * (2 * FREEDOM / (FREEDOM + 3))) @ widening
        return gradient, curvature, float(self.loss(theta[:, None], said[:, :1])[0])


def mode(problem: Problem, start: Array | None = None, say: Say | None = None) -> Normal:
    """The mode by damped Gauss-Newton steps, and the normal distribution around it."""
    theta = np.zeros(problem.size) if start is None else start.copy()
    damping, step = 0.0, 0
    gradient, curvature, value = problem.linear(theta)
    for step in range(1, _MOST_STEPS + 1):
        direction = -np.linalg.solve(curvature + damping * np.eye(problem.size), gradient)
        direction *= min(1.0, 4.0 / max(float(np.abs(direction).max()), 1e-9))
        trials = theta[:, None] + direction[:, None] * _TRIALS
        losses = problem.loss(trials)
        best = int(losses.argmin())
        fall = value - float(losses[best])
        if say:
            say(f"mode: step {step}, loss {min(value, float(losses[best])):.3f}")
        if fall < _TOLERANCE:
            if damping > 30:
                break
            damping = max(3 * damping, 1.0)
            continue
        damping = damping / 3 if best == 0 else max(damping, 0.3)
        theta = trials[:, best]
        gradient, curvature, value = problem.linear(theta)
    covariance = np.linalg.inv(curvature)
    found = {"loss": value, "steps": step, "newton_decrement": float(gradient @ covariance @ gradient / 2)}
    return Normal(theta, (covariance + covariance.T) / 2, found)


def checked(
    problem: Problem, start: Normal, rng: np.random.Generator, *, draws: int, rounds: int, say: Say | None = None
) -> Normal:
    """The normal distribution with the moments of the posterior, by adaptive importance sampling.

    Each round draws from a Student-t with the moments so far; all rounds together are weighted by their mixture.
    """
    proposals: list[tuple[Array, Array]] = []
    points: list[Array] = []
    losses: list[Array] = []
    mean, covariance = start.mean, start.covariance
    log: list[dict[str, float]] = []
    for number in range(rounds):
        factor = np.asarray(np.linalg.cholesky(covariance), np.float64)
        proposals.append((mean, factor))
        z = rng.standard_normal((problem.size, draws)) / np.sqrt(rng.chisquare(_TAIL, draws) / _TAIL)
        points.append(mean[:, None] + factor @ z)
        losses.append(problem.loss(points[-1]))
        theta, loss = np.concatenate(points, axis=1), np.concatenate(losses)
        ratio = -loss - _mixture(theta, proposals)
        weight, shape = smoothed(ratio[np.isfinite(ratio)])
        theta = theta[:, np.isfinite(ratio)]
        size = float(1 / (weight**2).sum())
        log.append({"k_hat": shape, "effective": size, "draws": float(len(weight))})
        if say:
            say(f"check: round {number + 1} of {rounds}, k {shape:.2f}, {size:.0f} effective draws")
        mean = theta @ weight
        away = theta - mean[:, None]
        sampled = (away * weight) @ away.T
        # Few effective draws say little of a covariance of this size; the part that they do not is kept as it was.
        trust = size / (size + 2 * problem.size)
        covariance = trust * sampled + (1 - trust) * covariance
    return Normal(mean, covariance, start.diagnostics | {"importance": log})


def _mixture(theta: Array, proposals: list[tuple[Array, Array]]) -> Array:
    """Log density of the mixture of all proposals, but for a constant, ``[d]``."""
    size = len(theta)
    logs = []
    for mean, factor in proposals:
        z = np.linalg.solve(factor, theta - mean[:, None])
        logs.append(-(_TAIL + size) / 2 * np.log1p((z * z).sum(0) / _TAIL) - np.log(np.diag(factor)).sum())
    return np.logaddexp.reduce(np.stack(logs)) - np.log(len(proposals))
