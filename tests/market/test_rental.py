"""Renting abroad: it answers to the gates, to hosts' room and to both governments, and money is not made."""

import jax.numpy as jnp
import numpy as np
import pytest
from small_market import built

from chipgate.market.rental import outside_option, rent
from chipgate.metrics import METRICS
from chipgate.results.execute import execute
from chipgate.setup.build import block

NAMES = (
    "rented_abroad_usd",
    "rented_abroad_h100e",
    "compute_by_source",
    "compute_usable",
    "compute_china",
    "rent_abroad",
)


@pytest.fixture(scope="module")
def runs():
    return {s: execute(built(32, None, s), names=NAMES).values for s in ("no-controls", "full-embargo")}


def test_shut_gates_at_home_send_money_abroad(runs) -> None:
    spent = {s: np.asarray(v["rented_abroad_usd"], float).sum((0, 1)) for s, v in runs.items()}
    assert spent["full-embargo"].mean() > 1.05 * spent["no-controls"].mean()


def test_parts_add_up(runs) -> None:
    for values in runs.values():
        whole = np.asarray(values["compute_by_source"], float).sum(1)
        np.testing.assert_allclose(values["compute_usable"], whole, rtol=1e-4, atol=1.0)


def test_hosts_take_no_more_than_they_can_and_rent_rises(runs) -> None:
    room = np.asarray(built(32, None, "full-embargo").inputs.monthly.rent_capacity)
    spent = np.asarray(runs["full-embargo"]["rented_abroad_usd"], float).sum(1)
    assert (spent <= room * (1 + 1e-4)).all()
    full = spent > (1 - 1e-5) * room
    assert full.any()
    later = runs["full-embargo"]["rent_abroad"][1:][full[:-1]]
    assert (later > 1).all()


def test_what_is_forbidden_is_not_rented_and_the_outside_option_is_worth_less() -> None:
    made = built(4)
    inputs = block(made.inputs, slice(0, 4), "float32")
    month = {n: v[0] for n, v in vars(inputs.monthly).items()}
    month = type(inputs.monthly)(**month)
    tight = jnp.zeros(4)
    open_ = outside_option(inputs.constants, month, tight)
    shut = outside_option(inputs.constants, type(month)(**(vars(month) | {"rent_open": jnp.zeros(4)})), tight)
    assert (np.asarray(shut.renting) == 0).all()
    assert (np.asarray(shut.utility) < np.asarray(open_.utility)).all()
    spent = jnp.full_like(shut.renting, 1e9)
    signed, next_tight = rent(inputs.constants, month, shut, spent, tight)
    assert float(jnp.abs(signed).max()) == 0
    assert float(next_tight.max()) == 0


def test_metrics_are_declared() -> None:
    assert set(NAMES) <= set(METRICS)
