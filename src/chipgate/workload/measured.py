"""Points of work from rows of measurements.

Every row becomes a :class:`~chipgate.workload.case.Case`, or an :class:`~chipgate.workload.case.Unmodelled` with
the reason. How layouts, loads, lengths and names are read stands in the modules of these names.

Throughputs become tokens/s a chip: of the whole system divided by its chips. ``tokens_per_s`` of serving and
decoding counts output tokens, of prefill input tokens, ``total_tokens_per_s`` both. Rows that differ in nothing but
the metric share a run. A correction that our table made by hand is made here by rule where a rule holds, so that
the raw rows give the same cases.

A system that decodes on a part of its chips counts as that part. GPU hours do not say how many chips there were,
and hang little on it: a row without a number gets 2,048, as LLaMA-65B and DeepSeek-V3 had, or as many as there are
sequences in a batch.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from chipgate.catalogue.catalogue import Catalogue
from chipgate.schema.tables import LanguageModel
from chipgate.workload.case import Case, Flag, Metric, Phase, Unmodelled
from chipgate.workload.layout_text import Arrangement, read_layout
from chipgate.workload.load_text import USUAL_SEQUENCE, Lengths, Pressure, is_short, read_lengths, read_load
from chipgate.workload.names import Device, NoMeaning, find_device, find_model, find_precision
from chipgate.workload.rows import Row, from_measurement, read_rows
from chipgate.workload.software_text import engine_of, stack_of

_BOARD: Final = "custom thermal board with a higher power limit, not the catalogued H200"
_QUEUE: Final = "requests queued, so the running batch is a guess"
_SUMMED: Final = "the stated layout is the sum of the chips of a disaggregated run; batch per decoding chip unknown"

DOUBTFUL: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("WM0128", "WM0130", "WM0131"), _BOARD),
        **dict.fromkeys(("WM1097", "WM1099", "WM1187", "WM1189"), _QUEUE),
        **dict.fromkeys(("WM1166", "WM1168", "WM1169", "WM1171", "WM1172"), _SUMMED),
    }
)
"""Rows of the embedded table that stay cases but that no fit should use, with the reason."""

_PHASES: Final[Mapping[str, Phase]] = {
    "training": "training", "pretraining": "training", "finetune": "finetune", "finetuning": "finetune",
    "prefill": "prefill", "decode": "decode", "serving": "serving", "serving_offline": "serving",
    "serving_server": "serving", "serving_interactive": "serving",
}  # fmt: skip
_SERVED: Final[tuple[Phase, ...]] = ("prefill", "decode", "serving")
_METRICS: Final[Mapping[str, tuple[Metric, bool, tuple[Phase, ...]]]] = {
    "tokens_per_s_per_chip": ("tokens_per_s_per_chip", False, ("training", "finetune", *_SERVED)),
    "tokens_per_s_total": ("tokens_per_s_per_chip", True, ("training", "finetune", *_SERVED)),
    "total_tokens_per_s_per_chip": ("total_tokens_per_s_per_chip", False, ("decode", "serving")),
    "total_tokens_per_s_total": ("total_tokens_per_s_per_chip", True, ("decode", "serving")),
    "tpot_ms": ("tpot_ms", False, ("decode", "serving")),
    "mfu": ("mfu", False, ("training", "finetune")),
    "time_to_train_min": ("time_to_train_min", False, ("training", "finetune")),
    "gpu_hours": ("gpu_hours", False, ("training",)),
}
"""Metric as printed -> our metric, whether it is of the whole system, phases in which it has a meaning."""
_SAME_METRIC: Final = {
    "itl_ms": "tpot_ms", "output_tokens_per_s_total": "tokens_per_s_total",
    "output_tokens_per_s_per_chip": "tokens_per_s_per_chip",
}  # fmt: skip
_BENCHMARKS: Final = {
    ("finetune", "llama_2_70b"): "mlperf_llama2_70b_lora",
    ("training", "gpt_3_175b"): "mlperf_gpt3_175b",
    ("training", "llama_3_1_405b"): "mlperf_llama31_405b",
    ("training", "llama_3_1_8b"): "mlperf_llama31_8b",
}
_MOST_CHIPS: Final = 2048
_DUMP: Final = "database dump as carried in the aiconfigurator"
_TOKENS: Final = re.compile(r"(\d+(?:\.\d+)?)\s?T tokens|per (trillion) pre-training tokens")
_CALLED_OFF: Final = re.compile(r"no mtp|speculative decoding off|without (mtp|speculative)", re.IGNORECASE)
_NOT_KNOWN: Final = re.compile(r"speculative decoding (not recorded|likely)", re.IGNORECASE)
_CALLED_ON: Final = re.compile(r"\bmtp\b|speculative decoding|\beagle", re.IGNORECASE)
_FLAGS: Final[tuple[tuple[re.Pattern[str], Flag], ...]] = (
    (re.compile(r"repeated prefixes possible|cache hits \(.*\) counted"), "repeated_prefixes"),
    (re.compile(r"untuned|not tuned"), "untuned"),
    (re.compile(r"nominal TPOT|includes more than the main pre-training"), "nominal"),
    (re.compile(r"\blora\b", re.IGNORECASE), "lora"),
)


def cases_of(catalogue: Catalogue) -> tuple[list[Case], list[Unmodelled]]:
    """Cases from the catalogue's measurements, in their order, and the rows that cannot be modelled."""
    return _cases((from_measurement(row) for row in catalogue.measurements.values()), catalogue)


def read_cases(path: Path, catalogue: Catalogue) -> tuple[list[Case], list[Unmodelled]]:
    """Cases from a CSV file in our form or in the raw one, and the rows that cannot be modelled.

    Raises:
        DataError: The file breaks a rule of :func:`~chipgate.workload.rows.read_rows`.
    """
    return _cases(read_rows(path), catalogue)


def _cases(rows: Iterable[Row], catalogue: Catalogue) -> tuple[list[Case], list[Unmodelled]]:
    cases, others = [], []
    for row in rows:
        try:
            cases.append(_case(row, catalogue))
        except NoMeaning as reason:
            others.append(Unmodelled(row.id, str(reason)))
    return cases, others


@dataclass(frozen=True)
class _Measured:
    """Metric of a row; ``whole`` where the value is of all chips together."""

    phase: Phase
    metric: Metric
    whole: bool
    value: float


def _case(row: Row, catalogue: Catalogue) -> Case:
    measured = _measured(row)
    if row.day is None:
        raise NoMeaning("date: is empty, and software matures with time")
    model, device = find_model(row.model, catalogue), find_device(row.chip, catalogue)
    precision = find_precision(row.precision, model, device.chip)
    chips = _chips(row, measured)
    plan = read_layout(row.parallelism, chips, measured.phase, device.chip, model, dump=_DUMP in row.notes)
    chips = plan.chips
    pressure = read_load(
        row.concurrency, batch=row.batch, kept_open=row.batch_kept_open, chips=chips,
        sequence=row.tokens_in or USUAL_SEQUENCE, notes=row.notes,
    )  # fmt: skip
    lengths = read_lengths(measured.phase, row.tokens_in, row.tokens_out, pressure.batch, model.id, row.notes)
    return Case(
        id=row.id,
        run=_run(row, model, device, precision, plan, pressure),
        phase=measured.phase,
        model=model.id,
        chip=device.chip.id,
        chips=chips,
        precision=precision,
        layout=plan.layout,
        load=pressure.load,
        batch=pressure.batch,
        tokens_in=lengths.tokens_in,
        tokens_out=lengths.tokens_out,
        metric=measured.metric,
        value=measured.value / chips if measured.whole else measured.value,
        stack=stack_of(device.chip),
        engine=engine_of(row.software),
        day=row.day,
        speculative=_speculative(row, measured.phase),
        benchmark=_benchmark(row, measured, model),
        tokens_trained=_tokens_trained(row, measured),
        confidence=_confidence(row, plan),
        variant=_variant(row, device),
        accelerator=device.id,
        flags=_flags(row, model, lengths),
    )


def _measured(row: Row) -> _Measured:
    phase = _PHASES.get(row.workload.casefold().replace("-", "_").replace(" ", "_"))
    if phase is None:
        raise NoMeaning(f"unknown workload {row.workload!r}; known are {', '.join(_PHASES)}")
    name = re.sub(r"per_(gpu|npu|device|accelerator|tpu)$", "per_chip", row.metric.casefold())
    name = _SAME_METRIC.get(name, name)
    if name not in _METRICS:
        raise NoMeaning(f"unknown metric {row.metric!r}; known are {', '.join(_METRICS)}")
    metric, whole, phases = _METRICS[name]
    if phase not in phases:
        raise NoMeaning(f"metric {row.metric} has no meaning in {row.workload}")
    if row.value is None or row.value <= 0:
        raise NoMeaning(f"value {'is empty' if row.value is None else f'{row.value:g} is not above 0'}")
    value = row.value / 100 if metric == "mfu" and 1 < row.value <= 100 else row.value
    if metric == "mfu" and value > 1:
        raise NoMeaning(f"mfu {row.value:g} is above 1")
    return _Measured(phase, metric, whole, value)


def _chips(row: Row, measured: _Measured) -> int:
    if row.chips is not None:
        return row.chips
    if measured.metric != "gpu_hours":
        raise NoMeaning("number of chips not stated: layout and exchange hang on it")
    if row.batch is not None:
        return min(row.batch, _MOST_CHIPS)
    pressure = read_load(
        row.concurrency, batch=None, kept_open=row.batch_kept_open, chips=_MOST_CHIPS,
        sequence=row.tokens_in or USUAL_SEQUENCE, notes=row.notes,
    )  # fmt: skip
    return min(pressure.batch or _MOST_CHIPS, _MOST_CHIPS)


def _run(row: Row, model: LanguageModel, device: Device, precision: str, plan: Arrangement, pressure: Pressure) -> str:
    """Everything but the metric, and but the phase in serving: one run gives a decoding row and a serving row."""
    lengths = "/".join("" if n is None else f"{n:g}" for n in (row.tokens_in, row.tokens_out))
    kind = "train" if row.workload.casefold().startswith(("train", "pretrain")) else ""
    kind = "tune" if row.workload.casefold().startswith("fine") else kind or "serve"
    load = f"{pressure.batch}" if pressure.batch is not None else pressure.load
    layout = plan.layout
    shape = f"tp{layout.tensor}pp{layout.pipeline}vp{layout.interleave}ep{layout.expert}cp{layout.context}"
    shape += "dpa" * layout.data_attention + "fs" * layout.sharded
    chip = f"{device.chip.id}:{device.variant.partition(':')[0]}".strip(":")
    day = "" if row.day is None else row.day.isoformat()
    parts = (kind, model.id, chip, plan.chips, precision, shape, load, lengths, row.software.casefold(), day)
    return "|".join(str(part) for part in parts)


def _speculative(row: Row, phase: Phase) -> Literal["yes", "no", "unknown"]:
    """As stated, else from the notes; production systems that do not say are unknown."""
    if row.speculative is not None:
        return "yes" if row.speculative == "yes" else "no" if row.speculative == "no" else "unknown"
    if phase not in ("decode", "serving"):
        return "no"
    text = f"{row.parallelism}; {row.notes}"
    if _CALLED_OFF.search(text):
        return "no"
    if _NOT_KNOWN.search(text) or row.concurrency.casefold() == "production":
        return "unknown"
    return "yes" if _CALLED_ON.search(text) else "no"


def _benchmark(row: Row, measured: _Measured, model: LanguageModel) -> str:
    if measured.metric != "time_to_train_min":
        return ""
    name = _BENCHMARKS.get((measured.phase, model.id))
    if name is None or "mlperf" not in row.notes.casefold():
        raise NoMeaning(f"time to train of {model.name} in {row.workload}: no benchmark with a known target")
    return name


def _tokens_trained(row: Row, measured: _Measured) -> float | None:
    if measured.metric != "gpu_hours":
        return None
    stated = _TOKENS.search(row.notes)
    if stated is None:
        raise NoMeaning("tokens of the training run not stated in the notes (such as 1.0T tokens)")
    return 1e12 if stated[2] else float(stated[1]) * 1e12


def _confidence(row: Row, plan: Arrangement) -> str:
    """As stated, but no more than what the notes bear."""
    if plan.summed:
        return "low"
    stated = row.confidence if row.confidence in ("high", "medium", "low") else "medium"
    recalled = "recalled, not re-read" in row.notes or "preview submission" in row.notes
    return "medium" if stated == "high" and recalled else stated


def _variant(row: Row, device: Device) -> str:
    thermal = "custom thermal board: higher power limit" if "custom thermal solution" in row.notes else ""
    return "; ".join(text for text in (device.variant, thermal) if text)


def _flags(row: Row, model: LanguageModel, lengths: Lengths) -> frozenset[Flag]:
    found: set[Flag] = {flag for pattern, flag in _FLAGS if pattern.search(row.notes)}
    if is_short(row.notes):
        found.add("short_lengths")
    # Tables state it for dense models too, which have nothing to balance.
    if model.experts and re.search(r"(forced|perfectly) balanced", row.notes):
        found.add("balanced_routing")
    return frozenset(found)
