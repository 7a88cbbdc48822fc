"""Beijing's gate: levels 0 welcome, 1 discouraged, 2 case by case, 3 blocked, and what they let through.

Where history or a scenario gives the level it stands; elsewhere it moves by a Markov process in two sub-steps a
month, so that a move and its answer can fall in one month. The rate of tightening rises with domestic
sufficiency and after an opening by Washington.
"""

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Structure

LEVELS = ("welcome", "discouraged", "case by case", "blocked")
SUB_STEPS = 2


def next_level(
    constants: Constants, level: Array, given: Array, react: Array, uniforms: Array, sufficiency: Array
) -> Array:
    """Level of this month, ``[f k d]``.

    Args:
        level: Level of last month, ``[f k d]``.
        given: Level where it is given, -1 elsewhere, ``[f k d]``.
        react: Added rate of tightening after an opening, ``[f d]``.
        uniforms: ``[2 2 f d]``.
        sufficiency: Domestic supply over demand, ``[d]``.
    """
    up_rate = constants.rates[0] * (1 + constants.sufficiency * jnp.clip(sufficiency, 0, 1)) + react
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
    draws = constants.passes.shape[-1]
    rows = []
    for buyer in range(len(structure.buyers)):
        k = structure.class_of[buyer]
        by_family = {}
        for f in {structure.family[c] for c, route in enumerate(structure.route) if route == 0}:
            share = jnp.take_along_axis(constants.passes[:, f], level[f, k][None], axis=0)[0]
            by_family[f] = share ** constants.exposure[buyer]
        one = jnp.ones((draws,), constants.passes.dtype)
        rows.append(
            jnp.stack([by_family[structure.family[c]] if r == 0 else one for c, r in enumerate(structure.route)])
        )
    return jnp.stack(rows)
