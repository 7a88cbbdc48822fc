"""The labels of the items fit their texts."""

import csv
import hashlib
import re
from itertools import combinations

import pytest
from reading_cases import COLUMNS, ITEMS, TEXT, half

SIZES = {"a": 20, "b": 20, "c": 24, "d": 24}
HALVES = tuple(SIZES)
"""The two halves, the open set that the rules are written with, and a second one that was blind at first."""


def rows(name: str) -> list[dict[str, str]]:
    with (ITEMS / name / "LABELS.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", HALVES)
def test_every_article_has_its_text(name: str) -> None:
    articles, folder = half(name)
    assert len(articles) == SIZES[name]
    assert {path.name for path in folder.glob("*.txt")} == {f"{article.number:02d}.txt" for article in articles}
    assert tuple(rows(name)[0]) == COLUMNS
    assert sum(article.off_topic for article in articles) == 3
    assert sum(row.off for article in articles for row in article.rows) >= 15
    for article in articles:
        raw = (folder / f"{article.number:02d}.txt").read_bytes()
        assert article.digest
        assert article.has_text(raw)
        assert not article.has_text(raw + b" ")
        assert article.published is not None
        assert raw.startswith(
            b"Written for the tests of Chipgate; the outlet, the author and the wording are invented."
        )


@pytest.mark.parametrize("name", HALVES)
def test_evidence_stands_where_the_label_says(name: str) -> None:
    found = 0
    for row in rows(name):
        text = (ITEMS / name / f"{int(row['article_no']):02d}.txt").read_text(encoding="utf-8")
        assert int(row["text_chars"]) == len(text)
        assert row["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()[:16]
        if not row["instrument"]:
            continue
        evidence = text[int(row["span_start"]) : int(row["span_end"])]
        words = [word.strip() for word in row["evidence_keywords"].split(";")]
        assert all(words), row
        for word in words:
            assert word.casefold() in evidence.casefold(), (row["article_no"], row["event_no"], word)
        found += 1
    assert found >= 90


@pytest.mark.parametrize("name", HALVES)
def test_dates_and_figures_are_labelled_as_the_text_has_them(name: str) -> None:
    """No act but one to come is dated after its article, and every share labelled stands in the text."""
    for article in half(name)[0]:
        text = (ITEMS / name / f"{article.number:02d}.txt").read_text(encoding="utf-8").casefold()
        for row in article.rows:
            if row.dated:
                assert row.when is not None
                assert article.published is not None
                past = row.when.first <= article.published
                assert past or row.temporal in ("future", "hypothetical"), (article.number, row.event)
            for share in (value for key, value in row.numbers.items() if key in ("fee", "cap", "rate") and value < 100):
                figure = rf"\b{share * 100:g}(?:%| percent| per cent| cents)"
                words = {0.2: ("fifth",), 0.25: ("quarter",), 0.5: ("half", "halv")}.get(share, ())
                in_words = any(word in text for word in words)
                assert re.search(figure, text) or in_words, (article.number, row.event, share)


@pytest.mark.parametrize("name", HALVES)
def test_the_side_of_every_actor_is_known(name: str) -> None:
    assert [(row.article, row.actor) for a in half(name)[0] for row in a.rows if row.required and not row.sides] == []


def test_the_halves_share_no_sentence() -> None:
    sentences = {
        name: {
            sentence
            for path in (ITEMS / name).glob("*.txt")
            for sentence in re.split(r"(?<=[.!?])\s+", path.read_text(encoding="utf-8").split("\n\n", 1)[1])
            if len(sentence) > 40
        }
        for name in HALVES
    }
    assert len(sentences["a"]) > 100
    assert all(sentences[one] & sentences[other] == set() for one, other in combinations(HALVES, 2))
    assert TEXT not in sentences["a"]
