"""Predictions against measurements: errors, bands and what could not be modelled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.workload.case import Case, Unmodelled
from chipgate.workload.fit import Predictor, best_layouts
from chipgate.workload.layouts import Choice
from chipgate.workload.points import bounded, choices_of, figure, free, points_of, target

_Z80: Final = 1.2815515655446004


@dataclass(frozen=True)
class Scored:
    """Cases with prediction and band.

    Attributes:
        mean, deviation: On the scale without bound of :func:`~chipgate.workload.points.free`, under ``most``.
        own: Whether the case was in the fit, and was left out of it here.
    """

    cases: list[Case]
    layouts: list[Choice]
    mean: NDArray[np.float64]
    most: NDArray[np.float64]
    deviation: NDArray[np.float64]
    own: NDArray[np.bool_]
    unmodelled: list[Unmodelled]


def score(data: Catalogue, predictor: Predictor, cases: Sequence[Case], unmodelled: Sequence[Unmodelled]) -> Scored:
    """Predict each case; one that is in the fit is predicted from the other runs alone."""
    good, others = [], list(unmodelled)
    for case in cases:
        try:
            points_of(data, [case], choices_of(data, case)[:1])
        except SpecError as reason:  # a chip without memory, a layout that does not go with its chips
            others.append(Unmodelled(case.id, str(reason)))
        else:
            good.append(case)
    if not good:
        return Scored([], [], np.empty(0), np.empty(0), np.empty(0), np.empty(0, bool), others)
    fitted = predictor.fitted
    layouts = best_layouts(data, good, predictor.scale, fitted.vector)
    found = predictor.predict(good, layouts)
    mean, deviation = found.mean.copy(), found.deviation.copy()
    known = {pair: i for i, pair in enumerate(zip(fitted.ids, fitted.runs, strict=True))}
    own = np.array([(case.id, case.run) in known for case in good])
    if own.any():
        error, spread = predictor.without_own()
        for k in np.flatnonzero(own):
            i = known[good[k].id, good[k].run]
            measured = float(free(jnp.asarray(target(good[k])), jnp.asarray(found.most[k])))
            mean[k], deviation[k] = measured - error[i], spread[i]
    return Scored(good, layouts, mean, found.most, deviation, own, others)


def document(data: Catalogue, scored: Scored) -> dict[str, Any]:
    """Errors as fractions: in all, by accelerator, phase and model, and row by row.

    ``bias`` is the median of predicted over measured minus one, of speeds as printed (a TPOT that is predicted too
    long counts as too slow, so below zero). ``coverage_80`` is the part of rows inside their 80 percent band.
    """
    rows = [_row(scored, k) for k in range(len(scored.cases))]
    lost = [{"id": u.id, "modelled": False, "reason": u.reason} for u in scored.unmodelled]
    keys: dict[str, Callable[[Case], str]] = {
        "accelerator": lambda c: c.accelerator or c.chip, "phase": lambda c: c.phase, "model": lambda c: c.model,
    }  # fmt: skip
    by = {}
    for name, key in keys.items():
        groups: dict[str, list[int]] = {}
        for k, case in enumerate(scored.cases):
            groups.setdefault(key(case), []).append(k)
        by[name] = {group: _summary([rows[k] for k in groups[group]]) for group in sorted(groups)}
    return _summary(rows) | {
        "n_unmodelled": len(lost), "n_left_out_of_fit": int(scored.own.sum()), "by": by, "rows": rows + lost,
    }  # fmt: skip


def _row(scored: Scored, k: int) -> dict[str, Any]:
    case, mean, deviation, most = scored.cases[k], scored.mean[k], scored.deviation[k], scored.most[k]
    low, middle, high = (float(bounded(mean + z * deviation, most)) for z in (-_Z80, 0.0, _Z80))
    ends = sorted(float(figure(case, x)) for x in (low, high))
    predicted = float(figure(case, middle))
    error = target(case) - middle
    return {
        "id": case.id, "modelled": True, "accelerator": case.accelerator or case.chip, "model": case.model,
        "phase": case.phase, "metric": case.metric, "measured": case.value, "predicted": predicted, "p10": ends[0],
        "p90": ends[1], "ape": abs(predicted / case.value - 1), "error": float(np.expm1(-error)),
        "inside_80": bool(low <= target(case) <= high),
        "layout": scored.layouts[k].text, "left_out_of_fit": bool(scored.own[k]),
    }  # fmt: skip


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        return {"median_ape": None, "mean_ape": None, "coverage_80": None, "bias": None, "n": 0}
    column = {name: np.array([row[name] for row in rows], float) for name in ("ape", "error", "inside_80")}
    return {
        "median_ape": float(np.median(column["ape"])), "mean_ape": float(column["ape"].mean()),
        "coverage_80": float(column["inside_80"].mean()), "bias": float(np.median(column["error"])), "n": len(rows),
    }  # fmt: skip
