"""What is scored from when: outcomes, the day each is forecast from, and how far ahead that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chipgate.schema.tables import Observation
from chipgate.scoring.history import QUARTER_DAYS
from chipgate.targets import Target, Unmapped, target_of

ROLLING: Final = tuple(
    date.fromisoformat(day)
    for day in ("2023-10-31", "2024-03-31", "2024-09-30", "2025-01-31", "2025-04-30", "2025-08-17", "2025-12-31",
                "2026-03-31")
)  # fmt: skip
"""As-of dates of the backtest."""
FURTHER: Final = tuple(
    date.fromisoformat(day)
    for day in ("2022-01-31", "2022-06-30", "2022-12-31", "2023-05-31", "2023-12-31", "2024-12-31")
)
"""Days before the first of them, and ends of years between, from which a file is scored too: figures of 2022 and 2023
are forecast from somewhere, and figures of a year from its eve."""
HORIZONS: Final = 4


@dataclass(frozen=True)
class Case:
    """One outcome, forecast from one day.

    Attributes:
        horizon: Quarters from the as-of date to the end of the period, rounded up.
    """

    seen: Observation
    target: Target
    as_of: date

    @property
    def horizon(self) -> int:
        """Quarters from the as-of date to the end of the period, rounded up."""
        return quarters_ahead(self.as_of, self.seen.period_end.last)


def quarters_ahead(as_of: date, last: date) -> int:
    """Quarters from a day to the end of a period, rounded up; a month over is still the quarter before."""
    return max(int((last - as_of).days / QUARTER_DAYS + 2 / 3), 1)


def before_its_period(rows: Iterable[Observation], days: Sequence[date]) -> tuple[list[Case], dict[str, str]]:
    """Each outcome from the last of ``days`` before its period began; and the rows left out, with the reason."""
    found, left = [], {}
    for seen in rows:
        target = target_of(seen)
        if isinstance(target, Unmapped):
            left[seen.id] = target.reason
            continue
        first = seen.period_start.first
        earlier = [day for day in days if day < first]
        if not earlier:
            left[seen.id] = f"its period begins {first}, before the first as-of date {min(days)}"
            continue
        found.append(Case(seen, target, max(earlier)))
    return found, left


def rolling(rows: Sequence[Observation], days: Sequence[date]) -> list[Case]:
    """Outcomes one to four quarters ahead of each day.

    More than half of the period lies ahead, and the figure was not out yet. A period that ends a month after the
    fourth quarter still counts as the fourth.
    """
    found = []
    for day in sorted(days):
        for seen in rows:
            target = target_of(seen)
            first, last = seen.period_start.first, seen.period_end.last
            middle = first + timedelta(days=((last - first).days + 1) // 2)
            if isinstance(target, Unmapped) or middle <= day or seen.published_date.last <= day:
                continue
            if quarters_ahead(day, last) <= HORIZONS:
                found.append(Case(seen, target, day))
    return found
