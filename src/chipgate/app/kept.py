"""Bounded stores: what was used last stays."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Things by key, the least lately used going first.

    Args:
        most: Sum of sizes to keep at most; the newest thing stays whatever its size.
        size: Size of a thing.
    """

    def __init__(self, most: float, size: Callable[[V], float] = lambda thing: 1.0) -> None:
        self._most, self._size = most, size
        self._things: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """A thing, if it is there."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def put(self, key: K, thing: V) -> None:
        """Keep a thing."""
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            total = sum(self._size(t) for t in self._things.values())
            while total > self._most and len(self._things) > 1:
                _, gone = self._things.popitem(last=False)
                total -= self._size(gone)

    def __len__(self) -> int:
        return len(self._things)
