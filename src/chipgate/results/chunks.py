"""Blocks simulated in chunks of months, so that a run can begin where an earlier one had got to.

A lever that works from the as-of date on leaves the history as it was: the months before it, a good half of all, are
taken from the run before. Whether they are the same is not guessed from the levers but seen in the inputs: a head is
used only where every input of its months has the same bits. One program serves any horizon and as-of date that know the
same offers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Protocol

import jax
import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.inputs import Constants, Inputs, Monthly, Structure
from chipgate.market.state import State, initial
from chipgate.market.step import Record
from chipgate.results.program import advancer, fetch, loaded

MONTHS: Final = 8
"""Months of a chunk."""
LATER_ONLY: Final = ("rates", "react", "us_close", "us_reopen")
"""Constants that only the months after the as-of date read: rates of both governments' later acts."""

_DTYPE: Final = "float32"
Arrays = dict[str, Any]
"""Arrays by the name of their field."""


@dataclass(frozen=True)
class Head:
    """The first months of a block, with the inputs that they come from.

    Attributes:
        months: Number of months. ``state``: where they lead. ``record``: arrays ``[t ... d]``.
        placed: All constants, as JAX has them.
    """

    months: int
    monthly: Arrays
    constants: Arrays
    state: State
    record: Arrays
    placed: Constants

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return sum(array.nbytes for part in (self.monthly, self.record) for array in part.values())

    def constants_of(self, block: "Block") -> Constants:
        """Constants of a block that this head fits; only what differs is handed to JAX anew."""
        own = {name: block.constants[name] for name in LATER_ONLY}
        return replace(self.placed, **{name: jax.device_put(array) for name, array in own.items()})

    def fits(self, block: "Block", months: int) -> bool:
        """Whether a block begins with these months."""
        same = self.months == months and all(_same(a, block.constants[name]) for name, a in self.constants.items())
        return same and all(_same(a, block.monthly[name][:months]) for name, a in self.monthly.items())


class Heads(Protocol):
    """Where heads are kept."""

    def get(self, key: Any) -> Head | None:
        """A head by its key."""

    def put(self, key: Any, thing: Head) -> None:
        """Keep a head."""


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Equal bit for bit, so that a gap equals a gap."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    whole = np.uint32 if a.dtype.itemsize == 4 else np.uint8
    return bool(np.array_equal(a.view(whole), np.ascontiguousarray(b).view(whole)))


@dataclass(frozen=True)
class Block:
    """Inputs of one block of draws as NumPy arrays of single precision."""

    monthly: Arrays
    constants: Arrays

    @classmethod
    def cut(cls, inputs: Inputs, part: slice, size: int) -> "Block":
        """Draws ``part`` of the inputs, filled up to ``size`` with the last of them."""
        index = np.minimum(np.arange(part.start, part.start + size), part.stop - 1)
        whole = slice(part.start, part.start + size) if part.stop - part.start == size else index

        def chosen(array: Any) -> NDArray[Any]:
            found = np.asarray(array)
            found = found[..., whole] if found.shape[-1] > 1 else found
            kind = np.float32 if np.issubdtype(found.dtype, np.floating) else found.dtype
            return np.ascontiguousarray(found, dtype=kind)

        return cls(*({name: chosen(a) for name, a in vars(p).items()} for p in (inputs.monthly, inputs.constants)))

    def months(self, start: int) -> Monthly:
        """One chunk of months; beyond the last month that one again."""
        count = len(next(iter(self.monthly.values())))
        if start + MONTHS <= count:
            return Monthly(**{name: array[start : start + MONTHS] for name, array in self.monthly.items()})
        index = np.minimum(np.arange(start, start + MONTHS), count - 1)
        return Monthly(**{name: array[index] for name, array in self.monthly.items()})


def compiled(structure: Structure, size: int) -> bool:
    """Whether the program is loaded, or can be loaded without compiling."""
    bare = replace(structure, months=0)
    fetch(bare, _DTYPE, size, "advance")
    return loaded(bare, _DTYPE, size, "advance")


def compile_for(structure: Structure, inputs: Inputs, draws: int, size: int) -> None:
    """Have the program loaded; it compiles where this structure is run for the first time."""
    block = Block.cut(inputs, slice(0, min(size, draws)), size)
    constants, state = _first(structure, block)
    advancer(replace(structure, months=0), constants, state, block.months(0), _DTYPE, size)


def _first(structure: Structure, block: Block) -> tuple[Constants, State]:
    constants = Constants(**jax.device_put(block.constants))
    return constants, initial(structure, Inputs(Monthly(**jax.device_put(block.monthly)), constants))


def simulate_block(
    structure: Structure, inputs: Inputs, part: slice, size: int, *, history: int, heads: Heads | None = None,
    key: Any = None,
) -> Record:  # fmt: skip
    """The record of some draws, as NumPy arrays.

    Args:
        part: The draws, ``size`` of them or fewer.
        history: Months up to that of the as-of date.
        heads: Where heads are kept; ``key``: that of this block's.
    """
    block = Block.cut(inputs, part, size)
    total = len(next(iter(block.monthly.values())))
    first = min(history, total) // MONTHS * MONTHS
    head = heads.get(key) if heads is not None else None
    if head is not None and head.fits(block, first):
        constants, state = head.constants_of(block), head.state
        done, parts = first, [head.record]
    else:
        constants, state = _first(structure, block)
        done, parts = 0, []
    go = advancer(replace(structure, months=0), constants, state, block.months(0), _DTYPE, size)
    while done < total:
        state, record = go(constants, state, block.months(done))
        parts.append({f.name: np.asarray(getattr(record, f.name)) for f in fields(record)})
        done += MONTHS
        if done == first and heads is not None:
            parts = [_joined(parts, first)]
            earlier = {name: array[:first].copy() for name, array in block.monthly.items()}
            lasting = {name: a for name, a in block.constants.items() if name not in LATER_ONLY}
            heads.put(key, Head(first, earlier, lasting, state, parts[0], constants))
    return Record(**{name: a[..., : part.stop - part.start] for name, a in _joined(parts, total).items()})


def _joined(parts: list[Mapping[str, NDArray[Any]]] | list[Arrays], total: int) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts])[:total] for name in parts[0]}
