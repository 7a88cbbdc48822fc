"""Beijing's gate: levels 0 welcome, 1 discouraged, 2 case by case, 3 blocked, and what they let through.

Where history or a scenario gives the level it stands; elsewhere it moves by a Markov process in two sub-steps a
month, so that a move and its answer can fall in one month. The rate of tightening rises with domestic
sufficiency and after an opening by Washington.
"""

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Structure
from chipgate.market.choice import TINY

LEVELS = ("welcome", "discouraged", "case by case", "blocked")
SUB_STEPS = 2


def next_level(
    constants: Constants, level: Array, given: Array, react: Array, uniforms: Array, sufficiency: Array
) -> Array:
    """Level of this month, ``[f k d]``.

    Args:
        level: Level of last month, ``[f k d]``.
        given: Level where it is given, -1 elsewhere, ``[f k d]``.
        react: Recent openings by Washington, fading, ``[f d]``.
        uniforms: ``[2 2 f d]``.
        sufficiency: Domestic supply over demand, ``[d]``.
    """
    up_rate = constants.rates[0] * (1 + constants.sufficiency * jnp.clip(sufficiency, 0, 1))
    up_rate = up_rate + constants.react * jnp.minimum(react, 1)
    up = 1 - jnp.exp(-up_rate / SUB_STEPS)
    down = 1 - jnp.exp(-constants.rates[1] / SUB_STEPS)
    moved = level
    for step in range(SUB_STEPS):
        rises = (uniforms[step, 0] < up)[:, None, :]
        falls = (uniforms[step, 1] < down)[None] if down.ndim == 2 else (uniforms[step, 1] < down)[:, None, :]
        moved = jnp.clip(moved + rises.astype(level.dtype) - falls.astype(level.dtype), 0, 3)
    return jnp.where(given >= 0, given, moved).astype(level.dtype)


def let_through(structure: Structure, constants: Constants, level: Array) -> Array:
    """Share of ordinary demand that Beijing lets through, ``[b c d]``; one for grey and domestic offers.

    A buyer that feels a part of the pressure lets through the share to the power of that part.
    """
    by_family = constants.passes[0][:, None]
    for i in range(1, len(LEVELS)):
        by_family = jnp.where(level == i, constants.passes[i][:, None], by_family)
    by_family = jnp.log(jnp.maximum(by_family, TINY))
    logs = jnp.stack([by_family[f] if r == 0 else jnp.zeros_like(by_family[f]) for f, r in _offers(structure)])
    return jnp.exp(constants.exposure[:, None] * jnp.stack([logs[:, k] for k in structure.class_of]))


def _offers(structure: Structure) -> list[tuple[int, int]]:
    return list(zip(structure.family, structure.route, strict=True))
