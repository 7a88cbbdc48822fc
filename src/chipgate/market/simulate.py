"""A run: the step scanned over months."""

from functools import partial

import jax
from jax import lax

from chipgate.arrays.inputs import Constants, Inputs, Monthly, Structure
from chipgate.market.state import State, initial
from chipgate.market.step import Record, step

TOLERANCE = {"float32": 5e-6, "float64": 1e-9}
"""Largest change of a log price at which the price iteration may stop, by precision."""


@partial(jax.jit, static_argnames=("structure", "differentiable"))
def simulate(structure: Structure, inputs: Inputs, *, differentiable: bool = False) -> Record:
    """Simulate all months and draws of ``inputs``; every array of the record has a leading month axis.

    Args:
        structure: What is the same in every draw.
        inputs: Arrays; the draw axis is last.
        differentiable: Make reverse-mode derivatives exact through the price equilibrium.
    """
    constants = inputs.constants
    tolerance = TOLERANCE[str(constants.share.dtype)]

    def advance(state: State, month: Monthly) -> tuple[State, Record]:
        return step(structure, constants, state, month, tolerance=tolerance, differentiable=differentiable)

    return lax.scan(advance, initial(structure, inputs), inputs.monthly)[1]


@partial(jax.jit, static_argnames=("structure",))
def advance(structure: Structure, constants: Constants, state: State, months: Monthly) -> tuple[State, Record]:
    """Simulate some months on from a state, as :func:`simulate` does in one go, to the same bits.

    Args:
        structure: Its number of months does not matter.
        months: The months to simulate; any number of them.

    Returns:
        The state after the last of them, and their record.
    """
    tolerance = TOLERANCE[str(constants.share.dtype)]

    def one(before: State, month: Monthly) -> tuple[State, Record]:
        return step(structure, constants, before, month, tolerance=tolerance, differentiable=False)

    return lax.scan(one, state, months)
