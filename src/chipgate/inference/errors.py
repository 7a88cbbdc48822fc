"""How far a published figure may lie from the model: ranges, biases of sources and definitions, misfit.

With ``y`` the log (of a share the log odds) of what a path says and ``y_0`` of the published figure,

    y - y_0 - bias ~ Student-t with 4 degrees of freedom, scale s,     s^2 = sigma^2 + tau^2,

``sigma`` from the published low and high (10th and 90th percentile, each its own side), ``bias`` shared by all rows
of a source or definition, ``tau`` the misfit of a monthly model with straight ramps, by group of rows. Biases, misfits
and the gaming and other goods in Nvidia's sales are unknowns of the fit beside the priors; they are standard normal
scores like these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from chipgate.catalogue import catalogue
from chipgate.inference.observed import Target
from chipgate.schema.beliefs import FigureError
from chipgate.schema.tables import Observation

Array = NDArray[np.float64]

FREEDOM: Final = 4.0
"""Degrees of freedom of the residuals: several published figures contradict each other."""
_Z90: Final = 1.2815515655446004
_LEAST: Final = 0.005
"""Least relative standard deviation of a published figure."""


def assumed(name: str) -> FigureError:
    """What is assumed of a misfit or bias before figures are seen (``chipgate show figure-errors``)."""
    return catalogue().figure_errors[name]


@dataclass(frozen=True, eq=False)
class Errors:
    """Distribution of the published figures given a path.

    Attributes:
        rows: Published figures. ``names``: of the unknowns beside the priors.
        bias_of: Index of each row's bias, -1 for none; ``misfit_of``: of its misfit.
    """

    rows: tuple[Target, ...]
    names: tuple[str, ...]
    bias_of: NDArray[np.intp]
    misfit_of: NDArray[np.intp]

    @classmethod
    def of(cls, rows: Sequence[Target]) -> "Errors":
        """The unknowns that these rows need."""
        keys = [_bias(row.observation) for row in rows]
        known = catalogue().figure_errors
        biases = [name.removeprefix("bias:") for name in known if name.removeprefix("bias:") in keys]
        groups = [_group(row.observation) for row in rows]
        misfits = [name.removeprefix("misfit:") for name in known if name.removeprefix("misfit:") in groups]
        names = ("other_goods", *(f"misfit:{g}" for g in misfits), *(f"bias:{b}" for b in biases))
        return cls(
            tuple(rows), names, np.array([biases.index(k) if k in biases else -1 for k in keys]),
            np.array([misfits.index(g) for g in groups]),
        )  # fmt: skip

    @property
    def misfits(self) -> list[str]:
        """Groups of misfits in order."""
        return [n.removeprefix("misfit:") for n in self.names if n.startswith("misfit:")]

    @property
    def biases(self) -> list[str]:
        """Biases in order."""
        return [n.removeprefix("bias:") for n in self.names if n.startswith("bias:")]

    def misfit_size(self, group: int, score: Any) -> Any:
        """Size of a misfit at its score."""
        own = assumed(f"misfit:{self.misfits[group]}")
        return own.centre * np.exp(own.spread * score)

    def scales(self, said: Any, nuisance: Any, xp: Any = np, normal: Any = ndtr) -> tuple[Any, Any]:
        """Residuals and scales, ``[row d]`` each, of what paths say and of the other unknowns ``[k d]``."""
        share = np.array([row.kind == "share" for row in self.rows])[:, None]
        other = catalogue().bridges["other_goods"]
        goods = (other.low + (other.high - other.low) * normal(nuisance[0]))[None] * np.array(
            [r.other_goods for r in self.rows]
        )[:, None]
        value, below, above = (
            np.array([getattr(row, side) for row in self.rows])[:, None] for side in ("value", "low", "high")
        )
        # A path that says nothing at all is as bad as one that says a thousandth.
        total = xp.maximum(said + goods, 1e-3 * value)
        odds = xp.minimum(total, 0.999)
        y = xp.where(share, xp.log(odds / xp.where(share, 1 - odds, 1.0)), xp.log(total))
        first, count = 1, len(self.misfits)
        sizes = np.array([(own.centre, own.spread) for own in map(assumed, self.names[first : first + count])])
        misfit = sizes[:, :1] * xp.exp(sizes[:, 1:] * nuisance[first : first + count])
        own_biases = [(own.centre, own.spread) for own in map(assumed, self.names[first + count :])]
        bias = np.array(own_biases).reshape(-1, 2)
        moved = bias[:, :1] + bias[:, 1:] * nuisance[first + count :]
        none = 0 * nuisance[:1]
        moved = xp.concatenate([moved, none])[self.bias_of]  # index -1 is the row of zeros
        residual = y - _scale(value, share) - moved
        sigma = xp.where(residual > 0, _scale(above, share) - _scale(value, share),
                         _scale(value, share) - _scale(below, share)) / _Z90  # fmt: skip
        tau = misfit[self.misfit_of]
        return residual, xp.sqrt(xp.maximum(sigma, _LEAST) ** 2 + tau**2)

    def loss(self, said: Any, nuisance: Any, xp: Any = np, normal: Any = ndtr) -> Any:
        """Negative log likelihood but for a constant, ``[d]``."""
        residual, scale = self.scales(said, nuisance, xp, normal)
        t = residual / scale
        return (xp.log(scale) + (FREEDOM + 1) / 2 * xp.log1p(t * t / FREEDOM)).sum(0)

    def draw(self, said: Array, nuisance: Array, rng: np.random.Generator) -> Array:
        """Published figures that paths would have left, ``[row d]``, for checks on synthetic data."""
        residual, scale = self.scales(said, nuisance)
        share = np.array([row.kind == "share" for row in self.rows])[:, None]
        value = np.array([row.value for row in self.rows])[:, None]
        y = residual + _scale(value, share) - scale * rng.standard_t(FREEDOM, size=residual.shape)
        return np.where(share, 1 / (1 + np.exp(-y)), np.exp(y))


def published_error(seen: Observation, fitted: Mapping[str, Mapping[str, float]]) -> tuple[float, float]:
    """Mean and scale, in logs, of a published figure less what a run says, its own scatter apart.

    A definition has no bias here: forecasts bridge it by ranges of their own (:mod:`chipgate.targets`).

    Args:
        fitted: Mean and standard deviation of the scores of misfits and biases; those missing are at their priors.
    """
    prior = {"mean": 0.0, "sd": 1.0}
    group, source = f"misfit:{_group(seen)}", f"bias:{_bias(seen)}"
    own = assumed(group)
    size = own.centre * np.exp(own.spread * fitted.get(group, prior)["mean"])
    if source not in catalogue().figure_errors or source.startswith("bias:definition:"):
        return 0.0, float(size)
    bias, found = assumed(source), fitted.get(source, prior)
    return -(bias.centre + bias.spread * found["mean"]), float(np.hypot(size, bias.spread * found["sd"]))


def _scale(value: Array, share: NDArray[np.bool_]) -> Array:
    odds = np.where(share, np.clip(value, 1e-3, 0.999), 0.5)
    return np.where(share, np.log(odds / (1 - odds)), np.log(np.where(share, 1.0, value)))


_KINDS: Final = {
    "revenue_usd": "revenue", "units": "units", "production_units": "units", "unit_price_usd": "price",
    "market_share_value": "share", "market_share_units": "share",
}  # fmt: skip


def _group(seen: Observation) -> str:
    if _KINDS.get(seen.metric) not in ("revenue", "units"):
        return "other"
    return "nvidia" if seen.maker == "nvidia" else "domestic"


def _bias(seen: Observation) -> str:
    if seen.basis.get("definition") == "cards_of_all_classes":
        return "definition:cards_of_all_classes"
    if seen.basis.get("basis") == "billing":
        return "basis:billing"
    return f"{_KINDS.get(seen.metric, 'other')}:{seen.channel}"
