"""Runs in stages give the bits of ordinary runs, whatever was run before on the same draws and histories."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from helpers import embedded

import chipgate
from chipgate.results.chunks import Head
from chipgate.results.staged import StagedRun
from chipgate.setup.build import Kept, build
from chipgate.setup.levers import names_of
from chipgate.setup.plan import Plan
from chipgate.setup.planned import plan_of
from chipgate.setup.scenario import resolve

FEW, ALL = 32, 40


class Heads(dict[Any, Head]):
    """A store of heads that counts how often one was taken."""

    def put(self, key: Any, thing: Head) -> None:
        self[key] = thing


HEADS = Heads()
KEPT: dict[Any, Kept] = {}


def kept_of(made: Plan) -> Kept:
    key = (made.as_of, made.months, made.seed, made.draws)
    return KEPT.setdefault(key, Kept(made))


def staged(name: str = "h20-reopened", **more: Any) -> tuple[xr.Dataset, xr.Dataset]:
    """Both stages of a run, on draws and heads that all tests here share."""
    found = resolve(embedded(), name, **more)
    made = plan_of(found, seed=0, draws=ALL)
    run = StagedRun(made, found, (FEW, ALL), HEADS)
    out = []
    for place in range(2):
        stage = run.begin(place, kept_of(run.plan_of(place)))
        for start in stage.blocks:
            run.simulate(stage, start)
        out.append(run.dataset(stage))
    return out[0], out[1]


def assert_same(a: xr.Dataset, b: xr.Dataset) -> None:
    assert set(a.data_vars) == set(b.data_vars)
    differing = [str(n) for n in a.data_vars if not np.array_equal(a[n].values, b[n].values, equal_nan=True)]
    assert differing == []
    assert {k: v for k, v in a.attrs.items() if k != "sweeps_a_month"} == {
        k: v for k, v in b.attrs.items() if k != "sweeps_a_month"
    }


@pytest.mark.parametrize("name", ["h20-reopened", "no-controls", "h20-banned", "smuggling-crackdown", "huawei-ramp"])
def test_a_stage_is_an_ordinary_run(name: str) -> None:
    few, whole = staged(name)
    assert_same(few, chipgate.run(name, draws=FEW, data=embedded()))
    assert_same(whole, chipgate.run(name, draws=ALL, data=embedded()))


@pytest.mark.parametrize("key", list(embedded().levers))
def test_no_lever_finds_a_history_that_is_not_its_own(key: str) -> None:
    """Set at once, in the past, and ahead: what is kept from other runs never shows."""
    lever = embedded().levers[key]
    path = key.replace("*", "h20" if "*" in key and "h20" in names_of(embedded(), key) else "")
    values: list[Any] = [lever.least]
    if lever.dated:
        values.append({"2024-03": lever.most, "2026-02": lever.least})
    for value in values:
        _, whole = staged(until="2026-06", extra={path: value})
        assert_same(whole, chipgate.run("h20-reopened", draws=ALL, until="2026-06", settings={path: value},
                                        data=embedded()))  # fmt: skip


def test_a_history_is_used_again_where_it_is_the_same() -> None:
    staged()
    before = dict(HEADS)
    staged(extra={"washington.fee.h20": 0.4, "beijing.escalation": 3.0})
    assert all(HEADS[key] is before[key] for key in before), "heads of the same history stay"
    staged(extra={"washington.smuggling_enforcement": 0.5})
    assert any(HEADS[key] is not before[key] for key in before), "this lever works in history, too"


def test_a_head_is_refused_where_one_bit_differs() -> None:
    staged()
    key, head = next(iter(HEADS.items()))
    spoilt = {**head.monthly, "budget": head.monthly["budget"].copy()}
    spoilt["budget"][0, 0] = np.nextafter(spoilt["budget"][0, 0], np.float32(np.inf))
    HEADS[key] = replace(head, monthly=spoilt, record={n: a * 0 for n, a in head.record.items()})
    _, whole = staged()
    assert_same(whole, chipgate.run("h20-reopened", draws=ALL, data=embedded()))


def test_kept_draws_refuse_another_plan() -> None:
    found = resolve(embedded(), "h20-reopened")
    made = plan_of(found, seed=0, draws=4)
    kept = Kept(made)
    build(made, kept=kept)
    with pytest.raises(chipgate.errors.InternalError, match="kept for another"):
        build(replace(made, seed=1), kept=kept)


def test_stages_must_grow() -> None:
    found = resolve(embedded(), "h20-reopened")
    made = plan_of(found, seed=0, draws=ALL)
    with pytest.raises(chipgate.errors.InternalError, match="do not grow"):
        StagedRun(made, found, (ALL, FEW))
