"""Lever settings of a scenario, checked and laid out by month."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue import Catalogue
from chipgate.errors import BadInputError, UnknownNameError
from chipgate.schema.market import Lever
from chipgate.setup.draws import month_index
from chipgate.timegrid import parse_partial


class LeverError(BadInputError):
    """A lever setting is out of range or of the wrong form."""


@dataclass(frozen=True)
class Settings:
    """Lever settings by path.

    Attributes:
        values: Path -> value, or (month, value) pairs in order.
    """

    values: Mapping[str, float | tuple[tuple[date, float], ...]]

    def number(self, path: str, default: float) -> float:
        """An undated setting."""
        value = self.values.get(path, default)
        return value if isinstance(value, float) else default

    def by_month(self, path: str, months: Sequence[date]) -> NDArray[np.float64]:
        """A setting by month; NaN before the first dated value and where nothing is set, ``[t]``."""
        found = np.full(len(months), np.nan)
        value = self.values.get(path)
        if isinstance(value, float):
            found[:] = value
        elif value is not None:
            for day, number in value:
                found[[i for i, month in enumerate(months) if month >= day.replace(day=1)]] = number
        return found

    def ahead(self, path: str, months: Sequence[date], as_of: date) -> NDArray[np.float64]:
        """A setting by month; an undated one holds from the month after the as-of date, ``[t]``."""
        found = self.by_month(path, months)
        if isinstance(self.values.get(path), float):
            found[: max(month_index(months, as_of) + 1, 0)] = np.nan
        return found


def future_factor(settings: Settings, path: str, months: Sequence[date], as_of: date) -> NDArray[np.float64]:
    """A factor by month that leaves the months up to the as-of date as they were."""
    return np.nan_to_num(settings.ahead(path, months, as_of), nan=1.0)


def read_settings(catalogue: Catalogue, raw: Mapping[str, Any], where: str = "") -> Settings:
    """Check settings against the levers.

    Args:
        raw: Path -> number, or mapping of month -> number, or ``process`` to leave a gate to its process.
        where: Named in errors.

    Raises:
        UnknownNameError: No lever has this path.
        LeverError: A value is no number, out of range, or dated where the lever is not.
    """
    values: dict[str, float | tuple[tuple[date, float], ...]] = {}
    for path, given in raw.items():
        lever = find_lever(catalogue, path)
        if given in ("process", "law"):
            continue
        if isinstance(given, Mapping):
            if not lever.dated:
                raise LeverError(f"{where}{path}: takes one value, not one by month")
            values[path] = tuple(
                sorted((parse_partial(str(month)).first, _number(lever, path, v, where)) for month, v in given.items())
            )
        else:
            values[path] = _number(lever, path, given, where)
    return Settings(values)


def find_lever(catalogue: Catalogue, path: str) -> Lever:
    """The lever of a path, with ``*`` standing for one of its families.

    Raises:
        UnknownNameError: There is none; the nearest are named.
    """
    if path in catalogue.levers:
        return catalogue.levers[path]
    head, _, tail = path.rpartition(".")
    general = f"{head}.*"
    if general in catalogue.levers:
        lever = catalogue.levers[general]
        known = names_of(catalogue, general)
        if tail in known:
            return lever
        near = [f"{head}.{n}" for n in difflib.get_close_matches(tail, known, n=2)]
        raise UnknownNameError("lever", path, near, fix=f"{head}.* takes {', '.join(known)}")
    every = all_paths(catalogue)
    near = difflib.get_close_matches(path, every, n=3, cutoff=0.5)
    raise UnknownNameError("lever", path, near, fix="`chipgate show levers` lists all")


def names_of(catalogue: Catalogue, general: str) -> list[str]:
    """Names that ``*`` stands for in a lever."""
    offers = catalogue.offers.values()
    if general.endswith("supply.*"):
        return list(dict.fromkeys(o.supply for o in offers if o.route == "legal"))
    return list(dict.fromkeys(o.family for o in offers if o.route == "legal"))


def all_paths(catalogue: Catalogue) -> list[str]:
    """Every path that may be set."""
    found: list[str] = []
    for key in catalogue.levers:
        found += [key.replace("*", name) for name in names_of(catalogue, key)] if "*" in key else [key]
    return found


def _number(lever: Lever, path: str, value: Any, where: str) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError as error:
            raise LeverError(f"{where}{path}: {value!r} is no number in {lever.unit}") from error
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise LeverError(f"{where}{path}: {value!r} is no number in {lever.unit}")
    if not lever.least <= value <= lever.most:
        raise LeverError(f"{where}{path}: {value:g} is outside {lever.least:g} to {lever.most:g} {lever.unit}")
    return float(value)


def merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Settings of several layers, later ones over earlier ones."""
    found: dict[str, Any] = {}
    for layer in layers:
        found |= layer
    return found
