"""From low, central and high to a distribution: a two-piece normal on a linear, log or logit scale.

``low``, ``central`` and ``high`` are the 10th, 50th and 90th percentile. On the chosen scale the half below the
median is a normal with one spread and the half above a normal with another, so that all three are met exactly.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from chipgate.schema.base import Confidence
from chipgate.schema.tables import Parameter

_Z90 = float(ndtri(0.9))
SPREAD: dict[Confidence, float] = {"high": 0.05, "medium": 0.15, "low": 0.35}
"""Relative half-width (10th to 90th percentile) given to a figure that states no range, by its confidence."""


def quantile(
    u: NDArray[np.float64], low: float, central: float, high: float, scale: str,
    least: float | None = None, most: float | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Draws of a prior at the probabilities ``u``.

    Args:
        u: Probabilities, strictly between 0 and 1.
        low, central, high: 10th, 50th and 90th percentile.
        scale: ``linear``, ``log``, ``logit`` or ``fixed``.
        least, most: Bounds to which draws are clipped.
    """
    if scale == "fixed":
        return np.full(u.shape, central)
    to, back = {
        "linear": (np.asarray, np.asarray),
        "log": (np.log, np.exp),
        "logit": (logit, expit),
    }[scale]
    a, b, c = (float(to(np.float64(x))) for x in (low, central, high))
    z = ndtri(u)
    values = back(b + np.where(z < 0, (b - a) / _Z90, (c - b) / _Z90) * z)
    return np.clip(values, least if least is not None else -np.inf, most if most is not None else np.inf)


def bounds(parameter: Parameter) -> tuple[float, float, float]:
    """Low, central and high of a parameter; a missing end gets the documented spread of its confidence."""
    spread = SPREAD[parameter.confidence]
    low, high = parameter.low, parameter.high
    if parameter.scale == "fixed":
        return parameter.central, parameter.central, parameter.central
    if low is None:
        low = _moved(parameter.central, -spread, parameter.scale)
    if high is None:
        high = _moved(parameter.central, spread, parameter.scale)
    return low, parameter.central, high


def distribution(parameter: Parameter, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draws of a parameter's distribution at the probabilities ``u``, in its unit."""
    scale = parameter.scale if len(set(bounds(parameter))) > 1 else "fixed"
    return quantile(u, *bounds(parameter), scale)


def _moved(value: float, spread: float, scale: str) -> float:
    if scale == "logit":
        odds = value / (1 - value) * (1 + spread if spread > 0 else 1 / (1 - spread))
        return odds / (1 + odds)
    if scale == "log":
        return value * (1 + spread) if spread > 0 else value / (1 - spread)
    return value + abs(value) * spread
