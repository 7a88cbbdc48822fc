"""Labelled articles: one row per event, in the columns of the article from which the project began."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, get_args

from chipgate.catalogue.read import read_foreign
from chipgate.errors import DataError, DateError
from chipgate.schema.tables import Instrument
from chipgate.scoring.reading.values import Precision, Sides, When, names, number, pairs, when
from chipgate.timegrid import parse_day

NEEDED: Final = (
    "article_no", "published_date", "event_no", "actor", "instrument", "alt_instruments", "parameter", "event_date",
    "date_precision", "date_basis", "authority", "alt_authority", "direction", "temporal", "optional",
)  # fmt: skip
"""Columns that must be there. Read where they stand: ``article_kind``, ``sourcing``, ``span_start``, ``span_end``,
``text_sha256``; others are let pass."""

MARKET: Final = ("order_placed", "sales_result", "domestic_chip_launch", "training_on_domestic")
INSTRUMENTS: Final = (*get_args(Instrument), *MARKET)
TEMPORAL: Final = ("current", "background", "future", "hypothetical", "negated")
OFF: Final = ("hypothetical", "negated")
"""Acts that did not happen; they are never required, and must not be switched on."""
DIRECTIONS: Final = ("tighten", "loosen", "neutral")
AUTHORITIES: Final = (
    "formal_order", "formal_rule", "official_statement", "private_guidance", "state_media", "press_report",
    "company_statement", "legislative",
)  # fmt: skip
FIGURES: Final = ("fee", "cap", "rate", "count", "value", "threshold")
"""Parameters that are numbers; others, such as chips, are names."""
PRECISIONS: Final = get_args(Precision)
MOST_ARTICLE: Final = 9999


@dataclass(frozen=True)
class Row:
    """An event that an article states, or one that it rules out.

    Attributes:
        sides: Sides of the actor; empty where its name tells none.
        numbers: Figures of the parameter by name, shares as fractions.
        when: Days that the date may mean; ``None`` where the row has none.
        dated: Whether the date is in the article, so that it can be asked of a reader.
        span: Characters of the evidence, first and past the last.
    """

    article: int
    event: str
    actor: str
    sides: frozenset[str]
    names: frozenset[str]
    instrument: str
    alternatives: frozenset[str]
    numbers: Mapping[str, float]
    when: When | None
    precision: Precision
    dated: bool
    authority: str
    alt_authority: frozenset[str]
    sourcing: str
    direction: str
    temporal: str
    optional: bool
    span: tuple[int, int] | None

    @property
    def off(self) -> bool:
        """Whether the act is ruled out or only thought of."""
        return self.temporal in OFF

    @property
    def required(self) -> bool:
        """Whether a reader must find it."""
        return not self.optional and not self.off


@dataclass(frozen=True)
class Article:
    """A labelled article.

    Attributes:
        kind: What the rows call it, one after the other.
        digest: Beginning of the SHA-256 of the text that the spans count in, lower case; empty where not given.
    """

    number: int
    published: date | None
    kind: str
    digest: str
    rows: tuple[Row, ...]

    @property
    def off_topic(self) -> bool:
        """Whether a reader must find nothing in it."""
        named = "off_topic" in self.kind.casefold().replace("-", "_")
        return not any(row.required for row in self.rows) and (named or not self.rows)

    def has_text(self, raw: bytes) -> bool:
        """Whether the spans count in these bytes; so taken where no hash is given."""
        return not self.digest or hashlib.sha256(raw).hexdigest().startswith(self.digest)


def read_labels(path: Path, sides: Sides) -> list[Article]:
    """Articles of a CSV file, by number.

    Raises:
        DataError: It cannot be read, a column is missing, or a value is wrong; file and line are named.
    """
    _, rows = read_foreign(path, lambda header: _check_header(header, path), "event")
    found: dict[int, Article] = {}
    seen: set[tuple[int, str]] = set()
    for cells, line in rows:
        try:
            number_ = _article(cells["article_no"])
            published, digest = _published(cells["published_date"]), _digest(cells)
            known = found.setdefault(number_, Article(number_, published, "", digest, ()))
            if (known.published, known.digest) != (published, digest):
                raise _WrongError(
                    f"article {number_} has another published_date or text_sha256 than above",
                    "give all rows of an article the same",
                )
            event = cells["event_no"]
            if (number_, event) in seen:
                raise _WrongError(f"event {event} of article {number_} stands twice", "number the events of an article")
            seen.add((number_, event))
            kind = f"{known.kind} {cells.get('article_kind', '')}".strip()
            more = () if cells["instrument"] in ("", "none") else (_row(number_, cells, sides),)
            found[number_] = replace(known, kind=kind, rows=(*known.rows, *more))
        except _WrongError as error:
            raise DataError(error.message, path=path, line=line, fix=error.fix) from error
        except DateError as error:
            raise DataError(str(error), path=path, line=line) from error
    return [found[n] for n in sorted(found)]


class _WrongError(Exception):
    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


def _check_header(header: Sequence[str], path: Path) -> None:
    for wrong, word in ((sorted({n for n in header if header.count(n) > 1}), "repeated"),
                        ([n for n in NEEDED if n not in header], "missing")):  # fmt: skip
        if wrong:
            raise DataError(f"{word} column {', '.join(map(repr, wrong))}", path=path, line=1,
                            fix=f"the columns needed are {','.join(NEEDED)}")  # fmt: skip


def _row(article: int, cells: Mapping[str, str], sides: Sides) -> Row:
    actor, instrument = cells["actor"], _one_of(cells, "instrument", INSTRUMENTS)
    more = _several(cells["alt_instruments"], "alt_instruments", INSTRUMENTS)
    precision: Precision = _one_of(cells, "date_precision", PRECISIONS, "unknown")  # type: ignore[assignment]
    day = when(cells["event_date"], precision) if cells["event_date"] else None
    figures = {name: number(text, name) for name, text in pairs(cells["parameter"]).items() if name in FIGURES}
    return Row(
        article=article, event=cells["event_no"], actor=actor, sides=sides(actor), names=names(actor),
        instrument=instrument, alternatives=more - {instrument},
        numbers={name: value for name, value in figures.items() if value is not None},
        when=day, precision=precision,
        dated=day is not None and precision != "unknown" and cells["date_basis"] != "external",
        authority=_one_of(cells, "authority", AUTHORITIES, ""),
        alt_authority=_several(cells["alt_authority"], "alt_authority", AUTHORITIES),
        sourcing=cells.get("sourcing", ""), direction=_one_of(cells, "direction", DIRECTIONS, ""),
        temporal=_one_of(cells, "temporal", TEMPORAL, "current"),
        optional=_one_of(cells, "optional", ("0", "1"), "0") == "1", span=_span(cells),
    )  # fmt: skip


def _one_of(cells: Mapping[str, str], name: str, known: Sequence[str], empty: str | None = None) -> str:
    """Value of a cell, which must be a known one; ``empty`` where the cell is empty and may be."""
    value = cells[name]
    if not value and empty is not None:
        return empty
    _known(value, name, known)
    return value


def _several(text: str, name: str, known: Sequence[str]) -> frozenset[str]:
    found = frozenset(part.strip() for part in re.split(r"[;|,]", text) if part.strip())
    for value in sorted(found):
        _known(value, name, known)
    return found


def _known(value: str, name: str, known: Sequence[str]) -> None:
    if value not in known:
        near = difflib.get_close_matches(value, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise _WrongError(f"{name} {value!r} is not known", f"{hint}one of {', '.join(known)}")


def _article(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_ARTICLE:
        raise _WrongError(f"article_no {text!r} is no number from 0 to {MOST_ARTICLE}", "number the articles")
    return int(text)


def _published(text: str) -> date | None:
    return parse_day(text) if text else None


def _digest(cells: Mapping[str, str]) -> str:
    text = cells.get("text_sha256", "").casefold()
    if text and not re.fullmatch(r"[0-9a-f]{8,64}", text):
        raise _WrongError(
            f"text_sha256 {text!r} is no hash", "give its first 8 to 64 hexadecimal digits, or leave it out"
        )
    return text


def _span(cells: Mapping[str, str]) -> tuple[int, int] | None:
    ends = [cells.get(name, "") for name in ("span_start", "span_end")]
    if ends == ["", ""]:
        return None
    if not all(end.isascii() and end.isdigit() for end in ends) or int(ends[0]) >= int(ends[1]):
        raise _WrongError(f"span {'-'.join(ends)} is no run of characters",
                          "give the first character and the one past the last, counted from 0")  # fmt: skip
    return int(ends[0]), int(ends[1])
