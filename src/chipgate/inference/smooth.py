"""The map from scores to inputs once more, in JAX, so that the loss has an exact gradient.

The setup builds inputs in NumPy. Of the streams that the fit may move, each enters in a simple way: as a constant, as
a shift of tastes, as a factor on a path that is straight in logs, as a share let through. Those fields are rewritten
here; all others stay as the setup built them. :meth:`Smooth.gap` compares both and must be next to nought.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import expit, ndtr
from numpy.typing import NDArray
from scipy.special import logit

from chipgate.arrays.inputs import Inputs
from chipgate.inference.ensemble import Problem
from chipgate.inference.observed import predicted
from chipgate.inference.paths import Scored
from chipgate.market.simulate import simulate
from chipgate.schema.market import Prior, Variant
from chipgate.setup.build import block, build
from chipgate.setup.draws import PATH_CORRELATION, PriorDraws, factor_stream

Array = NDArray[np.float64]
_Z90: Final = 1.2815515655446004
_DIRECT: Final = {
    "choice.lam": "lam", "choice.outside": "outside", "price.vendor_share": "vendor_share",
    "orders.pull_multiple": "pull_multiple", "orders.pull_share": "pull_share", "grey.markup": "markup",
    "grey.elasticity": "grey_elasticity", "huawei.assembly_yield": "assembly_yield",
}  # fmt: skip
"""Priors that are a constant as they are."""
_ALPHA: Final = ("choice.alpha_training", "choice.alpha_inference")
_PASSES: Final = ("beijing.pass.1", "beijing.pass.2", "beijing.pass.3")


_MOVED: Final = re.compile(
    r"(path:(budget\.total|huawei\.packaging|supply\.\w+)(:renewed)?|(budget\.total|huawei\.packaging|supply\.\w+)\.\d{4}.*"
    r"|taste\.(?!own_make).*|cost\.chip\..*|grey\.scale\..*|episode:.*|together:demand.*)"
)


def moves(name: str) -> bool:
    """Whether a stream has an exact gradient here."""
    return name in _DIRECT or name in (*_ALPHA, *_PASSES) or _MOVED.fullmatch(name) is not None


class Smooth:
    """Loss of a problem as a function in JAX.

    Everything but the constants is a table times the shifts of the streams, so that the program stays small.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        paths = problem.paths
        self.plan, self.names = paths.plan, paths.names
        self.at = {name: i for i, name in enumerate(self.names)}
        draws = PriorDraws(paths.catalogue, Scored({}, 1), paths.as_of, self.plan.posterior)
        self._priors = {name: (p, v) for name, p in paths.catalogue.priors.items() if (v := draws.variant(p))}
        self.base: Inputs = self._built({})
        self._middle, self._slopes = _scales([self._priors.get(name) for name in self.names])
        self._anchor_tables(draws)
        offers = self.plan.offers
        self._cost = self._table([o.cost if o.cost.startswith("cost.") else "" for o in offers])
        self._taste = self._table([o.taste or "" for o in offers])
        self._grey = self._table([f"grey.scale.{o.supply}" if o.route == "grey" else "" for o in offers])

    def _built(self, scores: dict[str, float]) -> Inputs:
        streams = Scored({n: np.full(1, scores.get(n, 0.0)) for n in self.names}, 1)
        with jax.enable_x64(True):
            return block(build(self.plan, streams=streams).inputs, slice(0, 1), "float64")

    def _table(self, wanted: Sequence[str]) -> Array:
        """1 where an offer takes the shift of a stream, ``[offer stream]``."""
        return np.array([[float(name == one) for name in self.names] for one in wanted])

    def _anchor_tables(self, draws: PriorDraws) -> None:
        """Anchors of all paths in the fit: how their scores follow from the streams', and their weights by month."""
        found = ["budget.total", "huawei.packaging", *(f"supply.{o.supply}" for o in self.plan.offers)]
        anchors: list[str] = []
        weights: dict[str, tuple[int, Array]] = {}
        for prefix in dict.fromkeys(found):
            names, weight = draws.weights(prefix, self.plan.months)
            weights[prefix] = (len(anchors), weight)
            anchors += names
        self._mixing = np.zeros((len(anchors), len(self.names)))
        for i, name in enumerate(anchors):
            self._mix(draws, i, draws.common(name), np.sqrt(PATH_CORRELATION))
            if name in self.at:
                self._mixing[i, self.at[name]] = np.sqrt(1 - PATH_CORRELATION)
        self._anchor_slopes = _scales([self._priors[name] for name in anchors])[1]

        def full(prefix: str) -> Array:
            made = np.zeros((len(self.plan.months), len(anchors)))
            if prefix in weights:
                start, weight = weights[prefix]
                made[:, start : start + weight.shape[1]] = weight
            return made

        self._budget, self._packaging = full("budget.total"), full("huawei.packaging")
        grey = np.array([o.route == "grey" for o in self.plan.offers])
        supply = np.stack([full(f"supply.{o.supply}") for o in self.plan.offers], axis=1)
        self._supply = np.where(grey[None, :, None], 0.0, supply)
        # After a published stock a line restarts, or a published order arrives where that is more: a floor.
        scaled = [n for n in self.names if n.startswith(("path:supply.", "together:demand"))]
        high, low = (dict.fromkeys(scaled, s) for s in (4.0, -4.0))
        raised = np.array([high.get(n, 0.0) for n in self.names])
        with jax.enable_x64(True):
            self._line = np.asarray(self._built(high).monthly.production / self._made(jnp.asarray(raised)))
            self._floor = np.asarray(self._built(low).monthly.production)

    def _mix(self, draws: PriorDraws, row: int, name: str, weight: float) -> None:
        """Add a stream to the score of an anchor, and what it shares with other streams; loads are at their medians."""
        factor = draws.factor(name)
        if factor is not None:
            load = self._priors[draws.together[factor].load][1].central
            shared = factor_stream(factor, name)
            if shared in self.at:
                self._mixing[row, self.at[shared]] += weight * load
            weight = weight * np.sqrt(1 - load**2)
        if name in self.at:
            self._mixing[row, self.at[name]] += weight

    def _shifts(self, u: Any) -> Any:
        """Logs of all anchors against their medians, ``[anchor]``."""
        z = self._mixing @ u
        return jnp.where(z < 0, self._anchor_slopes[0], self._anchor_slopes[1]) * z

    def _made(self, u: Any) -> Any:
        return jnp.exp(self._supply @ self._shifts(u))[:, :, None]

    def inputs(self, u: Any) -> Inputs:
        """Inputs of the path with scores ``u [n]``."""
        c, m = self.base.constants, self.base.monthly
        moved = jnp.where(u < 0, self._slopes[0], self._slopes[1]) * u
        anchors = self._shifts(u)
        one = {
            "cost": c.cost * jnp.exp(self._cost @ moved)[:, None],
            "grey_scale": c.grey_scale * jnp.exp(self._grey @ moved)[:, None],
            "taste": c.taste + (self._taste @ moved)[None, :, None],
        }
        value = {n: self._value(n, moved) for n in (*_DIRECT, *_ALPHA) if n in self.at}
        one |= {_DIRECT[n]: v for n, v in value.items() if n in _DIRECT}
        if any(n in self.at for n in _ALPHA):
            rows = [value[n] if n in value else c.alpha[i] for i, n in enumerate(_ALPHA)]
            one["alpha"] = jnp.stack(rows)
        if any(n in self.at for n in _PASSES) or any(n.startswith("episode:") for n in self.at):
            one["passes"] = self._let_through(u, moved)
        months = {
            "production": jnp.maximum(self._floor, self._line * self._made(u)),
            "budget": m.budget * jnp.exp(self._budget @ anchors)[:, None],
            "packaging": m.packaging * jnp.exp(self._packaging @ anchors)[:, None],
        }
        return Inputs(replace(m, **months), replace(c, **one))

    def _value(self, name: str, moved: Any) -> Any:
        """A prior in the fit, ``[1]``."""
        prior, index = self._priors[name][0], self.at[name]
        back: Callable[[Any], Any] = {"log": jnp.exp, "logit": expit}.get(prior.scale, lambda x: x)
        least = -jnp.inf if prior.least is None else prior.least
        most = jnp.inf if prior.most is None else prior.most
        return jnp.clip(back(self._middle[index] + moved[index]), least, most)[None]

    def _let_through(self, u: Any, moved: Any) -> Any:
        variant = self._priors["beijing.episode_spread"][1]
        index = [self.at.get(f"episode:{family}", -1) for family in self.plan.structure.families]
        shift = variant.central * jnp.concatenate([u, jnp.zeros(1)])[np.array(index)]
        least, rows = jnp.ones(len(index)), [jnp.ones(len(index))]
        for name in _PASSES:
            odds = logit(self._priors[name][1].central) + (moved[self.at[name]] if name in self.at else 0.0)
            least = jnp.minimum(least, expit(odds + shift))
            rows.append(least)
        return jnp.stack(rows)[..., None]

    def loss(self, theta: Any) -> Any:
        """Negative log posterior of unknowns ``[n + k]``."""
        n = self.problem.streams
        record = simulate(self.plan.structure, self.inputs(theta[:n]), differentiable=True)
        said = predicted(self.problem.paths.rows, record, jnp)
        away = self.problem.errors.loss(said, theta[n:, None], jnp, ndtr)
        return 0.5 * (theta**2).sum() + away[0]

    def gap(self, u: NDArray[np.float64]) -> float:
        """Largest relative difference of any input from the one that the setup builds, at scores ``u``."""
        exact = self.problem.paths.inputs(u[:, None]).inputs
        with jax.enable_x64(True):
            ours = jax.tree.map(np.asarray, self.inputs(jnp.asarray(u)))
        worst = 0.0
        for a, b in zip(jax.tree.leaves(exact), jax.tree.leaves(ours), strict=True):
            a, b = np.broadcast_arrays(np.nan_to_num(np.asarray(a, float)), np.nan_to_num(np.asarray(b, float)))
            worst = max(worst, float((np.abs(a - b) / np.maximum(np.abs(a), 1e-6)).max()))
        return worst


def _scales(priors: Sequence[tuple[Prior, Variant] | None]) -> tuple[Array, Array]:
    """Medians of priors on their normal scales, ``[n]``, and slopes below and above, ``[2 n]``; 0 and 1 for none."""
    rows = []
    for one in priors:
        if one is None:
            rows.append((0.0, 1.0, 1.0))
            continue
        prior, variant = one
        to: Callable[[float], Any] = {"log": np.log, "logit": logit}.get(prior.scale, float)
        low, middle, high = (float(to(x)) for x in (variant.low, variant.central, variant.high))
        flat = prior.scale == "fixed"
        rows.append((middle, 0.0 if flat else (middle - low) / _Z90, 0.0 if flat else (high - middle) / _Z90))
    table = np.array(rows).reshape(-1, 3).T
    return table[0], table[1:]
