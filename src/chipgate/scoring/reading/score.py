"""Scores of a reader over labelled articles, with guards against what must never happen and a row per event."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

import numpy as np

from chipgate.errors import BadInputError, DataError
from chipgate.scoring.reading import match as matching
from chipgate.scoring.reading.found import Found, Reader, found_event
from chipgate.scoring.reading.labels import Article, Row
from chipgate.scoring.reading.values import DAY_SLACK, Sides, same

RESAMPLES: Final = 2000
"""Resamples of the articles behind each interval."""
BAND: Final = (2.5, 97.5)
"""Percentiles of F1 over the resamples that are given as ``low`` and ``high``."""
_HALF: Final = 0.5
_SHARES: Final = ("fee", "cap", "rate")


@dataclass
class Reading:
    """An article with what was found in it.

    Attributes:
        found: Events that count as acts. ``wrong_on``: those switched on though the text rules them out, each with
            the row that it rests on; they are spurious and take part in no matching.
        spans: Whether the label's spans count in the text that was read.
        fault: Why the reader refused the article; empty where it read it.
    """

    article: Article
    found: list[Found]
    off: int
    spans: bool
    fault: str = ""
    wrong_on: list[tuple[Row, Found]] = field(default_factory=list)
    matchings: dict[matching.Level, matching.Matching] = field(default_factory=dict)

    @property
    def acts(self) -> list[Row]:
        """Rows that tell of an act."""
        return [row for row in self.article.rows if not row.off]

    def counts(self, level: matching.Level) -> tuple[int, int, int]:
        """Hits, spurious events and missed rows."""
        hits, spurious, missed = self.matchings[level].counts
        return hits, spurious + len(self.wrong_on), missed

    @property
    def pairs(self) -> list[tuple[Row, Found]]:
        """Required rows with the events that answer them at the lenient level."""
        acts = self.acts
        return [(acts[i], self.found[j]) for i, j in self.matchings["lenient"].pairs if acts[i].required]


def score_reading(
    articles: Sequence[Article], texts: Path, reader: Reader, sides: Sides, *, seed: int = 0
) -> dict[str, Any]:
    """Read every article that has a text and score what was found.

    Args:
        texts: Folder with the text of article N as ``NN.txt``.
        reader: See :data:`chipgate.scoring.reading.found.Reader`.
        seed: Seed of the resampling behind the intervals.

    Returns:
        A JSON document: levels ``strict, lenient, date, date_actor``, then dates, authority, spans, guards, rows.

    Raises:
        BadInputError: The folder has the text of none of the articles.
    """
    if not texts.is_dir():
        raise BadInputError(f"{texts}: is no folder; give the folder that holds 00.txt, 01.txt and so on")
    readings, absent = [], []
    for article in articles:
        path = texts / f"{article.number:02d}.txt"
        if path.is_file():
            readings.append(read_article(article, path.read_bytes(), reader, sides, path.name))
        else:
            absent.append(article.number)
    if not readings:
        raise BadInputError(f"{texts}: holds the text of none of the articles; article 7 is to be 07.txt")
    pairs = [pair for reading in readings for pair in reading.pairs]
    cases = guard_cases(readings)
    return {
        "articles": {
            "labelled": len(articles), "scored": len(readings), "without_text": absent,
            "off_topic": sum(reading.article.off_topic for reading in readings),
            "refused": [{"article": r.article.number, "reason": r.fault} for r in readings if r.fault],
        },
        "events": {
            "required": sum(row.required for r in readings for row in r.article.rows),
            "optional": sum(row.optional and not row.off for r in readings for row in r.article.rows),
            "ruled_out": sum(row.off for r in readings for row in r.article.rows),
            "found": sum(len(r.found) + len(r.wrong_on) for r in readings),
            "found_switched_off": sum(r.off for r in readings),
        },
        **levels(readings, seed),
        "date_error_days": date_errors(pairs),
        "authority_accuracy": _share(found.authority in _authorities(row) for row, found in pairs if row.authority),
        "authority_confusion": _confusion(pairs),
        "accuracy": {
            "actor_side": _share(matching.right_actor(row, found) for row, found in pairs if row.actor),
            "parameter": _share(_numbers_right(row, found) for row, found in pairs if row.numbers),
            "direction": _share(row.direction == found.direction for row, found in pairs if row.direction),
            "sourcing": _share(row.sourcing == found.sourcing for row, found in pairs if row.sourcing),
            "context": _share(row.temporal == found.context for row, found in pairs),
        },
        "span_iou": span_scores(readings),
        "guards": {name: len(found) for name, found in cases.items()},
        "guard_cases": cases,
        "rows": [line for reading in readings for line in row_lines(reading)],
        "spurious": [_said(r, found) for r in readings for found in _spurious(r)],
    }  # fmt: skip


def read_article(article: Article, raw: bytes, reader: Reader, sides: Sides, name: str) -> Reading:
    """Read an article and match what was found; an article that the reader refuses has all its rows missed.

    Raises:
        DataError: The reader's own lists are broken, which is no fault of the article.
    """
    fault = ""
    try:
        events = sorted((found_event(e, sides) for e in reader(raw, article.published, name)), key=lambda e: e.order)
    except DataError:
        raise
    except BadInputError as error:
        fault, events = str(error), []
    made = Reading(article, [e for e in events if e.on], 0, article.has_text(raw), fault)
    made.off = len(events) - len(made.found)
    ruled_out = [row for row in article.rows if row.off]
    if made.spans:
        on_them = [(_row_under(event, ruled_out, made.acts), event) for event in made.found]
    else:  # without places in the text: what answers no row and has the instrument of an act ruled out
        spare = [made.found[j] for j in matching.match(made.acts, made.found, "lenient").spurious]
        on_them = [(_row_like(event, ruled_out), event) for event in spare]
    made.wrong_on = [(row, event) for row, event in on_them if row is not None and event.live and not row.optional]
    # What is set aside beside them counts neither way: a plan that the label calls hypothetical and the reader
    # future is switched off either way, and a ruled-out row may be optional.
    aside = {id(event) for row, event in on_them if row is not None}
    made.off += len(aside) - len(made.wrong_on)
    made.found = [event for event in made.found if id(event) not in aside]
    made.matchings = {level: matching.match(made.acts, made.found, level) for level in matching.LEVELS}
    return made


def _row_under(event: Found, ruled_out: Sequence[Row], acts: Sequence[Row]) -> Row | None:
    return next((row for row in ruled_out if matching.stands_on(row, event, acts)), None)


def _row_like(event: Found, ruled_out: Sequence[Row]) -> Row | None:
    return next((row for row in ruled_out if matching.same_instrument(row, event)), None)


def levels(readings: Sequence[Reading], seed: int) -> dict[str, dict[str, float | None]]:
    """Precision, recall and F1 of each level, with an interval of F1 from resampling the articles."""
    drawn = np.random.default_rng(seed).integers(0, len(readings), (RESAMPLES, len(readings)))
    made: dict[str, dict[str, float | None]] = {}
    for level in matching.LEVELS:
        counts = np.array([reading.counts(level) for reading in readings], dtype=float)
        hits, spurious, missed = counts.sum(axis=0)
        again = counts[drawn].sum(axis=1)
        events = 2 * again[:, 0] + again[:, 1] + again[:, 2]
        f1 = 2 * again[events > 0, 0] / events[events > 0]
        low, high = np.percentile(f1, BAND) if f1.size else (None, None)
        made[level] = {
            "precision": _ratio(hits, hits + spurious), "recall": _ratio(hits, hits + missed),
            "f1": _ratio(2 * hits, 2 * hits + spurious + missed),
            "low": None if low is None else float(low), "high": None if high is None else float(high),
        }  # fmt: skip
    return made


def date_errors(pairs: Sequence[tuple[Row, Found]]) -> dict[str, Any]:
    """Errors of the dates that stand in the text: days for days and weeks, hits within the unit for longer ones."""
    days = [(row, found) for row, found in pairs if row.dated and row.precision in ("day", "week")]
    errors = [row.when.distance(found.when.middle) for row, found in days if row.when and found.when]
    units = {
        unit: [matching.on_time(row, found) for row, found in pairs if row.dated and row.precision == unit]
        for unit in ("month", "quarter", "year")
    }
    return {
        "n": len(days), "without_date": len(days) - len(errors), "median": median(errors) if errors else None,
        "share_within_2": _ratio(sum(error <= DAY_SLACK for error in errors), len(days)),
        "units": {unit: {"n": len(hits), "hit_rate": _share(hits)} for unit, hits in units.items()},
    }  # fmt: skip


def span_scores(readings: Sequence[Reading]) -> dict[str, Any]:
    """Characters shared by the evidence found and the labelled, where the label's hash is the text's."""
    values = [
        matching.iou(row.span, found.span) if found.span else 0.0
        for reading in readings if reading.spans
        for row, found in reading.pairs if row.span
    ]  # fmt: skip
    return {
        "n": len(values), "mean": fmean(values) if values else None,
        "share_at_least_half": _share(value >= _HALF for value in values),
        "other_text": [reading.article.number for reading in readings if not reading.spans],
    }  # fmt: skip


def guard_cases(readings: Sequence[Reading]) -> dict[str, list[dict[str, Any]]]:
    """What must never happen, case by case."""
    return {
        "off_topic_events": [_said(r, found) for r in readings if r.article.off_topic for found in _spurious(r)],
        "wrong_numbers": [_said(r, found) for r in readings for found in _wrong_numbers(r)],
        "negated_switched_on": [
            _said(r, found) | {"ruled_out_event": row.event} for r in readings for row, found in r.wrong_on
        ],
    }


def _wrong_numbers(reading: Reading) -> list[Found]:
    """Events with a fee or cap that is not the one of the row answered or, where that has none, of any row."""
    acts = reading.acts
    answered = {j: acts[i] for i, j in reading.matchings["lenient"].pairs}
    anywhere = {value for row in reading.article.rows for value in _shares(row.numbers).values()}
    wrong = []
    for j, found in [*enumerate(reading.found), *((-1, found) for _, found in reading.wrong_on)]:
        figures = [value for name, value in found.numbers.items() if name in ("fee", "cap")]
        row = answered.get(j)
        own = set(_shares(row.numbers).values()) if row is not None else set()
        if any(not any(same(value, stated) for stated in (own or anywhere)) for value in figures):
            wrong.append(found)
    return wrong


def _shares(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if name in _SHARES}


def row_lines(reading: Reading) -> Iterable[dict[str, Any]]:
    """A line for each labelled event: what was found for it, and what of it was missed."""
    acts = reading.acts
    answers = {id(acts[i]): reading.found[j] for i, j in reading.matchings["lenient"].pairs}
    answers |= {id(row): found for row, found in reading.wrong_on}
    for row in reading.article.rows:
        found = answers.get(id(row))
        yield {
            "article": row.article, "event": row.event, "instrument": row.instrument, "actor": row.actor,
            "temporal": row.temporal, "optional": row.optional,
            "found": None if found is None else _brief(found), "missed": _missed(row, found, reading.spans),
        }  # fmt: skip


def _missed(row: Row, found: Found | None, spans: bool) -> list[str]:
    if row.off:
        return [] if found is None else ["switched on"]
    if found is None:
        return ["event"]
    checks = {
        "instrument": found.instrument == row.instrument,
        "date": not row.dated or matching.on_time(row, found),
        "actor": not row.actor or matching.right_actor(row, found),
        "parameter": not row.numbers or _numbers_right(row, found),
        "authority": not row.authority or found.authority in _authorities(row),
        "direction": not row.direction or row.direction == found.direction,
        "sourcing": not row.sourcing or row.sourcing == found.sourcing,
        "context": row.temporal == found.context,
        "span": not (spans and row.span) or (found.span is not None and matching.iou(row.span, found.span) >= _HALF),
    }
    return [name for name, right in checks.items() if not right]


def _numbers_right(row: Row, found: Found) -> bool:
    """Whether every share that the label states was found, or, where it states none, whether no other is claimed."""
    shares = _shares(row.numbers)
    if shares:
        return all(any(same(v, seen) for seen in _shares(found.numbers).values()) for v in shares.values())
    return matching.agreeing(row, found) is True


def _authorities(row: Row) -> frozenset[str]:
    """Authorities that are right; rule and order are two names of one rung, the binding act."""
    right = row.alt_authority | {row.authority}
    return right | {"formal_rule", "formal_order"} if right & {"formal_rule", "formal_order"} else right


def _confusion(pairs: Iterable[tuple[Row, Found]]) -> dict[str, dict[str, int]]:
    """Label -> found -> count; an accepted alternative counts as the label's own."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for row, found in pairs:
        if row.authority:
            table[row.authority][row.authority if found.authority in _authorities(row) else found.authority] += 1
    return {label: dict(sorted(counts.items())) for label, counts in sorted(table.items())}


def _spurious(reading: Reading) -> list[Found]:
    return [*(reading.found[j] for j in reading.matchings["lenient"].spurious), *(f for _, f in reading.wrong_on)]


def _brief(found: Found) -> dict[str, Any]:
    return {"instrument": found.instrument, "actor": found.actor, "date": found.date or None,
            "parameter": dict(found.numbers), "authority": found.authority, "context": found.context,
            "span": found.span, "text": found.text}  # fmt: skip


def _said(reading: Reading, found: Found) -> dict[str, Any]:
    return {"article": reading.article.number, **_brief(found)}


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _share(hits: Iterable[bool]) -> float | None:
    given = [bool(hit) for hit in hits]
    return fmean(given) if given else None
