"""Random price problems, a second demand written in plain NumPy, and the same problem handed to pyblp.

How pyblp can express our demand. A vendor earns ``sum_c ((1 - f_c) p_c - mc_c) q_c`` with ``q_c = S_c / p_c`` and
``S_c = sum_i B_i s_ic`` the spending of buyer-workloads i with budgets B_i and nested-logit shares s_ic. That is

    sum_c (1 - f_c - mc_c / p_c) sum_i B_i s_ic = sum_c (P_c - C_c) sum_i B_i s_ic,
    P_c = 1 - mc_c / p_c,   C_c = f_c.

So in the Lerner index P as its "price" our problem is an ordinary one with unit demand: the fee is the marginal
cost, budgets are the weights of agents, ``rho = 1 - lam``, and price enters utility as
``-alpha_i log(mc (1 + tariff) / (1 - P) + own)``, which is a formula that pyblp differentiates by itself. Tastes,
gates and worth enter as a demographic by agent and product. Nothing is approximated.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import pyblp

from chipgate.arrays.inputs import Structure
from chipgate.market.choice import attraction
from chipgate.market.pricing import Market

ROUTE = (0, 0, 0, 0, 1, 2, 2, 2, 2)
VENDOR = (0, 0, 0, 1, -1, 2, 2, 3, 3)
FOREIGN = np.array([r != 2 for r in ROUTE], float)
BUYERS, WORKLOADS, OFFERS = 4, 2, len(ROUTE)


def structure() -> Structure:
    names = tuple(f"offer{i}" for i in range(OFFERS))
    return Structure(
        buyers=tuple(f"buyer{i}" for i in range(BUYERS)), offers=names, families=names, classes=("all",),
        stacks=("one",), vendors=("a", "b", "c", "d"), route=ROUTE, vendor=VENDOR, stack=(0,) * OFFERS,
        family=tuple(range(OFFERS)), class_of=(0,) * BUYERS, world=(False,) * OFFERS, huawei=(),
        followers=(True,), months=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One draw of a month's market in NumPy, without the draw axis."""

    base: np.ndarray
    fee: np.ndarray
    own: np.ndarray
    tariff: float
    supply: np.ndarray
    active: np.ndarray
    worth: np.ndarray
    taste: np.ndarray
    budget: np.ndarray
    alpha: np.ndarray
    lam: float
    outside: float
    markup: float
    grey_scale: np.ndarray
    grey_elasticity: float

    def market(self) -> Market:
        def last(values: object) -> jnp.ndarray:
            return jnp.asarray(np.asarray(values, float)[..., None])

        gate = jnp.broadcast_to(last(self.active), (BUYERS, OFFERS, 1))
        return Market(
            base=last(self.base), fee=last(self.fee), own=last(self.own), tariff=last(self.tariff),
            supply=last(self.supply), active=last(self.active), log_worth=last(self.worth),
            attract=attraction(last(self.taste), gate, last(self.lam)), budget=last(self.budget),
            alpha=last(self.alpha), lam=last(self.lam), outside=last(self.outside), markup=last(self.markup),
            grey_scale=last(self.grey_scale), grey_elasticity=last(self.grey_elasticity),
        )  # fmt: skip

    def kappa(self, price: np.ndarray) -> np.ndarray:
        return price * (1 + self.tariff * FOREIGN) + self.own

    def spending(self, price: np.ndarray) -> np.ndarray:
        """``[b w c]``, written down from the definition; complex prices give derivatives."""
        y = self.alpha[None, :, None] * (self.worth[None] - np.log(self.kappa(price))) + self.taste[:, None]
        z = np.exp(y / self.lam) * self.active
        nest = np.stack([z[:, :, [r == g for r in ROUTE]].sum(-1) for g in range(3)], axis=-1)
        powered = np.where(nest == 0, 0, np.where(nest == 0, 1, nest) ** self.lam)
        within = z / np.where(nest == 0, 1, nest)[:, :, list(ROUTE)]
        share = within * powered[:, :, list(ROUTE)] / (np.exp(self.outside) + powered.sum(-1))[:, :, None]
        return share * self.budget[:, :, None]

    def units(self, price: np.ndarray) -> np.ndarray:
        return self.spending(price).sum((0, 1)) / price

    def profit(self, vendor: int, price: np.ndarray) -> complex:
        mine = np.array([v == vendor for v in VENDOR])
        return (((1 - self.fee) * price - self.base) * self.units(price))[mine].sum()


def random_problem(seed: int, *, fee: bool = False) -> Problem:
    rng = np.random.default_rng(seed)
    return Problem(
        base=rng.uniform(2_000, 9_000, OFFERS),
        fee=np.where(FOREIGN > 0, rng.uniform(0.05, 0.3), 0.0) if fee else np.zeros(OFFERS),
        own=rng.uniform(500, 4_000, OFFERS), tariff=rng.uniform(0, 0.2), supply=np.full(OFFERS, 1e12),
        active=np.ones(OFFERS), worth=np.log(15_000) + rng.normal(0, 0.4, (WORKLOADS, OFFERS)),
        taste=rng.normal(0, 0.6, (BUYERS, OFFERS)), budget=rng.uniform(1e8, 1e9, (BUYERS, WORKLOADS)),
        alpha=rng.uniform(1.2, 2.2, WORKLOADS), lam=rng.uniform(0.4, 0.9), outside=rng.normal(0.5, 0.3),
        markup=rng.uniform(0.1, 0.5), grey_scale=rng.uniform(1_000, 5_000, OFFERS),
        grey_elasticity=rng.uniform(1, 4),
    )  # fmt: skip


def pyblp_prices(problem: Problem, fixed: dict[int, float]) -> tuple[dict[int, float], dict[int, float]]:
    """Equilibrium prices and units by offer, with some prices held; see the module's text for the mapping."""
    on = [c for c in range(OFFERS) if problem.active[c]]
    agents = [(b, w) for b in range(BUYERS) for w in range(WORKLOADS)]
    weights = np.array([problem.budget[a] for a in agents])
    held = np.array([1 - problem.base[c] / fixed[c] if c in fixed else np.nan for c in on])[:, None]

    def clamped(initial, contraction, callback, **_):
        x = np.where(np.isnan(held), initial.reshape(held.shape), held)
        for _ in range(5_000):
            # Half a step: the whole one can overshoot an index of one, where price is infinite.
            new = np.where(np.isnan(held), np.clip((x + contraction(x)[0]) / 2, -0.5, 0.99), held)
            callback()
            moved, x = np.abs(new - x).max(), new
            if moved < 1e-13:
                return x, True
        return x, False

    firms = [VENDOR[c] if VENDOR[c] >= 0 else 100 + c for c in on]
    products = {
        "market_ids": np.zeros(len(on), int), "firm_ids": firms, "nesting_ids": [ROUTE[c] for c in on],
        "prices": np.full(len(on), 0.5), "mc": problem.base[on], "own": problem.own[on],
        "duty": 1 + problem.tariff * FOREIGN[on], "one": np.ones(len(on)),
    }  # fmt: skip
    people = {
        "market_ids": np.zeros(len(agents), int), "weights": weights / weights.sum(),
        "nodes": np.zeros((len(agents), 2)), "alpha": [problem.alpha[w] for _, w in agents],
    }  # fmt: skip
    for i, c in enumerate(on):
        people[f"taste{i}"] = [
            problem.alpha[w] * problem.worth[w, c] + problem.taste[b, c] - problem.outside for b, w in agents
        ]
    pyblp.options.verbose = False
    simulation = pyblp.Simulation(
        (pyblp.Formulation("0 + prices"), pyblp.Formulation("0 + log(mc * duty / (1 - prices) + own) + one")),
        products, beta=[0], sigma=np.zeros((2, 2)), pi=[[-1, 0], [0, 1]], rho=1 - problem.lam,
        agent_formulation=pyblp.Formulation("0 + alpha + taste"), agent_data=people,
        xi=np.zeros(len(on)), omega=np.zeros(len(on)),
    )  # fmt: skip
    found = simulation.replace_endogenous(
        costs=problem.fee[on][:, None], iteration=pyblp.Iteration(clamped, universal_display=False)
    )
    assert found.fp_converged.all()
    prices = problem.base[on] / (1 - found.product_data.prices.ravel())
    units = found.product_data.shares.ravel() * weights.sum() / prices
    return dict(zip(on, map(float, prices), strict=True)), dict(zip(on, map(float, units), strict=True))


def without(problem: Problem, offer: int) -> Problem:
    active = problem.active.copy()
    active[offer] = 0
    return replace(problem, active=active)
