"""What the dates of a text hang on, as far as it has been read."""

from dataclasses import dataclass
from datetime import date, timedelta

from chipgate.news.records import When


@dataclass
class Story:
    """What the dates of a text hang on, as far as it has been read.

    Attributes:
        published: Day of publication. ``order``: of numbers in dates such as 1/8/2025.
        last: Last absolute date, for "weeks later". ``year``: last year that the paragraph named.
        heading: Date of the heading above.
    """

    published: date | None
    order: str = "mdy"
    last: When | None = None
    year: int | None = None
    heading: When | None = None
    ambiguous: int = 0


def year_for(month: int, day: int, story: Story) -> int | None:
    """Year of a date that names none: of the heading or the story so far, else the last before publication."""
    published = story.published
    named = story.year or (story.heading.first.year if story.heading else None)
    if named and (published is None or named < published.year):
        last = story.last.first if story.last and story.last.first.year == named else None
        year = named + 1 if last and (month, day) < (last.month - 3, 1) else named
        return year if published is None or date(year, month, 1) <= published else named
    if published is None:
        return named or (story.last.first.year if story.last else None)
    # A day or two ahead is time zones; further ahead it was last year's.
    return (
        published.year
        if date(published.year, month, min(day, 28)) <= published + timedelta(days=20)
        else published.year - 1
    )
