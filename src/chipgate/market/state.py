"""The state that one month hands to the next."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Inputs, Structure

STAGES = 3
"""Stages of an installed chip's life: three in a row give a spread of a bit over half of the mean life."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """State at the start of a month; draw axis last.

    Attributes:
        x: Log street price over cost, ``[c d]``.
        stock: Units that makers hold for China, ``[c d]``; ``pace``: recent deliveries a month, ``[c d]``.
        backlog: Ordered and not delivered, ``[b c d]``; ``passed``: share let through last month, ``[b c d]``.
        us_open: Share of last month in which Washington let an offer through, ``[c d]``.
        us_stands: 1 where Washington's law lets a family in, ``[f d]``; ``us_since``: months since a later act opened
            it, -1 for none, ``[f d]``; ``us_react``: recent openings, fading, ``[f d]``.
        debt: USD of budget spent ahead, ``[b d]``.
        installed: Chips by stage of life, ``[b c d]`` each; ``work``: the same by workload, ``[w c d]`` each.
        use: Cumulative chip-months by stack and workload, ``[s w d]``.
        setback: Log maturity lost to failed runs, fading, ``[s d]``.
        level: Level of Beijing's gate, ``[f k d]``.
        bank, stacks: Huawei's banked dies and memory stacks, ``[d]``; ``wafers``: cumulative wafers, ``[d]``.
        rent_tight: Log of the rent abroad over its reference, ``[d]``.
        sufficiency: Domestic supply over demand of last month, ``[d]``.
    """

    x: Array
    stock: Array
    pace: Array
    backlog: Array
    passed: Array
    us_open: Array
    us_stands: Array
    us_since: Array
    us_react: Array
    debt: Array
    installed: tuple[Array, ...]
    work: tuple[Array, ...]
    use: Array
    setback: Array
    level: Array
    bank: Array
    stacks: Array
    wafers: Array
    rent_tight: Array
    sufficiency: Array


def initial(structure: Structure, inputs: Inputs) -> State:
    """Nothing made, ordered or installed yet; prices at twice cost."""
    constants = inputs.constants
    dtype = constants.share.dtype
    draws = constants.share.shape[-1]
    b, c = len(structure.buyers), len(structure.offers)
    s, f, k = len(structure.stacks), len(structure.families), len(structure.classes)

    def zeros(*shape: int) -> Array:
        return jnp.zeros((*shape, draws), dtype)

    return State(
        x=jnp.full((c, draws), jnp.log(2.0), dtype), stock=zeros(c), pace=zeros(c), backlog=zeros(b, c),
        passed=jnp.ones((b, c, draws), dtype), us_open=jnp.broadcast_to(inputs.monthly.us_open[0], (c, draws)),
        us_stands=constants.us_stands, us_since=zeros(f) - 1, us_react=zeros(f), debt=zeros(b),
        installed=tuple(zeros(b, c) for _ in range(STAGES)), work=tuple(zeros(2, c) for _ in range(STAGES)),
        use=zeros(s, 2), setback=zeros(s),
        level=jnp.zeros((f, k, draws), jnp.int32), bank=zeros(), stacks=zeros(), wafers=zeros(),
        rent_tight=zeros(), sufficiency=zeros(),
    )  # fmt: skip
