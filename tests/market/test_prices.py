"""Prices against pyblp, against a root of first-order conditions written apart, and against profit itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from market_problems import FOREIGN, OFFERS, ROUTE, VENDOR, Problem, pyblp_prices, random_problem, structure, without
from scipy import optimize

from chipgate.market.pricing import MAX_SWEEPS, Market, Prices, demand_at, solve, sweep

GREY = ROUTE.index(1)
SEEDS = range(4)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@jax.jit
def _solve(market: Market) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    found = solve(structure(), market, jnp.full(market.base.shape, jnp.log(2.0)), tolerance=1e-12)
    return found.x, found.list_x, found.residual, found.sweeps


def solved(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Street and list prices, converged."""
    found = Prices(*_solve(problem.market()))
    assert float(found.residual.max()) <= 1e-12
    assert int(found.sweeps) < MAX_SWEEPS
    return problem.base * np.exp(np.asarray(found.x)[:, 0]), problem.base * np.exp(np.asarray(found.list_x)[:, 0])


def scarce(problem: Problem, offer: int, part: float = 0.4) -> Problem:
    """The same with less of an offer than would be sold."""
    supply = problem.supply.copy()
    supply[offer] = part * problem.units(solved(problem)[0])[offer]
    return replace(problem, supply=supply)


CASES: dict[str, Callable[[int], tuple[Problem, list[int]]]] = {
    "no fee": lambda seed: (random_problem(seed), []),
    "fee": lambda seed: (random_problem(seed, fee=True), []),
    "fixed price": lambda seed: (scarce(random_problem(seed, fee=True), 1), [1]),
    "two fixed prices": lambda seed: (scarce(scarce(random_problem(seed), 0), 6), [0, 6]),
    "before entry": lambda seed: (without(random_problem(seed, fee=True), 2), []),
    "whole nest out": lambda seed: (without(random_problem(seed), GREY), []),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CASES)
def test_equal_pyblp(case: str, seed: int) -> None:
    """Every vendor's price to 1e-6; scarce and grey prices are handed over and must give our quantities."""
    problem, fixed = CASES[case](seed)
    street, _ = solved(problem)
    given = {c: street[c] for c in [*fixed, *([GREY] if problem.active[GREY] else [])]}
    prices, units = pyblp_prices(problem, given)
    for c, price in prices.items():
        assert street[c] == pytest.approx(price, rel=1e-6), c
        assert problem.units(street)[c] == pytest.approx(units[c], rel=1e-6), c
    for c in fixed:
        assert units[c] == pytest.approx(problem.supply[c], rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_entry_lowers_the_price_of_a_rival(seed: int) -> None:
    problem = random_problem(seed, fee=True)
    rival = 3
    before = pyblp_prices(without(problem, 2), {GREY: solved(without(problem, 2))[0][GREY]})[0][rival]
    after = pyblp_prices(problem, {GREY: solved(problem)[0][GREY]})[0][rival]
    ours = solved(problem)[0][rival] / solved(without(problem, 2))[0][rival]
    assert ours == pytest.approx(after / before, rel=1e-6)
    assert ours < 1


def conditions(problem: Problem, price: np.ndarray, step: float = 1e-20) -> np.ndarray:
    """Each vendor's profit differentiated by its own log prices, by complex steps, over the offer's spending."""
    found = np.zeros(OFFERS)
    spending = problem.spending(price).sum((0, 1))
    for c, vendor in enumerate(VENDOR):
        if vendor >= 0:
            moved = price.astype(complex)
            moved[c] *= 1 + 1j * step
            found[c] = problem.profit(vendor, moved).imag / step / spending[c]
    return found


@pytest.mark.parametrize("fee", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_equal_an_independent_root(seed: int, fee: bool) -> None:
    """The root of all conditions and of grey supply, found by Powell's method on demand written in NumPy."""
    problem = random_problem(seed, fee=fee)
    grey = np.array([r == 1 for r in ROUTE])

    def gap(x: np.ndarray) -> np.ndarray:
        price = problem.base * np.exp(x)
        supplied = np.log1p(problem.markup) + np.log1p(problem.units(price) / problem.grey_scale) / (
            problem.grey_elasticity
        )
        return np.where(grey, x - supplied, conditions(problem, price))

    found = optimize.root(gap, np.full(OFFERS, 0.9), tol=1e-13)
    assert np.abs(found.fun).max() < 1e-10
    np.testing.assert_allclose(solved(problem)[0], problem.base * np.exp(found.x), rtol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_vendor_gains_by_another_price(seed: int) -> None:
    """Best responses: central differences of profit vanish, and no price within a factor of three earns more."""
    problem = random_problem(seed, fee=True)
    street, listed = solved(problem)
    np.testing.assert_allclose(listed, np.where(np.array(ROUTE) == 1, listed, street), rtol=1e-10)
    for c, vendor in enumerate(VENDOR):
        if vendor < 0:
            continue

        def earned(log_change: float, c: int = c, vendor: int = vendor) -> float:
            price = street.copy()
            price[c] *= np.exp(log_change)
            return float(problem.profit(vendor, price))

        slope = (earned(1e-5) - earned(-1e-5)) / 2e-5
        assert abs(slope) < 1e-6 * problem.spending(street).sum((0, 1))[c]
        assert max(earned(x) for x in np.linspace(-1.1, 1.1, 45)) <= earned(0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_scarcity(seed: int) -> None:
    """A scarce offer sells what there is, above the vendor's own price, which stays a best response."""
    problem = scarce(scarce(random_problem(seed, fee=True), 1), 7)
    street, listed = solved(problem)
    units = problem.units(street)
    assert units[[1, 7]] == pytest.approx(problem.supply[[1, 7]], rel=1e-9)
    assert (units <= problem.supply * (1 + 1e-9)).all()
    assert (street[[1, 7]] > listed[[1, 7]]).all()
    off = conditions(problem, street)
    assert (off[[1, 7]] < -1e-4).all()  # the vendor would sell more for less, had it more
    free = [c for c in range(OFFERS) if c not in (1, 7, GREY)]
    np.testing.assert_allclose(off[free], 0, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_grey_price(seed: int) -> None:
    problem = random_problem(seed)
    street, _ = solved(problem)
    units = problem.units(street)[GREY]
    expected = (
        problem.base[GREY]
        * (1 + problem.markup)
        * (1 + units / problem.grey_scale[GREY]) ** (1 / problem.grey_elasticity)
    )
    assert street[GREY] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_scale_with_money(seed: int) -> None:
    """In another currency prices scale and units stay: costs and budgets times s, worth of a chip times s."""
    problem, s = random_problem(seed, fee=True), 7.3
    other = replace(
        problem, base=problem.base * s, own=problem.own * s, budget=problem.budget * s, worth=problem.worth + np.log(s)
    )
    np.testing.assert_allclose(solved(other)[0], solved(problem)[0] * s, rtol=1e-9)
    np.testing.assert_allclose(other.units(solved(other)[0]), problem.units(solved(problem)[0]), rtol=1e-9)


def test_a_draw_does_not_depend_on_the_others_of_its_block() -> None:
    problems = [scarce(random_problem(0), 3), random_problem(1, fee=True), random_problem(2)]
    markets = [p.market() for p in problems]
    together = jax.tree.map(lambda *parts: jnp.concatenate(parts, -1), *markets)
    found = np.asarray(_solve(together)[0])
    for i, market in enumerate(markets):
        np.testing.assert_allclose(found[:, i], np.asarray(_solve(market)[0])[:, 0], rtol=0, atol=1e-13)


@pytest.mark.parametrize("vendors", [0.0, 6.0])
def test_a_vendor_that_holds_nearly_all_of_its_market_still_converges(vendors: float) -> None:
    problem = random_problem(5)
    taste = problem.taste.copy()
    taste[:, 3] += vendors
    solved(replace(problem, taste=taste, lam=0.35))


def test_sweep_leaves_what_is_off() -> None:
    problem = without(random_problem(0), 2)
    x = jnp.full((OFFERS, 1), 0.7)
    assert float(sweep(structure(), problem.market(), x)[0][2, 0]) == 0.7


@pytest.mark.parametrize("seed", SEEDS)
def test_demand_equals_its_definition(seed: int) -> None:
    problem = without(random_problem(seed), GREY)
    price = problem.base * 1.9
    found, street, k = demand_at(structure(), problem.market(), jnp.full((OFFERS, 1), np.log(1.9)))
    np.testing.assert_allclose(np.asarray(found.spend)[..., 0], problem.spending(price), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(street)[:, 0], price)
    duty = 1 + problem.tariff * FOREIGN
    np.testing.assert_allclose(np.asarray(k)[:, 0], price * duty / (price * duty + problem.own), rtol=1e-12)
    whole = np.asarray(found.spend).sum(2) + np.asarray(found.outside)
    np.testing.assert_allclose(whole[..., 0], problem.budget, rtol=1e-12)


@pytest.mark.parametrize("offer", [0, GREY, 6])
def test_demand_falls_in_price(offer: int) -> None:
    """A dearer offer gets less money and fewer units; the others and the outside get no less."""
    market = random_problem(1).market()
    x = jnp.full((OFFERS, 1), 0.7)
    steps = [demand_at(structure(), market, x.at[offer].add(d))[0] for d in np.linspace(0, 2, 9)]
    spend = np.stack([np.asarray(f.spend)[..., 0] for f in steps])
    outside = np.stack([np.asarray(f.outside)[..., 0] for f in steps])
    change = np.diff(spend, axis=0)
    assert (change[..., offer] < 0).all()
    assert (np.delete(change, offer, axis=-1) >= 0).all()
    assert (np.diff(outside, axis=0) > 0).all()
