"""The reader on the items: no score falls below its recorded floor, and what must never happen does not.

The floors stand in ``items/floors.yaml``. Nothing here is skipped: without the reader these tests fail.
"""

from functools import cache
from typing import Any

import pytest
import yaml
from helpers import embedded
from reading_cases import ITEMS, half, sides, told

from chipgate.cli.read_score import reader
from chipgate.scoring.reading.score import score_reading

SIZES = {"a": 20, "b": 20, "c": 24, "d": 24}
GUARDS = {"off_topic_events", "wrong_numbers", "negated_switched_on"}


@cache
def measured(name: str) -> Any:
    articles, texts = half(name)
    return score_reading(articles, texts, reader(None, embedded()), sides())


@cache
def floors(name: str) -> dict[str, Any]:
    read: dict[str, dict[str, Any]] = yaml.safe_load((ITEMS / "floors.yaml").read_text(encoding="utf-8"))
    assert set(read) == set(SIZES)
    return read[name]


def shortfalls(document: Any, least: dict[str, Any]) -> list[str]:
    """Scores below their floor and guards above their ceiling, in words."""
    scores = {
        **{level: document[level]["f1"] for level in least["f1"]},
        "share_within_2_days": document["date_error_days"]["share_within_2"],
        "authority_accuracy": document["authority_accuracy"],
        "span_iou": document["span_iou"]["mean"],
    }
    bounds = {**least["f1"], **{name: least[name] for name in scores if name not in least["f1"]}}
    low = [f"{name} {scores[name]} < {bounds[name]}" for name in bounds if (scores[name] or 0.0) < bounds[name]]
    most = least["guards"]
    return low + [f"{name} {n} > {most[name]}" for name, n in document["guards"].items() if n > most[name]]


@pytest.mark.parametrize("name", SIZES)
def test_no_score_falls_below_its_floor(name: str) -> None:
    assert shortfalls(measured(name), floors(name)) == []


@pytest.mark.parametrize("name", SIZES)
def test_every_article_is_read(name: str) -> None:
    articles = measured(name)["articles"]
    assert articles["scored"] == SIZES[name]
    assert articles["refused"] == articles["without_text"] == []
    assert measured(name)["span_iou"]["other_text"] == []


def test_what_must_never_happen_does_not_on_the_open_half() -> None:
    assert measured("a")["guards"] == dict.fromkeys(GUARDS, 0), measured("a")["guard_cases"]


@pytest.mark.parametrize("name", SIZES)
def test_the_floors_ask_for_something(name: str) -> None:
    """A reader that finds nothing falls short of every floor; the ceilings cover every guard."""
    least = floors(name)
    assert set(least) == {"f1", "share_within_2_days", "authority_accuracy", "span_iou", "guards"}
    assert set(least["f1"]) == {"strict", "lenient", "date", "date_actor"}
    assert set(least["guards"]) == GUARDS
    articles, texts = half(name)
    assert len(shortfalls(score_reading(articles, texts, told({}), sides()), least)) == 7
