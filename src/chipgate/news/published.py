"""Day of publication: given by the user, stated by the page, its dateline or its address; never the clock."""

import json
import re
from datetime import date
from typing import Any, Final

from chipgate.errors import BadInputError
from chipgate.news.dates import dates_of
from chipgate.news.records import When
from chipgate.news.story import Story

_META: Final = re.compile(r"<meta\b[^<>]{0,600}>", re.I)
_META_NAME: Final = re.compile(
    r"(?:property|name|itemprop)\s*=\s*[\"'](?:article:published_time|og:published_time|publish-?date|pubdate|date"
    r"|datepublished|dc\.date(?:\.issued)?|parsely-pub-date|sailthru\.date|article\.published|publication_date"
    r"|citation_publication_date|dcterms\.(?:created|date|issued))[\"']",
    re.I,
)
_CONTENT: Final = re.compile(r"content\s*=\s*[\"']([^\"']{8,40})[\"']", re.I)
_JSON_LD: Final = re.compile(r"<script[^<>]{0,200}application/ld\+json[^<>]{0,100}>", re.I)
_ISO: Final = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
_URL: Final = re.compile(r"https?://[^\s\"'<>]{0,300}?/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|\b)")
_CANONICAL: Final = re.compile(r"<(?:link[^<>]{0,300}rel=[\"']canonical|meta[^<>]{0,300}og:url)[^<>]{0,600}>", re.I)
_STAMP: Final = re.compile(
    r"^\s*(?:federal register|published|posted|updated|last updated|first published|date|released|issued|dated"
    r"|filed|for immediate release)\b"
    r"|\((?:reuters|ap|afp|xinhua|bloomberg)\)|\bby [A-Z]|\d{1,2}:\d\d|\b(?:gmt|est|edt|hkt|utc|bst|am|pm"
    r"|a\.m\.|p\.m\.)\b",
    re.I,
)
_DATELINE: Final = re.compile(
    r"^\s*[A-Z][A-Za-z/.' -]{2,40}(?:,\s*[A-Z][a-z.]+)?,\s+((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec)[a-z]*\.?\s+\d{1,2}(?:,?\s+20\d\d)?"
    r"|\d{1,2}\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?:\s+20\d\d)?)"
)
_FIRST: Final = 2500


def published_of(
    raw: str, text: str, *, given: date | None, is_html: bool, name: str, order: str | None
) -> tuple[date | None, str]:
    """Day of publication and its basis: ``user``, ``meta``, ``dateline``, ``url`` or ``none``.

    Args:
        raw: The input. ``text``: the same with markup blanked out.
        name: Name of the file, which may hold an address.
    """
    if given is not None:
        return given, "user"
    if is_html:
        found = _meta(raw)
        if found:
            return found, "meta"
    found = _dateline(text, order)
    if found:
        return found, "dateline"
    canonical = _CANONICAL.search(raw[:200_000]) if is_html else None
    found = _url(canonical[0] if canonical else "") or _url(text[:_FIRST]) or _url(name)
    if found:
        return found, "url"
    found = _by_htmldate(raw) if is_html else None
    return (found, "meta") if found else (None, "none")


def _meta(page: str) -> date | None:
    for tag in _META.finditer(page[:400_000]):
        if _META_NAME.search(tag[0]):
            content = _CONTENT.search(tag[0])
            found = _iso(content[1]) if content else None
            if found:
                return found
    for start in _JSON_LD.finditer(page[:400_000]):
        stop = page.find("</script", start.end())
        try:
            found = _iso(_date_published(json.loads(page[start.end() : stop if stop > 0 else len(page)])) or "")
        except (ValueError, RecursionError):
            continue
        if found:
            return found
    return None


def _date_published(node: Any) -> str | None:
    """First ``datePublished`` in a JSON-LD document."""
    waiting = [node]
    while waiting:
        here = waiting.pop(0)
        if isinstance(here, dict):
            value = here.get("datePublished")
            if isinstance(value, str):
                return value
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return None


def _by_htmldate(page: str) -> date | None:
    import logging

    import htmldate

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    try:
        # No heuristics over the whole page, which would take any date of the story for that of the page.
        found = htmldate.find_date(page[:400_000], extensive_search=False, original_date=True)
    except Exception:  # the library falls over on broken pages
        return None
    return _iso(found or "")


def _dateline(text: str, order: str | None) -> date | None:
    """A date in a line of its own, a stamp or a dateline within the first lines."""
    story = Story(None, order or "mdy")
    for number, line in enumerate(text[:_FIRST].splitlines()[:25]):
        line = line.strip()
        if not line or "://" in line:
            continue
        head = line[:160]
        dateline = _DATELINE.match(head)
        found = dates_of(head, 0, len(head), story) if dateline is None else _dated(dateline[1], story)
        full = [w for w in found if w.precision == "day" and w.basis == "text"]
        if not full:
            continue
        short = len(line.split()) <= 12 and not re.match(r"\s*[-*\u2022]", line)
        if (
            dateline
            or (short and (number < 8 or _STAMP.search(line)))
            or (_STAMP.search(head[: full[0].at + 30]) and full[0].at < 80)
        ):
            return full[0].first
    return None


def _dated(text: str, story: Story) -> list[When]:
    return dates_of(text, 0, len(text), story)


def _url(text: str) -> date | None:
    match = _URL.search(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _iso(text: str) -> date | None:
    match = _ISO.search(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def parse_order(text: str | None) -> str | None:
    """``dmy`` or ``mdy``.

    Raises:
        BadInputError: Another order.
    """
    if text is not None and text not in ("dmy", "mdy"):
        raise BadInputError(f"--date-order {text!r} is no order; give dmy (1/8/2025 is 1 August) or mdy (8 January)")
    return text
