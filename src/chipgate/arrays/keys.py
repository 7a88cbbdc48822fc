"""Named random streams: each name has its own, so that adding one disturbs no other.

A stream is a Philox generator keyed by the seed and a hash of the name; its first ``n`` draws are the same
whatever ``n``, so that more draws sharpen a result and do not replace it.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from chipgate.errors import InternalError


class Streams:
    """Uniforms by name, strictly between 0 and 1.

    Args:
        seed: Seed of the run.
        draws: Number of draws.

    Raises:
        InternalError: A name is asked for twice.
    """

    def __init__(self, seed: int, draws: int) -> None:
        self.seed = seed
        self.draws = draws
        self._used: set[str] = set()

    def uniform(self, name: str, shape: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Uniforms ``[*shape draw]`` of the stream ``name``."""
        if name in self._used:
            raise InternalError(f"random stream {name!r} is used twice")
        self._used.add(name)
        digest = hashlib.sha256(f"{self.seed}\0{name}".encode()).digest()
        generator = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
        size = int(np.prod(shape, dtype=np.int64)) if shape else 1
        # Draw by draw, so that a longer run begins with the same draws.
        values = generator.random((self.draws, size))
        return np.clip(values.T.reshape(*shape, self.draws), 1e-12, 1 - 1e-12)
