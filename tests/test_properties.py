"""What must hold whatever the figures: monotone in TPP, one regime a day, arrays equal to scalars, no false doubt."""

import math
from collections import Counter
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from helpers import embedded, subjects
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgate.api import classify, rule_book
from chipgate.rules.book import RuleBook
from chipgate.rules.destination import Destination, destination
from chipgate.rules.evaluate import Point
from chipgate.rules.facts import chip_facts
from chipgate.rules.points import central_point
from chipgate.rules.variables import DEST_GROUPS
from chipgate.rules.vector import OUTCOMES, judge_arrays
from chipgate.rules.verdict import Verdict, judge
from chipgate.schema.clause import STRICTNESS
from chipgate.timegrid import FIRST_DAY, days_between, month_starts

LAST_DAY = date(2026, 12, 31)
MONTHS = month_starts(FIRST_DAY, LAST_DAY)
PLACES = ("CN", "MO", "SA", "CN_HQ_ABROAD")
EDGES = (1600, 2400, 4800, 4992, 14000, 17500, 20800, 21000, 21100)

figure_tpp = st.floats(1, 60_000) | st.sampled_from([float(edge) for edge in EDGES])
figure_area = st.floats(50, 3000) | st.sampled_from([500.0, 800.0, 1500.0, 3000.0])
figure_mem = st.floats(50, 9000) | st.sampled_from([1400.0, 4500.0, 4800.0, 5000.0, 6000.0, 6500.0])
figure_io = st.floats(16, 2000) | st.sampled_from([300.0, 600.0, 1100.0])


def book() -> RuleBook:
    return rule_book(embedded())


@cache
def scalar(place: str) -> tuple[tuple[Verdict, ...], ...]:
    """Verdicts of the scalar path, ``[chip][month]``, for one destination."""
    data = embedded()
    ledger = list(data.ambiguities.values())
    return tuple(
        tuple(judge(book(), ledger, subject, day, destination(data, place, day)) for day in MONTHS)
        for subject in subjects(data)
    )


def point(tpp: float, area: float, mem: float, io: float, flags: tuple[bool, bool, bool]) -> Point:
    names = ("marketed_datacenter", "us_commercial_20260115", "export_from_us")
    return {
        "tpp": tpp, "pd": tpp / area, "mem_bw_gbs": mem, "io_bw_gbs": io, **dict(zip(names, flags, strict=True)),
    }  # fmt: skip


@given(
    tpps=st.tuples(figure_tpp, figure_tpp), area=figure_area, mem=figure_mem, io=figure_io,
    us=st.booleans(), from_us=st.booleans(),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("datacenter", [True, False])
@pytest.mark.parametrize("scaled", [False, True], ids=["area_fixed", "area_scaled"])
def test_more_tpp_never_loosens(
    tpps: tuple[float, float],
    area: float,
    mem: float,
    io: float,
    us: bool,
    from_us: bool,
    datacenter: bool,
    scaled: bool,
) -> None:
    low, high = sorted(tpps)
    flags = (datacenter, us, from_us)
    before = point(low, area, mem, io, flags)
    after = point(high, area * high / low if scaled else area, mem, io, flags)
    for regime in book().regimes():
        active = book().in_force(regime.first)
        for group in DEST_GROUPS:
            ranks = [STRICTNESS.index(book().decide(p, frozenset({group}), active).outcome) for p in (before, after)]
            assert ranks[1] <= ranks[0], f"{group} from {regime.first}: {before} -> {after}"


@pytest.mark.parametrize("item", ["finished_chip", "hbm_stack", "logic_die"])
def test_every_day_has_exactly_one_regime(item: str) -> None:
    regimes = book().regimes(item)  # type: ignore[arg-type]
    for day in days_between(FIRST_DAY, LAST_DAY):
        here = [r for r in regimes if r.first <= day and (r.last is None or day <= r.last)]
        assert len(here) == 1, day
        in_force = [c.id for c in book().in_force(day, item)]  # type: ignore[arg-type]
        assert list(here[0].clauses) == in_force
    assert all(a.clauses != b.clauses for a, b in pairwise(regimes))


def test_regimes_change_on_the_days_of_the_law() -> None:
    expected = [
        "2022-01-01", "2022-08-26", "2022-10-21", "2023-01-18", "2023-10-23", "2023-11-17", "2025-01-13",
        "2025-04-09", "2025-05-14", "2025-08-08", "2026-01-15", "2026-05-14",
    ]  # fmt: skip
    assert [str(regime.first) for regime in book().regimes()] == expected


@pytest.mark.parametrize("place", PLACES)
def test_arrays_equal_scalars(place: str) -> None:
    data = embedded()
    to = destination(data, place, FIRST_DAY)
    found = judge_arrays(book(), subjects(data), MONTHS, [to])
    verdicts = scalar(place)
    assert found.outcome.shape == (96, 60, 1)
    outcome = [[OUTCOMES.index(v.outcome) for v in row] for row in verdicts]
    assert np.array_equal(found.outcome[:, :, 0], np.array(outcome))
    for name in ("fee", "duty"):
        expected = np.array([[_number(getattr(v, name)) for v in row] for row in verdicts])
        np.testing.assert_array_equal(getattr(found, name)[:, :, 0], expected)


def test_arrays_of_several_destinations_equal_each_alone() -> None:
    data = embedded()
    to = [destination(data, place, FIRST_DAY) for place in PLACES]
    together = judge_arrays(book(), subjects(data), MONTHS, to)
    for index, place in enumerate(to):
        alone = judge_arrays(book(), subjects(data), MONTHS, [place])
        for name in ("outcome", "fee", "duty"):
            np.testing.assert_array_equal(getattr(together, name)[:, :, index], getattr(alone, name)[:, :, 0])


def test_arrays_see_the_route() -> None:
    data = embedded()
    chip = data.chips.find("H200")
    from chipgate.rules.subject import catalogue_subject

    to = [destination(data, "CN", FIRST_DAY)]
    days = [date(2026, 2, 15)]
    codes = {}
    for from_us in (True, False):
        found = judge_arrays(book(), [catalogue_subject(chip, data.makers, export_from_us=from_us)], days, to)
        codes[from_us] = (OUTCOMES[found.outcome.item()], found.duty.item())
    assert codes[True] == ("licence_case_by_case", 0.25)
    assert codes[False][0] == "licence_presumption_of_denial"
    assert math.isnan(codes[False][1])


@pytest.mark.parametrize("place", PLACES)
def test_cannot_tell_only_where_a_figure_is_unpublished(place: str) -> None:
    for row in scalar(place):
        for verdict in row:
            complete = central_point(verdict.facts) is not None
            if verdict.outcome == "cannot_tell":
                assert not complete
                assert verdict.missing
                assert len({case.outcome for case in verdict.possible}) > 1
            if complete:
                assert verdict.basis in ("figures", "range")


@pytest.mark.parametrize("place", PLACES)
def test_deciding_clauses_carry_the_outcome(place: str) -> None:
    for row in scalar(place):
        for verdict in row:
            if verdict.outcome != "cannot_tell":
                deciding = {c.outcome for c in verdict.clauses if c.decides}
                assert deciding <= {verdict.outcome}
                assert deciding or verdict.outcome == "none"


def test_a_listed_buyer_is_denied_by_the_entity_list_alone() -> None:
    for day in ("2023-12-15", "2025-09-15", "2026-06-15"):
        for chip in embedded().chips:
            verdict = classify(chip, on=day, to="CN", buyer="iflytek")
            assert verdict.outcome == "licence_presumption_of_denial"
            assert verdict.fee is None
            assert not verdict.volume_caps
            assert {c.outcome for c in verdict.clauses if c.decides} == {"licence_presumption_of_denial"}


def test_both_paths_meet_every_outcome() -> None:
    seen = Counter(v.outcome for place in PLACES for row in scalar(place) for v in row)
    assert set(seen) == set(OUTCOMES)


def test_the_verdict_matches_the_clauses_decided_plainly() -> None:
    """Chips with all figures published: the strictest clause left, by the five lines of the notes."""
    data = embedded()
    to = Destination("CN", "China", frozenset({"CN"}))
    for subject in subjects(data):
        central = central_point(chip_facts(data.chips[subject.id]))
        if central is None or subject.revealed:
            continue
        for day in MONTHS[::7]:
            verdict = judge(book(), [], subject, day, to)
            assert verdict.outcome == book().decide(central, to.groups, book().in_force(day)).outcome


def _number(value: float | None) -> float:
    return math.nan if value is None else value
