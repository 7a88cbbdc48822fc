"""``chipgate read-score``: what it prints, and one clear line for every kind of bad input."""

import json
import sys
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from helpers import Outcome, run_cli
from reading_cases import COLUMNS, EVENT, TEXT, labels


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A reader that finds one event; the test sees how it was called."""
    called: dict[str, Any] = {}

    def read_document(
        raw: bytes, *, published: date | None, date_order: str | None, name: str, data: Any = None
    ) -> Any:
        called.update(raw=raw, published=published, date_order=date_order, name=name)
        return SimpleNamespace(to_json=lambda: {"published": str(published), "events": [EVENT]})

    package, module = ModuleType("chipgate.news"), ModuleType("chipgate.news.read")
    module.read_document = read_document  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chipgate.news", package)
    monkeypatch.setitem(sys.modules, "chipgate.news.read", module)
    return called


def run(folder: Path, *options: str) -> Outcome:
    (folder / "01.txt").write_text(TEXT, encoding="utf-8")
    return run_cli("read-score", str(folder / "LABELS.csv"), str(folder), *options)


def test_json(tmp_path: Path, reader: dict[str, Any]) -> None:
    labels(tmp_path, {})
    outcome = run(tmp_path, "--json", "--date-order", "dmy")
    assert outcome.status == 0, outcome.err
    document = json.loads(outcome.out)
    assert document["strict"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "low": 1.0, "high": 1.0}
    assert {
        "lenient",
        "date",
        "date_actor",
        "date_error_days",
        "authority_accuracy",
        "span_iou",
        "guards",
        "rows",
    } <= set(document)
    assert reader == {
        "raw": TEXT.encode(), "published": date(2025, 4, 15), "date_order": "dmy", "name": "01.txt",
    }  # fmt: skip


def test_tables(tmp_path: Path) -> None:
    labels(tmp_path, {}, {"event_no": "2", "instrument": "tariff"}, {"article_no": "4"})
    outcome = run(tmp_path)
    assert outcome.status == 0, outcome.err
    assert "1 of 2 labelled articles scored" in outcome.out
    assert "No text of 4." in outcome.out
    assert "negated switched on 0" in outcome.out
    assert "tariff" in outcome.out


def test_spreadsheet_files_and_further_columns_are_let_pass(tmp_path: Path) -> None:
    path = labels(tmp_path, {})
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\ufeff" + "\r\n".join([lines[0] + ",remark", lines[1] + ",seen"]) + "\r\n", encoding="utf-8")
    assert run(tmp_path).status == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"article_no": "first"}, ["LABELS.csv:2", "article_no 'first'"]),
        ({"article_no": "-1"}, ["article_no '-1'"]),
        ({"instrument": "purchase_bann"}, ["instrument 'purchase_bann'", "did you mean 'purchase_ban'"]),
        ({"alt_instruments": "purchase_ban;sheep"}, ["alt_instruments 'sheep'"]),
        ({"event_date": "2025-02-30"}, ["LABELS.csv:2", "2025-02-30"]),
        ({"event_date": "31.7.2025"}, ["31.7.2025", "YYYY-MM-DD"]),
        ({"date_precision": "hour"}, ["date_precision 'hour'", "quarter"]),
        ({"published_date": "2025-08"}, ["2025-08", "names no day"]),
        ({"authority": "rumour"}, ["authority 'rumour'", "press_report"]),
        ({"direction": "up"}, ["direction 'up'"]),
        ({"temporal": "past"}, ["temporal 'past'", "background"]),
        ({"optional": "maybe"}, ["optional 'maybe'"]),
        ({"span_start": "9", "span_end": "3"}, ["span 9-3"]),
        ({"span_start": "x"}, ["span x-62"]),
        ({"text_sha256": "no hash"}, ["text_sha256 'no hash'"]),
    ],
)
def test_wrong_values(tmp_path: Path, row: dict[str, str], words: list[str]) -> None:
    labels(tmp_path, row)
    one_line(run(tmp_path), *words)


def test_rows_that_contradict_each_other(tmp_path: Path) -> None:
    labels(tmp_path, {}, {})
    one_line(run(tmp_path), "LABELS.csv:3", "event 1 of article 1 stands twice")
    labels(tmp_path, {}, {"event_no": "2", "published_date": "2025-04-16"})
    one_line(run(tmp_path), "LABELS.csv:3", "another published_date")


@pytest.mark.parametrize("column", ["instrument", "optional", "article_no"])
def test_a_missing_column(tmp_path: Path, column: str) -> None:
    path = labels(tmp_path, {})
    path.write_text(path.read_text(encoding="utf-8").replace(f"{column},", f"{column}_,", 1), encoding="utf-8")
    one_line(run(tmp_path), "LABELS.csv:1", f"missing column '{column}'")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"\x00\x01", ["is a binary file"]),
        (b"\xff\xfe\xfd", ["is not UTF-8"]),
        (",".join(COLUMNS).encode(), ["has a header and no rows"]),
        (",".join(COLUMNS).encode() + b"\n1,2\n", ["has 2 cells"]),
        (",".join([*COLUMNS, "actor"]).encode() + b"\n", ["repeated column 'actor'"]),
    ],
)
def test_files_that_are_no_labels(tmp_path: Path, content: bytes, words: list[str]) -> None:
    (tmp_path / "LABELS.csv").write_bytes(content)
    one_line(run(tmp_path), *words)


def test_places_that_are_not_there(tmp_path: Path) -> None:
    one_line(run(tmp_path), "LABELS.csv", "cannot be read")
    path = labels(tmp_path, {"article_no": "3"})
    one_line(run(tmp_path), "holds the text of none of the articles")
    one_line(run_cli("read-score", str(path), str(tmp_path / "none")), "is no folder")
    one_line(run(tmp_path, "--date-order", "ymd"), "--date-order 'ymd'", "dmy or mdy")


def one_line(found: Outcome, *words: str) -> None:
    assert found.status == 2, found.err
    assert found.out == ""
    assert len(found.error_lines) == 1, found.err
    for word in words:
        assert word in found.err
