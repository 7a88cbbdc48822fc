"""Inputs of a run: arrays from catalogue, settings, as-of date and seed."""

from dataclasses import dataclass, field, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.inputs import Constants, Inputs, Monthly
from chipgate.arrays.keys import KeptStreams, Streams
from chipgate.errors import InternalError
from chipgate.schema.market import Variant
from chipgate.setup.constants import constants_of
from chipgate.setup.draws import PriorDraws
from chipgate.setup.monthly import monthly_of
from chipgate.setup.plan import Plan
from chipgate.setup.throughput import Throughput


@dataclass(frozen=True)
class Built:
    """Inputs of a run, with what they rest on.

    Attributes:
        inputs: NumPy arrays, double precision, all draws.
        us_stock: Installed compute of US buyers, H100e, ``[t d]``.
        used: Priors used, as they stood at the as-of date.
        policy_counts: What the rates of both governments rest on.
        drawn: Draws of the priors used, ``[d]`` each.
    """

    plan: Plan
    inputs: Inputs
    us_stock: NDArray[np.float64]
    used: dict[str, Variant]
    policy_counts: dict[str, float]
    drawn: dict[str, NDArray[np.float64]] = field(default_factory=dict)


class Kept:
    """What runs share that differ in lever settings alone: uniforms, draws of priors, throughputs.

    One run at a time may build from it; what it gives is the same as without it.
    """

    def __init__(self, made: Plan) -> None:
        self._basis = _basis(made)
        self.streams = KeptStreams(made.seed, made.draws)
        self.draws = PriorDraws(made.catalogue, self.streams, made.as_of, keep=True)
        self.speed = Throughput(made, self.streams)

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return self.streams.nbytes + self.draws.nbytes

    def check(self, made: Plan) -> None:
        """Raise where a plan is of other draws.

        Raises:
            InternalError: It differs in more than its lever settings.
        """
        if _basis(made) != self._basis:
            raise InternalError("these draws were kept for another catalogue, as-of date, horizon, seed or number")


def _basis(made: Plan) -> tuple[Any, ...]:
    return (made.catalogue, made.as_of, made.months, made.seed, made.draws)


def build(made: Plan, first: int = 0, count: int | None = None, *, kept: Kept | None = None) -> Built:
    """Draw the inputs of a plan.

    Args:
        first, count: Only this stretch of its draws; all by default. A stretch holds the draws that the whole
            would hold there.
        kept: Draws made before for a plan that differs in lever settings alone; for the whole of its draws only.
    """
    if kept is not None:
        kept.check(made)
        return _built(made, kept.streams, kept.draws, kept.speed)
    made = replace(made, draws=made.draws - first if count is None else count)
    streams = Streams(made.seed, made.draws, first)
    return _built(made, streams, PriorDraws(made.catalogue, streams, made.as_of), Throughput(made, streams))


def _built(made: Plan, streams: Streams, draws: PriorDraws, speed: Throughput) -> Built:
    constants = constants_of(made, streams, draws, speed)
    monthly, us_stock, counts = monthly_of(made, streams, draws, constants, speed)
    inputs = Inputs(Monthly(**_as_fields(monthly)), Constants(**_as_fields(constants)))
    return Built(made, inputs, us_stock, dict(draws.used), counts, dict(draws.drawn))


def _as_fields(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """NumPy arrays stand in for JAX ones until a block of draws is cut."""
    return dict(arrays)


def block(inputs: Inputs, part: slice | NDArray[np.intp], dtype: str) -> Inputs:
    """Some draws of the inputs as JAX arrays of the given precision; integers stay integers."""

    def cut(array: Any) -> Any:
        chosen = array[..., part] if array.shape[-1] > 1 else array
        return jnp.asarray(chosen, dtype=dtype if np.issubdtype(chosen.dtype, np.floating) else None)

    return Inputs(
        Monthly(**{name: cut(value) for name, value in vars(inputs.monthly).items()}),
        Constants(**{name: cut(value) for name, value in vars(inputs.constants).items()}),
    )
