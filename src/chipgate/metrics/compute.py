"""What it does to compute on both sides, and when domestic chips catch up."""

import numpy as np

from chipgate.arrays.inputs import MEASURES
from chipgate.metrics.base import Array, View, metric
from chipgate.setup.constants import chip_spec

_MODEL = "this model: chipgate.market.step"
_H100 = "nvidia_h100_sxm"
_DAY = 86_400.0


def measures(view: View) -> Array:
    """H100-equivalents of one chip of each offer by measure, ``[measure c]``."""
    plan = view.built.plan
    chips = plan.catalogue.chips
    reference = _figures(view, _H100)
    rows = np.array([_figures(view, offer.chip) for offer in plan.offers]).T
    found = rows / np.array(reference)[:, None]
    # The centre of each prior, so that the measure does not hang on the number of draws.
    cost = np.array([view.built.used[offer.cost].central for offer in plan.offers])
    h100 = chips[_H100].price_usd
    found[MEASURES.index("usd")] = cost / (h100.value if h100 is not None and h100.value else 1.0)
    return found


def _figures(view: View, chip: str) -> list[float]:
    record = view.built.plan.catalogue.chips[chip]
    spec = chip_spec(record)
    rate4 = max((record.spec("fp4_dense_tflops") or 0.0) * 1e12, spec.rate8)
    return [spec.rate8, rate4, spec.bandwidth, 1.0]


@metric("compute_china", unit="H100e", label="compute installed in China", axes=("measure",), adds="last",
        headline=True, formula="installed chips x their figure over that of an H100",
        source=_MODEL)  # fmt: skip
def compute_china(view: View) -> Array:
    installed = np.asarray(view.record.installed).sum(1)
    return np.einsum("mc,tcd->tmd", measures(view), installed)


@metric("compute_us", unit="H100e", label="compute installed by US buyers", axes=("measure",), adds="last",
        formula="prior path us.stock x mix of the fleet",
        source="priors us.stock and us.mix")  # fmt: skip
def compute_us(view: View) -> Array:
    return view.built.us_stock[:, None, view.part] * view.constant("us_mix")[None]


@metric("compute_ratio", unit="ratio", label="US over Chinese compute", axes=("measure",), adds="last", headline=True,
        formula="compute_us / compute_china",
        source=_MODEL)  # fmt: skip
def compute_ratio(view: View) -> Array:
    return compute_us(view) / np.maximum(compute_china(view), 1.0)


@metric("largest_training_run", unit="FLOP", label="largest training run of one Chinese buyer",
        adds="last", headline=True,
        formula="largest buyer: sum of chips x dense 16-bit rate x maturity x MFU x length of a run",
        source="priors software.mfu and software.run_days")  # fmt: skip
def largest_training_run(view: View) -> Array:
    plan = view.built.plan
    rates = np.array([chip_spec(plan.catalogue.chips[o.chip]).rate16 for o in plan.offers])
    mature = np.asarray(view.record.maturity)[:, list(plan.structure.stack), 0]
    fleet = np.einsum("tbcd,tcd,c->tbd", np.asarray(view.record.installed), mature, rates)
    return fleet.max(1) * view.constant("mfu") * view.constant("run_days") * _DAY


@metric("serving_capacity", unit="tokens/day", label="tokens a day that chips for inference can decode", adds="last",
        headline=True, formula="chips for inference x throughput x maturity x part of the day in use",
        source=_MODEL)  # fmt: skip
def serving_capacity(view: View) -> Array:
    plan = view.built.plan
    mature = np.asarray(view.record.maturity)[:, list(plan.structure.stack), 1]
    speed = np.exp(view.constant("log_phi"))[1]
    return (np.asarray(view.record.work)[:, 1] * mature * speed[None]).sum(1) * view.constant("serving_use") * _DAY


@metric("maturity", unit="fraction", label="maturity of Ascend software", axes=("workload",), adds="mean",
        headline=True, formula="e = e0 + (emax - e0) U / (U + Uhalf)",
        source="chipgate.market.software")  # fmt: skip
def maturity(view: View) -> Array:
    stack = view.built.plan.structure.stacks.index("cann")
    return np.asarray(view.record.maturity)[:, stack]


@metric("domestic_maturity_training", unit="fraction", label="maturity of Ascend software in training", adds="mean",
        formula="maturity, training",
        source="chipgate.market.software")  # fmt: skip
def domestic_maturity_training(view: View) -> Array:
    return maturity(view)[:, 0]


@metric("run_failure", unit="probability", label="chance that a frontier run on Ascend is abandoned", adds="mean",
        headline=True, formula="p x (1 - e) / (1 - e0) in months of an attempt",
        source="chipgate.market.software")  # fmt: skip
def run_failure(view: View) -> Array:
    stack = view.built.plan.structure.stacks.index("cann")
    return np.asarray(view.record.failure)[:, stack]


@metric("sufficiency", unit="fraction", label="domestic supply over all that is wanted", axes=("workload",),
        adds="mean", headline=True,
        formula="domestic compute delivered / (all compute delivered + compute kept out by gates)",
        source=_MODEL)  # fmt: skip
def sufficiency(view: View) -> Array:
    return np.asarray(view.record.sufficiency)
