"""Which gate binds, and where each stands."""

import numpy as np

from chipgate.metrics.base import GATES, INPUTS, Array, View, metric

_MODEL = "this model: chipgate.market.step"
_NOTHING_LOST = 0.05


@metric("units_lost", unit="chips/month", label="legal foreign chips that each gate keeps out", axes=("gate",),
        headline=True, formula="units wanted with all gates open, less what each gate lets through in turn; the "
        "last entry is what is delivered",
        source=_MODEL)  # fmt: skip
def units_lost(view: View) -> Array:
    legal = list(view.built.plan.structure.offers_of(0))
    lost = np.asarray(view.record.lost)[:, :, legal].sum(2)
    got = np.asarray(view.record.delivered)[:, :, legal].sum((1, 2))
    return np.concatenate([lost, got[:, None]], axis=1)


@metric("binding_gate", unit="probability", label="gate that takes most of the legal foreign chips wanted",
        axes=("gate",), adds="mean", headline=True,
        formula="largest of units_lost; demand where less than 5 % of what is wanted is lost",
        source=_MODEL)  # fmt: skip
def binding_gate(view: View) -> Array:
    lost = units_lost(view)
    wanted = lost.sum(1)
    taken = lost[:, :3]
    largest = taken.argmax(1)
    code = np.where(taken.sum(1) < _NOTHING_LOST * np.maximum(wanted, 1e-9), 3, largest)
    return np.stack([(code == i).astype(np.float32) for i in range(len(GATES))], axis=1)


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
        adds="mean", formula="packaging; (good dies + bank/4)/dies per package; (inflow + stock/4)/stacks per package",
        source=_MODEL)  # fmt: skip
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
