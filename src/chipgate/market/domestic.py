"""Huawei's output: the least of good dies, memory and packaging, and what is left of each stock.

    packages = min(packaging, (good dies + bank/m) / dies per package, (inflow + stock/m) / stacks per package)

A stock is planned to last m months at the least, so that it binds before it is gone. Good dies come from
the bank and from wafers x gross dies x yield, ``yield = y_max - (y_max - y_0)(1 + wafers/20,000)^-b`` with the
cumulative wafers. Source: learning by doing as in Irwin and Klenow (1994); the form is ours.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants
from chipgate.market.sums import over

_WAFERS_UNIT = 20_000.0
BINDING = ("packaging", "dies", "memory")
"""Names of the inputs that may bind, in the order of the codes."""


@dataclass(frozen=True)
class Output:
    """A month of Huawei's production.

    Attributes:
        units: Working packages by product, ``[h d]``.
        bank, stacks, wafers: Stocks afterwards, ``[d]``.
        dies_used, stacks_used, dies_scrapped: ``[d]``; dies made less good ones are scrapped at the wafer.
        good_dies: Good dies from wafers, ``[d]``. ``binding``: index into :data:`BINDING`, ``[d]``.
        slack: Each limit in packages, ``[3 d]``.
    """

    units: Array
    bank: Array
    stacks: Array
    wafers: Array
    dies_used: Array
    stacks_used: Array
    good_dies: Array
    binding: Array
    limits: Array


def produce(
    constants: Constants, mix: Array, packaging: Array, wafers: Array, odds: Array, dies_in: Array, stacks_in: Array,
    bank: Array, stacks: Array, cumulative: Array,
) -> Output:  # fmt: skip
    """One month of production.

    Args:
        mix: Share of each product in packages, ``[h d]``.
        packaging: Packages that can be assembled, ``[d]``; ``wafers``: wafers finished, ``[d]``.
        odds: Factor on the odds of a good die, ``[1]`` or ``[d]``.
        dies_in, stacks_in: Dies and stacks that arrive from outside, ``[d]``.
        bank, stacks: Stocks before, ``[d]``; ``cumulative``: wafers so far, ``[d]``.
    """
    grown = (1 + cumulative / _WAFERS_UNIT) ** -constants.yield_learning
    rate = constants.yield_ceiling - (constants.yield_ceiling - constants.yield_start) * grown
    rate = rate * odds / (1 - rate + rate * odds)
    good = wafers * constants.gross_dies * rate
    bank_now, stacks_now = bank + dies_in + good, stacks + stacks_in
    dies_per = over(mix * constants.dies_per, 0)
    stacks_per = over(mix * constants.stacks_per, 0)
    by_dies = (good + (bank + dies_in) / constants.drawdown) / dies_per
    by_memory = (stacks_in + stacks / constants.drawdown) / stacks_per
    limits = jnp.stack([packaging, by_dies, by_memory])
    packages = limits.min(0)
    used, memory = packages * dies_per, packages * stacks_per
    return Output(
        units=mix * packages * constants.assembly_yield, bank=bank_now - used, stacks=stacks_now - memory,
        wafers=cumulative + wafers, dies_used=used, stacks_used=memory, good_dies=good,
        binding=limits.argmin(0), limits=limits,
    )  # fmt: skip
