"""Nash-Bertrand prices of vendors of several chips under an ad-valorem fee, with scarcity and a grey market.

A vendor maximises ``sum_c ((1 - f_c) p_c - mc_c) q_c``. With expenditure shares of a nested logit, ``S`` spending,
``m_c = 1 - f_c - mc_c/p_c`` and ``k_c = d log kappa_c / d log p_c = p_c (1 + tariff)/kappa_c``, the first-order
conditions in log price give

    m_c = ((1 - f_c) S_c + G_c) / (S_c + L_c),      L_c = (k_c/lam) sum_bw alpha_w S_bwc,
    G_c = k_c sum_bw alpha_w Z_bwc Pi_bw ((1-lam)/(lam D_bw) + D_bw^(lam-1)/den_bw),

where ``Pi_bw`` is the vendor's margin income in the nest; each vendor sells in one nest. Then
``p_c = mc_c / (1 - f_c - m_c)``. A scarce chip is priced where demand meets what there is; a grey chip where
competitive supply ``p = p_world (1 + mu)(1 + q/q_0)^(1/eta)`` meets demand. Prices are solved as
``x = log(p / mc)`` (log p over the world price for grey), which keeps the precision of single floats.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import jax
import jax.numpy as jnp
from jax import Array, lax

from chipgate.arrays.inputs import Structure
from chipgate.market.choice import TINY, Demand, demand, nests, power
from chipgate.market.sums import arrange, over, over_buyers, over_offers, rows

MAX_SWEEPS = 80
MOST_MARKUP = 20.0
"""Price over cost at which a chip counts as withdrawn."""
_STEP = 1.0
"""Largest move of a log price in one sweep."""
_NEAR = 0.1
"""Largest change of a log price in a sweep that is extrapolated."""
_LONGEST = 9.0
"""Largest weight of a difference in an extrapolation."""


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
    """Demand at log prices ``x``; price and ``k = d log kappa / d log p`` beside it."""
    price, kappa = _delivered(structure, market, x)
    found = demand(
        structure, market.log_worth, jnp.log(kappa), market.attract, market.budget, market.alpha, market.lam,
        market.outside,
    )  # fmt: skip
    return found, price, 1 - market.own / kappa


def _delivered(structure: Structure, market: Market, x: Array) -> tuple[Array, Array]:
    """Price and delivered cost of ownership, ``[c d]``."""
    price = market.base * jnp.exp(x)
    foreign = jnp.array([[0.0 if r == 2 else 1.0] for r in structure.route], price.dtype)
    return price, price * (1 + market.tariff * foreign) + market.own


def _by_offer(structure: Structure, market: Market, x: Array, kappa: Array) -> tuple[Array, Array, Array]:
    """Spending ``S``, ``sum alpha S`` and ``G/k`` of each offer, ``[c d]``.

    With ``Z = P A`` (price part ``[w c]``, attraction ``[b c]``) and ``F = budget D^(lam-1)/den``, buyers drop out as

        S_wc = P_wc sum_b A_bc F_bwg,    Pi_bw = F_bwg sum_{j of vendor} m_j P_wj A_bj,
        G_c/k_c = sum_w alpha_w P_wc sum_b A_bc H_bw,  H_bw = Pi_bw ((1-lam)/(lam D_bwg) + D_bwg^(lam-1)/den_bw).
    """
    alpha, lam = market.alpha, market.lam
    margin = 1 - market.fee - jnp.exp(-x)
    priced = power(market.log_worth, jnp.log(kappa), alpha, lam)
    found = nests(structure, priced, market.attract, lam, market.outside)

    spend, weighted, gain, order = [], [], [], []
    for owner, offers in _owners(structure):
        route = structure.route[offers[0]]
        attract, power_of = rows(market.attract, offers, 1), rows(priced, offers, 1)
        flow = market.budget * found.scale[route]
        spent = power_of * over_buyers(attract, flow)
        spend.append(over(spent, 0))
        weighted.append(over(alpha[:, None] * spent, 0))
        order += offers
        if owner < 0:
            gain.append(jnp.zeros_like(spend[-1]))
            continue
        pull = (1 - lam) / lam / jnp.maximum(found.sum[route], TINY) + found.scale[route]
        income = flow * over_offers(attract, rows(margin, offers, 0) * power_of)
        gain.append(over(alpha[:, None] * power_of * over_buyers(attract, income * pull), 0))
    return arrange(spend, order), arrange(weighted, order), arrange(gain, order)


def _owners(structure: Structure) -> list[tuple[int, list[int]]]:
    """Each vendor with its offers; grey offers have vendor -1."""
    return [(v, [c for c, owner in enumerate(structure.vendor) if owner == v]) for v in dict.fromkeys(structure.vendor)]


def sweep(structure: Structure, market: Market, x: Array) -> tuple[Array, Array]:
    """One pass over all first-order and clearing conditions: new log prices, and the vendors' own ones."""
    price, kappa = _delivered(structure, market, x)
    k = 1 - market.own / kappa
    spend, weighted, gain = _by_offer(structure, market, x, kappa)
    safe = jnp.maximum(spend, TINY)
    slope = k / market.lam * weighted
    best = ((1 - market.fee) * spend + k * gain) / (safe + slope)
    # A maker that would ask more than MOST_MARKUP times its cost has in effect withdrawn the chip (a high fee makes
    # it favour its other chips); its price stays there.
    bertrand = -jnp.log(jnp.maximum(1 - market.fee - best, 1 / MOST_MARKUP))
    quantity = safe / price
    elasticity = 1 + 0.8 * slope / safe
    clearing = x + (jnp.log(quantity) - jnp.log(jnp.maximum(market.supply, TINY))) / elasticity
    street = jnp.maximum(bertrand, clearing)
    grey = jnp.log1p(market.markup) + jnp.log1p(quantity / market.grey_scale) / market.grey_elasticity
    damped = x + (grey - x) * 0.8 / (1 + 0.6 * elasticity / market.grey_elasticity)
    is_grey = grey_mask(structure) > 0
    open_ = (market.active > 0) & (spend > 1e-12)
    new = jnp.where(open_, jnp.where(is_grey, damped, street), x)
    return new, jnp.where(open_, jnp.where(is_grey, damped, bertrand), x)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Iterate:
    """Where the iteration stands: log prices, own ones, residual, and images and changes of the last two sweeps."""

    x: Array
    list_x: Array
    residual: Array
    images: tuple[Array, Array]
    changes: tuple[Array, Array]
    count: Array


def solve(
    structure: Structure, market: Market, start: Array, *, tolerance: float, differentiable: bool = False
) -> Prices:
    """Prices from a warm start, swept until a sweep moves no log price of any draw by more than ``tolerance``.

    A draw that has converged stands still while others of its block go on, so that its prices do not depend on them.

    Args:
        start: Log prices of last month, ``[c d]``.
        differentiable: Add one Newton step through the implicit function, so that reverse mode is exact.
    """
    # The loop itself is never differentiated: the Newton step after it carries the derivative.
    fixed, begin = jax.tree.map(lax.stop_gradient, (market, start)) if differentiable else (market, start)

    def body(at: _Iterate) -> _Iterate:
        image, own = sweep(structure, fixed, at.x)
        change = jnp.clip(image - at.x, -_STEP, _STEP)
        image = at.x + change
        going = at.residual > tolerance
        residual = jnp.where(going, reduce(jnp.maximum, jnp.abs(change)), at.residual)
        mixed = jnp.where(residual > tolerance, _mix(at, image, change), image)
        return _Iterate(
            jnp.where(going, mixed, at.x), jnp.where(going, own, at.list_x), residual, (image, at.images[0]),
            (change, at.changes[0]), at.count + 1,
        )  # fmt: skip

    none, zero = jnp.full_like(begin[0], jnp.inf), jnp.zeros_like(begin)
    first = _Iterate(begin, begin, none, (begin, begin), (zero, zero), jnp.zeros((), jnp.int32))
    last = lax.while_loop(lambda at: (at.residual.max() > tolerance) & (at.count < MAX_SWEEPS), body, first)
    x, list_x = last.x, last.list_x
    if differentiable:
        still = lax.stop_gradient(x)
        x = _newton(lambda y: sweep(structure, fixed, y)[0], sweep(structure, market, still)[0], still, start)
        _, list_x = sweep(structure, market, x)
    return Prices(x, jnp.minimum(list_x, x), last.residual, last.count)


def _mix(at: _Iterate, image: Array, change: Array) -> Array:
    """Next log prices: the image of the sweep, extrapolated from the last two for each draw.

    With image g and change f = g - x of sweep n, and differences ``df_i``, ``dg_i`` of successive sweeps,

        x <- g - t_1 dg_1 - t_2 dg_2,    t = argmin |f - t_1 df_1 - t_2 df_2|.

    A plain sweep converges slowly where one vendor holds most of its market (each takes up to 3 % of the gap).
    Where two differences say nothing more than one, or ask for a long step, one is used, within bounds. Far from
    the solution, and where the last step did not bring it nearer, the plain image is taken; late, where that has
    not sufficed (two conditions that chase each other), some growth is allowed.
    Source: Anderson (1965), "Iterative procedures for nonlinear integral equations"; Walker and Ni (2011).
    """
    d1, d2 = change - at.changes[0], at.changes[0] - at.changes[1]
    a, b, c = over(d1 * d1, 0), over(d1 * d2, 0), over(d2 * d2, 0)
    p, q = over(change * d1, 0), over(change * d2, 0)
    determinant = a * c - b * b
    two = (determinant > 1e-3 * a * c) & (at.count > 1)
    safe = jnp.where(two, determinant, 1.0)
    t1, t2 = (p * c - q * b) / safe, (q * a - p * b) / safe
    two &= (jnp.abs(t1) < _LONGEST) & (jnp.abs(t2) < _LONGEST)
    alone = jnp.clip(p / jnp.maximum(a, TINY), -_LONGEST, 0.5)
    largest = reduce(jnp.maximum, jnp.abs(change))
    allowed = jnp.where(at.count < MAX_SWEEPS // 2, 1.0, 3.0) * at.residual
    near = (largest < _NEAR) & (largest < allowed) & (at.count > 0)
    t1 = jnp.where(near, jnp.where(two, t1, alone), 0.0)
    t2 = jnp.where(near & two, t2, 0.0)
    return image - t1 * (image - at.images[0]) - t2 * (at.images[0] - at.images[1])


def _newton(step: Callable[[Array], Array], image: Array, x: Array, start: Array) -> Array:
    """``x - (I - J)^-1 (x - image)``: equals ``x`` at a fixed point of ``step``, with its implicit derivative.

    Args:
        step: The sweep of a market that carries no derivative; ``J`` is its Jacobian.
        image: ``step(x)`` of the market that carries one. ``x``: carries none.
        start: Prices of last month, which an offer that is off keeps, with their derivative.
    """
    count = x.shape[0]
    eye = jnp.eye(count, dtype=x.dtype)

    def column(direction: Array) -> Array:
        return jax.jvp(step, (x,), (jnp.broadcast_to(direction[:, None], x.shape),))[1]

    # One column after the other: the sweep's derivative is compiled once.
    jacobian = jnp.moveaxis(lax.map(column, eye), 0, 1)
    system = jnp.moveaxis(eye[:, :, None] - jacobian, -1, 0)
    # An offer that is off has a row of the identity in J; its row is the identity here too.
    dead = jnp.abs(jnp.diagonal(system, axis1=1, axis2=2)) < 1e-12
    system = lax.stop_gradient(system + jnp.where(dead, 1.0, 0.0)[:, :, None] * eye)
    gap = jnp.where(dead, 0.0, jnp.moveaxis(x - image, -1, 0))
    solved = x - jnp.moveaxis(jnp.linalg.solve(system, gap[..., None])[..., 0], 0, -1)
    return jnp.where(jnp.moveaxis(dead, 0, -1), start, solved)
