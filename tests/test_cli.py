"""The command line: JSON and nothing else on stdout, tables for people, help that answers at once."""

import csv
import io
import json
import subprocess
import sys
from typing import Any

import pytest
from helpers import embedded, run_cli

from chipgate.catalogue.catalogue import KINDS
from chipgate.schema.clause import STRICTNESS

ON = ("--on", "2026-02-15")
VERDICT_KEYS = {
    "chip", "date", "destination", "outcome", "clauses", "fee", "duty", "volume_cap", "tpp", "performance_density",
    "confidence", "ambiguities",
}  # fmt: skip
CLAUSE_KEYS = {"id", "provision", "holds", "arithmetic", "citation"}
PERIOD_KEYS = {"first", "last", "outcome", "fee", "duty", "clauses", "events"}
HEADROOM_KEYS = {"chip", "outcome", "thresholds", "flips"}
COMMANDS = [
    ["classify", "H20", *ON],
    ["classify", "--all", *ON, "--to", "SA"],
    ["classify", *ON, "--tpp", "2368", "--die-area", "814", "--mem-bw", "4 TB/s", "--io-bw", "900", "--datacenter"],
    ["classify", *ON, "--item", "hbm_stack", "--hbm-bw-density", "6"],
    ["classify", *ON, "--item", "logic_die", "--node-nm", "7", "--transistors-bn", "50", "--approved-osat"],
    ["classify", "H20", *ON, "--buyer", "iFlytek"],
    ["classify", "biren_br106", *ON],
    ["history", "H20"],
    ["history", "--all", "--to", "MO"],
    ["headroom", *ON],
    ["headroom", "H20", *ON],
    *[["show", kind] for kind in KINDS],
    ["show", "chips", "H20"],
    ["show", "parameters", "LOG01"],
    ["show", "buyers", "tencent"],
    ["data", "check"],
]


def document(*arguments: str) -> Any:
    found = run_cli(*arguments, "--json")
    assert (found.status, found.err) == (0, "")
    return json.loads(found.out)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_json_is_one_document_and_nothing_else(command: list[str]) -> None:
    assert document(*command)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_tables_for_people(command: list[str]) -> None:
    found = run_cli(*command)
    assert (found.status, found.err) == (0, "")
    assert found.out.strip()
    assert not found.out.startswith(("{", "["))
    assert "\x1b" not in found.out


def test_a_verdict_has_the_keys_of_the_issue() -> None:
    verdict = document("classify", "H20", "--on", "2025-09-15", "--to", "CN")
    assert set(verdict) >= VERDICT_KEYS
    assert all(set(clause) >= CLAUSE_KEYS for clause in verdict["clauses"])
    assert (verdict["chip"], verdict["date"], verdict["destination"]) == ("nvidia_h20_96", "2025-09-15", "CN")
    assert (verdict["outcome"], verdict["fee"], verdict["duty"]) == ("licence_case_by_case", 0.15, None)
    assert (verdict["tpp"], round(verdict["performance_density"], 2)) == (2368, 2.91)
    letter = next(clause for clause in verdict["clauses"] if clause["id"] == "US-2025-04-LETTER")
    assert letter["holds"] is True
    assert letter["replaced_by"] == "US-2025-08-FEE"
    assert "4,900 >= 1,700" in letter["arithmetic"]
    assert {"private_letters", "fee_not_codified"} <= {entry["id"] for entry in verdict["ambiguities"]}


def test_the_duty_and_the_cap_of_the_h200() -> None:
    verdict = document("classify", "H200", "--on", "2026-06-15", "--to", "CN")
    assert verdict["duty"] == 0.25
    cap = verdict["volume_cap"]
    assert (cap["share_of_us_shipments"], cap["units_per_buyer"], cap["buyers"]) == (0.5, 75000, 10)


def test_every_verdict_of_all_uses_the_vocabulary() -> None:
    verdicts = document("classify", "--all", *ON, "--to", "CN")
    assert [verdict["chip"] for verdict in verdicts] == list(embedded().chips)
    for verdict in verdicts:
        assert set(verdict) >= VERDICT_KEYS
        assert verdict["outcome"] in (*STRICTNESS, "cannot_tell")
        assert verdict["duty"] is None or isinstance(verdict["duty"], float)
        assert verdict["confidence"] in ("high", "medium", "low")
        if verdict["outcome"] == "cannot_tell":
            assert verdict["missing"]
            assert len({case["outcome"] for case in verdict["possible"]}) > 1


def test_figures_by_hand_equal_the_catalogue() -> None:
    by_name = document("classify", "H20", *ON)
    by_hand = document(
        "classify", *ON, "--fp8", "296", "--bf16", "0.148 PFLOPS", "--die-area", "8.14 cm2", "--mem-bw", "4 TB/s",
        "--io-bw", "7200 Gb/s", "--datacenter", "--not-us-commercial",
    )  # fmt: skip
    for key in ("outcome", "fee", "duty", "tpp", "performance_density"):
        assert by_hand[key] == by_name[key]


def test_the_history_of_the_h20() -> None:
    periods = document("history", "H20")["periods"]
    assert all(set(period) >= PERIOD_KEYS for period in periods)
    assert [(p["first"], p["outcome"], p["fee"]) for p in periods] == [
        ("2022-01-01", "none", None),
        ("2025-04-09", "licence_required_no_stated_policy", None),
        ("2025-08-08", "licence_case_by_case", 0.15),
    ]
    assert [p["last"] for p in periods] == ["2025-04-08", "2025-08-07", None]
    assert all(period["events"] for period in periods[1:])


@pytest.mark.parametrize("command", [["history", "H20"], ["history", "--all"]], ids=" ".join)
@pytest.mark.parametrize(("typed", "code"), [("China", "CN"), ("mo", "MO"), ("cn_hq_abroad", "CN_HQ_ABROAD")])
def test_history_names_its_destination_by_code(command: list[str], typed: str, code: str) -> None:
    found = document(*command, "--to", typed)
    assert {one["destination"] for one in (found if isinstance(found, list) else [found])} == {code}


def test_headroom_of_the_h20_before_the_letters() -> None:
    (found,) = document("headroom", "H20", "--on", "2025-03-15", "--to", "CN")
    assert set(found) >= HEADROOM_KEYS
    gaps = {(g["variable"], g["threshold"]): g["margin"] for g in found["thresholds"]}
    assert gaps["tpp", 2400] == pytest.approx(2400 / 2368 - 1)
    nearest = found["flips"][0]
    assert (nearest["variable"], nearest["to"], nearest["outcome"]) == ("tpp", 2400, "notification_NAC")


def test_headroom_flips_are_real() -> None:
    """Just beyond the figure that a flip names, the changed chip has the outcome that it names."""
    for found in document("headroom", "--on", "2024-06-15", "--to", "CN"):
        for flip in found["flips"]:
            moved = repr(flip["to"] * (1 + 1e-9 if flip["to"] > flip["value"] else 1 - 1e-9))
            area = embedded().chips[found["chip"]].spec("die_area_mm2")
            options = {"tpp": ["--tpp", moved, "--die-area", repr(area)], "pd": ["--pd", moved]}[flip["variable"]]
            changed = document("classify", found["chip"], "--on", "2024-06-15", *options)
            assert changed["outcome"] == flip["outcome"], (found["chip"], flip)


def test_a_changed_rate_keeps_the_area_of_the_chip() -> None:
    """MI210: 4,300 / 724 = 5.94, the second prong; the sources' range of areas gives alternatives, not doubt."""
    changed = document("classify", "MI210", "--on", "2024-06-15", "--tpp", "4300")
    assert changed["performance_density"] == pytest.approx(4300 / 724)
    assert changed["outcome"] == "licence_presumption_of_denial"


@pytest.mark.parametrize("kind", KINDS)
def test_show_csv_has_a_row_a_record(kind: str) -> None:
    found = run_cli("show", kind, "--csv")
    rows = list(csv.reader(io.StringIO(found.out)))
    assert len(rows) == len(embedded().table(kind)) + 1
    assert len({len(row) for row in rows}) == 1


def test_show_filters() -> None:
    assert [c["id"] for c in document("show", "chips", "--where", "vendor=amd", "--where", "mem_gb>200")] == [
        chip.id for chip in embedded().chips.values() if chip.vendor == "amd" and (chip.spec("mem_gb") or 0) > 200
    ]
    late = document("show", "events", "--where", "date>2026-01-01", "--where", "actor_country=CN")
    assert late
    assert all(event["date"] > "2026-01-01" and event["actor_country"] == "CN" for event in late)
    assert len(document("show", "parameters", "--where", "name~smic")) >= 4


def test_show_gives_the_sources() -> None:
    chip = embedded().chips.find("H20")
    shown = run_cli("show", "chips", "H20").out
    assert all(url in shown for source in chip.sources.values() for url in source.urls)
    assert document("show", "chips", "H20")["tpp"]["arithmetic"].endswith("= 2,368")


def test_data_check_counts() -> None:
    found = document("data", "check")
    assert found["faults"] == []
    assert found["records"]["chips"] == 96
    assert set(found["records"]) == set(KINDS)


@pytest.mark.parametrize(
    "command", [[], ["classify"], ["history"], ["headroom"], ["show"], ["data"], ["data", "check"]], ids=" ".join
)
def test_every_command_has_help(command: list[str]) -> None:
    found = run_cli(*command, "--help")
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith("Usage: ")
    assert len(found.out.splitlines()) > 6


def test_every_option_has_help() -> None:
    import typer

    from chipgate.cli.main import app

    group: Any = typer.main.get_command(app)
    commands = [*group.commands.values(), *group.commands["data"].commands.values()]
    for command in commands:
        assert command.help, command.name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{command.name} {parameter.name}"


def test_version() -> None:
    import chipgate

    assert run_cli("--version").out.strip() == chipgate.__version__


@pytest.mark.parametrize("command", [["--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    program = f"""
import sys
sys.argv = ["chipgate", *{command!r}]
from chipgate.cli.main import main
try:
    main()
except SystemExit as leaving:
    assert not leaving.code
heavy = ("numpy", "pydantic", "yaml", "rich", "scipy", "jax")
print(sorted(m for m in sys.modules if m.partition(".")[0] in heavy), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert done.stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = """
import sys, chipgate
heavy = {"numpy", "pydantic", "yaml", "typer", "rich"}
print(sorted({name.partition(".")[0] for name in sys.modules} & heavy))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
