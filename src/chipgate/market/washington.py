"""Washington's gate after the as-of date: acts that shut or open a family of chips, and their answer to Beijing.

While no act comes, the law known at the as-of date goes on. A family that stands open is shut at its rate and one that
is shut is opened at its rate (:mod:`chipgate.setup.law` estimates both). Beijing's refusal changes them:

    shut: rate_f exp(b_shut r_f),      open: rate_f exp(b_open max_g r_g)

with ``r_f`` the part of buyers' classes to which Beijing holds an open family at case by case or blocked: a refused
chip may be withdrawn, or a better one offered in its place. The coefficients are priors that hold zero. A family
opened by a later act ships after the lag of licences and owes the fee of such acts.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Monthly, Structure
from chipgate.market.gate import SUB_STEPS
from chipgate.market.state import State

REFUSED = 2
"""Level of Beijing's gate from which on a chip counts as refused."""


@dataclass(frozen=True)
class Opened:
    """Washington's gate of a month.

    Attributes:
        us_open: Share of the month in which an offer is let through, ``[c d]``; ``fee``: ``[c d]``.
        stands: 1 where a family is open in law, ``[f d]``; ``since``: months since a later act opened it, -1 where
            none has, ``[f d]``.
        react: Recent openings that Beijing may answer, fading, ``[f d]``.
    """

    us_open: Array
    fee: Array
    stands: Array
    since: Array
    react: Array


def next_opening(structure: Structure, constants: Constants, state: State, month: Monthly) -> Opened:
    """Washington's gate of this month, from Beijing's level of last month."""
    ahead = month.us_future > 0
    refused = (state.level >= REFUSED).astype(state.us_stands.dtype).mean(1) * state.us_stands
    close = constants.us_close * jnp.exp(constants.rebuff_close * refused)
    reopen = constants.us_reopen * jnp.exp(constants.rebuff_open * refused.max(0))
    stands = state.us_stands
    since = jnp.where(state.us_since >= 0, state.us_since + 1, state.us_since)
    for part in range(SUB_STEPS):
        # Several acts may fall in one month, the one taking back the other.
        shuts = ahead & (stands > 0) & (month.us_u[part] < 1 - jnp.exp(-close / SUB_STEPS))
        opens = ahead & (stands <= 0) & (month.us_u[part] < 1 - jnp.exp(-reopen / SUB_STEPS))
        stands = jnp.where(shuts, 0.0, jnp.where(opens, 1.0, stands))
        since = jnp.where(opens, 0.0, since)
    shipped = jnp.clip(since - constants.us_lag + 0.5, 0, 1)

    def by_offer(values: Array) -> Array:
        return jnp.stack([values[f] for f in structure.family])

    later = by_offer(since) >= 0
    moved = by_offer(stands) * jnp.where(later, by_offer(shipped), month.us_open)
    us_open = jnp.where(ahead & (month.us_given <= 0), moved, month.us_open)
    owed = jnp.where(later & (month.fee_given <= 0), jnp.maximum(month.fee, constants.later_fee), month.fee)
    rose = jnp.maximum(us_open - state.us_open, 0.0)
    return Opened(us_open, owed, stands, since, state.us_react * constants.react_kept + _by_family(structure, rose))


def _by_family(structure: Structure, values: Array) -> Array:
    """Largest value among the legal offers of each family, ``[c d]`` to ``[f d]``; zero where it has none."""
    rows = []
    for family in range(len(structure.families)):
        inside = [c for c in structure.offers_of(0) if structure.family[c] == family]
        rows.append(values[jnp.array(inside)].max(0) if inside else jnp.zeros_like(values[0]))
    return jnp.stack(rows)
