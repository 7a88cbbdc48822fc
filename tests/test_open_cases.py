"""Unpublished figures: the finite cases against a dense random sample of everything that is possible."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from helpers import embedded
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipgate.api import rule_book
from chipgate.rules.cases import CHINA, held, open_cases
from chipgate.rules.facts import Fact, Facts, chip_facts, flag, unknown
from chipgate.rules.points import Columns, point_at, thresholds
from chipgate.rules.subject import Given, given_subject
from chipgate.schema.clause import Outcome

DAYS = (
    date(2022, 9, 15),
    date(2022, 11, 15),
    date(2023, 12, 15),
    date(2025, 5, 15),
    date(2025, 9, 15),
    date(2026, 2, 15),
)
CHIPS = (
    "aws_trainium1", "aws_trainium2", "biren_br106", "cambricon_mlu590", "google_tpu_v5e", "google_tpu_v4",
    "huawei_ascend_910d", "intel_gaudi3_hl388", "nvidia_rtx_pro_6000d", "thead_zhenwu_810e", "amd_mi455x",
    "metax_c500_oam",
)  # fmt: skip
NUMBERS = ("tpp", "mem_bw_gbs", "io_bw_gbs")
FLAGS = ("marketed_datacenter", "us_commercial_20260115", "export_from_us")
NUDGES = (1.0, 1 - 1e-6, 1 + 1e-6)
TESTS = rule_book(embedded()).licence_tests()


def sample(facts: Facts, count: int, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Random possible figures: on, just under and just over thresholds as well as between them."""
    columns: dict[str, NDArray[Any]] = {name: _draw(facts[name], count, rng) for name in NUMBERS}
    memory = facts["mem_bw_gbs"]
    if memory.value is None:
        on_sum = rng.random(count) < 0.2
        columns["mem_bw_gbs"][on_sum] = np.clip(1700 - columns["io_bw_gbs"][on_sum], memory.low, memory.high)
    for name in FLAGS:
        value = facts[name].value
        columns[name] = rng.random(count) < 0.5 if value is None else np.full(count, bool(value))
    density = facts["pd"]
    if density.value is not None:
        columns["pd"] = np.full(count, density.value)
    else:
        assert density.area is not None
        columns["pd"] = columns["tpp"] / _areas(density.area, columns["tpp"], rng)
    return columns


def _draw(fact: Fact, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if fact.value is not None:
        return np.full(count, fact.value)
    edges = [fact.low, fact.high]
    edges += [cut * nudge for cut in thresholds(TESTS, fact.name) if fact.low <= cut <= fact.high for nudge in NUDGES]
    small = min(fact.high, fact.low + 40_000)
    wide = np.exp(rng.uniform(np.log(max(fact.low, 1e-2)), np.log(max(fact.high, 1e-2)), count))
    kind = rng.integers(4, size=count)
    drawn = np.choose(kind, [rng.choice(edges, count), rng.uniform(fact.low, small, count), wide,
                             rng.uniform(fact.low, fact.high, count)])  # fmt: skip
    return np.clip(drawn, fact.low, fact.high)


def _areas(bounds: tuple[float, float], tpp: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    count = len(tpp)
    on_edge = tpp / rng.choice(thresholds(TESTS, "pd"), count) * rng.choice(NUDGES, count)
    kind = rng.integers(3, size=count)
    drawn = np.choose(kind, [on_edge, rng.choice(bounds, count), rng.uniform(*bounds, count)])
    return np.clip(drawn, *bounds)


def outcomes(columns: Columns, day: date, groups: frozenset[str]) -> set[Outcome]:
    """Outcomes over many points: one point is decided for each distinct pattern of holding clauses."""
    book = rule_book(embedded())
    active = book.in_force(day)
    if not active:
        return {"none"}
    pattern = np.stack([held(book.tests[clause.id], columns, groups) for clause in active], axis=1)
    _, first = np.unique(pattern, axis=0, return_index=True)
    return {book.decide(point_at(columns, int(i)), groups, active).outcome for i in first}


def of_cases(facts: Facts, groups: frozenset[str], shown: Any = ()) -> dict[date, set[Outcome]]:
    book = rule_book(embedded())
    left = open_cases(facts, TESTS, shown, groups)
    return {day: {book.decide(g.point, groups, book.in_force(day)).outcome for g in left.groups} for day in DAYS}


@pytest.mark.parametrize("group", ["CN", "D5_OTHER", "D1_D4", "CN_HQ_ABROAD"])
@pytest.mark.parametrize("name", CHIPS)
def test_cases_equal_a_dense_sample(name: str, group: str) -> None:
    chip, groups = embedded().chips[name], frozenset({group})
    facts = chip_facts(chip)
    book = rule_book(embedded())
    shown = tuple((book.tests[clause], fact.meets) for fact in chip.revealed for clause in fact.clauses)
    drawn = sample(facts, 20_000, np.random.default_rng(20260224))
    kept = np.logical_and.reduce([np.ones(20_000, bool), *(held(test, drawn, CHINA) == meets for test, meets in shown)])
    drawn = {column: values[kept] for column, values in drawn.items()}
    assert of_cases(facts, groups, shown) == {day: outcomes(drawn, day, groups) for day in DAYS}


def ranged(tpp: tuple[float, float], mem: tuple[float, float], io: tuple[float, float], area: tuple[float, float],
           flags: tuple[bool | None, bool | None, bool | None]) -> Facts:  # fmt: skip
    """Facts of which only ranges are known, as conflicting or partial sources leave them."""
    pd = Fact("pd", None, tpp[0] / area[1], tpp[1] / area[0], "", missing=("die_area_mm2",), area=area)
    numbers = {n: unknown(n, (n,), low=r[0], high=r[1]) for n, r in zip(NUMBERS, (tpp, mem, io), strict=True)}
    answers = {name: flag(name, value, "low") for name, value in zip(FLAGS, flags, strict=True)}
    return {"tpp": numbers["tpp"], "pd": pd, **numbers, **answers}


def test_a_narrow_range_of_areas_hides_no_outcome() -> None:
    """Die area 790 to 810 mm2, TPP unpublished, for data centres, on sale in the US: in 2026 every answer is open."""
    facts = ranged((10, 40_000), (1000, 1000), (64, 64), (790, 810), (True, True, True))
    found = of_cases(facts, CHINA)
    # 4,000 / 800 = 5.00 (paragraph b); 4,760 / 800 = 5.95 (second prong, case by case); 30,000 >= 21,000
    expected = {"none", "notification_NAC", "licence_case_by_case", "licence_presumption_of_denial"}
    assert found[date(2026, 2, 15)] == expected
    # 2,450 / 800 = 3.06 (first limb of paragraph b)
    assert found[date(2023, 12, 15)] == {"none", "notification_NAC", "licence_presumption_of_denial"}


def test_a_narrow_range_of_areas_and_rates_hides_no_outcome() -> None:
    """TPP 4,690 to 4,707 over 795 to 810 mm2: the second prong holds from 5.92 x 795 = 4,706.4 on."""
    facts = ranged((4690, 4707), (1000, 1000), (64, 64), (795, 810), (True, True, True))
    assert of_cases(facts, CHINA)[date(2023, 12, 15)] == {"notification_NAC", "licence_presumption_of_denial"}


spans = st.tuples(st.integers(10, 30_000), st.integers(10, 30_000)).map(lambda pair: tuple(map(float, sorted(pair))))
bandwidths = st.tuples(st.integers(10, 9_000), st.integers(10, 9_000)).map(lambda p: tuple(map(float, sorted(p))))
areas = st.tuples(st.integers(60, 3_000), st.integers(60, 3_000)).map(lambda p: tuple(map(float, sorted(p))))
answers = st.tuples(*[st.sampled_from([True, False, None])] * 3)
partly_known = st.builds(ranged, spans, bandwidths, bandwidths, areas, answers)
quick = settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


@given(facts=partly_known, group=st.sampled_from(["CN", "D1_D4", "CN_HQ_ABROAD"]))
@quick
def test_cases_miss_no_outcome_of_any_range(facts: Facts, group: str) -> None:
    """One way only: a sample of arbitrary ranges may miss a sliver that the exact cases find."""
    groups = frozenset({group})
    drawn = sample(facts, 4000, np.random.default_rng(7))
    found = of_cases(facts, groups)
    for day in DAYS:
        assert outcomes(drawn, day, groups) <= found[day], day


@given(facts=partly_known)
@quick
def test_every_case_is_possible(facts: Facts) -> None:
    assert facts["pd"].area is not None
    least, most = facts["pd"].area
    for group in open_cases(facts, TESTS, (), CHINA).groups:
        for name, fact in facts.items():
            if name != "pd":
                assert fact.low <= group.point[name] <= fact.high
        assert least * 0.9999 <= group.point["tpp"] / group.point["pd"] <= most * 1.0001


def test_a_known_sheet_leaves_one_case() -> None:
    left = open_cases(chip_facts(embedded().chips["nvidia_h100_sxm"]), TESTS, (), CHINA)
    assert left.central
    assert len(left.groups) == 1


def test_unknown_area_of_hand_figures() -> None:
    facts = given_subject(Given(numbers={"tpp": 2000.0}, flags={"marketed_datacenter": True})).facts("")
    # 2,000 / 50 = 40 (second prong), 2,000 / 500 = 4 (paragraph b), 2,000 / 5,000 = 0.4 (neither)
    expected = {"licence_presumption_of_denial", "notification_NAC", "none"}
    assert of_cases(facts, CHINA)[date(2023, 12, 15)] == expected
