"""One record added in one file appears everywhere."""

from datetime import date
from pathlib import Path

import pytest
from helpers import DATA, NEW_CHIP, embedded, run_cli, subjects, write

from chipgate.api import classify, classify_all, headroom, history, rule_book
from chipgate.catalogue import Catalogue
from chipgate.rules.destination import destination
from chipgate.rules.vector import OUTCOMES, judge_arrays

CHIP = "acme_testchip"


@pytest.fixture
def extra(tmp_path: Path) -> Path:
    write(tmp_path, f"chips/{CHIP}.yaml", NEW_CHIP)
    return tmp_path


def test_in_the_library(extra: Path) -> None:
    data = Catalogue(DATA, extra)
    assert len(data.chips) == len(embedded().chips) + 1
    assert {data.chips.find(name).id for name in (CHIP, "Acme Testchip", "testchip")} == {CHIP}
    assert classify("testchip", on="2024-06-15", to="CN", data=data).outcome == "licence_presumption_of_denial"
    assert CHIP in [v.subject.id for v in classify_all(on="2024-06-15", to="CN", data=data)]
    assert history("Testchip", data=data)[-1].verdict.outcome == "licence_case_by_case"
    assert CHIP in [h.subject.id for h in headroom(on="2024-06-15", to="CN", data=data)]


def test_in_the_arrays(extra: Path) -> None:
    data = Catalogue(DATA, extra)
    days = [date(2022, 3, 1), date(2024, 6, 15), date(2026, 2, 15)]
    found = judge_arrays(rule_book(data), subjects(data), days, [destination(data, "CN", days[0])])
    assert found.outcome.shape[0] == 97
    row = list(data.chips).index(CHIP)
    # 6,400 >= 4,800; in 2026 on sale in the US and 3,200 < 6,500
    expected = ["none", "licence_presumption_of_denial", "licence_case_by_case"]
    assert [OUTCOMES[code] for code in found.outcome[row, :, 0]] == expected


@pytest.mark.parametrize(
    "command",
    [
        ["classify", "Testchip", "--on", "2024-06-15", "--json"],
        ["classify", "--all", "--on", "2024-06-15", "--json"],
        ["history", "Testchip", "--json"],
        ["history", "--all", "--json"],
        ["headroom", "--on", "2024-06-15", "--json"],
        ["show", "chips", "--json"],
        ["show", "chips", "Testchip", "--json"],
        ["show", "chips", "--csv"],
        ["show", "chips", "--where", "vendor=nvidia", "--csv"],
    ],
    ids=" ".join,
)
def test_at_the_command_line(extra: Path, command: list[str]) -> None:
    found = run_cli("--data", str(extra), *command)
    assert found.status == 0, found.err
    assert CHIP in found.out
    assert CHIP not in run_cli(*[part for part in command if part != "Testchip"]).out


def test_in_the_tables_for_people(extra: Path) -> None:
    for command in (
        ["history", "--all"],
        ["classify", "--all", "--on", "2024-06-15"],
        ["show", "chips", "--columns", "id,name"],
    ):
        assert CHIP in run_cli("--data", str(extra), *command).out


def test_a_clause_in_one_file_judges_every_chip(tmp_path: Path) -> None:
    clause = """\
id: US-2027-01-TEST
provision: a made-up rule
jurisdiction: US
item: finished_chip
role: licence
known_since: 2026-01-01
effective: 2026-03-01
ends: 2026-03-31
test: mem_bw_gbs >= 100 and dest_group == 'AUTH'
outcome: licence_presumption_of_approval
citation: none, made up for a test
urls: [https://example.org/rule]
confidence: low
"""
    write(tmp_path, "rules/US-2027-01-TEST.yaml", clause)
    data = Catalogue(DATA, tmp_path)
    outcomes = [
        classify("H20", on=day, to="GB", data=data).outcome for day in ("2026-02-28", "2026-03-01", "2026-04-01")
    ]
    assert outcomes == ["none", "licence_presumption_of_approval", "none"]
    assert len(rule_book(data).regimes()) == len(rule_book(embedded()).regimes()) + 2
