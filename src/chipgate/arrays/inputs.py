"""The pytrees that the numerical core reads.

Axes: ``t`` month, ``b`` buyer, ``k`` policy class of buyers, ``w`` workload (training, inference), ``c`` offer (a
chip on a route), ``f`` policy family of offers, ``s`` software stack, ``h`` Huawei product, ``d`` draw. The draw
axis is last everywhere, so that each operation runs over contiguous draws.
"""

from dataclasses import dataclass

import jax
from jax import Array

WORKLOADS: tuple[str, ...] = ("training", "inference")
MEASURES: tuple[str, ...] = ("fp8", "fp4", "memory_bandwidth", "usd")
"""Measures of compute: dense FP8 and FP4 rate (a chip without the format counts its next wider one), memory
bandwidth, and money at cost; each over that of one H100, so in H100-equivalents."""


@dataclass(frozen=True)
class Structure:
    """What is the same in every draw and shapes the compiled program; hashable.

    Attributes:
        buyers, offers, families, classes, stacks, vendors: Ids in array order.
        route: Route of each offer: 0 legal, 1 grey, 2 domestic.
        vendor: Pricing vendor of each offer; grey offers have none (-1).
        stack: Software stack of each offer.
        family: Policy family of each offer; ``class_of``: policy class of each buyer.
        world: Offers that also sell elsewhere.
        huawei: Offers that Huawei makes. ``followers``: stacks that learn.
        months: Number of months.
    """

    buyers: tuple[str, ...]
    offers: tuple[str, ...]
    families: tuple[str, ...]
    classes: tuple[str, ...]
    stacks: tuple[str, ...]
    vendors: tuple[str, ...]
    route: tuple[int, ...]
    vendor: tuple[int, ...]
    stack: tuple[int, ...]
    family: tuple[int, ...]
    class_of: tuple[int, ...]
    world: tuple[bool, ...]
    huawei: tuple[int, ...]
    followers: tuple[bool, ...]
    months: int

    def offers_of(self, route: int) -> tuple[int, ...]:
        """Indices of the offers on a route."""
        return tuple(i for i, r in enumerate(self.route) if r == route)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Monthly:
    """Inputs by month, scanned over; leading axis ``t``.

    Attributes:
        live: 1 where an offer is on the market, ``[t c d]``.
        us_open: Share of a month in which Washington lets it through by the law known at the as-of date, ``[t c d]``.
        fee: Share of revenue due to Washington, duty included, ``[t c d]``.
        us_given, fee_given: 1 where later acts of the process change neither, ``[t c 1]``.
        us_future: 1 after the as-of date, ``[t 1]``; ``us_u``: uniforms of Washington's later acts by sub-step,
            ``[t 4 f d]``.
        cap: Licensed units a month at most, ``[t c d]``.
        production: Units made for China, ``[t c d]``; Huawei's are made by the model.
        stock_set: Observed stock of an offer, NaN where none was observed, ``[t c d]``.
        stock_factor: Factor on the stock carried over, where a scenario moves it, ``[t c 1]``.
        budget: USD a month of all buyers, outside option included, ``[t d]``.
        fear: How much a closure is feared, 0 to 1, ``[t c d]``.
        level_given: Level of Beijing's gate where history or a scenario gives it, -1 where the process runs,
            ``[t f k d]``.
        move_u: Uniforms of the moves of Beijing's gate, ``[t 4 2 f d]`` (sub-step, up or down).
        packaging, wafers: Huawei's packages and wafers a month, ``[t d]``.
        yield_odds: Factor on the odds of a good die, ``[t 1]``; ``learning``: on the speed of software, ``[t 1]``.
        dies_in, stacks_in: Dies and memory stacks that arrive from outside, ``[t d]``.
        mix: Share of each Huawei product in packages, ``[t h d]``.
        log_ref: Log worth per USD of compute rented abroad, ``[t w d]``.
        rent_capacity: USD of contracts a month that hosts abroad can take, ``[t d]``; ``rent_open``: share of renting
            that both governments leave open, ``[t d]``; ``rent_rate``: H100e per USD of a contract by measure, read by
            metrics alone, ``[t m d]``.
        fail_u: Uniform of a frontier run's fate, ``[t d]``.
        run_month: 1 where frontier runs are attempted, ``[t 1]``.
    """

    live: Array
    us_open: Array
    fee: Array
    us_given: Array
    fee_given: Array
    us_future: Array
    us_u: Array
    cap: Array
    production: Array
    stock_set: Array
    stock_factor: Array
    budget: Array
    fear: Array
    level_given: Array
    move_u: Array
    packaging: Array
    wafers: Array
    yield_odds: Array
    learning: Array
    dies_in: Array
    stacks_in: Array
    mix: Array
    log_ref: Array
    rent_capacity: Array
    rent_open: Array
    rent_rate: Array
    fail_u: Array
    run_month: Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Constants:
    """Inputs that do not change over time; draw axis last.

    Attributes:
        share: Buyers' shares of the budget, ``[b d]``; ``training``: part of it for training, ``[b d]``.
        exposure: How much of Beijing's pressure a buyer feels, ``[b d]``.
        access: 1 where a buyer may use an offer's route, ``[b c 1]``.
        log_phi: Log throughput of a chip on a mature stack, ``[w c d]``.
        own: Ownership cost beside the price, USD a chip, ``[c d]``.
        cost: Cost of a chip to its maker, or world price of a grey one, USD, ``[c d]``.
        taste: Utility beyond worth per USD, ``[b c d]``.
        alpha: Sensitivity, ``[w d]``; ``lam``: nesting parameter, ``[d]``; ``outside``: utility, ``[d]``.
        passes: Share of ordinary demand let through at levels 0 to 3, ``[4 f d]``.
        rates: Monthly rates of Beijing's moves: first act, tightening, relaxing, ``[3 f d]``; ``sufficiency``: the
            response of the first two, ``[d]``.
        react: Monthly rate of tightening right after an opening by Washington, ``[d]``; ``react_kept``: part left a
            month later, ``[1]``.
        us_close, us_reopen: Monthly rates of Washington's later acts, ``[f d]``.
        rebuff_close, rebuff_open: Log of the factor on them where Beijing refuses, ``[d]``.
        us_stands: 1 where a family is open in law, ``[f d]``; ``us_lag``: months from licence to shipment, ``[d]``;
            ``later_fee``: share of revenue that a later opening costs, ``[d]``.
        tariff: Import duty of China on foreign chips, ``[d]``.
        markup, grey_scale, grey_elasticity: Grey supply, ``[d]``, ``[c d]``, ``[d]``.
        lead, cancel, pull_multiple, pull_share, vendor_share, life: ``[d]``; months, 1/month, ratio, fraction,
            fraction, months.
        gross_dies, yield_start, yield_ceiling, yield_learning, assembly_yield: Huawei's dies, ``[d]``.
        dies_per, stacks_per: Dies and memory stacks per package, ``[h 1]``. ``drawdown``: months that a stock of them
            lasts at the least, ``[d]``.
        start: Maturity at the start, ``[s w d]``; ``ceiling``: ``[d]``; ``half_use``: chip-months, ``[w d]``.
        run_failure: ``[d]``; ``setback``: log maturity that a failed run costs, ``setback_kept``: part of it left a
            month later, ``[d]``.
        repay, diverted, committed, cover: Months in which spending ahead is made up, part of a stock sold elsewhere
            in a month of closure, months of production ordered firmly, months of sales held at the most, ``[d]``.
        habit: Utility that a stack gains as it comes to run all of a buyer's chips, ``[d]``; ``base``: chips on the
            leading stack before the first month, by buyer, ``[b d]``.
        rent_share: Part of the outside option that is renting abroad, ``[d]``; ``rent_reach``: part of that which a
            buyer may send abroad, ``[b w d]``; ``rent_term``: months of a contract, ``[d]``.
        us_mix, run_flops, run_days, serving_use: Read by metrics alone: the US fleet by measure over its
            H100-equivalents, ``[m d]``, FLOP a token and days of a frontier run, part of the day that serves, ``[d]``.
    """

    share: Array
    training: Array
    exposure: Array
    access: Array
    log_phi: Array
    own: Array
    cost: Array
    taste: Array
    alpha: Array
    lam: Array
    outside: Array
    passes: Array
    rates: Array
    sufficiency: Array
    react: Array
    react_kept: Array
    us_close: Array
    us_reopen: Array
    rebuff_close: Array
    rebuff_open: Array
    us_stands: Array
    us_lag: Array
    later_fee: Array
    tariff: Array
    markup: Array
    grey_scale: Array
    grey_elasticity: Array
    lead: Array
    cancel: Array
    pull_multiple: Array
    pull_share: Array
    vendor_share: Array
    life: Array
    gross_dies: Array
    yield_start: Array
    yield_ceiling: Array
    yield_learning: Array
    assembly_yield: Array
    dies_per: Array
    stacks_per: Array
    drawdown: Array
    start: Array
    ceiling: Array
    half_use: Array
    run_failure: Array
    setback: Array
    setback_kept: Array
    repay: Array
    diverted: Array
    committed: Array
    cover: Array
    habit: Array
    base: Array
    rent_share: Array
    rent_reach: Array
    rent_term: Array
    us_mix: Array
    run_flops: Array
    run_days: Array
    serving_use: Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Inputs:
    """All inputs of a run."""

    monthly: Monthly
    constants: Constants
