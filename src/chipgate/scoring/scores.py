"""Scores of one forecast against one outcome."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scoringrules
from numpy.typing import NDArray
from scipy.special import ndtri

Draws = NDArray[np.float64]
LEVELS: Final = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
_Z95: Final = float(ndtri(0.95))
_LEAST_BANDWIDTH: Final = 0.1
"""Of the density in the log score, in asinh(value / scale): no forecast is surer than a tenth."""

_WIDE, _WIDE_SHARE = 3.0, 0.02
"""A fiftieth of the density is spread wide, so that one miss far out does not outweigh all else. The same for
every forecast."""


@dataclass(frozen=True)
class Scored:
    """Scores of a forecast.

    Attributes:
        quantiles: At :data:`LEVELS`.
        crps: In the unit of the target; the fair estimate over draws.
        crps_scaled: The same of asinh(value / scale), in which targets of any size weigh alike.
        log_score: Minus the log density of asinh(value / scale), so less is better.
        pit: Share of draws below the outcome, ties counted half.
        z: Distance from the median over the spread of the 90 % band on that side.
    """

    quantiles: tuple[float, ...]
    crps: float
    crps_scaled: float
    log_score: float
    pit: float
    z: float

    def covers(self, observed: float, level: int) -> bool:
        """Whether the central band of ``level`` percent holds the outcome."""
        low, high = {50: (2, 4), 80: (1, 5), 90: (0, 6)}[level]
        return self.quantiles[low] <= observed <= self.quantiles[high]


def score(draws: Draws, observed: float, scale: float, *, sample: bool = True) -> Scored:
    """Score draws against an outcome.

    Args:
        scale: Size below which a difference hardly counts.
        sample: Draws of a random sample; ``False`` for evenly spaced quantiles of a stored forecast.
    """
    draws = np.asarray(draws, dtype=np.float64)
    # By sorting: the first is the fair estimate, the second that of the energy form, without all pairs in memory.
    estimator = "pwm" if sample and len(draws) > 1 else "qd"
    bent, seen = np.arcsinh(draws / scale), float(np.arcsinh(observed / scale))
    quantiles = tuple(float(q) for q in np.quantile(draws, LEVELS))
    below, equal = float(np.mean(draws < observed)), float(np.mean(draws == observed))
    pit = below + equal / 2
    return Scored(
        quantiles, float(scoringrules.crps_ensemble(observed, draws, estimator=estimator)),
        float(scoringrules.crps_ensemble(seen, bent, estimator=estimator)), _log_score(bent, seen), pit,
        _z(quantiles, observed, pit, len(draws)),
    )  # fmt: skip


def _log_score(bent: Draws, seen: float) -> float:
    spread = min(float(np.std(bent)), float(np.subtract(*np.quantile(bent, [0.75, 0.25]))) / 1.349 or np.inf)
    width = max(1.06 * spread * len(bent) ** -0.2 if np.isfinite(spread) else 0.0, _LEAST_BANDWIDTH)
    near = float(np.mean(_normal(seen - bent, width)))
    wide = float(_normal(np.array(seen - float(np.median(bent))), _WIDE))
    return float(-np.log((1 - _WIDE_SHARE) * near + _WIDE_SHARE * wide))


def _normal(distance: Draws, spread: float) -> Draws:
    return np.asarray(np.exp(-0.5 * (distance / spread) ** 2) / (spread * np.sqrt(2 * np.pi)))


def _z(quantiles: tuple[float, ...], observed: float, pit: float, count: int) -> float:
    p5, p50, p95 = quantiles[0], quantiles[3], quantiles[6]
    if observed == p50:
        return 0.0
    side = (p95 - p50) if observed > p50 else (p50 - p5)
    if side > 0:
        return float((observed - p50) / (side / _Z95))
    return float(ndtri(np.clip(pit, 0.5 / count, 1 - 0.5 / count)))  # a point mass has no spread to divide by


def document(found: Scored) -> dict[str, Any]:
    """Scores as JSON, to seven digits."""
    names = ("p5", "p10", "p25", "p50", "p75", "p90", "p95")
    band = {name: plain(q) for name, q in zip(names, found.quantiles, strict=True)}
    more = {"z": found.z, "crps": found.crps, "crps_scaled": found.crps_scaled, "log_score": found.log_score,
            "pit": found.pit}  # fmt: skip
    return band | {name: plain(value) for name, value in more.items()}


def plain(value: float) -> float:
    """To seven digits, so that a document does not hang on the last bits."""
    return float(f"{value:.7g}")
