"""Which date of a text is that of an act, and whether the act is news or past."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from chipgate.catalogue import Catalogue
from chipgate.news.modality import background_cue
from chipgate.news.records import When
from chipgate.news.reference import named_again
from chipgate.news.story import Story
from chipgate.news.tagging import Span, Tagged
from chipgate.news.triggers import Hit
from chipgate.schema.news import Context
from chipgate.timegrid import add_months

_OLD: Final = timedelta(days=10)
_OUTLOOK: Final = timedelta(days=100)
"""Days to the end of the quarter that a maker gives an outlook of, beside the results of the last."""
_ACTS: Final = (
    "BAN", "BAN_N", "LIFT", "CTRL", "LICREQ", "RULEW", "RULEN", "ENTLIST", "TALKS", "SUMMON", "ALLOW", "GRANT", "APPR",
    "DISC_N", "TARIFF", "BILLNAME", "RESTRICT",
)  # fmt: skip
"""Classes of nouns that a date may qualify: the October rule, an April ban."""
_BEFORE: Final = frozenset(["the", "a", "an", "its", "their", "this", "that", "his", "from", "of", "after", "since"])
_QUARTER: Final = re.compile(r"(?:the\s+)?(?:(?:first|second|third|fourth)[\s-]quarter|Q[1-4])", re.I)


def date_of(
    tagged: Tagged, hit: Hit, dates: Sequence[When], context: Context, story: Story, inherited: When | None
) -> When | None:
    """Nearest date of the act's clause, of its sentence, of the heading, or of the paragraph so far.

    Args:
        dates: Dates of the sentence. ``inherited``: date that the paragraph has told before.
    """
    usable = [d for d in dates if d.ahead == (context == "future")] or (list(dates) if context == "future" else [])
    usable = [d for d in usable if not _of_another(tagged, d, hit.head)]
    clause = tagged.clause_of(hit.head[0])

    def place(when: When) -> int:
        return tagged.clause_of(min(tagged.tokens.at(when.at), tagged.stop - 1))

    usable = [d for d in usable if place(d) == clause or place(d) not in tagged.relative]
    inside = [d for d in usable if place(d) == clause]
    pool = inside or usable
    if pool:
        at = tagged.tokens.starts[hit.head[0]]
        sharp = [d for d in pool if d.precision != "year"] or pool
        return min(sharp, key=lambda d: abs(d.at - at))
    if named_again(tagged, hit.head):
        return None
    if story.heading is not None:
        return story.heading
    return inherited if context != "future" else None


def _of_another(tagged: Tagged, when: When, head: Span) -> bool:
    """Whether a date qualifies the noun of another act: "issued licences, reversing an April ban"."""
    lower = tagged.tokens.lower
    first, after = tagged.tokens.at(when.at), tagged.tokens.at(when.stop)
    if after >= tagged.stop or not tagged.first < first or lower[first - 1] not in _BEFORE:
        return False
    possessive = lower[after] == "'"
    low = after + 2 if possessive else after
    high = min(low + 3, tagged.stop)
    if not possessive and not lower[low].isalpha():
        return False
    noun = next(
        (span for name in _ACTS for span in tagged.classes.get(name, ()) if low <= span[0] < high), None
    )  # fmt: skip
    return noun is not None and not (first <= head[0] < noun[1])


def is_past(tagged: Tagged, hit: Hit, when: When | None, story: Story) -> bool:
    """Whether an act is told as background rather than as news."""
    if when is not None and story.published is not None and when.basis != "published":
        return when.last < story.published - _OLD
    return background_cue(tagged, hit.head) or (when is None and _given(tagged, hit.head))


def _given(tagged: Tagged, head: Span) -> bool:
    """Whether the act stands in a clause that gives the ground of another: after ..., since ..., because ..."""
    clause = tagged.clause_of(head[0])
    opens = next(i for i in range(tagged.first, tagged.stop) if tagged.clause_of(i) == clause)
    return opens > tagged.first and tagged.tokens.lower[opens] in _GROUNDS


_GROUNDS: Final = frozenset(["after", "since", "because", "despite", "following", "when", "where", "whose"])


def fiscal(text: str, when: When | None, firm: str, catalogue: Catalogue, published: date | None) -> When | None:
    """A quarter that a maker's result names, in the maker's own year where that is not the calendar's."""
    if when is None or when.precision != "quarter" or when.basis != "text" or when.at < 0 or published is None:
        return when
    maker = next((m for m in catalogue.makers.values() if m.id == firm), None)
    if maker is None or maker.fiscal.first_month == 1 or not _QUARTER.fullmatch(text[when.at : when.stop]):
        return when
    number = (when.first.month + 2) // 3
    first = add_months(date(published.year - 2, maker.fiscal.first_month, 1), 3 * (number - 1))
    every = [add_months(first, 12 * year) for year in range(5)]
    reach = timedelta(days=366) if when.ahead else _OUTLOOK
    begun = max(day for day in every if add_months(day, 3) - timedelta(days=1) <= published + reach)
    return replace(when, first=begun, last=add_months(begun, 3) - timedelta(days=1), basis="relative")
