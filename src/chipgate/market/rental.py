"""Renting compute abroad: a part of the outside option that answers to the gates and to what hosts can take.

The outside option holds waiting and renting, with the weights ``1 - s`` and ``s r`` of its utility:

    exp(u) = exp(u_0) ((1 - s) + s r),    r = reach x openness x exp(-alpha tight)

so that what gates at home keep out goes to both, and what stops renting goes to chips and to waiting. ``reach`` is
what a buyer may send abroad, ``openness`` what Washington and Beijing leave, ``tight`` the log of the price that
scarce hosting adds. That price rises while more is wanted than hosts can take, and falls back; in the month itself
the shortage waits. A price that lags by a month keeps renting out of the price equilibrium of chips.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Monthly
from chipgate.market.choice import TINY
from chipgate.market.sums import over

_SPEED = 0.5
"""Part of the gap between demand and room that a month's change of the rent closes; a step of the iteration."""
_MOST = 1.6
"""Largest log of the rent over its reference: five times."""


@dataclass(frozen=True)
class Outside:
    """The outside option of a month.

    Attributes:
        utility: Of waiting and renting together, ``[b w d]``. ``renting``: part of it that is renting, ``[b w d]``.
    """

    utility: Array
    renting: Array


def outside_option(constants: Constants, month: Monthly, tight: Array) -> Outside:
    """Utility of the outside option, and how it is split.

    Args:
        tight: Log of the rent over its reference, ``[d]``.
    """
    share = constants.rent_share
    rent = share * constants.rent_reach * month.rent_open * jnp.exp(-constants.alpha * tight)
    both = (1 - share) + rent
    return Outside(constants.outside + jnp.log(both), rent / both)


def rent(constants: Constants, month: Monthly, option: Outside, spent: Array, tight: Array) -> tuple[Array, Array]:
    """USD of contracts signed abroad by buyer, ``[b d]``, and the log of the rent of next month.

    Args:
        spent: USD that stay outside, ``[b w d]``.
    """
    wanted = over(spent * option.renting, 1)
    whole = over(wanted, 0)
    room = jnp.maximum(month.rent_capacity, TINY)
    signed = wanted * jnp.minimum(1.0, room / jnp.maximum(whole, TINY))
    gap = jnp.log(jnp.maximum(whole, TINY) / room) / constants.alpha.mean(0)
    return signed, jnp.clip(tight + _SPEED * gap, 0.0, _MOST)
