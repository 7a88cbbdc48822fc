"""One month of the market.

Order of a month:

 1. Washington's gate moves, then Beijing's (or each stands where it is given); what both let through follows.
 2. Orders of last month that a gate now stops are cancelled.
 3. Huawei makes what its tightest input allows; the other makers add their production to stock.
 4. Budgets: the share of the year, less what was spent ahead.
 5. Renting abroad competes with chips at the rent of last month. Prices: the Bertrand equilibrium of this month's
    ordinary demand against what there is.
 6. Orders: the ordinary ones are delivered; fear of a closure adds orders to the backlog; the backlog is
    delivered over its lead time from what is left.
 7. Stocks: makers' stock, installed chips by stage of life, software use, debt.
 8. Each gate's toll: what would have been bought with all gates open, and which gate took how much.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jax import Array

from chipgate.arrays.inputs import Constants, Monthly, Structure
from chipgate.market.choice import TINY, attraction
from chipgate.market.domestic import Output, produce
from chipgate.market.gate import let_through, next_level
from chipgate.market.pricing import Market, Prices, demand_at, solve
from chipgate.market.rental import outside_option, rent
from chipgate.market.software import habit, maturity, next_setback, run_fails
from chipgate.market.state import STAGES, State
from chipgate.market.sums import over, total
from chipgate.market.washington import next_opening


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Record:
    """What a month leaves behind; draw axis last.

    Attributes:
        delivered: ``[b c d]``; ``ordered``, ``cancelled``: ``[c d]``; ``ahead``: ordered for fear of a closure, part of
            ``ordered``, ``[c d]``; ``backlog``, ``stock``, ``made``: ``[c d]``.
        diverted: Units sold elsewhere, ``[c d]``.
        adjusted: Units by which stock was set to an observed figure or moved by a scenario, ``[c d]``.
        training_share: Part of deliveries for training, ``[c d]``.
        street, listed: Prices, USD a chip, ``[c d]``; ``fee``: receipts, USD, ``[c d]``.
        revenue: To makers before the fee, USD, ``[c d]``; ``cost``: of what was delivered, USD, ``[c d]``.
        stranded: USD of stock and orders written off this month, ``[c d]``.
        latent: Units wanted with all gates open, ``[c d]``; ``lost``: units that Washington, Beijing and supply
            took from that, ``[3 c d]``.
        outside: USD spent abroad or kept, ``[w d]``; ``rented``: contracts signed abroad out of that, USD, ``[b d]``;
            ``rent_tight``: log of the rent over its reference, ``[d]``.
        maturity: ``[s w d]``; ``failure``: chance that a frontier run was abandoned, ``[s d]``.
        installed: ``[b c d]``; ``work``: ``[w c d]``.
        level: ``[f k d]``; ``us_open``: ``[c d]``.
        bank, stacks, good_dies, dies_used, stacks_used, binding: Huawei, ``[d]``; ``limits``: ``[3 d]``.
        sufficiency: ``[w d]``.
        residual, sweeps: Of the price iteration, ``[d]``.
    """

    delivered: Array
    ordered: Array
    ahead: Array
    cancelled: Array
    backlog: Array
    stock: Array
    made: Array
    diverted: Array
    adjusted: Array
    training_share: Array
    street: Array
    listed: Array
    fee: Array
    revenue: Array
    cost: Array
    stranded: Array
    latent: Array
    lost: Array
    outside: Array
    rented: Array
    rent_tight: Array
    maturity: Array
    failure: Array
    installed: Array
    work: Array
    level: Array
    us_open: Array
    bank: Array
    stacks: Array
    good_dies: Array
    dies_used: Array
    stacks_used: Array
    binding: Array
    limits: Array
    sufficiency: Array
    residual: Array
    sweeps: Array


def step(
    structure: Structure, constants: Constants, state: State, month: Monthly, *, tolerance: float, differentiable: bool
) -> tuple[State, Record]:
    """Advance one month; ``month`` is one slice of :class:`Monthly`."""
    foreign = _mask(structure, 0)
    opened = next_opening(structure, constants, state, month)
    month = replace(month, us_open=opened.us_open, fee=opened.fee)
    level = next_level(constants, state.level, month.level_given, opened.react, month.move_u, state.sufficiency)
    passed = let_through(structure, constants, level)
    washington = jnp.where(foreign > 0, month.us_open, 1.0)
    state, cancelled = _cancel(constants, state, passed, washington, foreign)

    output, made = _make(structure, constants, state, month)
    carried = state.stock * month.stock_factor + made
    available = jnp.maximum(jnp.where(jnp.isnan(month.stock_set), carried, month.stock_set), 0.0)
    adjusted = available - state.stock - made

    budget = _budget(constants, state, month)
    mature = maturity(structure, constants, state.use, state.setback)
    option = outside_option(constants, month, state.rent_tight)
    market, attract_open = _market(
        structure, constants, state, month, passed, washington, mature, available, budget, option.utility
    )
    prices = solve(structure, market, state.x, tolerance=tolerance, differentiable=differentiable)
    found, street, _ = demand_at(structure, market, prices.x)

    rented, tight = rent(constants, month, option, found.outside, state.rent_tight)

    units = found.spend / street[None, None]
    ordinary, training = over(units, 1), units[:, 0]
    # Grey supply is what it is; everything else cannot deliver more than there is.
    ration = jnp.minimum(1.0, market.supply / jnp.maximum(over(ordinary, 0), TINY))
    ration = jnp.where(_mask(structure, 1) > 0, 1.0, ration)
    ordinary, training = ordinary * ration, training * ration
    ahead, debt = _pull_forward(constants, state, month, ordinary, street, foreign, budget)
    due = (state.backlog + ahead) / constants.lead * passed * washington
    left = jnp.maximum(available - over(ordinary, 0), 0.0) * foreign
    due = due * jnp.minimum(1.0, left / jnp.maximum(over(due, 0), TINY))
    delivered = ordinary + due
    share = over(training, 0) / jnp.maximum(over(ordinary, 0), TINY)

    grey_made = over(ordinary, 0) * _mask(structure, 1)
    made = made + grey_made
    left_over = available + grey_made - over(delivered, 0)
    stranded = _stranded(constants, month, state, left_over, market.base, foreign)
    diverted = _diverted(structure, constants, left_over, washington)
    after = left_over - diverted
    backlog = state.backlog + ahead - due
    latent, lost = _toll(structure, market, attract_open, prices, passed, washington, delivered, foreign)
    sufficiency = _sufficiency(structure, constants, mature, delivered, share, latent)
    installed, work = _age(constants, state, delivered, share)
    chance, failed = run_fails(constants, mature[:, 0], month.fail_u, month.run_month)
    listed = market.base * jnp.exp(prices.list_x)
    kept = listed + constants.vendor_share * (street - listed)
    new = State(
        x=prices.x, stock=after, pace=0.7 * state.pace + 0.3 * over(delivered, 0), backlog=backlog, passed=passed,
        us_open=month.us_open, us_stands=opened.stands, us_since=opened.since, us_react=opened.react, debt=debt,
        installed=installed, work=work, use=state.use + month.learning * _by_stack(structure, total(work)),
        setback=next_setback(constants, state.setback, failed), level=level, bank=output.bank, stacks=output.stacks,
        wafers=output.wafers, rent_tight=tight, sufficiency=sufficiency.mean(0),
    )  # fmt: skip
    record = Record(
        delivered=delivered, ordered=over(ordinary + ahead, 0), ahead=over(ahead, 0), cancelled=over(cancelled, 0),
        backlog=over(backlog, 0),
        stock=after, made=made, diverted=diverted, adjusted=adjusted, training_share=share, street=street,
        listed=listed,
        fee=month.fee * kept * over(delivered, 0), revenue=kept * over(delivered, 0),
        cost=market.base * over(delivered, 0), stranded=stranded, latent=latent, lost=lost,
        outside=over(found.outside, 0), rented=rented, rent_tight=state.rent_tight,
        maturity=mature, failure=chance, installed=total(installed),
        work=total(work),
        level=level, us_open=washington, bank=output.bank, stacks=output.stacks, good_dies=output.good_dies,
        dies_used=output.dies_used, stacks_used=output.stacks_used, binding=output.binding, limits=output.limits,
        sufficiency=sufficiency, residual=prices.residual,
        sweeps=jnp.broadcast_to(prices.sweeps, prices.residual.shape),
    )  # fmt: skip
    return new, record


def _mask(structure: Structure, route: int) -> Array:
    return jnp.array([[1.0 if r == route else 0.0] for r in structure.route])


def _cancel(
    constants: Constants, state: State, passed: Array, washington: Array, foreign: Array
) -> tuple[State, Array]:
    """Drop orders that a gate stops: at a rate while Washington's is shut, at once by Beijing's new share."""
    shut = jnp.exp(-constants.cancel * (1 - washington))
    tightened = jnp.minimum(1.0, passed / jnp.maximum(state.passed, TINY))
    kept = state.backlog * shut * tightened * foreign
    return replace(state, backlog=kept), state.backlog - kept


def _make(structure: Structure, constants: Constants, state: State, month: Monthly) -> tuple[Output, Array]:
    """Huawei's month, and units that all makers add to stock, ``[c d]``."""
    output = produce(
        constants, month.mix, month.packaging, month.wafers, month.yield_odds, month.dies_in, month.stacks_in,
        state.bank, state.stacks, state.wafers,
    )  # fmt: skip
    # A maker that holds more than some months of sales makes less; one that has sold nothing yet makes its plan.
    cover = jnp.where(state.pace > 0, constants.cover * state.pace / jnp.maximum(state.stock, TINY), 1.0)
    planned = month.production * jnp.clip(jnp.maximum(cover, 0.02), 0.0, 1.0)
    made = jnp.where(state.stock > month.production * constants.cover, planned, month.production)
    made = made * (1 - _mask(structure, 1))
    for product, offer in enumerate(structure.huawei):
        made = made.at[offer].set(output.units[product])
    return output, made


def _budget(constants: Constants, state: State, month: Monthly) -> Array:
    """USD a month by buyer and workload, less what was spent ahead, ``[b w d]``."""
    own = constants.share * month.budget
    repay = jnp.minimum(state.debt / constants.repay, 0.5 * own)
    rest = own - repay
    return jnp.stack([rest * constants.training, rest * (1 - constants.training)], axis=1)


def _market(
    structure: Structure, constants: Constants, state: State, month: Monthly, passed: Array, washington: Array,
    mature: Array, available: Array, budget: Array, outside: Array,
) -> tuple[Market, Array]:  # fmt: skip
    """This month's market, and attraction with all gates open."""
    worth = constants.log_phi + jnp.log(jnp.stack([mature[s] for s in structure.stack], axis=1))
    reachable = constants.access * month.live
    taste = constants.taste + habit(structure, constants, total(state.installed))
    attract = attraction(taste, reachable * passed * washington, constants.lam)
    due = over(state.backlog / constants.lead, 0)
    supply = jnp.minimum(jnp.maximum(available - due, 0.1 * available), month.cap)
    active = jnp.where(reachable.max(0) * washington > 0, 1.0, 0.0) * jnp.where(
        (available > 1.0) | (_mask(structure, 1) > 0), 1.0, 0.0
    )
    market = Market(
        base=constants.cost, fee=month.fee, own=constants.own, tariff=constants.tariff, supply=supply, active=active,
        log_worth=worth - month.log_ref[:, None, :], attract=attract * active, budget=budget, alpha=constants.alpha,
        lam=constants.lam, outside=outside, markup=constants.markup, grey_scale=constants.grey_scale,
        grey_elasticity=constants.grey_elasticity,
    )  # fmt: skip
    # With all gates open a buyer could have what its maker sells now: an offer without stock is not wanted.
    sold = jnp.where((available > 1.0) | (_mask(structure, 1) > 0), 1.0, 0.0)
    return market, attraction(taste, reachable * sold, constants.lam)


def _pull_forward(
    constants: Constants, state: State, month: Monthly, ordinary: Array, street: Array, foreign: Array, budget: Array
) -> tuple[Array, Array]:
    """Orders beyond the ordinary ones that fear of a closure adds, ``[b c d]``, and the debt they leave, ``[b d]``."""
    wanted = ordinary * (constants.pull_multiple - 1) * month.fear * foreign
    cost = over(wanted * street, 1)
    year = 12 * over(budget, 1)
    room = jnp.maximum(constants.pull_share * year - state.debt, 0.0)
    ahead = wanted * jnp.minimum(1.0, room / jnp.maximum(cost, TINY))[:, None, :]
    spent = over(ahead * street, 1)
    repaid = jnp.minimum(state.debt / constants.repay, year / 24)
    return ahead, jnp.maximum(state.debt + spent - repaid, 0.0)


def _stranded(constants: Constants, month: Monthly, state: State, stock: Array, base: Array, foreign: Array) -> Array:
    """USD written off as Washington's gate shuts: stock at cost, and the months of production already ordered."""
    shutting = jnp.maximum(state.us_open - month.us_open, 0.0)
    return foreign * shutting * (jnp.maximum(stock, 0.0) + constants.committed * month.production) * base


def _diverted(structure: Structure, constants: Constants, stock: Array, washington: Array) -> Array:
    """Stock that a maker sells elsewhere while Washington's gate is shut, for offers with a world market."""
    elsewhere = jnp.array([[1.0 if w else 0.0] for w in structure.world])
    return elsewhere * (1 - washington) * constants.diverted * jnp.maximum(stock, 0.0)


def _toll(
    structure: Structure, market: Market, attract_open: Array, prices: Prices, passed: Array, washington: Array,
    delivered: Array, foreign: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Units wanted with all gates open at the makers' own prices, and what each gate took, in the order of gates.

    Grey and domestic chips keep the street price of the month.
    """
    open_market = replace(market, attract=attract_open)
    found, price, _ = demand_at(structure, open_market, jnp.where(foreign > 0, prices.list_x, prices.x))
    wanted = over(found.spend, 1) / price[None]
    after_us = wanted * washington
    after_both = after_us * passed
    short = jnp.maximum(over(after_both, 0) - over(delivered, 0), 0.0)
    lost = jnp.stack([over(wanted - after_us, 0), over(after_us - after_both, 0), short])
    return over(wanted, 0), lost * foreign


def _sufficiency(
    structure: Structure, constants: Constants, mature: Array, delivered: Array, share: Array, latent: Array
) -> Array:
    """Domestic compute delivered over all that is delivered and held back by gates, by workload, ``[w d]``."""
    quality = jnp.exp(constants.log_phi) * jnp.stack([mature[s] for s in structure.stack], axis=1)
    part = jnp.stack([share, 1 - share])
    got = over(delivered, 0) * part * quality
    foreign = _mask(structure, 0)
    wanted = over(got, 1) + over(jnp.maximum(latent - over(delivered, 0), 0.0) * part * quality * foreign, 1)
    return over(got * _mask(structure, 2), 1) / jnp.maximum(wanted, TINY)


def _age(
    constants: Constants, state: State, delivered: Array, share: Array
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Installed chips by buyer and by workload after arrivals and a month of wear."""
    rate = 1 - jnp.exp(-STAGES / constants.life)

    def wear(stages: tuple[Array, ...], arriving: Array) -> tuple[Array, ...]:
        # Stages stand apart: moved along one stacked array they would be copied every month.
        leaving = [stage * rate for stage in stages]
        entering = [arriving, *leaving[:-1]]
        return tuple(s - out + new for s, out, new in zip(stages, leaving, entering, strict=True))

    by_work = over(delivered, 0) * jnp.stack([share, 1 - share])
    return wear(state.installed, delivered), wear(state.work, by_work)


def _by_stack(structure: Structure, work: Array) -> Array:
    """Chips at work by stack and workload, ``[s w d]``."""
    rows = []
    for stack in range(len(structure.stacks)):
        inside = [c for c, s in enumerate(structure.stack) if s == stack]
        rows.append(sum((work[:, c] for c in inside), start=jnp.zeros_like(work[:, 0])))
    return jnp.stack(rows)
