"""What the published record says of the market's history, as functionals of a simulated path.

Each observation is a sum of revenue or units over offers and months, a share of such sums, or a mean street price;
the definitions are those of :mod:`chipgate.results.record`, and a test holds the two together. Where a period holds
others of the same series (a year and three of its quarters), it counts as what is left of it, so that no month
counts twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from chipgate.catalogue import Catalogue
from chipgate.market.step import Record
from chipgate.schema.tables import Observation
from chipgate.setup.plan import Plan
from chipgate.timegrid import add_months

H20: Final = ("nvidia_h20_96", "nvidia_h20_141")
HUAWEI: Final = ("ascend_all", "ascend_910b_910c")
_PREFIX: Final = {"cambricon": "cambricon", "t_head": "zhenwu", "kunlunxin": "kunlun"}
_PRICED: Final = {
    "nvidia_h20_96": "h20_legal", "huawei_ascend_910b3": "ascend_910b", "nvidia_h800_sxm": "h800_legal",
    "nvidia_h200_sxm": "h200_legal",
}  # fmt: skip
FOREIGN: Final = ("nvidia", "amd")


@dataclass(frozen=True)
class Target:
    """An observation that the fit uses.

    Attributes:
        series: Rows of one series add up over time.
        kind: ``revenue``, ``units``, ``share`` or ``price``.
        offers: Indices of the offers summed over; ``whole``: of a share's denominator.
        months: Indices of the months.
        other_goods: Quarters of gaming and other goods that the figure holds.
        value, low, high: As published, less the parts that stand as rows of their own.
    """

    id: str
    observation: Observation
    series: tuple[str, ...]
    kind: str
    offers: tuple[int, ...]
    whole: tuple[int, ...]
    months: tuple[int, ...]
    other_goods: float
    value: float
    low: float
    high: float


def targets(catalogue: Catalogue, made: Plan, known_by: date) -> list[Target]:
    """Observations published by ``known_by`` that the fit can use, in the order of the catalogue, as they count.

    Zeros are left out: that a shut gate lets nothing through is in the dated events already.
    """
    return _remainders(readable(catalogue, made, known_by))


def readable(catalogue: Catalogue, made: Plan, known_by: date) -> list[Target]:
    """As :func:`targets`, each with all of its period."""
    seen = [
        o for o in catalogue.observations.values()
        if o.published_date.last <= known_by and o.value > 0 and "flag" not in o.basis
    ]  # fmt: skip
    return [found for found in (target(made, o) for o in seen) if found is not None]


def target(made: Plan, seen: Observation) -> Target | None:
    """An observation as a functional of a path; ``None`` where the model says nothing of it."""
    if seen.geography not in ("CN", "world") or seen.channel == "forecast" or seen.kind == "assumed":
        return None
    months = _months(made.months, seen)
    if not months:
        return None
    rule = {
        "revenue_usd": _revenue, "units": _units, "production_units": _units, "market_share_value": _share,
        "chips_smuggled_units": _smuggled, "unit_price_usd": _price,
    }.get(seen.metric)  # fmt: skip
    picked = rule(made, seen) if rule is not None else None
    if picked is None:
        return None
    kind, offers, whole = picked
    billing = seen.maker == "nvidia" and seen.chips == ("all_products",)
    return Target(
        seen.id, seen, (kind, seen.maker, *seen.chips, seen.basis.get("basis", "")), kind, offers, whole, months,
        len(months) / 3 if billing else 0.0, seen.value, seen.low, seen.high,
    )  # fmt: skip


_Picked = tuple[str, tuple[int, ...], tuple[int, ...]]


def _months(months: Sequence[date], seen: Observation) -> tuple[int, ...]:
    """Months of the run whose middle lies in the period; none where the run does not hold all of it."""
    if seen.period_start.first < months[0] - timedelta(days=7) or seen.period_end.last > add_months(months[-1], 1):
        return ()
    middles = [month + timedelta(days=14) for month in months]
    return tuple(t for t, day in enumerate(middles) if seen.period_start.first <= day <= seen.period_end.last)


def _of_vendor(made: Plan, *names: str) -> tuple[int, ...]:
    vendors = made.structure.vendors
    return tuple(c for c, v in enumerate(made.structure.vendor) if v >= 0 and vendors[v] in names)


def _domestic(made: Plan) -> tuple[int, ...]:
    vendors = made.structure.vendors
    return tuple(c for c, v in enumerate(made.structure.vendor) if v >= 0 and vendors[v] not in FOREIGN)


def _one(made: Plan, offer: str) -> tuple[int, ...]:
    return tuple(c for c, name in enumerate(made.structure.offers) if name == offer)


def _revenue(made: Plan, seen: Observation) -> _Picked | None:
    offers: tuple[int, ...] = ()
    if seen.maker == "nvidia" and seen.chips == ("all_products",) and seen.basis.get("basis") == "billing":
        offers = _of_vendor(made, "nvidia")
    elif seen.maker == "nvidia" and set(seen.chips) & set(H20):
        offers = _one(made, "h20_legal")
    elif seen.maker == "nvidia" and seen.chips == ("nvidia_h200_sxm",):
        offers = _one(made, "h200_legal")
    elif seen.maker in ("cambricon", "huawei"):
        offers = _of_vendor(made, seen.maker)
    elif seen.maker == "amd" and seen.chips == ("amd_mi308x",):
        offers = _of_vendor(made, "amd")
    elif seen.maker == "domestic_makers":
        offers = _domestic(made)
    return ("revenue", offers, ()) if offers else None


def _units(made: Plan, seen: Observation) -> _Picked | None:
    offers: tuple[int, ...] = ()
    if set(seen.chips) & set(H20):
        offers = _one(made, "h20_legal")
    elif seen.maker == "huawei" and (set(seen.chips) & set(HUAWEI) or seen.chips == ("huawei_ascend_910b3",)):
        offers = made.structure.huawei
    elif seen.maker in _PREFIX:
        offers = tuple(c for c, o in enumerate(made.structure.offers) if o.startswith(_PREFIX[seen.maker]))
    elif seen.maker == "domestic_makers":
        offers = made.structure.offers_of(2)
    return ("units", offers, ()) if offers else None


def _share(made: Plan, seen: Observation) -> _Picked | None:
    part = {"domestic_makers": _domestic(made), "nvidia": _of_vendor(made, "nvidia")}.get(seen.maker, ())
    return ("share", part, _of_vendor(made, *made.structure.vendors)) if part else None


def _smuggled(made: Plan, _: Observation) -> _Picked | None:
    offers = made.structure.offers_of(1)
    return ("units", offers, ()) if offers else None


def _price(made: Plan, seen: Observation) -> _Picked | None:
    if len(seen.chips) != 1 or seen.unit != "USD/chip" or seen.chips[0] not in _PRICED:
        return None
    offers = _one(made, _PRICED[seen.chips[0]])
    return ("price", offers, ()) if offers else None


def _remainders(rows: list[Target]) -> list[Target]:
    """Each row less the rows of its series that lie within it; a row that others fill wholly is dropped."""
    found: list[Target] = []
    for row in sorted(rows, key=lambda r: len(r.months)):
        if row.kind not in ("revenue", "units"):
            found.append(row)
            continue
        inside = [r for r in found if r.series == row.series and r.kind == row.kind and set(r.months) < set(row.months)]
        parts: list[Target] = []
        taken: set[int] = set()
        for other in inside:  # shortest first, so that parts do not overlap
            if not taken & set(other.months):
                parts.append(other)
                taken |= set(other.months)
        rest = tuple(t for t in row.months if t not in taken)
        value = row.value - sum(p.value for p in parts)
        if not parts:
            found.append(row)
        elif rest and value > 0.02 * row.value:
            below, above = (
                float(np.hypot(*_pair([getattr(r, side) - r.value for r in (row, *parts)]))) for side in ("low", "high")
            )
            found.append(replace(
                row, months=rest, value=value, low=max(value - below, 0.02 * value), high=value + above,
                other_goods=row.other_goods - sum(p.other_goods for p in parts),
            ))  # fmt: skip
    order = {row.id: i for i, row in enumerate(rows)}
    return sorted(found, key=lambda row: order[row.id])


def _pair(values: list[float]) -> tuple[float, float]:
    return float(np.sqrt(sum(v * v for v in values[1:]))), values[0]


def predicted(rows: Sequence[Target], record: Record, xp: Any = np) -> Any:
    """What a path says of each row, ``[row d]``, other goods apart.

    Args:
        xp: ``numpy`` or ``jax.numpy``.
    """
    units, revenue, street = record.delivered.sum(1), record.revenue, record.street
    return xp.stack([_predict(row, units, revenue, street) for row in rows])


def _predict(row: Target, units: Any, revenue: Any, street: Any) -> Any:
    months, offers = np.array(row.months), np.array(row.offers)

    def total(values: Any, chosen: Any) -> Any:
        return values[months][:, chosen].sum((0, 1))

    if row.kind == "revenue":
        return total(revenue, offers)
    if row.kind == "units":
        return total(units, offers)
    if row.kind == "share":
        return total(revenue, offers) / (total(revenue, np.array(row.whole)) + 1.0)
    return street[months][:, offers].mean((0, 1))
