"""What the tests of the reader's scorer share: labels as tables, and readers that say what they are told."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from helpers import embedded

from chipgate.scoring.reading.labels import Article, Row, read_labels
from chipgate.scoring.reading.score import score_reading
from chipgate.scoring.reading.values import Sides

ITEMS = Path(__file__).parent / "items"
COLUMNS = (
    "article_no", "source_url", "published_date", "published_basis", "article_kind", "event_no", "actor", "action",
    "instrument", "alt_instruments", "target", "parameter", "event_date", "date_precision", "date_basis", "authority",
    "alt_authority", "sourcing", "direction", "temporal", "optional", "evidence_keywords", "query", "query_rank",
    "span_start", "span_end", "text_chars", "text_sha256",
)  # fmt: skip
TEXT = "Commerce told Nvidia on 9 April 2025 that H20 needs a licence. Beijing has not banned H20. " * 3
USUAL = {
    "article_no": "1", "published_date": "2025-04-15", "event_no": "1", "actor": "Commerce Department",
    "instrument": "license_requirement", "event_date": "2025-04-09", "date_precision": "day", "date_basis": "text",
    "authority": "formal_order", "sourcing": "on_record", "direction": "tighten", "temporal": "current",
    "optional": "0", "span_start": "0", "span_end": "62",
}  # fmt: skip
"""A row; tests say what differs."""
EVENT = {
    "instrument": "license_requirement", "actor": "Commerce", "actor_side": "US", "targets": ["Nvidia"], "chips": [],
    "parameter": None, "date": "2025-04-09", "date_precision": "day", "date_basis": "text",
    "authority": "formal_order", "sourcing": "on_record", "context": "current", "direction": "tighten",
    "confidence": 0.9, "span": [0, 62], "text": TEXT[:62],
}  # fmt: skip
"""What a reader would find for that row."""


@cache
def sides() -> Sides:
    return Sides(embedded())


def labels(folder: Path, *rows: Mapping[str, str]) -> Path:
    """A file of labels; a row without ``text_sha256`` has that of TEXT."""
    digest = hashlib.sha256(TEXT.encode()).hexdigest()[:16]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**USUAL, "text_sha256": digest, **row} for row in rows)
    path = folder / "LABELS.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def scored(folder: Path, rows: Sequence[Mapping[str, str]], found: Mapping[int, Sequence[Mapping[str, Any]]]) -> Any:
    """Score of a reader that finds these events in article N, with TEXT as the text of every article."""
    articles = read_labels(labels(folder, *rows), sides())
    for article in articles:
        (folder / f"{article.number:02d}.txt").write_text(TEXT, encoding="utf-8")
    return score_reading(articles, folder, told(found), sides())


def told(found: Mapping[int, Sequence[Mapping[str, Any]]]) -> Any:
    def read(raw: bytes, published: date | None, name: str) -> Sequence[Mapping[str, Any]]:
        assert raw
        assert published is None or isinstance(published, date)
        return found.get(int(name.removesuffix(".txt")), ())

    return read


def perfect(row: Row) -> dict[str, Any]:
    """What a reader that knows the label would find."""
    side = min(row.sides) if row.sides else ""
    return {
        "instrument": row.instrument, "actor": row.actor, "actor_side": side, "targets": [], "chips": [],
        "parameter": dict(row.numbers), "date": row.when.middle.isoformat() if row.when else None,
        "date_precision": "day", "date_basis": "text", "authority": row.authority, "sourcing": row.sourcing,
        "context": row.temporal, "direction": row.direction, "confidence": 1.0, "span": row.span, "text": "",
    }  # fmt: skip


def half(name: str) -> tuple[list[Article], Path]:
    """Labelled articles of a half of the items, and the folder of their texts."""
    return read_labels(ITEMS / name / "LABELS.csv", sides()), ITEMS / name
