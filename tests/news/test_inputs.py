"""Encodings, broken input and fuzz: a clear line or a document, never a crash, never a span outside the text."""

from datetime import date

import articles
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipgate.errors import BadInputError
from chipgate.news.encoding import MOST_BYTES, decode
from chipgate.news.html_text import masked
from chipgate.news.read import read_document
from chipgate.news.tokens import normalised

WORDS = st.sampled_from(
    [
        "China",
        "Beijing",
        "Washington",
        "Nvidia",
        "H20",
        "H200",
        "chips",
        "banned",
        "ban",
        "fee",
        "15%",
        "percent",
        "of",
        "revenue",
        "the",
        "U.S.",
        "not",
        "may",
        "told",
        "companies",
        "to",
        "stop",
        "buying",
        "customs",
        "blocked",
        "Monday",
        "last",
        "week",
        "August",
        "11,",
        "2025",
        ".",
        ",",
        ";",
        "<p>",
        "</p>",
        "&amp;",
        "\n",
        "-",
        "(",
        ")",
        "licence",
        "Huawei",
        "trained",
        "models",
        "summoned",
    ]
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_every_encoding_gives_the_same_events(encoding: str) -> None:
    text = articles.WIRE.replace("China's", "China\u2019s")
    plain = read_document(text)
    found = read_document(text.encode(encoding))
    assert [e.instrument for e in found.events] == [e.instrument for e in plain.events]
    assert [e.span for e in found.events] == [e.span for e in plain.events]


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"", "is empty"), (b" \n\t ", "is empty"), (b"%PDF-1.7 ...", "binary"), (bytes(range(256)) * 4, "binary")],
)
def test_what_is_no_article_is_refused_in_one_line(raw: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        read_document(raw, name="page.txt")
    assert str(caught.value).startswith("page.txt: ")
    assert "\n" not in str(caught.value)


def test_too_long_an_input_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInputError, match="50 MB"):
        decode(b"a" * 50_000_000, "big.txt")
    assert MOST_BYTES < 50_000_000


def test_the_order_of_dates_is_asked_for_and_obeyed() -> None:
    text = "On 1/8/2025 China summoned Nvidia over the security risks of its H20 artificial-intelligence chips.\n"
    month_first = read_document(text, published=date(2025, 9, 1))
    assert any("--date-order" in note for note in month_first.notes)
    day_first = read_document(text, published=date(2025, 9, 1), date_order="dmy")
    assert str(day_first.events[0].when) == "2025-08-01"
    with pytest.raises(BadInputError, match="dmy"):
        read_document(text, date_order="ymd")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, max_size=120))
def test_any_order_of_its_words_keeps_spans_inside(words: list[str]) -> None:
    text = " ".join(words) or "x"
    try:
        document = read_document(text, published=date(2025, 9, 1))
    except BadInputError:
        assert not text.strip()
        return
    for event in document.events:
        start, end = event.span
        assert 0 <= start < end <= len(text)
        assert " ".join(normalised(text)[start:end].split())[:20] == event.text[:20] or "<" in text
        assert 0 < event.confidence <= 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000))
def test_random_bytes_never_crash(raw: bytes) -> None:
    try:
        document = read_document(raw)
    except BadInputError:
        return
    assert document.published_basis in ("none", "dateline", "url", "meta")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>/pdiv a&;amp!-\"'script\n", max_size=400))
def test_masking_keeps_every_offset(page: str) -> None:
    text, blocks, tags = masked(page)
    assert len(text) == len(page)
    assert len(blocks) == len(tags)
    assert all(0 <= b.start < b.end <= len(page) for b in blocks)


def test_a_wall_of_words_takes_time_in_proportion() -> None:
    """Ten times the words must not take a hundred times the work: sentences are cut, and searched for so much alone."""
    from chipgate.news.sentences import MOST_CHARACTERS, Block, sentences

    wall = "H20 China ban " * 20_000
    pieces = sentences(wall, [Block(0, len(wall))], ())
    assert max(p.end - p.start for p in pieces) <= MOST_CHARACTERS
    assert read_document(wall[:30_000], published=date(2025, 9, 1)).on_topic
