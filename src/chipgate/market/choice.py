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

TINY = 1e-30


@dataclass(frozen=True)
class Demand:
    """Spending and what pricing needs of it.

    Attributes:
        spend: USD a month, ``[b w c d]``.
        nest: Sum of utilities ``D`` of each offer's nest, ``[b w c d]``.
        scale: ``D^(lam-1) / den`` of each offer's nest, ``[b w c d]``.
        z: Utility term of each offer, ``[b w c d]``.
        outside: USD a month that stay outside, ``[b w d]``.
    """

    spend: Array
    nest: Array
    scale: Array
    z: Array
    outside: Array


def attraction(taste: Array, gate: Array, lam: Array) -> Array:
    """What price does not touch: ``exp(taste / lam) gate^(1/lam)``, ``[b c d]``.

    Args:
        taste: Utility beyond worth per USD, ``[b c d]``.
        gate: Share of ordinary demand that gates and access let through, ``[b c d]``.
        lam: Nesting parameter, ``[d]``.
    """
    return jnp.exp(taste / lam) * jnp.where(gate > 0, jnp.maximum(gate, TINY) ** (1 / lam), 0.0)


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
        alpha: ``[w d]``; ``lam``: ``[d]``; ``outside``: ``[d]``.
    """
    power = jnp.exp((alpha / lam)[:, None, :] * (log_worth - log_kappa[None]))
    z = power[None] * attract[:, None]
    total, each = _nests(structure, z)
    powered = [jnp.where(d > TINY, jnp.maximum(d, TINY) ** lam, 0.0) for d in total]
    den = jnp.exp(outside) + sum(powered)
    # D^(lam-1)/den is finite wherever the nest holds something; an empty nest has no spending.
    scales = [jnp.where(d > TINY, jnp.maximum(d, TINY) ** (lam - 1), 0.0) / den for d in total]
    scale = _spread(structure, scales)
    spend = z * scale * budget[:, :, None, :]
    return Demand(spend, each, scale, z, budget * jnp.exp(outside) / den)


def _nests(structure: Structure, z: Array) -> tuple[list[Array], Array]:
    """Sum of each nest, ``[b w d]``, and the same beside each offer, ``[b w c d]``."""
    totals = []
    for route in range(3):
        inside = structure.offers_of(route)
        totals.append(sum((z[:, :, c] for c in inside), start=jnp.zeros_like(z[:, :, 0])))
    return totals, _spread(structure, totals)


def _spread(structure: Structure, by_nest: list[Array]) -> Array:
    return jnp.stack([by_nest[route] for route in structure.route], axis=2)
