"""The lever of a maker's supply moves what can be delivered after the as-of date, stock on hand included."""

import numpy as np
import pytest
from small_market import built

from chipgate.catalogue import catalogue
from chipgate.results.execute import execute
from chipgate.setup.build import build
from chipgate.setup.draws import month_index
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve


@pytest.fixture(scope="module")
def units() -> dict[float, np.ndarray]:
    """H20 delivered after the as-of date with both gates open, by factor, ``[d]``."""
    found = {}
    for factor in (0.0, 0.5, 1.0, 2.0):
        settings = {"nvidia_amd.supply.h20": factor, "washington.open.h20": 1, "beijing.level.h20": 0}
        there = resolve(catalogue(), "h20-reopened", extra=settings)
        made = build(plan(catalogue(), there.settings, there.as_of, there.until, seed=11, draws=32))
        now = month_index(made.plan.months, made.plan.as_of)
        h20 = made.plan.structure.offers.index("h20_legal")
        values = execute(made, names=["units_delivered"]).values["units_delivered"]
        found[factor] = np.asarray(values, float)[now + 1 :, h20].sum(0)
    return found


def test_more_supply_delivers_more_and_none_delivers_none(units: dict[float, np.ndarray]) -> None:
    assert units[0.0].max() <= 1e-6
    means = [units[f].mean() for f in sorted(units)]
    assert means == sorted(means)
    assert means[1] < 0.8 * means[2] < 0.8 * means[3]


def test_history_is_left_alone() -> None:
    made = built(8)
    assert (np.asarray(made.inputs.monthly.stock_factor) == 1).all()
