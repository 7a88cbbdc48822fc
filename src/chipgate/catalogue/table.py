"""Tables of records, and the folders that they are read from."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from chipgate.catalogue.read import read_record
from chipgate.errors import DataError, UnknownNameError
from chipgate.schema.base import Record

R = TypeVar("R", bound=Record)

EMBEDDED: Final = Path(__file__).parent.parent / "data"
"""Folder of the data that ship with the package."""

_SEPARATORS = re.compile(r"[\s\-_/.]+")


def normalise(name: str) -> str:
    """Form in which names are compared: case, spaces, hyphens, underscores, dots and slashes do not count."""
    return _SEPARATORS.sub("", name.casefold())


@dataclass(frozen=True)
class Place:
    """Where a record stands."""

    path: Path
    line: int


class Table(Mapping[str, R], Generic[R]):
    """Records of one kind by id, in file order; found by id, name or alias."""

    def __init__(self, kind: str, records: list[tuple[R, Place]]) -> None:
        self.kind = kind
        self._records: dict[str, R] = {}
        self._places: dict[str, Place] = {}
        self._index: dict[str, str] = {}
        for record, place in records:
            self._add(record, place)

    def _add(self, record: R, place: Place) -> None:
        key: str = record.id  # type: ignore[attr-defined]
        if key in self._records:
            first = self._places[key]
            raise DataError(
                f"duplicate id {key!r}, first at {first.path.name}:{first.line}", path=place.path, line=place.line,
                fix="give the record an id of its own",
            )  # fmt: skip
        self._records[key] = record
        self._places[key] = place
        for name in record.names:
            taken = self._index.setdefault(normalise(name), key)
            if taken != key:
                raise DataError(
                    f"name {name!r} of {key!r} already belongs to {taken!r}", path=place.path, line=place.line,
                    fix="names and aliases are unique within a kind",
                )  # fmt: skip

    def __getitem__(self, key: str) -> R:
        return self._records[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def place(self, key: str) -> Place:
        """File and line of the record with this id."""
        return self._places[key]

    def find(self, name: str) -> R:
        """The record with this id, name or alias.

        Raises:
            UnknownNameError: There is none; the error names the nearest.
        """
        key = self._index.get(normalise(name))
        if key is not None:
            return self._records[key]
        raise UnknownNameError(self.kind, name, self._near(name), fix=_listing_hint(self.kind))

    def _near(self, name: str) -> list[str]:
        wanted = normalise(name)
        close = difflib.get_close_matches(wanted, self._index, n=12, cutoff=0.6)
        if len(wanted) >= 2:
            close += sorted((k for k in self._index if wanted in k), key=len)
        ids = dict.fromkeys(self._index[key] for key in close)
        return [str(getattr(self._records[i], "name", i)) for i in ids][:3]


def _listing_hint(kind: str) -> str:
    plural = {
        "country": "countries",
        "ambiguity": "ambiguities",
        "measured_system": "systems",
        "efficiency": "efficiencies",
        "together": "together",
    }
    return f"`chipgate show {plural.get(kind, kind.replace('_', '-') + 's')}` lists all"


class Store:
    """Data folders of the same layout; later ones add records to earlier ones.

    Args:
        roots: The folders. One that extends the embedded data may hold any part of the layout.
    """

    def __init__(self, *roots: Path) -> None:
        self.roots = roots or (EMBEDDED,)
        for root in self.roots:
            if not root.is_dir():
                raise DataError("is no folder", path=root, fix="give a folder laid out like the embedded data")

    def _files(self, kind: str, folder: str, record: type[R]) -> Table[R]:
        found = []
        for root in self.roots:
            # Sorted, so that results never hang on the order of a directory.
            for path in sorted((root / folder).glob("*.yaml")):
                found.append((read_record(path, record), Place(path, 1)))
        if not found:
            raise DataError("holds no record", path=self.roots[0] / folder, fix=f"it needs one {kind} a file")
        return Table(kind, found)

    def _rows(
        self, kind: str, name: str, reader: Callable[[Path, type[R]], list[tuple[R, int]]], record: type[R]
    ) -> Table[R]:
        paths = [root / name for root in self.roots]
        extending = [path for path in paths[1:] if path.exists()]
        rows = [(r, Place(path, line)) for path in (paths[0], *extending) for r, line in reader(path, record)]
        return Table(kind, rows)
