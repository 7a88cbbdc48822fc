"""Runs of the app: the numbers of the command line, first few draws and then all, cancelled, superseded, kept."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from app_client import DRAWS, Asker, problem, state
from helpers import embedded
from typer.testing import CliRunner

import chipgate
from chipgate.cli.main import app as command
from chipgate.metrics import METRICS
from chipgate.results.dataset import run_document

SETTINGS = {"washington.fee.h20": 0.31, "washington.open.h200": {"2025-10": 1.0}}


@cache
def alone(draws: int) -> xr.Dataset:
    """The same run without the app."""
    return chipgate.run("h20-reopened", draws=draws, settings=SETTINGS, data=embedded())


def same(bands: dict[str, Any], document: dict[str, Any]) -> None:
    """Bands of the app are the quantiles that the command prints, number by number."""
    for name, metric in bands["metrics"].items():
        printed = document["metrics"][name]
        assert (metric["unit"], metric["label"]) == (printed["unit"], printed["label"])
        cells = printed["series"] if metric["axes"] else {"": printed["series"]}
        assert set(metric["series"]) | set(metric["zero"]) == set(cells)
        for cell, months in cells.items():
            if cell in metric["zero"]:
                assert {v for month in months.values() for v in month.values()} == {0.0}
                continue
            for quantile, values in metric["series"][cell].items():
                assert values == [months[m][quantile] for m in bands["months"]], (name, cell, quantile)


def test_every_headline_number_is_that_of_the_command_line(ask: Asker) -> None:
    ran = ask.run(state(settings=SETTINGS))
    line = ["run", "--json", "--draws", str(DRAWS), "--set", "washington.fee.h20=0.31",
            "--set", "washington.open.h200=2025-10:1"]  # fmt: skip
    printed = json.loads(CliRunner().invoke(command, line, catch_exceptions=False).stdout)
    assert set(ran["final"]["metrics"]) == set(printed["metrics"])
    same(ran["final"], printed)
    head = ran["final"]
    assert (head["draws"], head["seed"], head["as_of"], head["settings"]) == (DRAWS, 0, "2025-08-17", SETTINGS)
    assert head["nonconverged_draws"] == printed["nonconverged_draws"]
    assert head["data_version"] == printed["data_hash"]
    assert head["months"] == printed["months"]
    assert head["months"][head["split"]] == "2025-09"


def test_the_first_band_is_that_of_a_run_of_so_many_draws(ask: Asker) -> None:
    settings = {**SETTINGS, "buyers.budget": 1.25}
    posted = ask.post("/api/runs", state=state(settings=settings), metrics=["revenue", "binding_gate"], wait_ms=30_000)
    found = posted.json()
    assert (found["cached"], found["result"]["stage"], found["stages"]) == (False, "first", [64, DRAWS])
    few = chipgate.run("h20-reopened", draws=64, settings=settings, data=embedded())
    same(found["result"], run_document(few, ["revenue", "binding_gate"]))


def test_all_metrics_are_there_and_equal_at_the_end(ask: Asker) -> None:
    ran = ask.run(state(settings=SETTINGS), metrics=list(METRICS), first_month="2026-01")
    same(ran["final"], run_document(alone(DRAWS).sel(month=slice("2026-01", None)), list(METRICS)))
    assert ran["final"]["months"][0] == "2026-01"
    assert ran["final"]["split"] == 0


def test_quarters_are_those_of_the_command_line(ask: Asker) -> None:
    job = ask.run(state(settings=SETTINGS))["job"]
    data = alone(DRAWS)
    fiscal = embedded().makers["nvidia"].fiscal
    calendar = {"first_month": fiscal.first_month, "year_offset": fiscal.year_offset}
    for by, more in (("quarter", {"quarterly": True}), ("fiscal:nvidia", {"fiscal": calendar})):
        found = ask.document(f"/api/runs/{job}/periods", metric="revenue", by=by)
        printed = run_document(data, ["revenue"], **more)["metrics"]["revenue"]
        assert found["unit"] == printed["unit"] == "USD/quarter"
        assert found["periods"] == list(printed["series"]["nvidia"])
        for vendor, series in found["series"].items():
            for quantile, values in series.items():
                assert values == [printed["series"][vendor][p][quantile] for p in found["periods"]]
    assert ask.document(f"/api/runs/{job}/periods", metric="revenue")["periods"][15] == "2025Q4"
    assert ask.document(f"/api/runs/{job}/periods", metric="revenue")["split"] == 15


def test_gates_and_crossover_are_chances(ask: Asker) -> None:
    job = ask.run(state(settings=SETTINGS))["job"]
    gates = ask.document(f"/api/runs/{job}/gates")
    data = alone(DRAWS)
    for gate, chances in gates["all"].items():
        want = data["binding_gate"].sel(gate=gate).mean("draw", dtype=np.float64).values
        np.testing.assert_allclose(chances, want, rtol=1e-6)
    for by_gate in gates["offers"].values():
        np.testing.assert_allclose(np.sum(list(by_gate.values()), axis=0), 1, atol=1e-5)
    crossing = ask.document(f"/api/runs/{job}/crossover", level=0.5)
    for row in crossing["workloads"].values():
        assert row["probability"] == sorted(row["probability"])
        assert row["probability"][-1] == pytest.approx(1 - row["never"], abs=1e-6)
        assert row["months"][0] == "2025-09"


def test_a_run_that_is_known_is_answered_at_once(ask: Asker) -> None:
    first = ask.run(state(settings=SETTINGS))
    again = ask.post("/api/runs", state=state(settings=dict(SETTINGS)), wait_ms=0).json()
    assert (again["cached"], again["state"], again["result"]["stage"]) == (True, "done", "final")
    assert again["key"] == first["key"]
    assert again["result"]["metrics"] == first["final"]["metrics"]
    other = ask.post("/api/runs", state=state(settings=SETTINGS, seed=1), wait_ms=30_000).json()
    assert (other["cached"], other["key"] != first["key"]) == (False, True)


def test_the_newest_run_supersedes_those_of_its_client_alone(ask: Asker, served: Any) -> None:
    other = Asker(served, "somebody-else")
    theirs = other.post("/api/runs", state=state(draws=600, seed=21), wait_ms=0).json()
    old = ask.post("/api/runs", state=state(draws=2000, seed=22), wait_ms=0).json()
    kept = ask.post("/api/runs", state=state(draws=300, seed=23), wait_ms=0, supersede=False).json()
    new = ask.post("/api/runs", state=state(seed=24), wait_ms=0).json()
    assert ask.document(f"/api/jobs/{old['job']}")["state"] == "superseded"
    problem(ask.get(f"/api/jobs/{old['job']}/result"), 409, "cancelled")
    for one in (theirs, kept, new):
        ask.document(f"/api/jobs/{one['job']}/result", wait_ms=30_000)
        assert ask.document(f"/api/jobs/{one['job']}")["state"] == "done"


@pytest.mark.parametrize("how", ["delete", "post"])
def test_a_run_can_be_cancelled(ask: Asker, how: str) -> None:
    job = ask.post("/api/runs", state=state(draws=2000, seed=31 + len(how)), wait_ms=0).json()["job"]
    problem(ask.get(f"/api/jobs/{job}/result"), 409, "not_ready")
    path = f"/api/jobs/{job}"
    gone = ask.client.delete(path) if how == "delete" else ask.client.post(f"{path}/cancel")
    assert gone.json()["state"] == "cancelled"
    problem(ask.get(f"{path}/result", wait_ms=30_000), 409, "cancelled")
    assert ask.document(path)["state"] == "cancelled"


def test_events_tell_progress_stages_and_the_end(ask: Asker) -> None:
    job = ask.post("/api/runs", state=state(draws=200, seed=41), wait_ms=0).json()["job"]
    with ask.client.stream("GET", f"/api/jobs/{job}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert names[-1] == "end"
    assert names.count("end") == 1
    assert [d["stage"] for n, d in zip(names, told, strict=True) if n == "stage"] == ["first", "final"]
    done = [d["done"] for n, d in zip(names, told, strict=True) if n != "stage"]
    assert done == sorted(done)
    assert told[-1]["state"] == "done"
    assert told[-1]["done"] == told[-1]["of"] == 200


def test_what_is_not_asked_of_the_first_stage_is_in_the_last(ask: Asker) -> None:
    posted = ask.post("/api/runs", state=state(draws=400, seed=51), metrics=["revenue"], wait_ms=30_000).json()
    answer = ask.get(f"/api/jobs/{posted['job']}/result", stage="first", metrics="orders")
    if answer.status_code == 200:  # the last stage was quicker
        assert answer.json()["stage"] == "final"
    else:
        problem(answer, 409, "not_ready")
    final = ask.document(f"/api/jobs/{posted['job']}/result", metrics="orders", wait_ms=30_000)
    assert list(final["metrics"]) == ["orders"]


def test_a_client_cannot_pile_up_jobs(ask: Asker, served: Any) -> None:
    most = ask.document("/api/meta")["limits"]["jobs_of_a_client"]
    posted = [ask.post("/api/runs", state=state(draws=2000, seed=60 + i), wait_ms=0, supersede=False)
              for i in range(most + 1)]  # fmt: skip
    try:
        assert [p.status_code for p in posted] == [202] * most + [429]
        problem(posted[-1], 429, "too_many")
        other = Asker(served, "patient-one").post("/api/runs", state=state(seed=70), wait_ms=30_000)
        assert other.status_code == 202, "another client is served all the same"
        assert other.json()["result"]["stage"] == "first", "and soon"
    finally:
        for one in posted[:most]:
            ask.client.delete(f"/api/jobs/{one.json()['job']}")


def test_states_that_are_wrong_are_refused_with_place_and_remedy(ask: Asker) -> None:
    def refused(of: dict[str, Any], code: str) -> dict[str, Any]:
        return problem(ask.post("/api/runs", state=of), 422, code)

    found = refused(state(settings={"washington.fee.h20": 0.9}), "bad_value")
    assert (found["where"], found["found"], found["expected"]) == ("washington.fee.h20", "0.9", "0 to 0.6 fraction")
    assert "h20-reopened" in (refused(state("../../etc/passwd.yaml"), "unknown_name")["fix"] or "")
    assert refused(state(settings={"washington.fee.h2O": 0.1}), "unknown_name")["expected"]
    refused(state(as_of="2035-01-01"), "bad_value")
    refused(state(until="2024-01"), "bad_value")
    refused(state(None), "bad_value")
    assert refused(state(draws=0), "bad_value")["where"] == "state.draws"
    refused({**state(), "extra": 1}, "bad_value")
    problem(ask.post("/api/runs", state=state(), metrics=["nonsense"]), 422, "unknown_name")
    problem(ask.post("/api/runs", state=state(), first_month="2031-01", wait_ms=30_000), 422, "bad_value")


def test_a_state_without_a_base_stands_on_its_own(ask: Asker) -> None:
    own = ask.run(state(None, as_of="2025-08-17", until="2027-12"))
    base = ask.run(state())
    assert own["final"]["metrics"] == base["final"]["metrics"]
    assert own["final"]["scenario"] == "own-settings"
