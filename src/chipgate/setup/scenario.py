"""Scenarios: found by name or read from a file, resolved through what they extend, and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import line_of_key, read_record
from chipgate.errors import BadInputError, DataError, DateError, UnknownNameError
from chipgate.schema.market import ArticleAct, Scenario, Signal
from chipgate.setup.levers import Settings, merged, read_settings
from chipgate.timegrid import FIRST_DAY, parse_partial

LAST_YEAR = 2032


@dataclass(frozen=True)
class Resolved:
    """A scenario with everything it inherits.

    Attributes:
        raw: Lever settings as written, for the record. ``settings``: the same, checked.
        chain: Ids from the scenario to its last ancestor.
        catalogue: The catalogue, with the acts that the scenario adds. ``acts``, ``signals``: those that it names.
    """

    id: str
    title: str
    story: str
    as_of: date
    until: date
    raw: Mapping[str, Any]
    settings: Settings
    chain: tuple[str, ...]
    catalogue: Catalogue
    acts: tuple[ArticleAct, ...] = ()
    signals: tuple[Signal, ...] = ()


def resolve(
    catalogue: Catalogue, name: str, *, as_of: str | None = None, until: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Resolved:  # fmt: skip
    """Find a scenario and everything it inherits.

    Args:
        name: Id of a shipped scenario, or path of a YAML file.
        as_of: Day that replaces the scenario's own, ``YYYY-MM-DD``.
        until: Last month that replaces the scenario's own, ``YYYY-MM``.
        extra: Lever settings on top, as by ``--set``.

    Raises:
        UnknownNameError: No scenario or lever has this name.
        DataError: A file is malformed, or scenarios extend each other in a circle.
        DateError: The days cannot be read or do not follow each other.
    """
    first = _find(catalogue, name)
    chain = _chain(catalogue, first, name)
    raw, day, last = _merged(chain, as_of, until, extra)
    try:
        settings = read_settings(catalogue, raw)
    except BadInputError as error:
        path = _file(name)
        if path is None or not path.exists():
            raise
        wrong = next((key for key in first.set if _is_wrong(catalogue, key, first.set[key])), "")
        raise DataError(str(error), path=path, line=line_of_key(path, "set", wrong)) from error
    try:
        return _whole(catalogue, chain, raw, settings, day, last)
    except BadInputError as error:
        raise DataError(str(error), path=name) from error


def _whole(
    catalogue: Catalogue, chain: Sequence[Scenario], raw: Mapping[str, Any], settings: Settings, day: date, last: date
) -> Resolved:
    """A scenario with the acts and signals of all that it extends."""
    first = chain[0]
    acts = tuple(act for s in reversed(chain) for act in s.acts)
    signals = tuple(signal for s in reversed(chain) for signal in s.signals)
    known = sorted({offer.family for offer in catalogue.offers.values() if offer.route == "legal"})
    for families in (*(act.families for act in acts), *(signal.families for signal in signals)):
        for family in families:
            if family not in known:
                raise BadInputError(f"unknown chip family {family!r}; families: {', '.join(known)}")
    return Resolved(
        first.id, first.title, first.story, day, last, raw, settings, tuple(s.id for s in chain),
        catalogue.with_acts(acts), acts, signals,
    )  # fmt: skip


def resolve_record(
    catalogue: Catalogue, first: Scenario, *, as_of: str | None = None, until: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Resolved:  # fmt: skip
    """As :func:`resolve`, of a scenario that is given itself; no name of it is ever read as that of a file.

    Raises:
        UnknownNameError: It extends a scenario that does not ship, or sets an unknown lever.
        BadInputError: A setting or a day is wrong.
    """
    chain = [first]
    while chain[-1].extends is not None:
        parent = catalogue.scenarios.find(chain[-1].extends)
        if parent.id in {s.id for s in chain}:
            raise BadInputError(f"scenario {first.id} extends itself through {parent.id!r}; break the circle")
        chain.append(parent)
    raw, day, last = _merged(chain, as_of, until, extra)
    settings = read_settings(catalogue, raw)
    return _whole(catalogue, chain, raw, settings, day, last)


def _chain(catalogue: Catalogue, first: Scenario, name: str) -> list[Scenario]:
    """A scenario and all that it extends."""
    chain = [first]
    while chain[-1].extends is not None:
        parent = _parent(catalogue, chain[-1].extends, name if len(chain) == 1 else "")
        if parent.id in {s.id for s in chain}:
            raise DataError(f"extends itself through {parent.id!r}", path=name, fix="break the circle")
        chain.append(parent)
    return chain


def _merged(
    chain: list[Scenario], as_of: str | None, until: str | None, extra: Mapping[str, Any] | None
) -> tuple[dict[str, Any], date, date]:
    """Settings of a chain, its as-of date and its last month."""
    raw = merged([*(s.set for s in reversed(chain)), extra or {}])
    day = _as_of(as_of, chain)
    last = _until(until, chain)
    if last <= day.replace(day=1):
        raise DateError(f"the run ends in {last:%Y-%m}, not after the as-of date {day}; give a later --until")
    return raw, day, last


def parse_set(items: list[str]) -> dict[str, Any]:
    """Read ``path=value`` or ``path=YYYY-MM:value,YYYY-MM:value`` settings.

    Raises:
        BadInputError: An item has another form.
    """
    found: dict[str, Any] = {}
    for item in items:
        path, sign, text = item.partition("=")
        if not sign or not path.strip() or not text.strip():
            raise BadInputError(f"--set {item!r} is no setting; write path=value or path=2025-09:value,2026-01:value")
        if ":" in text:
            parts = [part.partition(":") for part in text.split(",")]
            if any(not sign for _, sign, _ in parts):
                raise BadInputError(f"--set {item!r}: each part is month:value, such as 2025-09:0.15")
            found[path.strip()] = {month.strip(): value.strip() for month, _, value in parts}
        else:
            found[path.strip()] = text.strip()
    return found


def _is_wrong(catalogue: Catalogue, key: str, value: Any) -> bool:
    try:
        read_settings(catalogue, {key: value})
    except BadInputError:
        return True
    return False


def _find(catalogue: Catalogue, name: str) -> Scenario:
    path = _file(name)
    return read_record(path, Scenario) if path is not None else catalogue.scenarios.find(name)


def _parent(catalogue: Catalogue, extends: str, name: str) -> Scenario:
    """The scenario that another extends; where that one is a file, an error names its line."""
    try:
        return catalogue.scenarios.find(extends)
    except UnknownNameError as error:
        path = _file(name)
        if path is None:
            raise
        raise DataError(f"extends: {error}", path=path, line=line_of_key(path, "extends")) from error


def _file(name: str) -> Path | None:
    looks_like_one = name.endswith((".yaml", ".yml")) or "/" in name
    return Path(name) if looks_like_one else None


def _as_of(given: str | None, chain: list[Scenario]) -> date:
    partial = parse_partial(given) if given is not None else next((s.as_of for s in chain if s.as_of), None)
    if partial is None:
        raise DateError("the scenario names no as-of date; give --as-of YYYY-MM-DD")
    if not FIRST_DAY <= partial.last < date(LAST_YEAR, 1, 1):
        raise DateError(f"as-of date {partial} is outside {FIRST_DAY} to {LAST_YEAR - 1}-12-31")
    return partial.last


def _until(given: str | None, chain: list[Scenario]) -> date:
    partial = parse_partial(given) if given is not None else next((s.until for s in chain if s.until), None)
    if partial is None:
        partial = parse_partial("2027-12")
    if partial.last.year > LAST_YEAR:
        raise DateError(f"--until {partial} lies after {LAST_YEAR}, beyond any evidence in the record")
    return partial.last.replace(day=1)
