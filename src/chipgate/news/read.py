"""Reading an article: text in, events out."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from chipgate.catalogue import Catalogue, catalogue
from chipgate.news.boilerplate import article_blocks
from chipgate.news.draft import Drafts
from chipgate.news.encoding import decode
from chipgate.news.gate import on_topic, subjects
from chipgate.news.html_text import article_of, looks_like_html
from chipgate.news.lists import Lists, lists
from chipgate.news.merge import merged
from chipgate.news.published import parse_order, published_of
from chipgate.news.records import Document, Event
from chipgate.news.sentences import Block, Sentence, sentences
from chipgate.news.snap import snapped
from chipgate.news.story import Story
from chipgate.news.tagging import Memory, tag
from chipgate.news.tokens import normalised, tokenise


def read_document(
    raw: str | bytes, *, published: date | None = None, date_order: str | None = None, name: str = "text",
    data: Catalogue | None = None,
) -> Document:  # fmt: skip
    """Read an article: plain text or HTML.

    Args:
        raw: Text or bytes. Spans are offsets into the text, decoded where bytes are given.
        published: Day of publication; by default what the page, its dateline or its address says. Never the clock.
        date_order: ``dmy`` or ``mdy`` for dates such as 1/8/2025.
        name: Name of the input for errors; an address in it may tell the day.
        data: Catalogue of firms, chips and known acts; the embedded one by default.

    Raises:
        BadInputError: The input is empty, binary or too long, or the order of dates is unknown.
    """
    order = parse_order(date_order)
    data = data or catalogue()
    known = lists(data)
    text = decode(raw, name)
    page = looks_like_html(text)
    if page:
        body, blocks = article_of(text)
    else:
        body, blocks = text, article_blocks(normalised(text), known.phrases)
    plain = normalised(body)
    day, basis = published_of(text, plain, given=published, is_html=page, name=name, order=order)
    story = Story(day, order or "mdy")
    with _uncollected():
        found, topical, title = _events(plain, blocks, known, data, story)
    notes = _notes(day, story, found, topical, order)
    return Document(name, day, basis, title, topical, tuple(found), notes, dict(known.crosswalk))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the search for cycles: reading makes many small objects and no cycles, and it took a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _events(
    text: str, blocks: list[Block], known: Lists, data: Catalogue, story: Story
) -> tuple[list[Event], bool, str]:
    tokens = tokenise(text)
    listed = sentences(text, blocks, known.phrases["abbreviation"])
    memory = Memory()
    tagged = [tag(text, sentence, tokens, known, memory) for sentence in listed]
    title = _title(text, listed)
    if not on_topic(tagged):
        return [], False, title
    drafts = Drafts(text, known, data, story, subjects(tagged))
    for one in tagged:
        drafts.read(one)
    found = merged(drafts.done())
    found = snapped(found, data, story.published)
    # Two mentions of one act that the record knows are one event, whatever their dates.
    return merged(found), True, title


def _title(text: str, listed: list[Sentence]) -> str:
    head = next((s for s in listed if s.heading and len(text[s.start : s.end].split()) >= 4), None)
    return " ".join(text[head.start : head.end].split())[:200] if head else ""


def _notes(day: date | None, story: Story, found: list[Event], topical: bool, order: str | None) -> tuple[str, ...]:
    notes = []
    if not topical:
        notes.append("the article speaks of no accelerators or export controls with China; no event was looked for")
    if day is None:
        notes.append("no day of publication was found, so relative dates stay open; give --published YYYY-MM-DD")
    if story.ambiguous and order is None:
        notes.append("a date such as 1/8/2025 was read as month/day; give --date-order dmy to read day/month")
    undated = sum(event.when is None for event in found)
    if undated:
        notes.append(f"{undated} event{'s' if undated > 1 else ''} without a date")
    return tuple(notes)


def old(event: Event, day: date) -> bool:
    """Whether an event lies more than two months before a day."""
    return event.when is not None and event.when.last < day - timedelta(days=60)
