"""A registry that refuses duplicates."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from chipgate.errors import InternalError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Things by name, in the order of registration.

    Raises:
        InternalError: A name is registered twice.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> None:
        """Register a thing under a name that is not taken."""
        if name in self._things:
            raise InternalError(f"{self.kind} {name!r} is registered twice")
        self._things[name] = thing

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)
