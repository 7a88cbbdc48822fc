"""The catalogue, the law and the long jobs: the documents of the commands of the same names."""

import json
import re
from typing import Any

import pytest
from app_client import Asker, state
from helpers import embedded
from typer.testing import CliRunner

from chipgate.catalogue.glossary import glossary
from chipgate.cli.main import app as command
from chipgate.metrics import METRICS
from chipgate.rules.regions import regions


def printed(*line: str) -> Any:
    """What a command prints."""
    return json.loads(CliRunner().invoke(command, [*line, "--json"], catch_exceptions=False).stdout)


def test_metrics_have_formula_and_source(ask: Asker) -> None:
    found = ask.document("/api/metrics")["metrics"]
    assert [row["metric"] for row in found] == list(METRICS)
    assert all(row["formula"] and row["source"] for row in found)
    one = printed("explain", "revenue")
    assert ask.document("/api/metrics/revenue")["inputs"] == one["inputs"]


def test_events_are_those_that_were_public(ask: Asker) -> None:
    data = embedded()
    found = ask.document("/api/events", as_of="2025-08-17")["events"]
    known = {key for key, event in data.events.items() if event.known_since.last.isoformat() <= "2025-08-17"}
    assert {row["id"] for row in found} == known
    assert [row["date"] for row in found] == sorted(row["date"] for row in found)
    some = ask.document("/api/events", as_of="2025-08-17", country="CN", chip="H20")["events"]
    assert some
    assert all(row["country"] == "CN" and "nvidia_h20_96" in row["chips"] and row["urls"] for row in some)
    assert ask.document("/api/events", q="licence")["as_of"] == data.compiled.isoformat()


def test_records_are_those_of_show(ask: Asker) -> None:
    assert ask.document("/api/records/buyers")["records"] == printed("show", "buyers")
    some = next(iter(embedded().parameters))
    assert ask.document(f"/api/records/parameters/{some}")["record"]["distribution"]
    assert ask.document("/api/chips/H20") == printed("show", "chips", "H20")
    assert len(ask.document("/api/chips")["chips"]) == len(embedded().chips)
    early = ask.document("/api/chips", on="2024-01-01")["chips"]
    assert all(row["announced"] <= "2024-01-01" for row in early)
    assert len(ask.document("/api/models")["models"]) == len(embedded().models)
    assert ask.document("/api/observations", q="nvda")["observations"]


def test_assumptions_are_as_the_day_knew_them(ask: Asker) -> None:
    early, late = (
        {row["id"]: row for row in ask.document("/api/assumptions", as_of=day)["assumptions"]}
        for day in ("2023-06-30", "2026-06-30")
    )
    assert set(early) < set(late)
    assert early["budget.total.2025"]["high"] != late["budget.total.2025"]["high"]
    assert all(row["low"] <= row["central"] <= row["high"] for row in late.values())
    assert all(row["parameters"] or row["observations"] or row["why"] for row in late.values())


def test_the_glossary_is_whole(ask: Asker) -> None:
    sections = ask.document("/api/glossary")["sections"]
    terms = [term for section in sections for term in section["terms"]]
    assert len(terms) == len(glossary(embedded())) > 50
    assert all(term["term"] and term["text"] for term in terms)
    assert not any(re.search(r"[*`]|\]\(", term["text"]) for term in terms)


def test_verdicts_are_those_of_classify(ask: Asker) -> None:
    own = ask.document("/api/rules/verdict", chip="H20", on="2025-08-17", to="CN")
    assert own == printed("classify", "H20", "--on", "2025-08-17", "--to", "CN")
    assert ask.document("/api/rules/history", chip="H20") == printed("history", "H20")
    assert ask.document("/api/rules/headroom", on="2025-08-17", chip="H20")["headroom"] == printed(
        "headroom", "H20", "--on", "2025-08-17"
    )
    every = {row["id"]: row["outcome"] for row in ask.document("/api/rules", on="2025-08-17")["chips"]}
    assert every == {v["chip"]: v["outcome"] for v in printed("classify", "--all", "--on", "2025-08-17")}


@pytest.mark.parametrize("day", ["2022-06-01", "2022-12-01", "2024-01-01", "2025-08-17", "2026-03-01"])
def test_the_map_agrees_with_verdicts_of_figures_by_hand(day: str) -> None:
    from datetime import date

    from chipgate import api

    data = embedded()
    place = api.destination(data, "CN", date.fromisoformat(day))
    found = regions(api.rule_book(data), date.fromisoformat(day), place)
    for i in range(0, len(found.tpp) - 1, 5):
        for j in range(0, len(found.pd) - 1, 5):
            tpp, pd = ((a * b) ** 0.5 for a, b in ((found.tpp[i], found.tpp[i + 1]), (found.pd[j], found.pd[j + 1])))
            given = api.Given(numbers={"tpp": tpp, "pd": pd, "mem_bw_gbs": 0.0, "io_bw_gbs": 0.0},
                              flags={"marketed_datacenter": True, "us_commercial_20260115": False})  # fmt: skip
            assert api.classify(on=day, to="CN", given=given).outcome == found.outcome[i][j], (tpp, pd)


def test_thresholds_are_edges_of_the_map(ask: Asker) -> None:
    found = ask.document("/api/rules", on="2024-01-01")
    cuts = {row["value"] for row in found["thresholds"] if row["variable"] == "tpp"}
    assert {1600, 2400, 4800} <= cuts
    assert cuts <= set(found["regions"]["tpp"])
    assert len(found["regions"]["outcome"]) == len(found["regions"]["tpp"]) - 1
    assert any(clause["in_force"] for clause in found["clauses"])


def test_long_jobs_give_the_documents_of_the_commands(ask: Asker) -> None:
    common = ("--draws", "48", "--seed", "0")
    own = ask.long("/api/fee-curve", state=state(draws=48), rates=[0.15, 0.4], chip="h20")["result"]
    assert own == printed("fee-curve", "h20", "--rates", "0.15,0.4", *common)
    own = ask.long("/api/sensitivity", state=state(draws=48), top=2)["result"]
    assert own == json.loads(json.dumps(printed("sensitivity", "--top", "2", *common)))
    own = ask.long("/api/workload", chip="h20", model="deepseek_v3", phase="decode")["result"]
    assert own == printed("workload", "h20", "--model", "deepseek_v3", "--phase", "decode")


def test_the_record_is_that_of_the_command(ask: Asker) -> None:
    own = ask.long("/api/record", draws=48, as_of="2025-08-17")["result"]
    line = printed("record", "--draws", "48", "--as-of", "2025-08-17")
    assert [row["model"] for row in own["rows"]] == [row["model"] for row in line]
    assert own["inside"] == sum(row["inside"] for row in line)


def test_a_long_job_can_be_cancelled(ask: Asker) -> None:
    job = ask.post("/api/scoreboard", draws=500).json()["job"]
    assert ask.client.delete(f"/api/jobs/{job}").json()["state"] == "cancelled"
    assert ask.run(state())["final"]["draws"] == 80, "and nobody waits for what is left of it"


def test_posteriors_stand_beside_the_priors_that_the_record_moves(ask: Asker) -> None:
    rows = {row["id"]: row for row in ask.document("/api/assumptions", as_of="2025-08-17")["assumptions"]}
    moved = rows["taste.domestic_other"]["posterior"]
    assert moved["low"] < moved["central"] < moved["high"]
    assert rows["software.ceiling"]["posterior"] is None
    early = {row["id"]: row for row in ask.document("/api/assumptions", as_of="2022-02-01")["assumptions"]}
    assert all(row["posterior"] is None for row in early.values())
