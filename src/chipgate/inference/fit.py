"""The mode of the posterior, the normal distribution around it, and its check by importance sampling.

Unknowns are standard normal scores: of the streams of the priors, and of the biases, misfits and other goods. The
path is linearised by differences (a wide step, over which kinks even out), the likelihood is taken as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from chipgate.inference.errors import FREEDOM, Errors
from chipgate.inference.paths import Paths
from chipgate.inference.psis import smoothed

Array = NDArray[np.float64]
Say = Callable[[str], None]

_STEP: Final = 0.05
"""Step of the differences, in prior standard deviations."""
_NUISANCE_STEP: Final = 1e-4
_TRIALS: Final = np.array([1.0, 0.7, 0.5, 0.3, 0.15, 0.07, 0.03, 0.01])
_MOST_STEPS: Final = 30
_ALTERNATIONS: Final = 4
_SETTLED: Final = 0.05
"""Move of a misfit's score at which the alternation between misfits and the rest ends."""
_TOLERANCE: Final = 1e-2
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
        slope, said = self.slopes(theta)
        gradient, curvature = self.curved(theta, slope, said)
        return gradient, curvature, float(self.loss(theta[:, None], said)[0])

    def slopes(self, theta: Array) -> tuple[Array, Array]:
        """Slopes of the residuals by the streams, ``[row n]``, and what the path says, ``[row 1]``."""
        n, nuisance = self.streams, theta[self.streams :, None]
        steps = np.concatenate([np.zeros((n, 1)), _STEP * np.eye(n), -_STEP * np.eye(n)], axis=1)
        said = self.paths.said(theta[:n, None] + steps)
        residual, _ = self.errors.scales(said, nuisance)
        slope = (residual[:, 1 : n + 1] - residual[:, n + 1 :]) / (2 * _STEP)
        return np.where(np.isfinite(slope), slope, 0.0), said[:, :1]

    def curved(self, theta: Array, slope: Array, said: Array) -> tuple[Array, Array]:
        """Gradient and curvature at a point with these slopes, where the path says this."""
        n, nuisance = self.streams, theta[self.streams :, None]
        residual, scale = self.errors.scales(said, nuisance)
        k = self.size - n
        around = nuisance + _NUISANCE_STEP * np.concatenate([np.eye(k), -np.eye(k)], axis=1)
        moved, wider = self.errors.scales(np.repeat(said, 2 * k, axis=1), around)
        other = (moved[:, :k] - moved[:, k:]) / (2 * _NUISANCE_STEP)
        spread = (np.log(wider[:, :k]) - np.log(wider[:, k:])) / (2 * _NUISANCE_STEP)
        jacobian = np.concatenate([slope, other], axis=1)
        widening = np.concatenate([np.zeros_like(slope), spread], axis=1)
        t, s = residual[:, 0] / scale[:, 0], scale[:, 0]
        weight = (FREEDOM + 1) / (FREEDOM + t * t)
        gradient = theta + jacobian.T @ (weight * t / s) + widening.T @ (1 - weight * t * t)
        curvature = np.eye(self.size) + (jacobian.T * (weight / s**2)) @ jacobian
        curvature += (widening.T * (2 * FREEDOM / (FREEDOM + 3))) @ widening
        return gradient, curvature


def marginal_mode(problem: Problem, start: Array | None = None, say: Say | None = None) -> Normal:
    """The mode given the misfits, these where their marginal density is largest (by Laplace's approximation).

    At the mode of all unknowns together the misfits are too small: the path can be bent to the figures, and the room
    that it has for this is not weighed.
    """
    held = [problem.streams + i for i, name in enumerate(problem.errors.names) if name.startswith("misfit:")]
    found = mode(problem, start, say, held)
    for _ in range(_ALTERNATIONS):
        theta = found.mean.copy()
        jacobian, said = problem.slopes(theta)

        def marginal(values: Array, theta: Array = theta, jacobian: Array = jacobian, said: Array = said) -> float:
            theta = theta.copy()
            theta[held] = values
            curvature = problem.curved(theta, jacobian, said)[1]
            kept = np.delete(np.delete(curvature, held, 0), held, 1)
            return float(problem.loss(theta[:, None], said)[0] + 0.5 * np.linalg.slogdet(kept)[1])

        best = minimize(marginal, theta[held], method="Nelder-Mead", options={"xatol": 1e-2, "fatol": 1e-3}).x
        moved = float(np.abs(best - theta[held]).max())
        theta[held] = best
        found = mode(problem, theta, say, held)
        if moved < _SETTLED:
            break
    return found


def mode(problem: Problem, start: Array | None = None, say: Say | None = None, held: Sequence[int] = ()) -> Normal:
    """The mode by damped Gauss-Newton steps, and the normal distribution around it.

    Args:
        held: Indices of unknowns that stay where they are.
    """
    free = np.setdiff1d(np.arange(problem.size), held)
    theta = np.zeros(problem.size) if start is None else start.copy()
    damping, step = 0.0, 0
    gradient, curvature, value = problem.linear(theta)
    for step in range(1, _MOST_STEPS + 1):
        direction = np.zeros(problem.size)
        kept = curvature[np.ix_(free, free)] + damping * np.eye(len(free))
        direction[free] = -np.linalg.solve(kept, gradient[free])
        direction *= min(1.0, 4.0 / max(float(np.abs(direction).max()), 1e-9))
        trials = theta[:, None] + direction[:, None] * _TRIALS
        losses = problem.loss(trials)
        best = int(losses.argmin())
        fall = value - float(losses[best])
        if say:
            say(f"mode: step {step}, loss {min(value, float(losses[best])):.3f}")
        if fall < _TOLERANCE:
            if damping > 5 or (fall == 0 and damping > 0):
                break
            damping = max(5 * damping, 1.0)
            continue
        damping = damping / 3 if best == 0 else max(damping, 0.3)
        theta = trials[:, best]
        gradient, curvature, value = problem.linear(theta)
    covariance = np.linalg.inv(curvature)
    found = {
        "loss": value,
        "steps": step,
        "newton_decrement": float(gradient[free] @ covariance[np.ix_(free, free)] @ gradient[free] / 2),
    }
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
