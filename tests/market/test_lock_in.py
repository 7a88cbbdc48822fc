"""Lock-in: a buyer's installed chips pull it towards their stack, and a shut market feeds the rival's maturity."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from small_market import built

from chipgate.market.software import habit
from chipgate.results.execute import execute
from chipgate.setup.build import Built, block


def with_habit(made: Built, value: float) -> Built:
    constants = made.inputs.constants
    fixed = replace(constants, habit=np.full_like(constants.habit, value))
    return replace(made, inputs=replace(made.inputs, constants=fixed))


def test_the_pull_follows_the_share_of_the_stack() -> None:
    made = built(4)
    structure, constants = made.plan.structure, block(made.inputs, slice(0, 4), "float32").constants
    shape = (len(structure.buyers), len(structure.offers), 4)
    np.testing.assert_allclose(habit(structure, constants, jnp.zeros(shape)), 0.0, atol=1e-6)
    ascend = structure.offers.index("ascend_910b")
    pull = np.asarray(habit(structure, constants, jnp.zeros(shape).at[:, ascend].set(1e9)))
    size = np.asarray(constants.habit)
    np.testing.assert_allclose(pull[:, ascend], np.broadcast_to(size, pull[:, ascend].shape), rtol=1e-3)
    cuda = structure.offers.index("h20_legal")
    np.testing.assert_allclose(pull[:, cuda], np.broadcast_to(-size, pull[:, cuda].shape), rtol=1e-3)


def test_habit_holds_buyers_at_what_they_have() -> None:
    shares = {v: execute(with_habit(built(16), v), names=["stack_share"]).values["stack_share"] for v in (0.0, 1.5)}
    cann = built(16).plan.structure.stacks.index("cann")
    assert abs(shares[1.5][-1, cann].mean() - shares[0.0][-1, cann].mean()) > 1e-3


def test_a_shut_market_feeds_the_rivals_maturity() -> None:
    names = ["software_maturity"]
    open_, shut = (execute(built(32, None, s), names=names).values[names[0]] for s in ("no-controls", "full-embargo"))
    stacks = built(32).plan.structure.stacks
    gained = np.asarray(shut, float)[-1].mean(-1) - np.asarray(open_, float)[-1].mean(-1)
    assert gained[stacks.index("cann")].max() > 0
    assert np.abs(gained[stacks.index("cuda")]).max() == 0
