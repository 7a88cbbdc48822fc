"""The map from scores to inputs once more, in JAX, so that the loss has an exact gradient.

The setup builds inputs in NumPy. Of the streams that the fit may move, each enters in a simple way: as a constant, as
a shift of tastes, as a factor on a path that is straight in logs, as a share let through. Those fields are rewritten
here; all others stay as the setup built them. :meth:`Smooth.gap` compares both and must be next to nought.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import expit, ndtr
from numpy.typing import NDArray
from scipy.special import logit

from chipgate.arrays.inputs import Inputs
from chipgate.inference.fit import Problem
from chipgate.inference.observed import predicted
from chipgate.inference.paths import Scored
from chipgate.market.simulate import simulate
from chipgate.schema.market import Prior, Variant
from chipgate.setup.build import block, build
from chipgate.setup.draws import PATH_CORRELATION, PriorDraws

_Z90: Final = 1.2815515655446004
_DIRECT: Final = {
    "choice.lam": "lam", "choice.outside": "outside", "price.vendor_share": "vendor_share",
    "orders.pull_multiple": "pull_multiple", "orders.pull_share": "pull_share", "grey.markup": "markup",
    "grey.elasticity": "grey_elasticity", "huawei.assembly_yield": "assembly_yield",
}  # fmt: skip
"""Priors that are a constant as they are."""
_ALPHA: Final = ("choice.alpha_training", "choice.alpha_inference")
_PASSES: Final = ("beijing.pass.1", "beijing.pass.2", "beijing.pass.3")


class Smooth:
    """Loss of a problem as a function in JAX."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        paths = problem.paths
        self.plan, self.names = paths.plan, paths.names
        self.at = {name: i for i, name in enumerate(self.names)}
        draws = PriorDraws(paths.catalogue, Scored({}, 1), paths.as_of, self.plan.posterior)
        self._priors = {name: (p, v) for name, p in paths.catalogue.priors.items() if (v := draws.variant(p))}
        base = build(self.plan, streams=Scored({n: np.zeros(1) for n in self.names}, 1))
        with jax.enable_x64(True):
            self.base: Inputs = block(base.inputs, slice(0, 1), "float64")
        self._paths = self._path_weights(draws)

    def value(self, name: str, u: Any, score: Any = None) -> Any:
        """A prior at a score, on its own scale."""
        prior, variant = self._priors[name]
        if score is None:
            score = u[self.at[name]] if name in self.at else 0.0
        return _back(prior, _moved(prior, variant, score))

    def _path_weights(self, draws: PriorDraws) -> dict[str, tuple[list[str], NDArray[np.float64]]]:
        """Of each path with a stream in the fit: its anchors and their weights by month, ``[t a]``."""
        found = {}
        for prefix in dict.fromkeys(n.removeprefix("path:") for n in self.names if n.startswith("path:")):
            found[prefix] = draws.weights(prefix, self.plan.months)
        for name in self.names:
            prefix = name.rpartition(".")[0]
            if name.rpartition(".")[2][:4].isdigit() and prefix not in found:
                found[prefix] = draws.weights(prefix, self.plan.months)
        return found

    def _factor(self, prefix: str, u: Any) -> Any:
        """Factor by month on a path against the medians, ``[t]``."""
        anchors, weight = self._paths[prefix]
        own, shared = np.sqrt(1 - PATH_CORRELATION), np.sqrt(PATH_CORRELATION)
        common = u[self.at[f"path:{prefix}"]] if f"path:{prefix}" in self.at else 0.0
        logs = []
        for name in anchors:
            score = shared * common + own * (u[self.at[name]] if name in self.at else 0.0)
            logs.append(jnp.log(self.value(name, u, score)) - jnp.log(self.value(name, u, 0.0)))
        return jnp.exp(weight @ jnp.stack(logs))

    def inputs(self, u: Any) -> Inputs:
        """Inputs of the path with scores ``u [n]``."""
        c, m = self.base.constants, self.base.monthly
        one = {field: self.value(n, u)[None] for n, field in _DIRECT.items() if n in self.at}
        if any(n in self.at for n in _ALPHA):
            one["alpha"] = jnp.stack([self.value(n, u)[None] for n in _ALPHA])
        cost, taste, scale, made = c.cost, c.taste, c.grey_scale, m.production
        for i, offer in enumerate(self.plan.offers):
            if offer.cost in self.at and offer.cost.startswith("cost."):
                cost = cost.at[i].set(self.value(offer.cost, u))
            if offer.taste is not None and offer.taste in self.at:
                taste = taste.at[:, i].add(self.value(offer.taste, u) - self.value(offer.taste, u, 0.0))
            if offer.route == "grey" and f"grey.scale.{offer.supply}" in self.at:
                scale = scale.at[i].set(self.value(f"grey.scale.{offer.supply}", u))
            if offer.route != "grey" and f"supply.{offer.supply}" in self._paths:
                made = made.at[:, i].multiply(self._factor(f"supply.{offer.supply}", u)[:, None])
        one |= {"cost": cost, "taste": taste, "grey_scale": scale}
        if any(n in self.at for n in _PASSES) or any(n.startswith("episode:") for n in self.at):
            one["passes"] = self._let_through(u)
        months: dict[str, Any] = {"production": made}
        for prefix, field in (("budget.total", "budget"), ("huawei.packaging", "packaging")):
            if prefix in self._paths:
                months[field] = getattr(m, field) * self._factor(prefix, u)[:, None]
        return Inputs(replace(m, **months), replace(c, **one))

    def _let_through(self, u: Any) -> Any:
        spread = self.value("beijing.episode_spread", u)
        rows = []
        for family in self.plan.structure.families:
            name = f"episode:{family}"
            shift = spread * (u[self.at[name]] if name in self.at else 0.0)
            least, column = jnp.ones(()), [jnp.ones(())]
            for level in _PASSES:
                share = self.value(level, u)
                least = jnp.minimum(least, expit(jnp.log(share) - jnp.log1p(-share) + shift))
                column.append(least)
            rows.append(jnp.stack(column))
        return jnp.stack(rows, axis=1)[..., None]

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


def _moved(prior: Prior, variant: Variant, score: Any) -> Any:
    """A prior at a score, on its normal scale."""
    to: Callable[[float], Any] = {"linear": float, "log": np.log, "logit": logit, "fixed": float}[prior.scale]
    low, middle, high = (float(to(x)) for x in (variant.low, variant.central, variant.high))
    if prior.scale == "fixed":
        return jnp.asarray(middle)
    score = jnp.asarray(score)
    return middle + jnp.where(score < 0, (middle - low) / _Z90, (high - middle) / _Z90) * score


def _back(prior: Prior, moved: Any) -> Any:
    back: Callable[[Any], Any] = {"log": jnp.exp, "logit": expit}.get(prior.scale, lambda x: x)
    least = -jnp.inf if prior.least is None else prior.least
    most = jnp.inf if prior.most is None else prior.most
    return jnp.clip(back(moved), least, most)


