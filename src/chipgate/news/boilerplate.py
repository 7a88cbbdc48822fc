"""What of a plain text is the article: menus, sidebars, related links and page furniture are dropped.

Nothing is cut out: what is kept are stretches of the raw text, so that every offset stays true.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from chipgate.news.sentences import Block

_LINE: Final = re.compile(r"[^\r\n\u2028]+")
_AGO: Final = re.compile(
    r"\b\d{1,3}\s?(?:min|mins|minutes?|hours?|hrs?|h|days?|d|weeks?|w|months?|years?|yrs?) ago\b", re.I
)
_BULLET: Final = re.compile(
    r"\s*(?:[-*\u2022\u25cf\u00b7\u25aa\u2013\u2014]|\(?[0-9ivx]{1,4}[.)]|\(?[a-zA-Z][.)]|#{1,6}|>)\s+"
)
_DATED: Final = re.compile(
    r"\s*(?:[-*\u2022#>]+\s*)?(?:\*\*)?(?:(?:19|20)\d\d\b|\d{1,2}\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"|(?:Early|Mid|Late|Spring|Summer|Autumn|Fall|Winter)\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec)[a-z]*\.?\s+(?:\d|20))",
    re.I,
)  # fmt: skip
_STOP: Final = re.compile(r"[.!?:;\u3002\u201d\"')]\s*$")
_RULE: Final = re.compile(r"[\s\-=_*~|\u2022\u2014.]*$")
_OPEN_ENDS: Final = frozenset(
    ["a", "an", "the", "and", "or", "of", "on", "to", "in", "for", "with", "that", "by", "at", "from", "its", "their"]
)
_LONG, _PROSE = 12, 8


@dataclass
class _Line:
    start: int
    end: int
    text: str
    words: int
    blank_before: bool
    kind: str = ""


def article_blocks(text: str, phrases: dict[str, tuple[str, ...]]) -> list[Block]:
    """Stretches of a plain text that belong to the article, in order."""
    lines = _lines(text)
    if not lines:
        return []
    lines = _joined(lines) if _wrapped(lines) else _continued(lines)
    for line in lines:
        line.kind = _kind(line, phrases)
    _date_headings(lines)
    _drop_sections(lines)
    if len(lines) > 1 and lines[-1].kind == "heading" and lines[-1].words >= _LONG:
        lines[-1].kind = "prose"  # nothing stands under it, so it is a sentence cut off
    kept = [line for line in lines if line.kind in ("prose", "item", "heading")]
    if not any(line.kind == "prose" or line.kind == "item" for line in kept):
        kept = [line for line in lines if line.kind != "rule" and line.kind != "furniture"]
    return [Block(line.start, line.end, line.kind == "heading") for line in kept]


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    last = 0
    for match in _LINE.finditer(text):
        own = match[0].strip()
        if own:
            gap = text.count("\n", last, match.start()) > 1
            found.append(_Line(match.start(), match.end(), own, len(own.split()), gap or not found))
            last = match.end()
    return found


def _wrapped(lines: Sequence[_Line]) -> bool:
    """Whether the text is broken at a fixed width: many lines, none long, most of them full."""
    lengths = sorted(len(line.text) for line in lines)
    if len(lengths) < 5 or lengths[-1] > 120:
        return False
    full = [line for line in lines if len(line.text) > 0.6 * lengths[-1]]
    open_ended = sum(not _STOP.search(line.text) for line in full)
    return lengths[-1] >= 55 and len(full) > 0.45 * len(lengths) and open_ended > 0.5 * len(full)


def _joined(lines: Sequence[_Line]) -> list[_Line]:
    found: list[_Line] = []
    widest = max(len(line.text) for line in lines)
    before = None
    for line in lines:
        ended = bool(_STOP.search(found[-1].text)) if found else True
        fresh = line.blank_before or _BULLET.match(line.text) or (ended and _DATED.match(line.text))
        short_before = before is not None and len(before.text) < 0.6 * widest
        _append(found, line, joins=bool(found) and not fresh and not short_before)
        before = line
    return found


def _continued(lines: Sequence[_Line]) -> list[_Line]:
    """Lines that go on in the middle of a sentence are joined to the one before."""
    found: list[_Line] = []
    for line in lines:
        goes_on = bool(found) and not line.blank_before and _runs_on(found[-1].text, line.text)
        _append(found, line, joins=goes_on and found[-1].words >= 6)
    return found


def _runs_on(before: str, line: str) -> bool:
    """Whether a line goes on with the sentence before: no stop between, and one of the two lies in its middle."""
    if _STOP.search(before):
        return False
    return line[0].islower() or before.endswith(",") or before.rsplit(None, 1)[-1] in _OPEN_ENDS


def _append(found: list[_Line], line: _Line, *, joins: bool) -> None:
    """Add a line, or join it to the one before."""
    if not joins:
        found.append(_Line(line.start, line.end, line.text, line.words, line.blank_before))
        return
    last = found[-1]
    last.end, last.text, last.words = line.end, f"{last.text} {line.text}", last.words + line.words


def _kind(line: _Line, phrases: dict[str, tuple[str, ...]]) -> str:
    low = line.text.lower().strip("#*-•> ")
    if _RULE.fullmatch(line.text):
        return "rule"
    bare = low.rstrip(": ").strip()
    if bare in phrases["section"]:
        return "section"
    if line.words <= 14 and _AGO.search(line.text) and not (line.words >= _PROSE and line.text.endswith(".")):
        return "ago"
    if (
        line.words <= 30
        and any(_starts(low, p) for p in phrases["line_start"])
        and not (line.words >= _LONG and line.text.endswith(".") and ":" not in line.text[:20])
    ):
        return "furniture"
    if any(p in low for p in phrases["line_holds"]) and line.words <= 60:
        return "furniture"
    if _DATED.match(line.text) and line.words >= 5:
        return "item"
    if _BULLET.match(line.text) and line.words >= 6:
        return "item"
    ends = bool(_STOP.search(line.text))
    if (line.words >= _PROSE and ends) or line.words >= 20:
        return "prose"
    if ends and line.words >= 4 and line.text[-1] not in ":;)'":
        return "prose"
    return "heading"


def _date_headings(lines: list[_Line]) -> None:
    """A short dated line over prose is that prose's heading, not an item of a list."""
    for line, below in pairwise(lines):
        short = line.kind == "item" and line.words <= 10 and not line.text.endswith((".", "!", "?"))
        if short and below.kind == "prose" and below.words >= _LONG and _DATED.match(line.text):
            line.kind = "heading"


def _starts(low: str, phrase: str) -> bool:
    return low.startswith(phrase) and (len(low) == len(phrase) or not low[len(phrase)].isalnum())


def _drop_sections(lines: list[_Line]) -> None:
    """Drop blocks of links: from a section mark, or a run of teasers, up to the next long prose."""
    for i, line in enumerate(lines):
        if line.kind == "section":
            _drop_from(lines, i)
    i = 0
    while i < len(lines):
        stop = i
        while stop < len(lines) and lines[stop].kind in ("heading", "ago", "rule", "furniture", "dropped", "section"):
            stop += 1
        run = lines[i:stop]
        teasers = sum(line.kind == "heading" for line in run)
        marks = sum(line.kind in ("ago", "rule", "section", "furniture") for line in run)
        if (teasers >= 3 and (marks or teasers >= 4)) or any(line.kind == "ago" for line in run):
            # A single heading right before prose may be that prose's own.
            keep = (
                run[-1]
                if run
                and run[-1].kind == "heading"
                and stop < len(lines)
                and not any(line.kind == "ago" for line in run[-2:])
                else None
            )
            first = next((line for line in run if line.kind == "heading"), None) if i == 0 else None
            longest = max((line for line in run if line.kind == "heading"), key=lambda x: x.words, default=None)
            for line in run:
                title = i == 0 and line in (first, longest, keep)
                if not title and line is not keep:
                    line.kind = "dropped"
        i = max(stop, i + 1)


def _drop_from(lines: list[_Line], first: int) -> None:
    """Drop the lines under a section mark: short ones, dated teasers, prose of teaser length, up to real prose."""
    for line in lines[first:]:
        if line.kind == "prose" and line.words >= 25:
            return
        if line.kind == "item" and line.words >= 25:
            return
        line.kind = "dropped"
