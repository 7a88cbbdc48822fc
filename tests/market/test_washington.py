"""Washington's later acts: none with the law given, an answer to Beijing's refusal, the fee of a later opening."""

from dataclasses import replace

import numpy as np
import pytest
from small_market import built

from chipgate.results.execute import execute
from chipgate.setup.build import Built
from chipgate.setup.draws import month_index

DRAWS = 64
NAMES = ("us_open", "fee_by_chip", "revenue_by_chip")


def with_constants(made: Built, **values: float) -> Built:
    old = made.inputs.constants
    arrays = {name: np.full_like(getattr(old, name), value) for name, value in values.items()}
    return replace(made, inputs=replace(made.inputs, constants=replace(old, **arrays)))


def opened(made: Built) -> np.ndarray:
    """Mean openness after the as-of date of the families that have one, ``[c d]``."""
    now = month_index(made.plan.months, made.plan.as_of)
    return np.asarray(execute(made, names=["us_open"]).values["us_open"], float)[now + 1 :].mean(0)


@pytest.fixture(scope="module")
def blocked() -> Built:
    return built(DRAWS, None, "beijing-blocks")


def test_a_refused_chip_is_shut_sooner_where_washington_answers(blocked: Built) -> None:
    h20 = blocked.plan.structure.offers.index("h20_legal")
    none = opened(with_constants(blocked, rebuff_close=0.0, rebuff_open=0.0))
    angry = opened(with_constants(blocked, rebuff_close=2.0, rebuff_open=0.0))
    assert angry[h20].mean() < 0.9 * none[h20].mean()


def test_a_better_chip_is_offered_sooner_where_washington_answers(blocked: Built) -> None:
    h200 = blocked.plan.structure.offers.index("h200_legal")
    none = opened(with_constants(blocked, rebuff_close=0.0, rebuff_open=0.0))
    generous = opened(with_constants(blocked, rebuff_close=0.0, rebuff_open=2.0))
    assert generous[h200].mean() > 1.2 * none[h200].mean()


def test_the_prior_of_the_answer_holds_none(blocked: Built) -> None:
    for name in ("rebuff_close", "rebuff_open"):
        low, high = np.quantile(getattr(blocked.inputs.constants, name), [0.1, 0.9])
        assert low < 0 < high


def test_history_and_what_a_scenario_gives_know_no_later_acts() -> None:
    made = with_constants(built(DRAWS), rebuff_close=3.0, rebuff_open=3.0)
    now = month_index(made.plan.months, made.plan.as_of)
    found = np.asarray(execute(made, names=["us_open"]).values["us_open"], float)
    law = np.broadcast_to(np.asarray(made.inputs.monthly.us_open), found.shape)
    np.testing.assert_allclose(found[: now + 1], law[: now + 1], atol=1e-6)
    given = np.asarray(made.inputs.monthly.us_given)[:, :, 0] > 0
    legal = list(made.plan.structure.offers_of(0))
    np.testing.assert_allclose(found[given], law[given], atol=1e-6)
    assert given[:, legal].any()
    assert not given[:, legal].all()


def test_an_opening_by_a_later_act_costs_its_fee(blocked: Built) -> None:
    made = with_constants(blocked, rebuff_close=0.0, rebuff_open=2.0, later_fee=0.4)
    values = execute(made, names=NAMES).values
    h200 = made.plan.structure.offers.index("h200_legal")
    now = month_index(made.plan.months, made.plan.as_of)
    law = np.broadcast_to(np.asarray(made.inputs.monthly.us_open), values["us_open"].shape)
    fresh = (values["us_open"][now + 1 :, h200] > 0) & (law[now + 1 :, h200] <= 0)
    revenue = np.asarray(values["revenue_by_chip"], float)[now + 1 :, h200][fresh]
    fee = np.asarray(values["fee_by_chip"], float)[now + 1 :, h200][fresh]
    assert (revenue > 0).any()
    np.testing.assert_allclose(fee, 0.4 * revenue, rtol=1e-4, atol=1.0)
