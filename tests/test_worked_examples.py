"""The law read by hand, case by case: every file of tests/rules against the engine.

A case states chip, day, destination and the verdict with its arithmetic. The arithmetic is checked too: each
``a x b = c``, ``a / b = c`` and ``a < b`` in the text must be true to the decimals that are written.
"""

import operator
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from chipgate import Given, classify
from chipgate.rules.verdict import Verdict
from chipgate.schema.chip import FORMATS

FOLDER = Path(__file__).parent / "rules"
FILES = sorted(FOLDER.glob("*.yaml"))
CHIPS_OF_THE_NOTES = {
    "H100", "H800", "A800", "H20", "L40S", "RTX 4090", "RTX Pro 6000D", "MI308", "H200", "B30A",
}  # fmt: skip
DAYS_OF_THE_NOTES = {"2022-11-15", "2023-10-25", "2023-12-15", "2025-05-15", "2025-09-15", "2026-02-15"}
FILE_KEYS = {"chip", "tpp", "density", "note", "source", "cases"}
CASE_KEYS = {
    "chip", "date", "destination", "buyer", "item", "from_us", "given", "outcome", "fee", "duty", "volume_cap",
    "deciding", "arithmetic", "citation", "note", "tpp", "density",
}  # fmt: skip
RELATIONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
TOKEN = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])|(?<=\s)(?:<=|>=|[=<>x/+])(?=\s)")


def load(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def cases() -> list[Any]:
    found = []
    for path in FILES:
        document = load(path)
        for number, case in enumerate(document["cases"], 1):
            whole = {**{k: v for k, v in document.items() if k != "cases"}, **case}
            name = f"{path.stem}-{number}-{whole.get('chip', whole.get('item', 'by hand'))}-{case['date']}"
            found.append(pytest.param(whole, id=name.replace(" ", "_")))
    return found


def number(text: str) -> float | None:
    return None if text == "null" else float(text.replace(",", ""))


def given(case: dict[str, Any]) -> Given | None:
    figures: dict[str, str] = case.get("given", {})
    if not figures:
        return None
    flags = {k: v == "true" for k, v in figures.items() if v in ("true", "false")}
    numbers = {k: float(v.replace(",", "")) for k, v in figures.items() if k not in flags}
    rates = {k: numbers.pop(k) for k in [*numbers] if k in FORMATS}
    return Given(rates=rates, numbers=numbers, flags=flags)


def judge(case: dict[str, Any]) -> Verdict:
    return classify(
        case.get("chip"), on=case["date"], to=case["destination"], buyer=case.get("buyer"), given=given(case),
        export_from_us=case.get("from_us", "true") == "true", item=case.get("item", "finished_chip"),
    )  # fmt: skip


@pytest.mark.parametrize("case", cases())
def test_verdict(case: dict[str, Any]) -> None:
    verdict = judge(case)
    deciding = {clause.id for clause in verdict.clauses if clause.decides}
    assert verdict.outcome == case["outcome"]
    assert verdict.fee == number(case["fee"])
    assert verdict.duty == number(case["duty"])
    assert set(case["deciding"]) <= deciding


@pytest.mark.parametrize("case", [c for c in cases() if "volume_cap" in c.values[0]])
def test_volume_cap(case: dict[str, Any]) -> None:
    found: dict[str, Any] = {}
    for cap in judge(case).volume_caps:
        found |= cap.model_dump(exclude={"text"}, exclude_none=True)
    expected = {} if case["volume_cap"] == "null" else case["volume_cap"]
    assert found == {name: number(text) for name, text in expected.items()}


@pytest.mark.parametrize("case", [c for c in cases() if "tpp" in c.values[0]])
def test_figures(case: dict[str, Any]) -> None:
    facts = judge(case).facts
    for name, text in (("tpp", case["tpp"]), ("pd", case["density"])):
        found = facts[name].value
        if text == "null":
            assert found is None
            continue
        written = text.rpartition("=")[2].strip().replace(",", "")
        decimals = len(written.partition(".")[2])
        assert found == pytest.approx(float(written), abs=0.51 * 10**-decimals)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_written_arithmetic_is_true(path: Path) -> None:
    document = load(path)
    texts = [document.get("tpp", ""), document.get("density", "")]
    for case in document["cases"]:
        texts += [case["arithmetic"], case.get("tpp", ""), case.get("density", "")]
    for text in texts:
        for part in re.split(r";| and |, ", text):
            assert _true(part), f"{path.name}: {part!r}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_hold_known_keys_and_citations(path: Path) -> None:
    document = load(path)
    assert set(document) <= FILE_KEYS
    for case in document["cases"]:
        assert set(case) <= CASE_KEYS
        assert case["citation"]


def test_every_cell_of_the_notes_has_a_case() -> None:
    covered = {
        (document["chip"], case["date"])
        for document in map(load, FILES)
        for case in document["cases"]
        if "chip" in document and case["destination"] == "CN"
    }
    assert {(chip, day) for chip in CHIPS_OF_THE_NOTES for day in DAYS_OF_THE_NOTES} <= covered


def test_wrong_arithmetic_is_noticed() -> None:
    assert _true("296 FP8 x 8 = 2,368")
    assert not _true("296 FP8 x 8 = 2,369")
    assert not _true("memory 864 >= 1,400")


def _true(text: str) -> bool:
    """Whether every relation in a piece of text holds, to the decimals written."""
    tokens = TOKEN.findall(text)
    sides: list[list[str]] = [[]]
    signs: list[str] = []
    for token in tokens:
        if token in RELATIONS:
            signs.append(token)
            sides.append([])
        else:
            sides[-1].append(token)
    if not signs:
        return True
    values = [_value(side) for side in sides]
    decimals = [max((len(token.partition(".")[2]) for token in side), default=0) for side in sides]
    for index, sign in enumerate(signs):
        left, right = values[index], values[index + 1]
        if sign == "=":
            right_is_close = abs(left - right) <= 0.5 * 10 ** -decimals[index + 1] + 1e-9
            if not right_is_close:
                return False
        elif not RELATIONS[sign](left, right):
            return False
    return True


def _value(tokens: list[str]) -> float:
    """A side of a relation, read from left to right; a number that no sign joins to the next is prose."""
    total = float(tokens[0].replace(",", ""))
    index = 1
    while index < len(tokens):
        sign = tokens[index]
        if sign not in "x/+":
            total, index = float(sign.replace(",", "")), index + 1
            continue
        other = float(tokens[index + 1].replace(",", ""))
        total = {"x": total * other, "/": total / other, "+": total + other}[sign]
        index += 2
    return total
