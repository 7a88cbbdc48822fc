"""The commands of the market, as a user calls them, on few draws."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import run_cli

import chipgate

FEW = ("--draws", "16")


def document(*arguments: str):
    found = run_cli(*arguments)
    assert found.status == 0, found.err
    return json.loads(found.out)


def test_run_prints_the_contract_and_agrees_with_the_api() -> None:
    made = document("run", *FEW, "--metric", "units_delivered", "--json")
    assert {"scenario", "as_of", "draws", "seed", "months", "metrics", "events_used", "nonconverged_draws"} <= set(made)
    assert (made["scenario"], made["as_of"], made["draws"], made["seed"]) == ("h20-reopened", "2025-08-17", 16, 0)
    assert "PE065" not in made["events_used"], "public four days after the as-of date"
    metric = made["metrics"]["units_delivered"]
    assert metric["unit"] == "chips/month"
    cell = metric["series"]["h20_legal"]["2025-10"]
    assert list(cell) == ["p5", "p10", "p25", "p50", "p75", "p90", "p95", "mean"]
    data = chipgate.run(draws=16)
    draws = data["units_delivered"].sel(offer="h20_legal", month="2025-10").values
    assert cell["p50"] == pytest.approx(float(np.median(draws)), rel=1e-5)


def test_fiscal_quarters_add_up_on_joint_draws() -> None:
    made = document("run", *FEW, "--metric", "revenue", "--fiscal", "nvidia", "--json")
    series = made["metrics"]["revenue"]["series"]["nvidia"]
    assert "FY26Q3" in series
    data = chipgate.run(draws=16)
    total = data["revenue"].sel(vendor="nvidia", month=slice("2025-08", "2025-10")).sum("month").values
    assert series["FY26Q3"]["p90"] == pytest.approx(float(np.quantile(total, 0.9)), rel=1e-5)
    assert made["metrics"]["revenue"]["unit"] == "USD/quarter"


def test_a_run_writes_its_three_files(tmp_path: Path) -> None:
    found = run_cli("run", *FEW, "--out", str(tmp_path / "r"))
    assert found.status == 0, found.err
    assert {p.name for p in (tmp_path / "r").iterdir()} == {"result.nc", "summary.json", "report.html"}
    explained = document("explain", "grey_units", "--in", str(tmp_path / "r"), "--json")
    assert explained["value"]["unit"] == "chips/month"
    assert "gate that binds" in found.out


def test_sheets_go_out_and_in(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    document("run", *FEW, "--sheet", str(sheet), "--json")
    assert sheet.read_text().startswith("offer,quarter,units_p10 [chips]")
    given = tmp_path / "supply.csv"
    given.write_text("offer,quarter,units\nsmall_cards_legal,2026Q1,3\n")
    arguments = ("run", *FEW, "--metric", "maker_stock", "--json")
    plain, changed = document(*arguments), document(*arguments, "--supply-sheet", str(given))
    series = [d["metrics"]["maker_stock"]["series"]["small_cards_legal"]["2026-03"]["p95"] for d in (plain, changed)]
    assert series[1] < series[0]


def test_compare_and_its_attribution() -> None:
    made = document("compare", "h20-reopened", "h20-banned", *FEW, "--metric", "fee_receipts", "--attribute",
                    "fee_receipts", "--json")  # fmt: skip
    assert made["base"] == "h20-reopened"
    shares = made["attribution"]["h20-banned"]
    assert {part["lever"] for part in shares["levers"]} == {"washington.open.h20", "washington.open.mi308x"}
    assert sum(part["mean"] for part in shares["levers"]) == pytest.approx(shares["difference"]["mean"], rel=1e-4)


def test_explain_gives_inputs_and_a_current_value(tmp_path: Path) -> None:
    made = document("explain", "market_share_value", "--json")
    assert {"delivered", "street"} <= {x["name"] for x in made["inputs"]}
    assert made["value_from"]["scenario"] == "h20-reopened"
    out = tmp_path / "r"
    assert run_cli("run", *FEW, "--out", str(out), "--no-report").status == 0
    shown = run_cli("explain", "units_by_buyer", "--in", str(out))
    assert shown.status == 0, shown.err
    assert "delivered (simulated, by month)" in shown.out
    assert "bytedance" in shown.out
    assert document("explain", "units_by_buyer", "--in", str(out), "--json")["value_from"]["draws"] == 16
    assert all(x["formula"] and x["source"] for x in document("explain", "--json"))


def test_sensitivity_prints_both_ways() -> None:
    for method, word in (("tornado", "rank corr."), ("sobol", "first order")):
        found = run_cli("sensitivity", *FEW, "--method", method, "--top", "2")
        assert found.status == 0, found.err
        assert word in found.out


def test_comparison_in_words() -> None:
    found = run_cli("compare", "h20-reopened", "beijing-blocks", "h20-banned", *FEW, "--attribute", "fee_receipts")
    assert found.status == 0, found.err
    assert "e+0" not in found.out, "figures are for people"
    assert "all together" in found.out


def test_scenarios_schema_and_fee_curve() -> None:
    assert {"h20-reopened", "h200-2026", "no-controls"} <= {s["id"] for s in document("scenarios", "--json")}
    assert document("scenarios", "--schema")["$schema"].endswith("2020-12/schema")
    curve = document("fee-curve", "H20", *FEW, "--rates", "0,0.15,0.3", "--json")
    assert [point["rate"] for point in curve["points"]] == [0, 0.15, 0.3]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "nosuch"], "unknown scenario"),
        (["run", "--set", "washington.fee.h21=0.1"], "washington.fee.h20"),
        (["run", "--set", "washington.fee.h20=2"], "outside 0 to 0.6"),
        (["run", "--set", "washington.fee.h20"], "path=value"),
        (["run", "--as-of", "2025-13-01"], "not a day"),
        (["run", "--until", "2024-01"], "give a later --until"),
        (["run", "--draws", "0"], "give 1 to"),
        (["run", "--metric", "nosuch", "--json"], "unknown metric"),
        (["run", "--fiscal", "nosuch"], "unknown maker"),
        (["compare", "h20-reopened"], "two different scenarios"),
        (["fee-curve", "Ascend 910C"], "legal route"),
        (["sensitivity", "--method", "nosuch"], "tornado or sobol"),
        (["explain", "nosuch"], "unknown metric"),
        (["explain", "revenue", "--in", "/nowhere"], "no such result"),
        (["explain", "--in", "/nowhere"], "name it"),
        (["run", "--seed", "-1"], "seed is -1"),
        (["run", "--as-of", "2021-06-01"], "outside 2022-01-01"),
        (["run", "--until", "2040-01"], "lies after 2032"),
        (["run", "--set", "washington.fee.h20=2025-13:0.1"], "not a day"),
        (["run", "--sheet", "sheet.txt"], "a sheet is .xlsx or .csv"),
        (["run", "--supply-sheet", "/nowhere.csv"], "cannot be read"),
        (["run", "nosuch.yaml"], "cannot be read"),
        (["compare", "h20-reopened", "h20-reopened"], "two different scenarios"),
        (["compare", "h20-reopened", "nosuch"], "unknown scenario"),
        (["compare", "h20-reopened", "h20-banned", "--attribute", "nosuch"], "unknown metric"),
        (["compare", "h20-reopened", "h200-2026", "--attribute", "fee_receipts"], "differ in as-of date"),
        (["fee-curve", "nosuch"], "unknown chip"),
        (["fee-curve", "H20", "--rates", "a"], "no numbers"),
        (["fee-curve", "H20", "--rates", "0,2"], "two rates or more"),
        (["fee-curve", "H20", "--months", "0"], "--months"),
        (["sensitivity", "--months", "-3"], "--months"),
        (["sensitivity", "--top", "0"], "--top"),
        (["record", "--in", "/nowhere"], "no such result"),
        (["record", "--as-of", "yesterday"], "is not a date"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], word: str) -> None:
    found = run_cli(*arguments)
    assert found.status == 2
    assert found.out == ""
    assert len(found.error_lines) == 1
    assert word in found.err


BROKEN = {
    "key": ("sett: 3\n", 3, "did you mean 'set'?"),
    "date": ("as_of: 2025-02-30\n", 3, "not a day of the calendar"),
    "type": ("set:\n  washington.fee.h20: lots\n", 4, "no number"),
    "month": ("set:\n  washington.fee.h20: {2025-13: 0.1}\n", 4, "not a day"),
    "lever": ("set:\n  washington.fee.h22: 0.1\n", 4, "washington.fee.h20"),
    "base": ("extends: h20-reopen\n", 3, "did you mean 'h20-reopened'"),
    "yaml": ("set: : 3\n", 3, "not valid YAML"),
}


@pytest.mark.parametrize(("text", "line", "word"), BROKEN.values(), ids=BROKEN)
def test_a_broken_scenario_is_one_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = tmp_path / "mine.yaml"
    head = "id: mine\ntitle: Mine\n"
    path.write_text(head + text + ("" if "extends" in text else "extends: h20-reopened\n"), encoding="utf-8")
    found = run_cli("run", str(path), "--out", str(tmp_path / "out"))
    assert found.status == 2
    assert len(found.error_lines) == 1
    assert f"{path}:{line}: " in found.err
    assert word in found.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    there = tmp_path / "file"
    there.write_text("mine")
    found = run_cli("run", *FEW, "--no-report", "--out", str(there / "below"))
    assert found.status == 2
    assert "cannot be written" in found.error_lines[-1]
    assert "Traceback" not in found.err
    assert there.read_text() == "mine"
