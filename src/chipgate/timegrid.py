"""Dates of the record and the month grid. Nothing here reads the clock.

Sources often give a month or a year only. A :class:`PartialDate` keeps what was said and bounds it by a first
and a last day; point-in-time code uses the last day, so that nothing is known too early.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from chipgate.errors import DateError

Precision = Literal["day", "month", "year"]

FIRST_DAY: Final = date(2022, 1, 1)
"""The first day that the record and the month grid cover."""

_PATTERN: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date known to the day, the month or the year.

    Attributes:
        last: Latest day it can be; equals ``first`` for a full date.
        first: Earliest day it can be.
        precision: ``day``, ``month`` or ``year``.
    """

    last: date
    first: date
    precision: Precision

    def __str__(self) -> str:
        length = {"day": 10, "month": 7, "year": 4}[self.precision]
        return self.first.isoformat()[:length]


def parse_partial(text: str) -> PartialDate:
    """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises:
        DateError: The text has another form or names no day of the calendar.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise DateError(f"{text!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = int(match[1]), match[2], match[3]
    try:
        if month is None:
            return PartialDate(date(year, 12, 31), date(year, 1, 1), "year")
        if day is None:
            last = calendar.monthrange(year, int(month))[1]
            return PartialDate(date(year, int(month), last), date(year, int(month), 1), "month")
        whole = date(year, int(month), int(day))
    except (ValueError, calendar.IllegalMonthError) as error:
        raise DateError(f"{text!r} is not a day of the calendar ({error})") from error
    return PartialDate(whole, whole, "day")


def parse_day(text: str) -> date:
    """Read ``YYYY-MM-DD``.

    Raises:
        DateError: The text is no full date.
    """
    partial = parse_partial(text)
    if partial.precision != "day":
        raise DateError(f"{text!r} names no day; write YYYY-MM-DD")
    return partial.first


def covered_day(text: str) -> date:
    """Read ``YYYY-MM-DD`` on or after :data:`FIRST_DAY`.

    Raises:
        DateError: The text is no full date, or the day lies before the record begins.
    """
    day = parse_day(text)
    if day < FIRST_DAY:
        raise DateError(f"{text} lies before {FIRST_DAY}, where the record of rules begins; give a later day")
    return day


def month_starts(first: date, last: date) -> list[date]:
    """First days of the months from that of ``first`` to that of ``last``, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first.replace(day=1), i) for i in range(count)]


def add_months(day: date, months: int) -> date:
    """The first day of the month that lies ``months`` after that of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
