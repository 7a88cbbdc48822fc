"""Named random streams: each name has its own, so that adding one disturbs no other.

A stream is a Philox generator keyed by the seed and a hash of the name, read draw by draw: the first draws of a
longer run are those of a shorter one, any stretch of draws can be made alone, and a longer horizon begins with
the months of a shorter one.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from chipgate.errors import InternalError

MOST_MONTHS = 144
"""Months for which a stream by month is laid out, whatever the horizon of a run."""
_WORDS = 4  # a step of Philox's counter yields four words


class Streams:
    """Uniforms by name, strictly between 0 and 1.

    Args:
        seed: Seed of the run.
        draws: Number of draws to make.
        first: Index of the first of them.

    Raises:
        InternalError: A name is asked for twice.
    """

    def __init__(self, seed: int, draws: int, first: int = 0) -> None:
        self.seed = seed
        self.draws = draws
        self.first = first
        self._used: set[str] = set()

    def uniform(self, name: str, shape: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Uniforms ``[*shape draw]`` of the stream ``name``."""
        if name in self._used:
            raise InternalError(f"random stream {name!r} is used twice")
        self._used.add(name)
        digest = hashlib.sha256(f"{self.seed}\0{name}".encode()).digest()
        bits = np.random.Philox(key=int.from_bytes(digest[:16], "little"))
        size = int(np.prod(shape, dtype=np.int64)) if shape else 1
        # Whole steps of the counter a draw, so that a stretch of draws can start anywhere.
        steps = -(-size // _WORDS)
        bits.advance(self.first * steps)
        values = np.random.Generator(bits).random((self.draws, steps * _WORDS))[:, :size]
        return np.clip(values.T.reshape(*shape, self.draws), 1e-12, 1 - 1e-12)

    def by_month(self, name: str, months: int, shape: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Uniforms ``[month *shape draw]`` of the stream ``name``, the same whatever the horizon.

        Raises:
            InternalError: The horizon is longer than the layout of streams.
        """
        if months > MOST_MONTHS:
            raise InternalError(f"{months} months are more than the {MOST_MONTHS} that streams are laid out for")
        return self.uniform(name, (MOST_MONTHS, *shape))[:months]


class KeptStreams(Streams):
    """Streams that keep what was asked of them, for runs that share seed and draws and differ in levers alone.

    The arrays are read-only, since several runs hold them.
    """

    def __init__(self, seed: int, draws: int, first: int = 0) -> None:
        super().__init__(seed, draws, first)
        self._kept: dict[tuple[str, tuple[int, ...]], NDArray[np.float64]] = {}

    def uniform(self, name: str, shape: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Uniforms ``[*shape draw]`` of the stream ``name``; asked for again, the same ones."""
        found = self._kept.get((name, shape))
        if found is None:
            found = super().uniform(name, shape)
            found.flags.writeable = False
            self._kept[(name, shape)] = found
        return found

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return sum(array.nbytes for array in self._kept.values())
