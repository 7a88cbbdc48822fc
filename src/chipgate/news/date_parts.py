"""Days, months, years and numbers, the parts that dates of a text are made of."""

from datetime import date, timedelta

from chipgate.news.date_forms import MONTHS, NUMBERS
from chipgate.news.records import DateBasis, Precision, When
from chipgate.timegrid import add_months


def when_of(first: date, last: date, precision: Precision, basis: DateBasis = "text", ahead: bool = False) -> When:
    """A range of days as a date of a precision."""
    return When(first, last, precision, basis, ahead=ahead)


def day_of(day: date, basis: DateBasis = "text", ahead: bool = False) -> When:
    """One day."""
    return when_of(day, day, "day", basis, ahead)


def month_of(year: int, month: int, basis: DateBasis = "text", ahead: bool = False) -> When:
    """A whole month."""
    first = date(year, month, 1)
    return when_of(first, add_months(first, 1) - timedelta(days=1), "month", basis, ahead)


def year_of(year: int, basis: DateBasis = "text") -> When:
    """A whole year."""
    return when_of(date(year, 1, 1), date(year, 12, 31), "year", basis)


def number_of(text: str) -> int:
    """A number in figures or words; one where the word is none."""
    text = text.lower().strip()
    if text.isdigit():
        return int(text)
    return NUMBERS.get(text, NUMBERS.get(text.removeprefix("a ").removesuffix(" of").strip(), 1))


def month_number(text: str) -> int:
    """Number of a month by the beginning of its name."""
    low = text.lower().rstrip(".")[:3]
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(low))
