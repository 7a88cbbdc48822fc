"""What is taken away gives the same numbers again: commands, code, files, links."""

import base64
import csv
import io
import json
import shlex
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from app_client import Asker, problem, state
from helpers import embedded
from typer.testing import CliRunner

from chipgate.cli.main import app as command

OF = state(settings={"washington.fee.h20": 0.25, "washington.open.h200": {"2025-10": 1, "2026-01": 0},
                     "beijing.level.h20": "process"})  # fmt: skip


def printed(line: list[str]) -> dict[str, Any]:
    """What a command prints."""
    found: dict[str, Any] = json.loads(CliRunner().invoke(command, line, catch_exceptions=False).stdout)
    return found


def test_the_command_line_gives_the_numbers(ask: Asker) -> None:
    ran = ask.run(OF)["final"]
    found = ask.post("/api/reproduce", state=OF).json()
    words = shlex.split(found["cli"][0])
    assert words[0] == "chipgate"
    document = printed([*words[1:], "--json", "--metric", "revenue"])
    assert ran["metrics"]["revenue"]["series"]["nvidia"]["p50"] == [
        month["p50"] for month in document["metrics"]["revenue"]["series"]["nvidia"].values()
    ]


def test_the_python_gives_the_numbers(ask: Asker) -> None:
    ran = ask.run(OF)["final"]
    code = ask.post("/api/reproduce", state=OF).json()["python"]
    space: dict[str, Any] = {}
    exec(code, space)
    from chipgate.results.dataset import run_document

    document = run_document(space["data"], ["revenue"])
    assert ran["metrics"]["revenue"]["series"]["nvidia"]["p50"] == [
        month["p50"] for month in document["metrics"]["revenue"]["series"]["nvidia"].values()
    ]


def test_the_comparison_is_that_of_the_command_line(
    ask: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = state("h20-banned")
    found = ask.post("/api/reproduce", state=OF, baseline=base).json()
    for name, text in found["compare"]["files"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(found["compare"]["cli"][0])
    document = printed([*words[1:], "--json", "--metric", "fee_receipts"])
    own = ask.long("/api/compare", states={"baseline": base, "mine": OF}, metrics=["fee_receipts"])["result"]
    assert own["totals"] == [{**row, "scenario": "mine"} for row in document["totals"]]
    assert own["differences"]["mine"] == document["differences"]["mine.yaml"]


def test_levers_of_a_difference_add_up(ask: Asker) -> None:
    two = state(settings={"washington.fee.h20": 0.4, "buyers.budget": 1.5})
    asked = {"states": {"a": state(), "b": two}, "metrics": ["fee_receipts"], "attribute": "fee_receipts", "months": 12}
    found = ask.long("/api/compare", **asked)["result"]["attribution"]["b"]
    parts = {part["lever"]: part["mean"] for part in found["levers"]}
    assert set(parts) == {"washington.fee.h20", "buyers.budget"}
    assert sum(parts.values()) == pytest.approx(found["difference"]["mean"], rel=1e-4)


def test_a_scenario_file_goes_out_and_comes_back(ask: Asker) -> None:
    written = ask.post(
        "/api/scenarios/write", state=OF, id="mine", title="Mine: 25 %", story="A tale.\nOf two lines"
    ).json()
    back = ask.raw("/api/scenarios/read", written["yaml"].encode(), "application/yaml").json()
    assert back["state"] == {**OF, "draws": 500, "as_of": None, "until": None, "seed": 0, "acts": [], "signals": []}
    assert (written["file"], back["title"]) == ("mine.yaml", "Mine: 25 %")


def test_files_of_a_chart_hold_its_numbers(ask: Asker) -> None:
    ran = ask.run(OF)
    series = ran["final"]["metrics"]["units_delivered"]["series"]["h20_legal"]["p50"]

    def export(form: str, **more: str) -> bytes:
        answer = ask.get(f"/api/runs/{ran['job']}/export", metric="units_delivered", format=form, **more)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        return answer.content

    rows = list(csv.DictReader(io.StringIO(export("csv").decode())))
    assert [float(row["p50"]) for row in rows if row["offer"] == "h20_legal"] == series
    assert {row["unit"] for row in rows} == {"chips/month"}
    parsed = json.loads(export("json"))
    assert [row["p50"] for row in parsed["rows"] if row["offer"] == "h20_legal"] == series
    assert parsed["made_by"]["key"] == ran["key"]
    table = pq.read_table(io.BytesIO(export("parquet")))
    assert [row["p50"] for row in table.to_pylist() if row["offer"] == "h20_legal"] == series
    assert json.loads(table.schema.metadata[b"chipgate"])["key"] == ran["key"]
    quarters = list(csv.DictReader(io.StringIO(export("csv", by="fiscal:nvidia").decode())))
    assert quarters[0]["period"].startswith("FY")
    problem(ask.get(f"/api/runs/{ran['job']}/export", metric="revenue", by="week"), 422, "bad_value")


def test_a_link_brings_the_state_back(ask: Asker) -> None:
    made = ask.post("/api/link", state=OF, baseline=state(), view={"tab": "gates", "zoom": [1, 2]}).json()
    back = ask.post("/api/link/read", s=made["s"]).json()
    assert back["state"] == {**OF, "as_of": None, "until": None, "seed": 0, "acts": [], "signals": []}
    assert back["baseline"]["base"] == "h20-reopened"
    assert (back["view"], back["warning"]) == ({"tab": "gates", "zoom": [1, 2]}, None)


def test_a_link_of_other_versions_warns(ask: Asker) -> None:
    document = {"v": 1, "engine": "0.0.1", "data": "0123", "state": {"base": "h20-reopened"}, "baseline": None}
    text = "1." + base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
    warning = ask.post("/api/link/read", s=text).json()["warning"]
    assert warning["code"] == "versions_moved"
    assert warning["data"] == ["0123", embedded().fingerprint]


def test_the_report_is_a_page_to_save(ask: Asker) -> None:
    made = ask.long("/api/report", state=state(settings={"washington.fee.h20": 0.25}))["result"]
    answer = ask.get(made["url"])
    assert answer.headers["content-disposition"] == 'attachment; filename="h20-reopened.html"'
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.content.startswith(b"<!doctype html>") or answer.content.startswith(b"<!DOCTYPE html>")
    assert b"Who bears the fee" in answer.content
    assert len(answer.content) == made["bytes"]
