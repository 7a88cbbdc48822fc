"""The table of events that a person edits: out as CSV, back in with every cell checked."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from pydantic import ValidationError

from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import read_foreign
from chipgate.errors import ChipgateError, DataError
from chipgate.news.authority import rank_of
from chipgate.news.lists import Lists
from chipgate.news.records import Event, Parameter, ParameterName, When
from chipgate.schema.base import split_list
from chipgate.schema.news import Context, NewsAuthority, NewsInstrument, Side
from chipgate.schema.tables import Instrument
from chipgate.timegrid import parse_partial

COLUMNS: Final = (
    "no", "on", "instrument", "actor", "actor_side", "chips", "parameter", "value", "unit", "date", "context",
    "direction", "authority", "confidence", "known_act", "text",
)  # fmt: skip
_CHOICES: Final = {
    "instrument": (*get_args(Instrument), *get_args(get_args(NewsInstrument)[-1])), "actor_side": get_args(Side),
    "context": get_args(Context), "authority": get_args(NewsAuthority), "direction": ("tighten", "loosen", "neutral"),
    "parameter": ("", *get_args(ParameterName)), "on": ("yes", "no"),
}  # fmt: skip


def to_csv(events: Sequence[Event]) -> str:
    """The events as a CSV table with one row an event."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, e in enumerate(events, 1):
        p = e.parameter
        writer.writerow([
            number, "yes" if e.on else "no", e.instrument, e.actor, e.actor_side, ";".join(e.chip_names),
            p.name if p else "", f"{p.value:g}" if p else "", p.unit if p else "", str(e.when) if e.when else "",
            e.context, e.direction, e.authority, f"{e.confidence:.2f}", e.snapped, _cell(e.text),
        ])  # fmt: skip
    return out.getvalue()


def _cell(text: str) -> str:
    """Text of an article that a spreadsheet must not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def from_csv(path: Path, events: Sequence[Event], known: Lists, data: Catalogue) -> list[Event]:
    """Events as edited: rows may be changed or taken out, in any order.

    Raises:
        DataError: A column or cell is wrong; file and line are named.
    """
    _, rows = read_foreign(path, lambda header: _header(header, path), "event")
    found: list[Event] = []
    seen: set[int] = set()
    for row, line in rows:
        number = int(row["no"]) if row["no"].isdigit() else 0
        if not 1 <= number <= len(events) or number in seen:
            raise DataError(f"no: {row['no']!r} is no event of the article, or stands twice", path=path, line=line)
        seen.add(number)
        try:
            found.append(_edited(events[number - 1], row, known))
        except (ChipgateError, ValueError, ValidationError) as error:
            raise DataError(str(error), path=path, line=line) from error
    return found


def _header(header: list[str], path: Path) -> None:
    if tuple(header) != COLUMNS:
        raise DataError(f"has the columns {','.join(header)}", path=path, line=1, fix=f"keep them: {','.join(COLUMNS)}")


def _edited(event: Event, row: dict[str, str], known: Lists) -> Event:
    for name, choices in _CHOICES.items():
        if row[name] not in choices:
            raise ValueError(f"{name}: {row[name]!r} is none of {', '.join(filter(None, choices))}")
    names = split_list(row["chips"])
    chip_names = tuple(str(n) for n in names) if isinstance(names, tuple) else ()
    chips = event.chips if chip_names == event.chip_names else _chips(chip_names, known)
    value = row["value"].replace(",", "")
    parameter = None
    if row["parameter"]:
        parameter = Parameter(row["parameter"], float(value), row["unit"])  # type: ignore[arg-type]
    changed = replace(
        event, instrument=row["instrument"], actor=row["actor"], actor_side=row["actor_side"],  # type: ignore[arg-type]
        chips=chips, chip_names=chip_names, parameter=parameter, when=_when(event, row["date"]),
        context=row["context"], direction=row["direction"], authority=row["authority"],  # type: ignore[arg-type]
        snapped=row["known_act"] if row["known_act"] in ("", event.snapped) else event.snapped,
        switched=row["on"] == "yes" if (row["on"] == "yes") != event.on else event.switched,
    )  # fmt: skip
    if changed.authority != event.authority:
        rank = rank_of(known, changed.authority, changed.instrument, None, public=event.public)
        changed = replace(changed, authority_rank=rank)
    return replace(changed, edited_by_user=True) if changed != event else event


def _chips(names: Sequence[str], known: Lists) -> tuple[str, ...]:
    found: list[str] = []
    by_name = {name.lower().replace(" ", "_").replace("-", "_"): ids for name, ids in known.chips_of.items()}
    for name in names:
        ids = by_name.get(name.lower().replace(" ", "_").replace("-", "_"))
        if ids is None:
            raise ValueError(f"chips: {name!r} is not known; known: {', '.join(known.chips_of)}")
        found += ids
    return tuple(dict.fromkeys(found))


def _when(event: Event, text: str) -> When | None:
    if text == (str(event.when) if event.when else ""):
        return event.when
    if not text:
        return None
    partial = parse_partial(text)
    return When(partial.first, partial.last, partial.precision, "text")
