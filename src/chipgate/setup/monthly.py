"""Inputs by month: gates, supply, budgets, fear."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.keys import Streams
from chipgate.market.gate import SUB_STEPS
from chipgate.schema.beliefs import HazardRule
from chipgate.schema.tables import Event
from chipgate.setup import beijing
from chipgate.setup.draws import PriorDraws, month_index
from chipgate.setup.hazards import rate_of_chance
from chipgate.setup.huawei import huawei_paths
from chipgate.setup.law import Washington, washington
from chipgate.setup.levers import Settings, future_factor
from chipgate.setup.plan import Plan
from chipgate.setup.rental import rental_constants, rental_paths
from chipgate.setup.signals import followers
from chipgate.setup.throughput import Throughput


def monthly_of(
    made: Plan, streams: Streams, draws: PriorDraws, constants: dict[str, NDArray[Any]], speed: Throughput
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64], dict[str, float]]:
    """Arrays of :class:`chipgate.arrays.inputs.Monthly` by name, the US stock, and the counts behind both gates.

    Constants that follow from the gates and from renting abroad are added to ``constants``.
    """
    months, settings = made.months, made.settings
    gate = washington(
        made.catalogue, streams, draws, made.offers, made.structure.families, months, made.as_of,
        settings.number("washington.close_rate", 1.0),
    )  # fmt: skip
    given = _apply_levers(made, gate)
    levels = beijing.history_levels(
        made.catalogue, streams, made.structure.families, made.structure.classes, months, made.as_of
    )
    _fix_levels(made, levels)
    rule = beijing.rule_of(made.catalogue)
    counts = beijing.count(made.catalogue, rule, gate.let_in, made.as_of)
    rates, answer = draws.once(
        "beijing:rates", lambda: beijing.draw_rates(made.catalogue, counts, made.structure.families, streams)
    )
    followers(made, streams, rates[1], levels)
    rates[:2] *= settings.number("beijing.escalation", 1.0)
    constants["rates"] = rates
    constants |= _later_acts(draws, gate, rule, answer, settings.number("beijing.reaction", 1.0))
    constants |= rental_constants(made, draws)
    now = month_index(months, made.as_of)
    grey = _factor(settings, "washington.smuggling_enforcement", months, default=0.0)
    production, stock_set = _production(made, draws)
    arrays = {
        "live": _live(made), "us_open": gate.us_open, "fee": gate.fee, "cap": np.minimum(gate.cap, 1e9),
        "production": production, "stock_set": stock_set, "stock_factor": _stock_factor(made),
        "budget": _budget(made, draws), "level_given": levels,
        "fear": draws.once("orders:fear", lambda: (_fear(made, draws),))[0],
        "us_given": given["washington.open"], "fee_given": given["washington.fee"], "us_u": gate.u,
        "us_future": np.array([[float(t > now)] for t in range(len(months))]),
        "move_u": np.stack(
            [streams.by_month(f"beijing:moves:{f}", len(months), (SUB_STEPS, 2)) for f in made.structure.families],
            axis=3,
        ),
        "fail_u": streams.by_month("run:fate", len(months)),
        "run_month": np.array([[float(m.month in (3, 9) and m.year >= 2023)] for m in months]),
    }  # fmt: skip
    arrays |= huawei_paths(made, draws) | rental_paths(made, streams, draws, constants["life"], speed, gate.remote)
    # Enforcement removes grey supply; it acts on the month's liveness of grey offers as a part of their volume.
    for c, offer in enumerate(made.offers):
        if offer.route == "grey":
            arrays["live"][:, c] *= np.maximum(1 - grey, 0.01)[:, None]
    us_stock = draws.path("us.stock", months)
    if us_stock is None:
        raise AssertionError("the path us.stock has an anchor known from the first day")
    return arrays, us_stock, gate.counts | counts.numbers()


def _live(made: Plan) -> NDArray[np.float64]:
    live = np.zeros((len(made.months), len(made.offers), 1))
    for c, offer in enumerate(made.offers):
        for t, month in enumerate(made.months):
            inside = offer.first.first <= month and (offer.last is None or month <= offer.last.first)
            live[t, c] = float(inside)
    return live


def _apply_levers(made: Plan, gate: Washington) -> dict[str, NDArray[np.float64]]:
    """Scenario settings over the law, from the month of the as-of date or as dated; where they stand, ``[t c 1]``."""
    given = {path: np.zeros((len(made.months), len(made.offers), 1)) for path in ("washington.open", "washington.fee")}
    for c, offer in enumerate(made.offers):
        # Offers of the other routes, and those that only a scenario opens, know no later acts.
        given["washington.open"][:, c] = float(offer.route != "legal" or offer.only_if_allowed)
    for c, offer in enumerate(made.offers):
        if offer.route != "legal":
            continue
        for path, array in (("washington.open", gate.us_open), ("washington.fee", gate.fee),
                            ("washington.volume_cap", gate.cap)):  # fmt: skip
            values = _dated(made, f"{path}.{offer.family}")
            for t in np.flatnonzero(~np.isnan(values)):
                array[t, c] = values[t]
            if path in given:
                given[path][:, c, 0] = np.maximum(given[path][:, c, 0], ~np.isnan(values))
    return given


def _fix_levels(made: Plan, levels: NDArray[np.int32]) -> None:
    for f, family in enumerate(made.structure.families):
        for path, classes in (("beijing.level", range(len(made.structure.classes))),
                              ("beijing.level_state", [made.structure.classes.index("state_funded")])):  # fmt: skip
            values = _dated(made, f"{path}.{family}")
            for t in np.flatnonzero(~np.isnan(values)):
                for k in classes:
                    levels[t, f, k] = round(float(values[t]))


def _dated(made: Plan, path: str) -> NDArray[np.float64]:
    return made.settings.ahead(path, made.months, made.as_of)


def _factor(settings: Settings, path: str, months: Sequence[date], default: float = 1.0) -> NDArray[np.float64]:
    return np.nan_to_num(settings.by_month(path, months), nan=default)


def _future_factor(made: Plan, path: str) -> NDArray[np.float64]:
    return future_factor(made.settings, path, made.months, made.as_of)


def _production(made: Plan, draws: PriorDraws) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Units made for China by month, and observed stocks."""
    shape = (len(made.months), len(made.offers), made.draws)
    made_units, stock = np.zeros(shape), np.full(shape, np.nan)
    paths: dict[str, NDArray[np.float64] | None] = {}
    for c, offer in enumerate(made.offers):
        if offer.supply == "huawei" or offer.route == "grey":
            continue
        if offer.supply not in paths:
            paths[offer.supply] = draws.path(f"supply.{offer.supply}", made.months)
        path = paths[offer.supply]
        if path is None:
            continue
        lever = f"nvidia_amd.supply.{offer.supply}" if offer.route == "legal" else "domestic.supply"
        made_units[:, c] = path * _future_factor(made, lever)[:, None]
        for t, month in enumerate(made.months):
            if month < offer.first.first or (offer.last is not None and month > offer.last.first):
                made_units[t, c] = 0.0
        _observed_stock(made, draws, offer.supply, c, made_units, stock)
    return made_units, stock


def _observed_stock(
    made: Plan, draws: PriorDraws, supply: str, c: int, units: NDArray[np.float64], stock: NDArray[np.float64]
) -> None:
    """Set stock where a figure was published, and let the line restart from zero after it."""
    for name in made.catalogue.priors:
        if not name.startswith(f"supply.stock.{supply}.") or not draws.known(name):
            continue
        year, month = name.rpartition(".")[2].split("_")
        t = month_index(made.months, date(int(year), int(month), 1))
        if not 0 <= t < len(made.months):
            continue
        stock[t, c] = draws.one(name)
        lead = draws.one("supply.restart_lead")
        order = f"supply.order.{supply}.{year}_{month}"
        since = np.arange(len(made.months))[:, None] - t
        restarted = np.clip(since - lead[None] + 1, 0, 1)
        after = since > 0
        units[:, c] = np.where(after, units[:, c] * restarted, units[:, c])
        if draws.known(order):
            # The order at the foundry arrives over half a year once the line runs.
            arriving = (restarted > 0) & (since - lead[None] < 6)
            factor = _future_factor(made, f"nvidia_amd.supply.{supply}")[:, None]
            ordered = draws.one(order) / 6 * factor
            units[:, c] = np.where(after & arriving, np.maximum(units[:, c], ordered), units[:, c])


def _stock_factor(made: Plan) -> NDArray[np.float64]:
    """What a maker's supply lever does to the stock that it holds: it is sent to or taken from other markets."""
    found = np.ones((len(made.months), len(made.offers), 1))
    for c, offer in enumerate(made.offers):
        if offer.route == "legal":
            factor = _future_factor(made, f"nvidia_amd.supply.{offer.supply}")
            before = np.concatenate([[1.0], factor[:-1]])
            # Nothing is left of a stock that was sent away, so a later factor finds nothing to multiply.
            found[:, c, 0] = np.where(before > 0, factor / np.maximum(before, 1e-9), 1.0)
    return found


def _budget(made: Plan, draws: PriorDraws) -> NDArray[np.float64]:
    path = draws.path("budget.total", made.months)
    if path is None:
        raise AssertionError("the path budget.total has an anchor known from the first day")
    return path / 12 * _future_factor(made, "buyers.budget")[:, None]


def _fear(made: Plan, draws: PriorDraws) -> NDArray[np.float64]:
    """How much buyers fear a closure: a base, and a step for each recent binding act of Washington on chips."""
    acts = [e for e in made.catalogue.events.values() if _binding_us_act(e, made.as_of)]
    base, step, span = (draws.one(f"orders.fear_{name}") for name in ("base", "step", "months"))
    fear = np.broadcast_to(base, (len(made.months), made.draws)).copy()
    for t, month in enumerate(made.months):
        for act in acts:
            age = _months_between(act.known_since.first, month)
            # The last month counts for the part of it that still lies within the span.
            fear[t] += step * (np.clip(span - age + 1, 0, 1) if age > 0 else 0.0)
    legal = np.array([[float(o.route == "legal")] for o in made.offers])
    return np.asarray(np.clip(fear, 0, 1)[:, None] * legal)


def _binding_us_act(event: Event, as_of: date) -> bool:
    return (
        event.actor_country == "US"
        and event.direction == "tighten"
        and event.instrument in ("threshold_rule", "license_requirement")
        and event.authority in ("formal_rule", "formal_order")
        and event.known_since.last <= as_of
    )


def _months_between(first: date, later: date) -> int:
    return (later.year - first.year) * 12 + later.month - first.month


def _later_acts(
    draws: PriorDraws, gate: Washington, rule: HazardRule, answer: NDArray[np.float64], factor: float
) -> dict[str, NDArray[np.float64]]:
    """Constants of both governments' later acts."""
    return {
        "react": rate_of_chance(rule, answer) * factor, "react_kept": np.array([np.exp(-1 / rule.fades_months)]),
        "us_close": gate.close, "us_reopen": gate.reopen, "us_stands": gate.stands,
        "us_lag": draws.one("washington.shipment_lag"), "later_fee": draws.one("washington.later_fee"),
        "rebuff_close": draws.one("washington.rebuff_close"), "rebuff_open": draws.one("washington.rebuff_open"),
    }  # fmt: skip
