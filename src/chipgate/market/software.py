"""Maturity of a software stack: throughput reached over that of a mature one, by workload.

    e = e_0 + (e_max - e_0) U / (U + U_half)

with U the chip-months of use so far. A frontier run on an immature stack may fail; the failure costs its stack
some maturity in training, which fades.
"""

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Structure
from chipgate.market.sums import over, total

_SHARPNESS = 0.02


def maturity(structure: Structure, constants: Constants, use: Array, setback: Array) -> Array:
    """Maturity ``e`` in (0, 1], ``[s w d]``."""
    follows = jnp.array([[[1.0 if f else 0.0]] for f in structure.followers])
    grown = use / (use + constants.half_use[None])
    learning = constants.start + jnp.maximum(constants.ceiling - constants.start, 0) * grown
    learning = learning * jnp.exp(-jnp.stack([setback, jnp.zeros_like(setback)], axis=1))
    return follows * learning + (1 - follows)


def habit(structure: Structure, constants: Constants, installed: Array) -> Array:
    """Utility that a buyer's own installed chips give to each offer, ``[b c d]``.

    Code, tools and people follow the chips at work: a stack gains ``habit`` times its share of a buyer's chips. Tastes
    hold for a buyer whose chips all run on the leading stack, so that one loses what the others gain.

    Args:
        installed: Chips at work, ``[b c d]``.
    """
    whole = over(installed, 1) + constants.base
    shares = []
    for stack, follows in enumerate(structure.followers):
        inside = [c for c, s in enumerate(structure.stack) if s == stack]
        held = total([installed[:, c] for c in inside]) / whole
        shares.append(held if follows else held + constants.base / whole - 1)
    return constants.habit * jnp.stack([shares[s] for s in structure.stack], axis=1)


def run_fails(constants: Constants, mature: Array, uniform: Array, attempted: Array) -> tuple[Array, Array]:
    """Chance that a frontier run on each stack is abandoned, and whether it is, ``[s d]``.

    Args:
        mature: Maturity in training, ``[s d]``.
        uniform: ``[d]``; ``attempted``: 1 in months of an attempt.
    """
    chance = constants.run_failure * jnp.clip(1 - mature, 0, 1) / jnp.clip(1 - constants.start[:, 0], 1e-3, 1)
    # A narrow logistic step instead of a comparison keeps a derivative.
    failed = 1 / (1 + jnp.exp(-(chance - uniform) / _SHARPNESS))
    return chance * attempted, failed * attempted


def next_setback(constants: Constants, setback: Array, failed: Array) -> Array:
    """Maturity lost to failed runs after this month, in logs, ``[s d]``."""
    return setback * constants.setback_kept + constants.setback * failed
