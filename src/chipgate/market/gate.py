"""Beijing's gate: levels 0 welcome, 1 discouraged, 2 case by case, 3 blocked, and what they let through.

Where history or a scenario gives the level it stands; elsewhere it moves by a Markov process in four sub-steps a
month, so that it can go all the way in one month. A chip that is welcome has a rate of its own for the first act. The
rates of tightening rise with domestic sufficiency and after an opening by Washington.
"""

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Structure
from chipgate.market.choice import TINY

LEVELS = ("welcome", "discouraged", "case by case", "blocked")
SUB_STEPS = 4


def next_level(
    constants: Constants, level: Array, given: Array, react: Array, uniforms: Array, sufficiency: Array
) -> Array:
    """Level of this month, ``[f k d]``.

    Args:
        level: Level of last month, ``[f k d]``.
        given: Level where it is given, -1 elsewhere, ``[f k d]``.
        react: Recent openings by Washington, fading, ``[f d]``.
        uniforms: ``[4 2 f d]`` (sub-step, up or down).
        sufficiency: Domestic supply over demand, ``[d]``.
    """
    faster = 1 + constants.sufficiency * jnp.clip(sufficiency, 0, 1)
    answer = constants.react * jnp.minimum(react, 1)
    first, more = (1 - jnp.exp(-(constants.rates[i] * faster + answer) / SUB_STEPS) for i in (0, 1))
    down = 1 - jnp.exp(-constants.rates[2] / SUB_STEPS)
    moved = level
    for step in range(SUB_STEPS):
        up = jnp.where(moved == 0, first[:, None, :], more[:, None, :])
        rises = uniforms[step, 0][:, None, :] < up
        falls = (uniforms[step, 1] < down)[:, None, :]
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
