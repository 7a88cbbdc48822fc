"""A target's own past as it was published by a day: what naive forecasts go by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from chipgate.schema.tables import Observation
from chipgate.targets import Target, target_of

_CLASSES: Final = ((20, "moment"), (100, "quarter"), (220, "half"), (400, "year"))
MONTH_DAYS: Final = 30.4375
QUARTER_DAYS: Final = 91.3125


@dataclass(frozen=True)
class Past:
    """One published figure of a target.

    Attributes:
        value: A flow as its rate a month, a level as it is.
        at: Middle of the period, in quarters since the year 0.
    """

    value: float
    at: float


def kind_of_period(first: date, last: date) -> str:
    """``moment``, ``quarter``, ``half``, ``year`` or ``years``."""
    days = (last - first).days + 1
    return next((name for most, name in _CLASSES if days <= most), "years")


def months_in(first: date, last: date) -> float:
    """Length of a period in months."""
    return ((last - first).days + 1) / MONTH_DAYS


def middle(first: date, last: date) -> float:
    """Middle of a period, in quarters since the year 0."""
    return (first.toordinal() + last.toordinal() + 1) / 2 / QUARTER_DAYS


def past_of(target: Target, first: date, last: date, known: Iterable[Observation], as_of: date) -> list[Past]:
    """Figures of a target published by ``as_of``, oldest first.

    Those over periods of the same length as the one asked for are taken; where there is none, all are, as rates.
    Of two for one period the last published counts.
    """
    rows: dict[tuple[date, date], Observation] = {}
    for seen in known:
        if seen.published_date.last > as_of or seen.period_end.last > as_of:
            continue
        own = target_of(seen)
        if not isinstance(own, Target) or own.id != target.id:
            continue
        key = (seen.period_start.first, seen.period_end.last)
        other = rows.get(key)
        if other is None or other.published_date.last < seen.published_date.last:
            rows[key] = seen
    wanted = kind_of_period(first, last)
    same = {key: seen for key, seen in rows.items() if kind_of_period(*key) == wanted}
    chosen = same or rows
    found = [
        Past(seen.value / months_in(*key) if target.adds == "sum" else seen.value, middle(*key))
        for key, seen in chosen.items()
    ]
    return sorted(found, key=lambda past: past.at)
