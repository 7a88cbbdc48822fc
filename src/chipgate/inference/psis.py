"""Pareto-smoothed importance sampling: how far a proposal can be trusted, and smoothed weights.

Source: Vehtari, Simpson, Gelman, Yao and Gabry (2024), "Pareto smoothed importance sampling", JMLR 25; the fit of the
tail is that of Zhang and Stephens (2009).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def smoothed(log_ratio: Array) -> tuple[Array, float]:
    """Normalised weights with a smoothed tail, and the shape k of that tail; below 0.7 they can be trusted."""
    log = log_ratio - log_ratio.max()
    count = len(log)
    tail = min(int(np.ceil(min(0.2 * count, 3 * np.sqrt(count)))), count - 1)
    order = np.argsort(log)
    cut = np.exp(log[order[-tail - 1]])
    over = np.exp(log[order[-tail:]]) - cut
    k, scale = _pareto(np.maximum(over, 1e-300))
    weights = np.exp(log)
    if np.isfinite(k):
        p = (np.arange(1, tail + 1) - 0.5) / tail
        fitted = cut + (scale / k * ((1 - p) ** -k - 1) if abs(k) > 1e-9 else -scale * np.log1p(-p))
        weights[order[-tail:]] = np.minimum(fitted, 1.0)
    return weights / weights.sum(), float(k)


def _pareto(over: Array) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution fitted to sorted exceedances."""
    count = len(over)
    grid = 30 + int(np.sqrt(count))
    quarter = over[max(int(count / 4 + 0.5) - 1, 0)]
    b = 1 / over[-1] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * max(quarter, 1e-300))
    k = np.log1p(-b[:, None] * over).mean(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = count * (np.log(-b / k) - k - 1)
    log = np.where(np.isfinite(log), log, -np.inf)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    best = float((b * weight).sum())
    shape = float(np.log1p(-best * over).mean())
    scale = -shape / best
    # A weak prior at 0.5 steadies small tails.
    return (shape * count + 5.0) / (count + 10), scale
