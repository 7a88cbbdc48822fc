"""Which gate binds, and where each stands."""

import numpy as np

from chipgate.metrics.base import GATES, INPUTS, Array, View, metric
from chipgate.setup.draws import month_index

_MODEL = "this model: chipgate.market.step"
_NOTHING_LOST = 0.05


def on_the_table(view: View) -> Array:
    """1 where a legal offer is in play, ``[t c 1]``: Washington let it in within the last year, or the scenario has.

    After the as-of date the offers in play are those of that date. Chips that Washington keeps out for good do not
    count as kept out month by month: everyone would want them.
    """
    plan = view.built.plan
    monthly = view.built.inputs.monthly
    was_open = (np.asarray(monthly.us_open) * np.asarray(monthly.live)).max(-1) > 0
    now = min(max(month_index(plan.months, plan.as_of), 0), len(plan.months) - 1)
    table = np.zeros((len(plan.months), len(plan.offers), 1))
    for c in plan.structure.offers_of(0):
        recent = np.array([was_open[max(t - 11, 0) : t + 1, c].any() for t in range(now + 1)])
        table[: now + 1, c, 0] = recent
        table[now + 1 :, c, 0] = recent[-1]
        if f"washington.open.{plan.offers[c].family}" in plan.settings.values:
            table[:, c, 0] = np.maximum(table[:, c, 0], np.maximum.accumulate(was_open[:, c]))
    return table


@metric("units_lost", unit="chips/month", label="legal foreign chips that each gate keeps out", axes=("gate",),
        headline=True, formula="of chips on the table: units wanted with all gates open, less what each gate lets "
        "through in turn; the last entry is what is delivered", source=_MODEL)  # fmt: skip
def units_lost(view: View) -> Array:
    return (units_lost_by_chip(view) * on_the_table(view)[:, :, None]).sum(1)


@metric("units_lost_by_chip", unit="chips/month", label="chips that each gate keeps out, by chip",
        axes=("offer", "gate"), formula="as units_lost, by offer", source=_MODEL)  # fmt: skip
def units_lost_by_chip(view: View) -> Array:
    lost = np.moveaxis(np.asarray(view.record.lost), 1, 2)
    got = np.asarray(view.record.delivered).sum(1)
    return np.concatenate([lost, got[:, :, None]], axis=2)


@metric("binding_gate", unit="probability", label="gate that takes most of the legal foreign chips wanted",
        axes=("gate",), adds="mean", headline=True,
        formula="largest of units_lost; demand where less than 5 % of what is wanted is lost",
        source=_MODEL)  # fmt: skip
def binding_gate(view: View) -> Array:
    return _binding(units_lost(view), 1)


@metric("binding_gate_by_chip", unit="probability", label="gate that takes most of a chip wanted",
        axes=("offer", "gate"), adds="mean", formula="as binding_gate, by offer", source=_MODEL)  # fmt: skip
def binding_gate_by_chip(view: View) -> Array:
    return _binding(units_lost_by_chip(view), 2)


def _binding(lost: Array, axis: int) -> Array:
    """1 at the gate that takes most; at demand where hardly anything is lost."""
    taken = np.take(lost, range(3), axis=axis)
    little = taken.sum(axis) < _NOTHING_LOST * np.maximum(lost.sum(axis), 1e-9)
    code = np.where(little, 3, taken.argmax(axis))
    return np.stack([(code == i).astype(np.float32) for i in range(len(GATES))], axis=axis)


@metric("beijing_level", unit="level", label="level of Beijing's gate for internet platforms", axes=("family",),
        adds="mean", headline=True, formula="0 welcome, 1 discouraged, 2 case by case, 3 blocked",
        source=_MODEL)  # fmt: skip
def beijing_level(view: View) -> Array:
    return np.asarray(view.record.level)[:, :, 0].astype(np.float32)


@metric("us_open", unit="fraction", label="share of the month in which Washington lets a chip through",
        axes=("offer",), adds="mean", formula="from the clauses in history, a process afterwards",
        source=_MODEL)  # fmt: skip
def us_open(view: View) -> Array:
    return np.asarray(view.record.us_open)


@metric("binding_input", unit="probability", label="input that limits Huawei's output", axes=("input",),
        adds="mean", headline=True, formula="least of packaging, dies and memory",
        source=_MODEL)  # fmt: skip
def binding_input(view: View) -> Array:
    code = np.asarray(view.record.binding)
    return np.stack([(code == i).astype(np.float32) for i in range(len(INPUTS))], axis=1)


@metric("huawei_limits", unit="packages/month", label="what each input would allow Huawei", axes=("input",),
        adds="mean", formula="packaging; (good dies + bank/m)/dies per package; (inflow + stock/m)/stacks per package, "
        "with m the months of drawdown", source=_MODEL)  # fmt: skip
def huawei_limits(view: View) -> Array:
    return np.asarray(view.record.limits)


@metric("die_bank", unit="dies", label="banked dies", adds="last",
        formula="bank + arrivals + good dies - used",
        source=_MODEL)  # fmt: skip
def die_bank(view: View) -> Array:
    return np.asarray(view.record.bank)


@metric("hbm_stock", unit="stacks", label="memory stacks in stock", adds="last",
        formula="stock + arrivals - used",
        source=_MODEL)  # fmt: skip
def hbm_stock(view: View) -> Array:
    return np.asarray(view.record.stacks)
