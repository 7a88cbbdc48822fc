"""Reverse mode through prices, stocks and gates against central differences."""

from dataclasses import replace
from datetime import date
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_market import built

from chipgate.arrays.inputs import Inputs, Structure
from chipgate.market.simulate import simulate
from chipgate.setup.build import block

WRT = ("alpha", "lam", "cost", "outside", "vendor_share")
DRAWS = 2
STEP = 1e-5


def scaled(inputs: Inputs, factors: jax.Array) -> Inputs:
    values = {name: getattr(inputs.constants, name) * factors[i] for i, name in enumerate(WRT)}
    return replace(inputs, constants=replace(inputs.constants, **values))


@partial(jax.jit, static_argnums=0)
@partial(jax.value_and_grad, argnums=2)
def revenue(structure: Structure, inputs: Inputs, factors: jax.Array) -> jax.Array:
    return simulate(structure, scaled(inputs, factors), differentiable=True).revenue.sum() / 1e9


@pytest.mark.parametrize("scenario", ["h20-reopened", "full-embargo"])
def test_gradient_of_revenue(scenario: str) -> None:
    """Total revenue by five constants; months with a shut market are among them, and nothing is NaN."""
    with jax.enable_x64(True):
        # Until a few months after the ban and the re-opening of 2025.
        made = built(DRAWS, date(2026, 3, 1), scenario)
        inputs, structure = block(made.inputs, slice(0, DRAWS), "float64"), made.plan.structure
        us_open = np.asarray(inputs.monthly.us_open)[:, list(structure.offers_of(0))]
        assert (us_open.max((1, 2)) == 0).any() == (scenario == "full-embargo")
        one = jnp.ones(len(WRT))
        slope = np.asarray(revenue(structure, inputs, one)[1])
        assert np.isfinite(slope).all()
        for i, name in enumerate(WRT):
            up, down = (revenue(structure, inputs, one.at[i].add(step))[0] for step in (STEP, -STEP))
            assert slope[i] == pytest.approx(float(up - down) / (2 * STEP), rel=2e-5, abs=1e-6), name
