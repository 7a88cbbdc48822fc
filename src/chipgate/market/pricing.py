"""Nash-Bertrand prices of vendors of several chips under an ad-valorem fee, with scarcity and a grey market.

A vendor maximises ``sum_c ((1 - f_c) p_c - mc_c) q_c``. With expenditure shares of a nested logit, ``S`` spending,
``m_c = 1 - f_c - mc_c/p_c`` and ``k_c = p_c/kappa_c``, the first-order conditions in log price give

    m_c = ((1 - f_c) S_c + G_c) / (S_c + L_c),      L_c = (k_c/lam) sum_bw alpha_w S_bwc,
    G_c = k_c sum_bw alpha_w Z_bwc Pi_bw ((1-lam)/(lam D_bw) + D_bw^(lam-1)/den_bw),

where ``Pi_bw`` is the vendor's margin income in the nest; each vendor sells in one nest. Then
``p_c = mc_c / (1 - f_c - m_c)``. A scarce chip is priced where demand meets what there is; a grey chip where
competitive supply ``p = p_world (1 + mu)(1 + q/q_0)^(1/eta)`` meets demand. Prices are solved as
``x = log(p / mc)`` (log p over the world price for grey), which keeps the precision of single floats.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array, lax

from chipgate.arrays.inputs import Structure
from chipgate.market.choice import TINY, Demand, demand

MAX_SWEEPS = 80


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Market:
    """One month's market, prices apart.

    Attributes:
        base: Cost to the maker, or world price of a grey chip, ``[c d]``.
        fee: Ad-valorem fee, ``[c d]``; ``own``: ownership cost, ``[c d]``; ``tariff``: ``[d]``.
        supply: Units that there are for new orders, ``[c d]``.
        active: 1 where the offer can be ordered, ``[c d]``.
        log_worth, attract, budget, alpha, lam, outside: See :func:`chipgate.market.choice.demand`.
        markup, grey_scale, grey_elasticity: Grey supply.
    """

    base: Array
    fee: Array
    own: Array
    tariff: Array
    supply: Array
    active: Array
    log_worth: Array
    attract: Array
    budget: Array
    alpha: Array
    lam: Array
    outside: Array
    markup: Array
    grey_scale: Array
    grey_elasticity: Array


@dataclass(frozen=True)
class Prices:
    """Solved prices.

    Attributes:
        x: Log street price over ``base``, ``[c d]``. ``list_x``: the same of the vendor's own price.
        residual: Largest change of the last sweep in each draw, ``[d]``.
        sweeps: Number of sweeps, scalar.
    """

    x: Array
    list_x: Array
    residual: Array
    sweeps: Array


def grey_mask(structure: Structure) -> Array:
    """1 for grey offers, ``[c 1]``."""
    return jnp.array([[1.0 if r == 1 else 0.0] for r in structure.route])


def demand_at(structure: Structure, market: Market, x: Array) -> tuple[Demand, Array, Array]:
    """Demand at log prices ``x``; price and ``k = p/kappa`` beside it."""
    price = market.base * jnp.exp(x)
    foreign = jnp.array([[0.0 if r == 2 else 1.0] for r in structure.route], price.dtype)
    kappa = price * (1 + market.tariff * foreign) + market.own
    found = demand(
        structure, market.log_worth, jnp.log(kappa), market.attract, market.budget, market.alpha, market.lam,
        market.outside,
    )  # fmt: skip
    return found, price, price / kappa


def sweep(structure: Structure, market: Market, x: Array) -> tuple[Array, Array]:
    """One pass over all first-order and clearing conditions: new log prices, and the vendors' own ones."""
    found, price, k = demand_at(structure, market, x)
    alpha, lam = market.alpha[None, :, None, :], market.lam
    spend_c = found.spend.sum((0, 1))
    safe = jnp.maximum(spend_c, TINY)
    slope = k / lam * (alpha * found.spend).sum((0, 1))
    margin = 1 - market.fee - jnp.exp(-x)
    income = margin[None, None] * found.spend
    of_vendor = _vendor_sum(structure, income)
    pull = (1 - lam) / lam / jnp.maximum(found.nest, TINY) + found.scale
    gain = k * (alpha * found.z * of_vendor * pull).sum((0, 1))
    best = ((1 - market.fee) * spend_c + gain) / (safe + slope)
    # A margin cannot reach the net price itself; the bound only guards the first sweeps.
    bertrand = -jnp.log(jnp.maximum(1 - market.fee - best, 1e-3))
    quantity = safe / price
    elasticity = 1 + 0.8 * slope / safe
    clearing = x + (jnp.log(quantity) - jnp.log(jnp.maximum(market.supply, TINY))) / elasticity
    street = jnp.maximum(bertrand, clearing)
    grey = jnp.log1p(market.markup) + jnp.log1p(quantity / market.grey_scale) / market.grey_elasticity
    damped = x + (grey - x) * 0.8 / (1 + 0.6 * elasticity / market.grey_elasticity)
    is_grey = grey_mask(structure).astype(x.dtype)
    new = is_grey * damped + (1 - is_grey) * street
    open_ = (market.active > 0) & (spend_c > 1e-12)
    return jnp.where(open_, new, x), jnp.where(open_, is_grey * damped + (1 - is_grey) * bertrand, x)


def solve(
    structure: Structure, market: Market, start: Array, *, tolerance: float, differentiable: bool = False
) -> Prices:
    """Prices from a warm start, swept until no log price of any draw moves by more than ``tolerance``.

    Args:
        start: Log prices of last month, ``[c d]``.
        differentiable: Add one Newton step through the implicit function, so that reverse mode is exact.
    """

    # The loop itself is never differentiated: the Newton step after it carries the derivative.
    fixed, begin = jax.tree.map(lax.stop_gradient, (market, start)) if differentiable else (market, start)

    def body(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        x, _, count = carry
        new, _ = sweep(structure, fixed, x)
        return new, jnp.abs(new - x).max(0), count + 1

    def going(carry: tuple[Array, Array, Array]) -> Array:
        _, residual, count = carry
        return (residual.max() > tolerance) & (count < MAX_SWEEPS)

    first = (begin, jnp.full(start.shape[1:], jnp.inf, start.dtype), jnp.zeros((), jnp.int32))
    x, residual, count = lax.while_loop(going, body, first)
    if differentiable:
        x = _newton(lambda y: sweep(structure, market, y)[0], lax.stop_gradient(x))
    _, list_x = sweep(structure, market, x)
    return Prices(x, jnp.minimum(list_x, x), residual, count)


def _newton(step: Callable[[Array], Array], x: Array) -> Array:
    """``x - (I - J)^-1 (x - step(x))``: equals ``x`` at a fixed point, with its implicit derivative."""
    count = x.shape[0]
    basis = jnp.eye(count, dtype=x.dtype)

    def column(direction: Array) -> Array:
        return jax.jvp(step, (x,), (jnp.broadcast_to(direction[:, None], x.shape),))[1]

    jacobian = jnp.moveaxis(jax.vmap(column)(basis), 0, 1)
    system = jnp.moveaxis(jnp.eye(count, dtype=x.dtype)[:, :, None] - lax.stop_gradient(jacobian), -1, 0)
    # An offer that is off has a row of the identity in J; its price stays, so its row is the identity here too.
    dead = jnp.abs(jnp.diagonal(system, axis1=1, axis2=2)) < 1e-12
    system = system + jnp.where(dead, 1.0, 0.0)[:, :, None] * jnp.eye(count, dtype=x.dtype)
    gap = jnp.moveaxis(x - step(x), -1, 0)
    gap = jnp.where(dead, 0.0, gap)
    return x - jnp.moveaxis(jnp.linalg.solve(system, gap[..., None])[..., 0], 0, -1)


def _vendor_sum(structure: Structure, income: Array) -> Array:
    """Margin income of each offer's vendor in its nest, ``[b w c d]``; zero for grey offers."""
    zero = jnp.zeros_like(income[:, :, 0])
    sums = {
        v: sum((income[:, :, c] for c, owner in enumerate(structure.vendor) if owner == v), start=zero)
        for v in set(structure.vendor)
        if v >= 0
    }
    return jnp.stack([sums[v] if v >= 0 else zero for v in structure.vendor], axis=2)
