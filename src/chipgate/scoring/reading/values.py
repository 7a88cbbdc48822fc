"""Dates and numbers as labels and the reader write them, and the side of an actor."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal

from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import read_table
from chipgate.errors import DataError, DateError
from chipgate.schema.base import Record
from chipgate.timegrid import add_months, parse_partial

Precision = Literal["day", "week", "month", "quarter", "year", "unknown"]
Side = Literal["US", "CN", "third", "company"]

DAY_SLACK: Final = 2
"""Days by which the date of a day may be missed and still be right."""
WEEK_SLACK: Final = 7
"""Days by which the date of a week may be missed and still be right: a week is named by any of its days."""

_QUARTER: Final = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(%|percent|per cent|thousand|million|billion|trillion)?", re.IGNORECASE
)
_SCALE: Final = {
    "%": 0.01, "percent": 0.01, "per cent": 0.01, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_SHARES: Final = ("fee", "cap", "rate")
SAME: Final = 1e-6
"""Relative difference up to which two numbers are the same."""


@dataclass(frozen=True, slots=True)
class When:
    """Days that a date may mean, first and last."""

    first: date
    last: date

    @property
    def middle(self) -> date:
        """Day in the middle, for distances."""
        return self.first + (self.last - self.first) // 2

    def distance(self, day: date) -> int:
        """Days from the nearest day of this span; zero inside."""
        return max((self.first - day).days, (day - self.last).days, 0)


def when(text: str, precision: Precision = "unknown") -> When:
    """Read ``YYYY[-MM[-DD]]``, ``YYYY-Qn``, or two of them with ``/`` or ``..`` between; widened to the precision.

    Raises:
        DateError: The text has another form, names no day of the calendar or runs backwards.
    """
    parts = re.split(r"/|\.\.", text)
    if len(parts) == 2:
        first, last = (when(part) for part in parts)
        if last.last < first.first:
            raise DateError(f"{text!r} ends before it begins")
        return When(first.first, last.last)
    quarter = _QUARTER.fullmatch(text.strip())
    if quarter is not None:
        start = date(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
        return When(start, add_months(start, 3) - timedelta(days=1))
    read = parse_partial(text)
    months = {"month": 1, "quarter": 3, "year": 12}.get(precision)
    if months is None:
        return When(read.first, read.last)
    start = date(read.first.year, (read.first.month - 1) // months * months + 1, 1)
    return When(start, max(read.last, add_months(start, months) - timedelta(days=1)))


def right_date(truth: When, precision: Precision, found: When | None) -> bool:
    """Whether a date found is right for one of this precision: a few days for a day, the unit for a month and more."""
    if found is None:
        return False
    slack = {"day": DAY_SLACK, "week": WEEK_SLACK}.get(precision, 0)
    return truth.distance(found.middle) <= slack


def number(text: str, name: str = "", unit: str = "") -> float | None:
    """First number of a text as a plain figure, shares as fractions; ``None`` where there is none."""
    match = _NUMBER.search(text)
    if match is None:
        return None
    value = float(match[1].replace(",", ""))
    word = (match[2] or unit or "").strip().casefold()
    scale = _SCALE.get(word.split()[0] if word and word != "per cent" else word, 1.0)
    units = name == "cap" and value > 100  # a cap is a share, or a number of chips
    if scale == 1.0 and name in _SHARES and value > 1 and word != "fraction" and not units:
        scale = 0.01
    return value * scale


def pairs(text: str) -> dict[str, str]:
    """``key=value;key=value`` of a cell; a part without a sign of equality is left out."""
    split = (part.partition("=") for part in text.split(";"))
    return {key.strip(): value.strip() for key, sign, value in split if sign and key.strip()}


def same(a: float, b: float) -> bool:
    """Whether two figures are the same but for rounding in the last place."""
    return abs(a - b) <= SAME * max(abs(a), abs(b), SAME)


class SideWord(Record):
    """A word in the name of an actor that tells its side."""

    word: str
    side: Side


class Sides:
    """Side of an actor from its name: the firms of the catalogue are companies, words tell the rest.

    The longest word counts, so that the commerce ministry is not the Commerce Department. A name that holds a
    word of a company is a company's, wherever its seat ("Chinese firms"), and one of a third country is a third's.

    Raises:
        DataError: A word stands twice in the table.
    """

    def __init__(self, data: Catalogue) -> None:
        path = data.roots[0] / "reading" / "sides.csv"
        rows: list[SideWord] = []
        for row, line in read_table(path, SideWord):
            if row.word.casefold() in {seen.word.casefold() for seen in rows}:
                raise DataError(f"word {row.word!r} stands twice", path=path, line=line, fix="keep one side")
            rows.append(row)
        firms = {name.casefold(): "company" for firm in data.firms.values() for name in firm.names if len(name) > 2}
        self._side: dict[str, str] = {**firms, **{row.word.casefold(): row.side for row in rows}}
        longest = sorted(self._side, key=lambda word: (-len(word), word))
        self._words = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)")

    def __call__(self, actor: str) -> frozenset[str]:
        """Sides of a name, or of several with semicolons between; empty where no word is known."""
        found: set[str] = set()
        for part in actor.casefold().split(";"):
            seen = {self._side[match[0]] for match in self._words.finditer(part)}
            found |= next(({side} for side in ("company", "third") if side in seen), seen)
        return frozenset(found)


@cache
def names(actor: str) -> frozenset[str]:
    """Names in an actor's cell, casefolded: parts at semicolons, with and without what stands in brackets."""
    found = set()
    for part in actor.split(";"):
        found.add(part.strip().casefold())
        found |= {piece.strip().casefold() for piece in re.split(r"[()]", part)}
    return frozenset(found - {""})
