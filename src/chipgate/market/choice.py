"""Nested-logit choice of spending by buyer and workload.

For workload w the worth of offer c per USD is ``v = phi e / kappa``, with kappa the delivered cost of ownership.
Nests g are the routes. With ``y = alpha_w (log v_c - log v_ref) + taste - pressure``:

    Z_c = exp(y_c / lam),  D_g = sum_{c in g} Z_c,
    share_c = Z_c D_g^(lam-1) / (exp(u_0) + sum_g D_g^lam)

Source: McFadden (1978), "Modelling the choice of residential location"; expenditure shares as in Anderson,
de Palma and Thisse (1992), chapter 3.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Structure
from chipgate.market.sums import over_offers, rows, total

TINY = 1e-30
ROUTES = 3
"""Nests: legal, grey, domestic."""


@dataclass(frozen=True)
class Demand:
    """Spending.

    Attributes:
        spend: USD a month, ``[b w c d]``.
        outside: USD a month that stay outside, ``[b w d]``.
    """

    spend: Array
    outside: Array


@dataclass(frozen=True)
class Nests:
    """What buyers' choice needs of each nest; one array ``[b w d]`` for each route.

    Price enters through ``power[w c]`` alone and the buyer through ``attract[b c]``: ``Z = power attract``, so that
    ``share_c = power_c attract_c scale_g`` and no array over buyers, workloads and offers need be formed.

    Attributes:
        sum: ``D``, sum of the utility terms of the nest.
        scale: ``D^(lam-1) / den``; zero for an empty nest.
        outside: Share that stays outside, ``exp(u_0) / den``.
    """

    sum: tuple[Array, ...]
    scale: tuple[Array, ...]
    outside: Array


def attraction(taste: Array, gate: Array, lam: Array) -> Array:
    """What price does not touch: ``(exp(taste) gate)^(1/lam)``, ``[b c d]``.

    Args:
        taste: Utility beyond worth per USD, ``[b c d]``.
        gate: Share of ordinary demand that gates and access let through, ``[b c d]``.
        lam: Nesting parameter, ``[d]``.
    """
    return jnp.where(gate > 0, jnp.exp((taste + jnp.log(jnp.maximum(gate, TINY))) / lam), 0.0)


def power(log_worth: Array, log_kappa: Array, alpha: Array, lam: Array) -> Array:
    """What price does touch: ``exp(alpha / lam (log v - log v_ref))``, ``[w c d]``."""
    return jnp.exp((alpha / lam)[:, None, :] * (log_worth - log_kappa[None]))


def nests(structure: Structure, priced: Array, attract: Array, lam: Array, outside: Array) -> Nests:
    """Sums over the offers of each nest.

    Args:
        priced: From :func:`power`, ``[w c d]``.
        attract: From :func:`attraction`, ``[b c d]``.
        lam: ``[d]``; ``outside``: ``[d]`` or ``[b w d]``.
    """
    shape = (attract.shape[0], priced.shape[0], attract.shape[-1])
    sums = tuple(
        over_offers(rows(attract, inside, 1), rows(priced, inside, 1)) if inside else jnp.zeros(shape, priced.dtype)
        for inside in map(structure.offers_of, range(ROUTES))
    )
    # An empty nest has no spending. The guards stand before log and division, so that derivatives stay finite.
    held = [jnp.maximum(d, TINY) for d in sums]
    powered = [jnp.where(d > TINY, jnp.exp(lam * jnp.log(h)), 0.0) for d, h in zip(sums, held, strict=True)]
    stay = jnp.exp(outside)
    den = stay + total(powered)
    return Nests(sums, tuple(p / h / den for p, h in zip(powered, held, strict=True)), stay / den)


def demand(
    structure: Structure, log_worth: Array, log_kappa: Array, attract: Array, budget: Array, alpha: Array,
    lam: Array, outside: Array,
) -> Demand:  # fmt: skip
    """Spending of every buyer on every offer.

    Args:
        log_worth: Log throughput at the maturity of the stack over the reference worth, ``[w c d]``.
        log_kappa: Log delivered cost of ownership, USD a chip, ``[c d]``.
        attract: From :func:`attraction`, ``[b c d]``.
        budget: USD a month by workload, ``[b w d]``.
        alpha: ``[w d]``; ``lam``: ``[d]``; ``outside``: ``[d]`` or ``[b w d]``.
    """
    priced = power(log_worth, log_kappa, alpha, lam)
    found = nests(structure, priced, attract, lam, outside)
    scaled = [scale * budget for scale in found.scale]
    spend = attract[:, None] * priced[None] * jnp.stack([scaled[route] for route in structure.route], axis=2)
    return Demand(spend, budget * found.outside)
