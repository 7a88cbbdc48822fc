"""The measurements nearest to a question, each with what the model says of it without having seen it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from chipgate.catalogue.catalogue import Catalogue
from chipgate.workload.case import Case
from chipgate.workload.fit import Predictor
from chipgate.workload.score import document, score
from chipgate.workload.shape import shape_of

MOST: Final = 5
_GROUP: Final = {"training": "train", "finetune": "train", "prefill": "prefill", "decode": "serve", "serving": "serve"}
# How far apart a difference puts two points; a factor of two in a load counts one tenth.
_OTHER_CHIP, _OTHER_FAMILY, _OTHER_VENDOR, _OTHER_STACK = 0.5, 2.0, 2.5, 3.0
_SAME_SHAPE, _OTHER_MODEL, _OTHER_KIND = 0.1, 1.0, 2.0
_OTHER_PHASE, _OTHER_PRECISION, _OTHER_FORMAT = 0.7, 0.3, 0.8
_DOUBLING, _MOST_LOAD = 0.1, 0.6


@dataclass(frozen=True)
class Near:
    """A measured case and its distance from the question."""

    case: Case
    distance: float


def nearest(data: Catalogue, question: Case, measured: Sequence[Case], most: int = MOST) -> list[Near]:
    """The nearest measured cases of the same kind of work, one of each run, nearest first."""
    found: dict[str, Near] = {}
    for case in measured:
        if _GROUP[case.phase] != _GROUP[question.phase]:
            continue
        near = Near(case, _distance(data, question, case))
        if case.run not in found or near.distance < found[case.run].distance:
            found[case.run] = near
    return sorted(found.values(), key=lambda near: (near.distance, near.case.id))[:most]


def _distance(data: Catalogue, a: Case, b: Case) -> float:
    one, other = data.chips[a.chip], data.chips[b.chip]
    total = 0.0
    if a.chip != b.chip:
        same_family = one.family is not None and one.family == other.family
        total += (
            _OTHER_CHIP if same_family else _OTHER_FAMILY if one.vendor == other.vendor
            else _OTHER_VENDOR if a.stack == b.stack else _OTHER_STACK
        )  # fmt: skip
    if a.model != b.model:
        x, y = data.models[a.model], data.models[b.model]
        same_kind = bool(x.experts) == bool(y.experts) and x.attention == y.attention
        same_shape = shape_of(x) == shape_of(y)  # as DeepSeek-V3 and R1
        total += _SAME_SHAPE if same_shape else _OTHER_MODEL if same_kind else _OTHER_KIND
        sizes = [m.active_params_b or 1.0 for m in (x, y)]
        total += 0.2 * abs(float(np.log2(sizes[0] / sizes[1])))
    total += _OTHER_PHASE * (a.phase != b.phase)
    if a.precision != b.precision:
        bits = [data.precisions[c.precision].expert_bits for c in (a, b)]
        total += _OTHER_PRECISION if abs(bits[0] - bits[1]) < 1 else _OTHER_FORMAT
    loads = zip(_loads(a), _loads(b), strict=True)
    return total + sum(min(_DOUBLING * abs(x - y), _MOST_LOAD) for x, y in loads)


def _loads(case: Case) -> list[float]:
    each = (case.batch or case.chips * 256) / case.chips
    return [float(np.log2(x)) for x in (each, case.tokens_in or 1024, case.tokens_out or 1024, case.chips)]


def documents(data: Catalogue, predictor: Predictor, question: Case, measured: Sequence[Case]) -> list[dict[str, Any]]:
    """The nearest measurements as JSON, with prediction and 80 % band from the other runs."""
    found = nearest(data, question, measured)
    rows = {row["id"]: row for row in document(data, score(data, predictor, [n.case for n in found], []))["rows"]}
    out = []
    for near in found:
        case, row = near.case, rows[near.case.id]
        if not row["modelled"]:
            continue
        out.append(
            {
                "id": case.id, "what": _words(data, case), "metric": case.metric, "measured": _short(case.value),
                "predicted": {"p10": _short(row["p10"]), "p50": _short(row["predicted"]), "p90": _short(row["p90"])},
                "left_out_of_fit": row["left_out_of_fit"], "distance": round(near.distance, 2),
                "source_url": data.measurements[case.id].source_url,
            }
        )  # fmt: skip
    return out


def _words(data: Catalogue, case: Case) -> str:
    batch = f"batch {case.batch}" if case.batch else case.load
    lengths = f"{case.tokens_in or 0:g} in" + (f", {case.tokens_out:g} out" if case.tokens_out else "")
    return (
        f"{data.models[case.model].name}, {case.phase}, {case.chips} x {data.chips[case.chip].name}, {case.precision}, "
        f"{batch}, {lengths}, {case.engine}, {case.day:%Y-%m}"
    )


def _short(value: float) -> float:
    return float(f"{value:.4g}")
