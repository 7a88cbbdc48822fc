"""Inputs that do not change over time."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from chipgate.arrays.inputs import MEASURES
from chipgate.arrays.keys import Streams
from chipgate.errors import InternalError
from chipgate.schema.base import Sourced
from chipgate.schema.chip import Chip
from chipgate.schema.market import Offer, Package
from chipgate.setup.draws import PriorDraws
from chipgate.setup.plan import Plan
from chipgate.setup.throughput import Throughput

_HOURS_A_YEAR: Final = 8766.0
_TDP_UNKNOWN_W: Final = 500.0


def constants_of(made: Plan, streams: Streams, draws: PriorDraws, speed: Throughput) -> dict[str, NDArray[Any]]:
    """Arrays of :class:`chipgate.arrays.inputs.Constants` by name, all draws."""
    n, structure = made.draws, made.structure
    offers, chips = made.offers, made.catalogue.chips
    share = np.stack([draws.one(f"budget.share.{b.id}") for b in made.buyers])
    access = np.array([[[float(_reaches(b.access, o.route))] for o in offers] for b in made.buyers])
    life = draws.one("cost.life_years")
    power = draws.one("cost.power_usd_per_kwh")
    integration = draws.one("cost.integration")
    watts = np.array([[_value(chips[o.chip], "tdp_w", _TDP_UNKNOWN_W)] for o in offers])
    own = integration + watts / 1000 * _HOURS_A_YEAR * life * power
    cost = _costs(made, draws)
    alpha = np.stack([draws.one("choice.alpha_training"), draws.one("choice.alpha_inference")])
    start = np.ones((len(structure.stacks), 2, n))
    for s, stack in enumerate(structure.stacks):
        if structure.followers[s]:
            start[s] = _start(stack, draws)
    half = np.stack([draws.one("software.half_use.training"), draws.one("software.half_use.inference")])
    yield_start, yield_ceiling = draws.one("huawei.yield_start"), draws.one("huawei.yield_ceiling")
    products = [package_of(offers[i]) for i in structure.huawei]
    return {
        "share": share / share.sum(0),
        "training": np.stack([_number(b.numbers["training_share_of_spend"], streams, f"buyer:{b.id}:training")
                              for b in made.buyers]),
        "exposure": np.stack([_number(b.numbers["beijing_exposure"], streams, f"buyer:{b.id}:exposure")
                              for b in made.buyers]),
        "access": access, "log_phi": np.stack([speed.log_phi(o.chip) for o in offers], axis=1), "own": own,
        "cost": cost,
        "taste": _tastes(made, streams, draws), "alpha": alpha, "lam": draws.one("choice.lam"),
        "outside": draws.one("choice.outside"), "passes": _passes(made, draws),
        "sufficiency": draws.one("beijing.sufficiency"), "tariff": draws.one("price.tariff"),
        "markup": draws.one("grey.markup"), "grey_elasticity": draws.one("grey.elasticity"),
        "grey_scale": np.stack([draws.one(f"grey.scale.{o.supply}") if o.route == "grey" else np.ones(n)
                                for o in offers]),
        "lead": draws.one("orders.lead"), "cancel": draws.one("orders.cancel"),
        "pull_multiple": draws.one("orders.pull_multiple"), "pull_share": draws.one("orders.pull_share"),
        "vendor_share": draws.one("price.vendor_share"), "life": life * 12,
        "gross_dies": draws.one("huawei.gross_dies"), "yield_start": np.minimum(yield_start, yield_ceiling),
        "yield_ceiling": yield_ceiling, "yield_learning": draws.one("huawei.yield_learning"),
        "assembly_yield": draws.one("huawei.assembly_yield"),
        "dies_per": np.array([[p.dies] for p in products]), "stacks_per": np.array([[p.stacks] for p in products]),
        "drawdown": draws.one("huawei.drawdown_months"),
        "start": start, "ceiling": draws.one("software.ceiling"), "half_use": half,
        "run_failure": draws.one("software.run_failure"), "setback": draws.one("software.setback"),
        "setback_kept": draws.one("software.setback_kept"), "repay": draws.one("orders.repay_months"),
        "diverted": draws.one("orders.diverted"), "committed": draws.one("supply.committed_months"),
        "cover": draws.one("supply.cover_months"),
        "habit": draws.one("choice.habit"), "base": share / share.sum(0) * draws.one("choice.installed_before"),
        "us_mix": np.stack([draws.one(f"us.mix.{measure}") for measure in MEASURES]),
        **{name: draws.one(f"software.{name}") for name in ("run_days", "serving_use")},
        "run_flops": np.full(n, speed.flops_a_token()),
    }  # fmt: skip


def _reaches(access: tuple[str, ...], route: str) -> bool:
    return {"legal": "foreign_legal", "grey": "foreign_grey", "domestic": "domestic"}[route] in access


def _costs(made: Plan, draws: PriorDraws) -> NDArray[np.float64]:
    """Cost to the maker; world price of a grey chip, ``[c d]``."""
    return np.stack([draws.one(offer.cost) for offer in made.offers])


def package_of(offer: Offer) -> Package:
    """What a Huawei offer is made of.

    Raises:
        InternalError: Its record does not say; ``chipgate data check`` finds this.
    """
    if offer.package is None:
        raise InternalError(f"{offer.id} is made by Huawei and has no package")
    return offer.package


def _start(stack: str, draws: PriorDraws) -> NDArray[np.float64]:
    name = stack if stack in ("rocm", "cann") else "domestic_other"
    return np.stack([draws.one(f"software.start.{name}.{w}") for w in ("training", "inference")])


def _value(chip: Chip, field: str, fallback: float) -> float:
    number = chip.specs.get(field)
    if number is None:
        return fallback
    if number.value is not None:
        return number.value
    return (number.bounds[0] + number.bounds[1]) / 2


def _tastes(made: Plan, streams: Streams, draws: PriorDraws) -> NDArray[np.float64]:
    """Utility beyond worth per USD, ``[b c d]``: of the offer, and of the buyer for domestic chips."""
    rows = [np.zeros(made.draws) if o.taste is None else draws.one(o.taste) for o in made.offers]
    taste = np.broadcast_to(np.stack(rows), (len(made.buyers), len(rows), made.draws)).copy()
    for b, buyer in enumerate(made.buyers):
        part = _number(buyer.numbers["domestic_stack_preference"], streams, f"buyer:{buyer.id}:preference")
        lean = 0.5 * (logit(np.clip(part, 0.02, 0.98)) + 1.0)
        for c, offer in enumerate(made.offers):
            if offer.route == "domestic":
                taste[b, c] += lean
            if made.catalogue.firms[made.catalogue.makers[offer.vendor].firm].parent in buyer.members:
                taste[b, c] += draws.one("taste.own_make")
    return taste


def _passes(made: Plan, draws: PriorDraws) -> NDArray[np.float64]:
    """Share of ordinary demand let through at each level, with an effect of each family, ``[4 f d]``."""
    spread = draws.one("beijing.episode_spread")
    common = [draws.one(f"beijing.pass.{level}") for level in (1, 2, 3)]
    table = np.ones((4, len(made.structure.families), made.draws))
    for f, family in enumerate(made.structure.families):
        shift = spread * draws.score(f"episode:{family}")
        shares = [expit(logit(share) + shift) for share in common]
        # A stricter level never lets more through.
        table[1, f], table[2, f], table[3, f] = np.minimum.accumulate(np.stack(shares), axis=0)
    return table


def _number(number: Sourced, streams: Streams, name: str) -> NDArray[np.float64]:
    """Draws of an assumed figure of a buyer, straight between its bounds and its central value."""
    u = streams.uniform(name)
    low, high = number.bounds
    middle = number.value if number.value is not None else (low + high) / 2
    return np.where(u < 0.5, low + (middle - low) * 2 * u, middle + (high - middle) * (2 * u - 1))
