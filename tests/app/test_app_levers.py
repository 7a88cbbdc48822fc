"""Levers as controls: complete, with evidence, and moot only where they truly move nothing."""

from typing import Any

import numpy as np
import pytest
from app_client import Asker, state
from helpers import embedded

import chipgate
from chipgate.results.lever_table import evidence, moot
from chipgate.setup.levers import all_paths
from chipgate.setup.scenario import resolve

SHUT = {"washington.open.h20": 0}
GIVEN = {path: 1 for path in all_paths(embedded()) if path.startswith("beijing.level.")}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("washington.fee.h20", SHUT), ("washington.volume_cap.h20", SHUT), ("washington.fee.h100", {}),
    ("washington.fee.b30a", {}), ("nvidia_amd.supply.b30a", {}), ("beijing.reaction", GIVEN),
    ("beijing.escalation", GIVEN), ("washington.remote_access", {"beijing.renting": 1}),
    ("beijing.renting", {"washington.remote_access": 1}), ("huawei.yield", {"huawei.wafers": 0}),
]  # fmt: skip
"""Each lever that some setting makes moot, with that setting."""


def changed(path: str, settings: dict[str, Any]) -> float:
    """Largest change of any flow or stock between the ends of a lever, as a part of its size; gates apart."""
    lever = next(x for x in embedded().levers.values() if path == x.id or path.startswith(x.id.rstrip("*")))
    runs = [chipgate.run("h20-reopened", draws=32, until="2026-12", settings={**settings, path: end}, data=embedded())
            for end in (lever.least, lever.most)]  # fmt: skip
    found = 0.0
    for name in runs[0].data_vars:
        if name not in ("beijing_level", "us_open", "input_draws"):
            draws = list(set(runs[0].draw.values) & set(runs[1].draw.values))
            a, b = (np.asarray(run[name].sel(draw=draws)) for run in runs)
            found = max(found, float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-9)))
    return found


@pytest.mark.parametrize(("path", "settings"), CASES)
def test_a_moot_lever_moves_nothing(path: str, settings: dict[str, Any]) -> None:
    assert path in moot(embedded(), resolve(embedded(), "h20-reopened", extra=settings))
    assert changed(path, settings) < 1e-5


@pytest.mark.parametrize("path", [path for path, settings in CASES if settings])
def test_without_its_reason_it_moves_something(path: str) -> None:
    assert path not in moot(embedded(), resolve(embedded(), "h20-reopened"))
    assert changed(path, {}) > 1e-5


def test_a_gate_that_opens_later_is_not_moot() -> None:
    """Shut for some months only, the other levers still matter."""
    for settings in ({"washington.open.h20": {"2025-09": 0, "2026-09": 1}}, {"washington.open.h100": {"2026-06": 1}}):
        name = next(iter(settings)).rpartition(".")[2]
        found = moot(embedded(), resolve(embedded(), "h20-reopened", extra=settings))
        assert f"washington.fee.{name}" not in found


def test_every_rule_is_tried_above() -> None:
    tried = {path.rpartition(".")[0] + ".*" if path.count(".") == 2 else path for path, _ in CASES}
    assert {key for key, lever in embedded().levers.items() if lever.moot} <= tried


def test_every_path_is_a_control(ask: Asker) -> None:
    found = ask.document("/api/levers")
    assert [row["path"] for row in found["levers"]] == all_paths(embedded())
    assert {row["group"] for row in found["levers"]} == {group["id"] for group in found["groups"]}
    for row in found["levers"]:
        assert row["least"] < row["most"]
        assert (row["kind"] == "choice") == bool(row["choices"]) == (row["step"] is None)
        shown = row["evidence"]
        if shown is not None:
            assert row["least"] <= shown["low"] <= shown["high"] <= row["most"], row["path"]
            assert shown["why"]
        if row["now"] is not None:
            assert row["least"] <= row["now"] <= row["most"]


def test_values_of_the_base_and_of_the_state_are_told_apart(ask: Asker) -> None:
    of = state("h20-banned", settings={"washington.fee.mi308x": 0.3, "buyers.budget": 2})
    rows = {row["path"]: row for row in ask.post("/api/levers", **of).json()["levers"]}
    assert (rows["washington.open.h20"]["value"], rows["washington.open.h20"]["from"]) == ({"2025-08": 0}, "base")
    assert (rows["buyers.budget"]["value"], rows["buyers.budget"]["from"]) == (2, "settings")
    assert rows["buyers.renting_abroad"]["value"] is rows["buyers.renting_abroad"]["from"] is None
    assert rows["washington.fee.mi308x"]["moot"]["because"] == "washington.open.mi308x"
    assert rows["washington.fee.h20"]["now"] == 0.15


def test_evidence_is_as_the_day_knew_it() -> None:
    data = embedded()
    fee = data.levers["washington.fee.*"]
    early, late = (evidence(data, fee, "h20", resolve(data, name).as_of) for name in ("h20-reopened", "h200-2026"))
    assert early is not None
    assert late is not None
    assert (early["known"], late["known"]) == (False, True)
    supply = evidence(data, data.levers["nvidia_amd.supply.*"], "b30a", resolve(data, "h20-reopened").as_of)
    assert supply is None, "no prior of the B30A stood yet"
