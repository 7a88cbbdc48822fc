"""What it does to compute on both sides, and when domestic chips catch up."""

import numpy as np

from chipgate.metrics.base import Array, View, metric
from chipgate.setup.rental import figures, h100_price

_MODEL = "this model: chipgate.market.step"
_DAY = 86_400.0


def measures(view: View) -> Array:
    """H100-equivalents of one chip of each offer by measure, ``[measure c]``."""
    plan = view.built.plan
    found = np.array([figures(plan.catalogue, offer.chip) for offer in plan.offers]).T
    # The centre of each prior, so that the measure does not hang on the number of draws.
    cost = np.array([view.built.used[offer.cost].central for offer in plan.offers])
    return np.concatenate([found, cost[None] / h100_price(plan.catalogue)])


@metric("compute_china", unit="H100e", label="compute installed in China", axes=("measure",), adds="last",
        headline=True, formula="installed chips x their figure over that of an H100",
        source=_MODEL)  # fmt: skip
def compute_china(view: View) -> Array:
    installed = np.asarray(view.record.installed).sum(1)
    return np.einsum("mc,tcd->tmd", measures(view), installed)


@metric("rented_abroad_h100e", unit="H100e", label="compute rented abroad by Chinese buyers", axes=("measure",),
        adds="last", headline=True,
        formula="contracts signed x H100e per USD at the rent of the month, running out over their term",
        source="this model: chipgate.market.rental")  # fmt: skip
def rented_abroad_h100e(view: View) -> Array:
    signed = np.asarray(view.record.rented).sum(1) * np.exp(-np.asarray(view.record.rent_tight))
    added = signed[:, None] * view.monthly("rent_rate")
    kept = np.exp(-1 / view.constant("rent_term"))
    stock = np.zeros_like(added)
    for t in range(len(added)):
        stock[t] = added[t] + (stock[t - 1] * kept if t else 0.0)
    return stock


@metric("compute_by_source", unit="H100e", label="compute that Chinese buyers can use", axes=("source", "measure"),
        adds="last", formula="compute installed in China by route, and compute rented abroad",
        source=_MODEL)  # fmt: skip
def compute_by_source(view: View) -> Array:
    weighted = measures(view)[None, :, :, None] * np.asarray(view.record.installed).sum(1)[:, None]
    offers_of = view.built.plan.structure.offers_of
    parts = [weighted[:, :, list(offers_of(route))].sum(2) for route in range(3)]
    return np.stack([*parts, rented_abroad_h100e(view)], axis=1)


@metric("compute_usable", unit="H100e", label="compute that Chinese buyers can use, rented abroad included",
        axes=("measure",), adds="last", headline=True, formula="compute_china + rented_abroad_h100e",
        source=_MODEL)  # fmt: skip
def compute_usable(view: View) -> Array:
    return compute_china(view) + rented_abroad_h100e(view)


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


@metric("us_lead", unit="ratio", label="US compute over what Chinese buyers can use", axes=("measure",), adds="last",
        formula="compute_us / compute_usable", source=_MODEL)  # fmt: skip
def us_lead(view: View) -> Array:
    return compute_us(view) / np.maximum(compute_usable(view), 1.0)


@metric("largest_training_run", unit="FLOP", label="largest training run of one Chinese buyer",
        adds="last", headline=True,
        formula="largest buyer: sum of chips x training throughput x FLOP a token x maturity x length of a run",
        source="workload model; prior software.run_days")  # fmt: skip
def largest_training_run(view: View) -> Array:
    plan = view.built.plan
    speed = np.exp(view.constant("log_phi"))[0]
    mature = np.asarray(view.record.maturity)[:, list(plan.structure.stack), 0]
    fleet = np.einsum("tbcd,tcd,cd->tbd", np.asarray(view.record.installed), mature, speed)
    return fleet.max(1) * view.constant("run_flops") * view.constant("run_days") * _DAY


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


@metric("software_maturity", unit="fraction", label="maturity of each software stack", axes=("stack", "workload"),
        adds="mean", formula="e = e0 + (emax - e0) U / (U + Uhalf); what a rival's stack gains while a market is shut "
        "is its difference between two scenarios", source="chipgate.market.software")  # fmt: skip
def software_maturity(view: View) -> Array:
    return np.asarray(view.record.maturity)


@metric("stack_share", unit="fraction", label="share of each software stack in chips at work", axes=("stack",),
        adds="last", formula="installed chips by stack over all", source=_MODEL)  # fmt: skip
def stack_share(view: View) -> Array:
    structure = view.built.plan.structure
    installed = np.asarray(view.record.installed).sum(1)
    by_stack = [installed[:, np.array(structure.stack) == s].sum(1) for s in range(len(structure.stacks))]
    return np.stack(by_stack, axis=1) / np.maximum(installed.sum(1), 1e-9)[:, None]


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
