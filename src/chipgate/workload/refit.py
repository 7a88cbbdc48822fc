"""The shipped fit made anew: first on the training split, scored on the held-out one, then on all measurements."""

from collections.abc import Callable
from typing import Any

from chipgate.catalogue.catalogue import Catalogue
from chipgate.workload.case import Case, Unmodelled
from chipgate.workload.fit import VALIDATION_PART, Fitted, Predictor, fit, held_out
from chipgate.workload.measured import DOUBTFUL, cases_of
from chipgate.workload.score import document, score


def usable(data: Catalogue) -> tuple[list[Case], list[Unmodelled]]:
    """Cases that a fit may use, and the rows that cannot be modelled."""
    cases, others = cases_of(data)
    return [case for case in cases if case.id not in DOUBTFUL], others


def refit(data: Catalogue, report: Callable[[str], None]) -> tuple[Fitted, dict[str, Any]]:
    """Fit and validate.

    Returns:
        The fit to all measurements, and what is known of it: the rule of the split, the scores on the held-out part
        of a fit to the rest, row by row, and the scores of each fitted row from the other runs.
    """
    cases, others = usable(data)
    known = [case for case in cases if not held_out(case)]
    blind = [case for case in cases if held_out(case)]
    report(f"training split: {len(known)} measurements, {len(blind)} held out")
    first = Predictor(data, fit(data, known, report=report))
    held = document(data, score(data, first, blind, others))
    report(f"held out: median error {held['median_ape']:.1%}, {held['coverage_80']:.0%} in the 80 percent band")
    report(f"all {len(cases)} measurements")
    last = fit(data, cases, report=report)
    inside = document(data, score(data, Predictor(data, last), cases, others))
    keep = ("median_ape", "mean_ape", "coverage_80", "bias", "n", "n_unmodelled", "by")
    rule = f"held out: runs whose SHA-256 is divisible by {VALIDATION_PART}; see chipgate.workload.fit.held_out"
    return last, {
        "split": rule, "left_out": dict(sorted(DOUBTFUL.items())), "validation": {k: held[k] for k in keep},
        "validation_rows": held["rows"], "leave_run_out": {k: inside[k] for k in keep},
    }  # fmt: skip
