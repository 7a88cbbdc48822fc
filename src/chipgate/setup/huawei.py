"""Huawei's inputs by month: packaging, wafers, arrivals of dies and memory, and the mix of products."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from chipgate.errors import InternalError
from chipgate.schema.market import Arrival, Window
from chipgate.setup.constants import package_of
from chipgate.setup.draws import PriorDraws
from chipgate.setup.levers import future_factor
from chipgate.setup.plan import Plan
from chipgate.timegrid import month_starts

Array = NDArray[np.float64]


def huawei_paths(made: Plan, draws: PriorDraws) -> dict[str, Array]:
    """Fields of :class:`chipgate.arrays.inputs.Monthly` that Huawei's production reads."""
    paths = {name: draws.path(f"huawei.{name}", made.months) for name in ("packaging", "wafers", "cxmt")}
    packaging, wafers, cxmt = paths["packaging"], paths["wafers"], paths["cxmt"]
    if packaging is None or wafers is None or cxmt is None:
        raise AssertionError("Huawei's paths have anchors known from the first day")

    def factor(name: str) -> Array:
        return future_factor(made.settings, name, made.months, made.as_of)[:, None]

    dies, memory, domestic = (_window(made, name) for name in ("die_bank", "imported_memory", "domestic_memory"))
    imported = _weights(memory, made.months)
    stacks = imported * draws.one("huawei.hbm_stock")
    stacks = stacks + cxmt / 12 * _inside(domestic, made.months)
    # What is recovered or smuggled is worth the trouble only once the imports have ended.
    stacks = stacks + (imported == 0) * draws.one("huawei.hbm_other") / 12
    return {
        "packaging": packaging * factor("huawei.packaging"), "wafers": wafers * factor("huawei.wafers"),
        "yield_odds": factor("huawei.yield"), "learning": factor("software.learning"),
        "dies_in": _weights(dies, made.months) * draws.one("huawei.die_bank"),
        "stacks_in": stacks * factor("huawei.hbm"), "mix": product_mix(made, draws),
    }  # fmt: skip


def _window(made: Plan, name: str) -> Window:
    """A window of arrival as it stood at the as-of date."""
    arrival: Arrival = made.catalogue.arrivals[name]
    known = [window for window in arrival.windows if window.known_since.last <= made.as_of]
    if not known:
        raise InternalError(f"no window of {name!r} stood on {made.as_of}")
    return known[-1]


def _inside(window: Window, months: tuple[date, ...]) -> Array:
    """1 in the months of a window, ``[t 1]``."""
    last = window.last.first if window.last is not None else date.max
    return np.array([[float(window.first.first <= month <= last)] for month in months])


def _weights(window: Window, months: tuple[date, ...]) -> Array:
    """Share of the whole arrival in each month, whatever part of it the run covers, ``[t 1]``."""
    if window.last is None:
        raise InternalError(f"a window from {window.first} on has no end, so its total cannot be spread")
    span = list(month_starts(window.first.first, window.last.first))
    late = window.late_months or 0
    share = window.late_share or 0.0
    early = len(span) - late
    by_month = {m: (1 - share) / early if i < early else share / late for i, m in enumerate(span)}
    return np.array([[by_month.get(month, 0.0)] for month in months])


def product_mix(made: Plan, draws: PriorDraws) -> Array:
    """Share of each product in Huawei's packages, ``[t h d]``.

    Each product takes over from those before it between two months that are priors; before its announcement it is
    no offer, so that no hand-over is known either.
    """
    packages = [package_of(made.offers[i]) for i in made.structure.huawei]
    mix = np.zeros((len(made.months), len(packages), made.draws))
    mix[:, next(i for i, package in enumerate(packages) if package.takes_over is None)] = 1.0
    at = np.arange(len(made.months))[:, None]
    older = draws.one("huawei.older_share")
    for index, package in enumerate(packages):
        if package.takes_over is None:
            continue
        begin = (draws.one(f"{package.takes_over}.start") - made.months[0].year) * 12
        taken = np.clip((at - begin) / draws.one(f"{package.takes_over}.months"), 0, 1) * (1 - older)
        mix *= 1 - taken[:, None, :]
        mix[:, index] += taken
    return mix
