"""Nothing appears or vanishes: chips, orders, dies, memory stacks, wafers, over a whole run in double precision."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from chipgate.catalogue import catalogue
from chipgate.market.simulate import simulate
from chipgate.setup.build import Built, block, build
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve

DRAWS = 24


@pytest.fixture(scope="module", params=["h20-reopened", "full-embargo", "huawei-hbm-short"])
def ran(request: pytest.FixtureRequest):
    data = catalogue()
    found = resolve(data, request.param)
    built = build(plan(data, found.settings, found.as_of, found.until, seed=3, draws=DRAWS))
    with jax.enable_x64(True):
        record = simulate(built.plan.structure, block(built.inputs, slice(0, DRAWS), "float64"))
        arrays = {name: np.asarray(value) for name, value in vars(record).items()}
    return built, replace(record, **arrays)


def before(values: np.ndarray) -> np.ndarray:
    """Values of the month before; zero before the first."""
    return np.concatenate([np.zeros_like(values[:1]), values[:-1]])


def close(left: np.ndarray, right: np.ndarray, scale: float) -> None:
    assert np.abs(left - right).max() <= 1e-9 * scale


def test_chips_made_are_delivered_kept_or_sold_elsewhere(ran) -> None:
    _, r = ran
    made = before(r.stock) + r.made + r.adjusted
    close(made, r.delivered.sum(1) + r.stock + r.diverted, made.max())


def test_stock_is_never_negative_and_deliveries_fit_it(ran) -> None:
    _, r = ran
    assert r.stock.min() >= -1e-6
    assert r.delivered.min() >= 0


def test_orders_are_delivered_cancelled_or_wait(ran) -> None:
    _, r = ran
    change = r.backlog - before(r.backlog)
    close(change, r.ordered - r.delivered.sum(1) - r.cancelled, r.ordered.max())


def test_dies_and_memory_balance(ran) -> None:
    built, r = ran
    monthly = built.inputs.monthly
    dies = before(r.bank) + np.asarray(monthly.dies_in) + r.good_dies - r.dies_used
    stacks = before(r.stacks) + np.asarray(monthly.stacks_in) - r.stacks_used
    close(r.bank, dies, dies.max())
    close(r.stacks, stacks, stacks.max())
    assert r.bank.min() >= -1e-6 * r.bank.max()
    assert r.stacks.min() >= -1e-6 * r.stacks.max()


def test_huawei_units_are_the_least_limit(ran) -> None:
    built, r = ran
    huawei = list(built.plan.structure.huawei)
    packages = r.limits.min(1)
    working = packages * np.asarray(built.inputs.constants.assembly_yield)
    close(r.made[:, huawei].sum(1), working, working.max())
    assert (np.take_along_axis(r.limits, r.binding[:, None], axis=1)[:, 0] == packages).all()


def test_deliveries_by_workload_and_buyer_agree(ran) -> None:
    _, r = ran
    assert r.training_share.min() >= 0
    assert r.training_share.max() <= 1 + 1e-9
    close(r.work.sum(1), r.installed.sum(1), r.installed.max())


def test_budgets_are_kept(ran) -> None:
    """Ordinary spending and the outside option never exceed the budget of the month."""
    built, r = ran
    budget = np.asarray(built.inputs.monthly.budget)
    assert (r.outside.sum(1) <= budget * (1 + 1e-9)).all()


def test_gates_take_no_more_than_is_wanted(ran) -> None:
    _, r = ran
    assert r.lost.min() >= -1e-9 * max(r.latent.max(), 1)
    assert (r.lost[:, :2].sum(1) <= r.latent * (1 + 1e-9) + 1e-6).all()


def test_a_shut_gate_lets_nothing_through(ran) -> None:
    built, r = ran
    structure = built.plan.structure
    for c in structure.offers_of(0):
        shut = r.us_open[:, c] <= 0
        assert r.delivered[:, :, c].sum(1)[shut].max(initial=0.0) == 0


def test_built_is_what_the_plan_says(ran) -> None:
    built, _ = ran
    assert isinstance(built, Built)
    assert built.inputs.constants.share.shape == (len(built.plan.buyers), DRAWS)
    np.testing.assert_allclose(np.asarray(built.inputs.constants.share).sum(0), 1)
