"""Scenarios: all shipped ones resolve, inheritance, settings from text, and errors that say where and what."""

from pathlib import Path

import pytest
from helpers import embedded

from chipgate.errors import BadInputError, DataError, DateError, UnknownNameError
from chipgate.setup.scenario import parse_set, resolve

PROMISED = (
    "h20-reopened", "h20-banned", "h20-fee-0", "h20-fee-15", "h20-fee-30", "h20-fee-50", "beijing-welcomes",
    "beijing-blocks", "open-h200-25", "b30a-allowed", "full-embargo", "no-controls", "huawei-hbm-short",
    "huawei-ramp", "smuggling-crackdown", "h200-2026",
)  # fmt: skip


def file(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(f"id: {name}\ntitle: A test\n{text}", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", PROMISED)
def test_promised_scenarios_resolve(name: str) -> None:
    found = resolve(embedded(), name)
    assert found.id == name
    assert found.title
    assert found.story
    assert found.until > found.as_of
    assert set(found.settings.values) == set(found.raw)


def test_all_shipped_scenarios_resolve() -> None:
    assert set(PROMISED) <= set(embedded().scenarios)
    for name in embedded().scenarios:
        resolve(embedded(), name)


def test_a_file_inherits_and_overrides(tmp_path: Path) -> None:
    text = "extends: h20-fee-30  # a comment\nuntil: 2026-12\nset:\n  washington.fee.h20: {2026-01: 0.2}\n"
    found = resolve(embedded(), file(tmp_path, "mine", text))
    assert found.chain == ("mine", "h20-fee-30", "h20-reopened")
    assert found.as_of.isoformat() == "2025-08-17"
    assert f"{found.until:%Y-%m}" == "2026-12"
    assert found.raw["washington.fee.h20"] == {"2026-01": 0.2}  # replaces the parent's value whole
    assert found.raw["washington.fee.mi308x"] == {"2025-08": 0.3}
    on_top = resolve(embedded(), "h20-fee-30", extra={"washington.fee.h20": 0.5}, as_of="2025-09-30", until="2027-06")
    assert on_top.settings.values["washington.fee.h20"] == 0.5
    assert on_top.as_of.isoformat() == "2025-09-30"


def test_settings_from_text() -> None:
    found = parse_set(["huawei.yield=1.5", "washington.fee.h20=2025-09:0.15, 2026-01:0.3", "beijing.level.h20=process"])
    assert found["huawei.yield"] == "1.5"
    assert found["washington.fee.h20"] == {"2025-09": "0.15", "2026-01": "0.3"}
    settings = resolve(embedded(), "h20-reopened", extra=found).settings
    assert settings.values["huawei.yield"] == 1.5
    assert [value for _, value in settings.values["washington.fee.h20"]] == [0.15, 0.3]
    assert "beijing.level.h20" not in settings.values


@pytest.mark.parametrize("item", ["huawei.yield", "=2", "huawei.yield=", "a.b=2025-09:1,2"])
def test_settings_of_no_form(item: str) -> None:
    with pytest.raises(BadInputError, match="--set"):
        parse_set([item])


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("washington.fee.h20", 0.7, "0.7 is outside 0 to 0.6 fraction"),
        ("washington.fee.h20", "much", "'much' is no number in fraction"),
        ("washington.fee.h20", True, "no number"),
        ("washington.fee.h20", float("nan"), "no number"),
        ("washington.fee.h20", {"soon": 0.1}, "'soon' is not a date"),
        ("washington.close_rate", {"2025-09": 1}, "takes one value"),
        ("washington.fee.h2o", 0.1, "did you mean 'washington.fee.h20'"),
        ("huawei.packing", 2, "did you mean 'huawei.packaging'"),
        ("washington.fee", 0.1, "did you mean"),
    ],
)
def test_wrong_settings_are_explained(path: str, value: object, says: str) -> None:
    with pytest.raises(BadInputError) as caught:
        resolve(embedded(), "h20-reopened", extra={path: value})
    assert says in str(caught.value)


def test_a_wrong_setting_in_a_file_names_its_line(tmp_path: Path) -> None:
    text = "extends: h20-reopened\nset:\n  huawei.yield: 1.5\n  huawei.packing: 2\n"
    with pytest.raises(DataError) as caught:
        resolve(embedded(), file(tmp_path, "mine", text))
    assert "huawei.packaging" in str(caught.value)
    assert caught.value.line == 6, "the line of the setting, not of `set`"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("extend: h20-reopened\n", 3, "extend: unknown key; did you mean 'extends'?"),
        ("colour: red\n", 3, "colour: unknown key; keys: id, title, story"),
        ("set: 5\n", 3, "found 5"),
        ("as_of: yesterday\n", 3, "not a date"),
        ("set:\n  huawei.yield: 1\n  huawei.yield: 2\n", 5, "stands twice"),
    ],
)
def test_a_malformed_file_names_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(DataError) as caught:
        resolve(embedded(), file(tmp_path, "mine", text))
    assert caught.value.line == line
    assert says in str(caught.value)


def test_unknown_scenarios_name_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'h20-reopened'"):
        resolve(embedded(), "h20-reopend")
    with pytest.raises(DataError, match=r"mine\.yaml:3: extends: .*did you mean 'h20-reopened'"):
        resolve(embedded(), file(tmp_path, "mine", "extends: h20-reopen\n"))
    with pytest.raises(DataError, match="cannot be read"):
        resolve(embedded(), str(tmp_path / "none.yaml"))


def test_a_scenario_that_extends_itself(tmp_path: Path) -> None:
    from chipgate.catalogue import Catalogue
    from chipgate.catalogue.table import EMBEDDED

    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name, other in (("one", "two"), ("two", "one")):
        file(folder, name, f"extends: {other}\n")
    with pytest.raises(DataError, match="extends itself through 'one'"):
        resolve(Catalogue(EMBEDDED, tmp_path), "one")


def test_days_must_follow_each_other() -> None:
    for options in ({"until": "2025-08"}, {"as_of": "2028-01-01"}, {"as_of": "2021-12-31"}, {"until": "2040-01"}):
        with pytest.raises(DateError):
            resolve(embedded(), "h20-reopened", **options)
