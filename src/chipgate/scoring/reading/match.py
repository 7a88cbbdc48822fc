"""Which event found answers which labelled one: maximum-weight one-to-one matching within an article.

Template filling has disputed borders of events, hence optional rows and other instruments that count (Gantt and
others 2022). A level says when a pair may be matched; the matching finds as many required rows as it can, then as
many optional ones, then the pairs that agree best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from chipgate.scoring.reading.found import Found
from chipgate.scoring.reading.labels import Row
from chipgate.scoring.reading.values import right_date, same

Level = Literal["strict", "lenient", "date", "date_actor"]
LEVELS: Final[tuple[Level, ...]] = ("strict", "lenient", "date", "date_actor")

_DATE_SCALE: Final = 30.0
"""Days over which the agreement of two dates falls by a factor e; it only settles ties."""
_SAME_PLACE: Final = 0.5
"""Share of the shorter of two spans that must lie in both for them to be the same place of the text."""


@dataclass(frozen=True)
class Matching:
    """Result for an article and a level.

    Attributes:
        pairs: (row, event found) as places in the two lists, required and neutral rows alike.
        hits: Required rows that were matched. ``missed``: those that were not. ``spurious``: events found that
            match nothing, as places in the list.
    """

    pairs: tuple[tuple[int, int], ...]
    hits: int
    missed: int
    spurious: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Hits, spurious events, missed rows."""
        return self.hits, len(self.spurious), self.missed


def same_instrument(row: Row, found: Found) -> bool:
    """Whether the instrument is the row's or one of its alternatives."""
    return found.instrument == row.instrument or found.instrument in row.alternatives


def right_actor(row: Row, found: Found) -> bool:
    """Whether the actor is on the same side, or has the same name where the label's tells no side."""
    return bool(row.sides & found.sides) or bool(row.names & found.names)


def on_time(row: Row, found: Found) -> bool:
    """Whether the date is right to the row's precision; false for a row without a date."""
    return row.when is not None and right_date(row.when, row.precision, found.when)


def neutral(row: Row, level: Level) -> bool:
    """Whether a row counts neither way: optional, or the level asks for a date or an actor that the label lacks."""
    if row.optional or (level in ("date", "date_actor") and not row.dated):
        return True
    return level == "date_actor" and not row.actor


def may_match(row: Row, found: Found, level: Level) -> bool:
    """Whether a pair may be matched at this level; a neutral row takes any event of its instruments."""
    if neutral(row, level):
        return same_instrument(row, found)
    if level == "strict":
        return found.instrument == row.instrument
    if not same_instrument(row, found):
        return False
    return (level == "lenient" or on_time(row, found)) and (level != "date_actor" or right_actor(row, found))


def overlap(a: tuple[int, int], b: tuple[int, int]) -> int:
    """Characters in both spans."""
    return max(min(a[1], b[1]) - max(a[0], b[0]), 0)


def iou(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Characters in both spans over characters in either."""
    both = overlap(a, b)
    return both / ((a[1] - a[0]) + (b[1] - b[0]) - both)


def same_place(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether most of the shorter span lies in the other."""
    return overlap(a, b) >= _SAME_PLACE * min(a[1] - a[0], b[1] - b[0])


def match(rows: Sequence[Row], found: Sequence[Found], level: Level) -> Matching:
    """Match the events found to the rows of an article.

    Args:
        rows: Rows that tell of an act (required or optional).
        found: Events that count as acts.
    """
    size = max(len(rows), len(found)) + 1
    optional = float(size)  # more than all agreements together, each of which is at most 1
    required = optional * size + optional
    weight = np.zeros((len(rows), len(found)))
    for i, row in enumerate(rows):
        base = optional if neutral(row, level) else required
        for j, event in enumerate(found):
            if may_match(row, event, level):
                weight[i, j] = base + agreement(row, event)
    chosen = zip(*linear_sum_assignment(weight, maximize=True), strict=True) if weight.size else ()
    pairs = tuple((int(i), int(j)) for i, j in chosen if weight[i, j] > 0)
    taken = {j for _, j in pairs}
    hits = sum(not neutral(rows[i], level) for i, _ in pairs)
    asked = sum(not neutral(row, level) for row in rows)
    return Matching(pairs, hits, asked - hits, tuple(j for j in range(len(found)) if j not in taken))


def agreement(row: Row, found: Found) -> float:
    """How well a pair agrees beyond its instrument, from 0 to 1; it settles which of several pairs is the right one."""
    score = 0.15 * (found.instrument == row.instrument) + 0.2 * right_actor(row, found)
    if row.when is not None and found.when is not None:
        score += 0.25 * exp(-row.when.distance(found.when.middle) / _DATE_SCALE)
    if row.span is not None and found.span is not None:
        score += 0.3 * iou(row.span, found.span)
    return score + 0.1 * bool(agreeing(row, found))


def agreeing(row: Row, found: Found) -> bool | None:
    """Whether the figures of the same name are the same; ``None`` where the label has no figure of a kind found."""
    shared = [name for name in row.numbers if name in found.numbers]
    if not shared:
        return None
    return all(same(row.numbers[name], found.numbers[name]) for name in shared)


def stands_on(row: Row, found: Found, others: Sequence[Row]) -> bool:
    """Whether an event found rests on the sentence of an act that was ruled out, and on no row's own as much."""
    if row.span is None or found.span is None or not same_instrument(row, found):
        return False
    here = overlap(row.span, found.span)
    rival = max((overlap(o.span, found.span) for o in others if o.span and same_instrument(o, found)), default=0)
    return same_place(row.span, found.span) and here > rival
