"""Fit of efficiencies and of the residual to measurements.

The log of each measured rate is the model's at the efficiencies ``v``, plus a residual, plus noise. ``v`` and the
kernel's numbers are standard normal before data; their joint mode is found (with the residual integrated out), and
around it everything is linear and Gaussian, so that prediction, its band and joint draws are exact from there on.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg as sl
from jax import Array
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.workload import residual
from chipgate.workload.case import Case
from chipgate.workload.efficiency import EXTRA, SIZE, Scale, extras, scale_of, scores, spread_slopes
from chipgate.workload.layouts import Choice
from chipgate.workload.points import Points, ceiling, choices_of, free, modelled, points_of, target

_ROUNDS: Final = 2
_PIECE: Final = 32
_LAYOUTS: Final = 256
_STEPS: Final = 150
_JITTER: Final = 1e-8
VALIDATION_PART: Final = 4
"""One run in so many is held out."""

Report = Callable[[str], None]


def held_out(case: Case) -> bool:
    """Whether a case belongs to the validation split: by a hash of its run, so that rows of one run stay together."""
    return int(hashlib.sha256(case.run.encode()).hexdigest(), 16) % VALIDATION_PART == 0


@dataclass(frozen=True)
class Fitted:
    """Efficiencies and residual fitted to cases.

    Attributes:
        vector: Mode of the efficiencies. ``hyper``: mode of the kernel's numbers.
        slopes: Derivative of each fitted case's unbounded log rate, ``[case, number]``.
        rest: Measured minus modelled.
        features: Of the fitted cases; ``codes``: names as numbers. ``ids``, ``runs``: of the fitted cases.
    """

    vector: NDArray[np.float64]
    hyper: NDArray[np.float64]
    slopes: NDArray[np.float64]
    rest: NDArray[np.float64]
    features: residual.Features
    codes: dict[str, int]
    ids: tuple[str, ...]
    runs: tuple[str, ...]


def nothing_fitted() -> Fitted:
    """The prior alone."""
    empty = residual.Features(
        np.zeros((0, len(residual.NAMES)), np.int64), np.zeros((0, len(residual.DIMENSIONS))), np.zeros(0, np.int64),
        np.zeros(0),
    )  # fmt: skip
    return Fitted(
        np.zeros(SIZE), np.zeros(residual.SIZE), np.zeros((0, SIZE)), np.zeros(0), empty, {}, (), ()
    )  # fmt: skip


def best_layouts(data: Catalogue, cases: Sequence[Case], scale: Scale, vector: NDArray[np.float64]) -> list[Choice]:
    """The stated layout of each case, else the fastest that fits; in pieces for which one compiled program serves."""
    flat = [(i, choice) for i, case in enumerate(cases) for choice in choices_of(data, case)]
    best: dict[int, tuple[float, Choice]] = {}
    for start in range(0, len(flat), _LAYOUTS):
        piece = flat[start : start + _LAYOUTS]
        full = piece + piece[-1:] * (_LAYOUTS - len(piece))
        points = points_of(data, [cases[i] for i, _ in full], [choice for _, choice in full])
        rate, fits = (np.asarray(x) for x in _rates(points, scale, jnp.asarray(vector)))
        for (i, choice), score in zip(piece, np.where(fits, rate, rate - 1e3)[: len(piece)], strict=True):
            if i not in best or score > best[i][0]:
                best[i] = float(score), choice
    return [best[i][1] for i in range(len(cases))]


@jax.jit
def _rates(points: Points, scale: Scale, vector: Array) -> tuple[Array, Array]:
    found = modelled(points, scale, scores(scale, vector)[:, points.stack], extras(scale, vector))
    return found.log_rate, found.fits


@jax.jit
def _linear(points: Points, scale: Scale, vector: Array) -> tuple[Array, Array, Array, Array]:
    """Unbounded log rates, their ceiling, and derivatives by each point's own scores and extras."""
    most = ceiling(points)
    wide = jnp.broadcast_to(extras(scale, vector)[:, None], (len(EXTRA), points.stack.shape[0]))

    def total(score: Array, extra: Array) -> tuple[Array, Array]:
        value = free(modelled(points, scale, score, extra).log_rate, most)
        return value.sum(), value

    slopes, value = jax.grad(total, argnums=(0, 1), has_aux=True)(scores(scale, vector)[:, points.stack], wide)
    return value, most, *slopes


def _at(points: Points, scale: Scale, vector: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Unbounded log rates, their ceiling, and derivatives by the vector."""
    value, most, by_score, by_extra = (np.asarray(x, float) for x in _linear(points, scale, jnp.asarray(vector)))
    return value, most, spread_slopes(scale, by_score, by_extra, np.asarray(points.stack))


def fit(data: Catalogue, cases: Sequence[Case], *, report: Report | None = None) -> Fitted:
    """Fit to cases; needs double precision (``jax.enable_x64``)."""
    scale = scale_of(data)
    measured = np.array([target(case) for case in cases])
    vector, hyper = np.zeros(SIZE), np.zeros(residual.SIZE)
    codes: dict[str, int] = {}
    for turn in range(_ROUNDS):
        layouts = best_layouts(data, cases, scale, vector)
        points = points_of(data, cases, layouts)
        seen = residual.features(data, cases, layouts, codes)
        vector, hyper, value = _mode(points, seen, scale, measured, vector, hyper)
        if report:
            report(f"round {turn + 1} of {_ROUNDS}: minus log posterior {value:.1f}")
    at, most, slopes = _at(points, scale, vector)
    return Fitted(
        vector, hyper, slopes, np.asarray(free(jnp.asarray(measured), jnp.asarray(most))) - at, seen, codes,
        tuple(case.id for case in cases), tuple(case.run for case in cases),
    )  # fmt: skip


def _mode(
    points: Points, seen: residual.Features, scale: Scale, measured: NDArray[np.float64],
    vector: NDArray[np.float64], hyper: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:  # fmt: skip
    most = ceiling(points)
    goal = free(jnp.asarray(measured), most)

    @jax.jit
    def loss(both: Array) -> Array:
        v, h = both[:SIZE], both[SIZE:]
        rest = goal - free(modelled(points, scale, scores(scale, v)[:, points.stack], extras(scale, v)).log_rate, most)
        cover = residual.kernel(h, seen, seen) + jnp.diag(residual.noise(h, seen) + _JITTER)
        root = jnp.linalg.cholesky(cover)
        white = jax.scipy.linalg.solve_triangular(root, rest, lower=True)
        return 0.5 * (white @ white) + jnp.log(jnp.diag(root)).sum() + 0.5 * (both @ both)

    slope = jax.jit(jax.value_and_grad(loss))

    def both_of(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, gradient = slope(jnp.asarray(x))
        return float(value), np.asarray(gradient, float)

    from scipy.optimize import minimize  # slow to import, and only a fit needs it

    start = np.concatenate([vector, hyper])
    done = minimize(both_of, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "maxcor": 30})
    return done.x[:SIZE], done.x[SIZE:], float(done.fun)


@dataclass(frozen=True)
class Predicted:
    """Log rates of some cases, on the scale without bound of :func:`~chipgate.workload.points.free`.

    Attributes:
        mean, cover: Joint distribution without noise. ``noise``: variance of each measurement's own error.
        most: Ceiling of each log rate.
    """

    mean: NDArray[np.float64]
    cover: NDArray[np.float64]
    noise: NDArray[np.float64]
    most: NDArray[np.float64]

    @property
    def deviation(self) -> NDArray[np.float64]:
        """Standard deviation of a new measurement."""
        return np.sqrt(np.diag(self.cover) + self.noise)


class Predictor:
    """Predicts from a fit; factorises once."""

    def __init__(self, data: Catalogue, fitted: Fitted) -> None:
        self.data, self.fitted, self.scale = data, fitted, scale_of(data)
        seen = fitted.features
        cover = residual.kernel(fitted.hyper, seen, seen) + fitted.slopes @ fitted.slopes.T
        self._noise = residual.noise(fitted.hyper, seen)
        self._cover = cover + np.diag(self._noise + _JITTER)
        self._root = sl.cho_factor(self._cover, lower=True)
        self._shift = fitted.rest + fitted.slopes @ fitted.vector
        self._weights = sl.cho_solve(self._root, self._shift)

    def predict(self, cases: Sequence[Case], layouts: Sequence[Choice]) -> Predicted:
        """Log rates of cases in given layouts, jointly."""
        fitted = self.fitted
        at, most, slopes = self._linear(cases, layouts)
        new = residual.features(self.data, cases, layouts, dict(fitted.codes))
        across = residual.kernel(fitted.hyper, new, fitted.features) + slopes @ fitted.slopes.T
        own = residual.kernel(fitted.hyper, new, new) + slopes @ slopes.T
        mean = at - slopes @ fitted.vector + across @ self._weights
        cover = own - across @ sl.cho_solve(self._root, across.T)
        return Predicted(mean, cover, residual.noise(fitted.hyper, new), most)

    def _linear(self, cases: Sequence[Case], layouts: Sequence[Choice]) -> tuple[NDArray[np.float64], ...]:
        """Log rates and their derivatives; in pieces of one size, for which one compiled program serves."""
        parts = []
        for start in range(0, len(cases), _PIECE):
            stop = min(start + _PIECE, len(cases))
            index = np.minimum(np.arange(start, start + _PIECE), stop - 1)
            points = points_of(self.data, [cases[i] for i in index], [layouts[i] for i in index])
            parts.append([x[: stop - start] for x in _at(points, self.scale, self.fitted.vector)])
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def without_own(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Measured minus predicted (without bound) of each fitted case from all other runs, and its deviation."""
        runs = np.array(self.fitted.runs)
        inverse = sl.cho_solve(self._root, np.eye(len(runs)))
        error, deviation = np.empty(len(runs)), np.empty(len(runs))
        for run in np.unique(runs):
            own = np.flatnonzero(runs == run)
            block = np.linalg.inv(inverse[np.ix_(own, own)])
            error[own] = block @ self._weights[own]
            deviation[own] = np.sqrt(np.diag(block))
        return error, deviation
