"""Rows of the measurements as cases that every peer can read: numbers of model, chip, layout and load, no names."""

import csv
import hashlib
import re
from pathlib import Path
from typing import Any

import yaml

RATES = {
    "bf16": "bf16_dense_tflops",
    "fp8": "fp8_dense_tflops",
    "int8": "int8_dense_tops",
    "fp4": "fp4_dense_tflops",
}
# Format of the matrix products, the wished one first, and bits of a weight.
PRECISIONS = {
    "bf16": (("bf16",), 16),
    "fp16": (("bf16",), 16),
    "fp8": (("fp8", "bf16"), 8),
    "mxfp8": (("fp8", "bf16"), 8),
    "int8": (("int8", "bf16"), 8),
    "fp8_weights": (("bf16",), 8),
    "int8_weights": (("bf16",), 8),
    "int8_bf16_mix": (("int8", "bf16"), 8),
    "w4a8": (("int8", "fp8", "bf16"), 4),
    "int4": (("bf16",), 4),
    "fp4": (("fp4", "fp8", "bf16"), 4),
    "nvfp4": (("fp4", "fp8", "bf16"), 4),
    "mxfp4": (("fp4", "fp8", "bf16"), 4),
    "fp8_fp4_mix": (("fp4", "fp8", "bf16"), 4),
}
TRAINING = ("training", "finetune")
# Scale-out, one direction, GB/s a chip; 50 (one 400 Gbit/s port) for the others.
SCALE_OUT = {"nvidia_a100_40_sxm": 25, "nvidia_a100_80_sxm": 25, "huawei_ascend_910b3": 25, "huawei_ascend_910": 12.5}


def load(measurements: Path, data: Path) -> list[dict[str, Any]]:
    """All rows as cases, in the order of the file."""
    models = {row["id"]: _numbers(row) for row in _rows(data / "models.csv")}
    variants = {row["id"]: row["nearest_chip"] for row in _rows(data / "measured_systems.csv")}
    chips: dict[str, dict[str, Any] | None] = {}
    cases = []
    for row in _rows(measurements):
        name = variants.get(row["chip"], row["chip"])
        if name not in chips:
            chips[name] = _chip(data, name)
        cases.append(_case(row, models.get(row["model"]), chips[name]))
    return cases


def sample(cases: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """At most ``limit`` cases in the order of the hash of their ids, taken in turn from every chip and phase."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for case in sorted(cases, key=lambda c: hashlib.sha256(c["id"].encode()).hexdigest()):
        groups.setdefault((case["chip_id"], case["phase"]), []).append(case)
    turns = sorted(((k, c) for g in groups.values() for k, c in enumerate(g)), key=lambda t: t[0])
    return [case for _, case in turns[:limit]]


def unmodellable(case: dict[str, Any]) -> str:
    """Why no peer can say anything on this row; empty if one could."""
    if case["metric"] in ("time_to_train_min", "gpu_hours"):
        return "time of a whole run: tokens or steps to the target are not in the row"
    if case["chip"] is None:
        return "no data sheet of this chip"
    if case["model"] is None or not case["model"].get("layers"):
        return "shape of the model not known"
    if case["speculative"] == "yes":
        return "speculative decoding: share of accepted tokens not stated"
    if case["lora"]:
        return "fine-tuning of adapters alone"
    if not case["tokens_in"]:
        return "input length not stated"
    if case["phase"] not in (*TRAINING, "prefill") and not case["tokens_out"]:
        return "output length not stated"
    if case["phase"] not in TRAINING and not case["layout_known"]:
        return "layout not stated"
    if case["phase"] not in TRAINING and case["batch"] is None and case["load"] not in ("max", "unbounded"):
        return "number of sequences not stated"
    if case["chips"] is None:
        return "number of chips not stated"
    return ""


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(row: dict[str, str]) -> dict[str, Any]:
    kept = {}
    for key, text in row.items():
        try:
            number = float(text)
        except ValueError:
            if key in ("id", "attention", "tied"):
                kept[key] = text
            continue
        kept[key] = int(number) if number.is_integer() else number
    return kept


def _chip(data: Path, name: str) -> dict[str, Any] | None:
    path = data / "chips" / f"{name}.yaml"
    if not name or not path.exists():
        return None
    specs = {
        k: v.get("value") if isinstance(v, dict) else v for k, v in yaml.safe_load(path.read_text())["specs"].items()
    }
    rates = {name: specs[field] for name, field in RATES.items() if specs.get(field)}
    if not {"bf16"} <= rates.keys() or not specs.get("mem_bw_gbs") or not specs.get("mem_gb"):
        return None
    return {
        "id": name,
        "rates": rates,
        "mem_gb": specs["mem_gb"],
        "mem_bw": specs["mem_bw_gbs"],
        "link": (specs.get("scaleup_bw_gbs") or 128) / 2,
        "domain": specs.get("max_scaleup_domain") or 8,
        "scale_out": SCALE_OUT.get(name, 50),
    }


def _case(row: dict[str, str], model: dict[str, Any] | None, chip: dict[str, Any] | None) -> dict[str, Any]:
    notes = row["notes"].lower()
    half = 0.5 if "spread uniformly up to the nominal length" in notes else 1.0
    chips = _whole(row["num_chips"])
    formats, bits = PRECISIONS[row["precision"]]
    rate = next((chip["rates"][f] for f in formats if f in chip["rates"]), None) if chip else None
    return {
        "id": row["id"],
        "phase": row["workload"],
        "metric": row["metric"],
        "value": float(row["value"]),
        "model_id": row["model"],
        "model": model,
        "chip_id": row["chip"],
        "chip": chip,
        "chips": chips,
        "precision": row["precision"],
        "formats": formats,
        "bits": bits,
        "rate": rate,
        "batch": _whole(row["batch"]) or _whole(row["concurrency"]),
        "load": row["concurrency"],
        "tokens_in": half * float(row["seq_in"]) if row["seq_in"] else None,
        "tokens_out": half * float(row["seq_out"]) if row["seq_out"] else None,
        "software": row["software"].lower(),
        "speculative": row["speculative"],
        "lora": "lora performance" in notes,
        "micro_batch": _found(r"micro batch (\d+)", notes),
        "recompute": {"true": True, "false": False}.get(_word(r"activation checkpointing (\w+)", notes)),
        **_layout(row["parallelism"], chips or 1),
    }


def _layout(text: str, chips: int) -> dict[str, Any]:
    """Tensor, pipeline and expert parallelism of one replica and how many replicas the chips hold."""
    tensor, pipeline, expert = (_found(rf"(?<![A-Z]){key}(\d+)", text) for key in ("TP", "PP", "EP"))
    both = _found(r"DEP(\d+)", text)
    data_attention = bool(both or "DP-attention" in text or re.search(r"DP\d+-attention|DP/EP", text))
    expert = both or expert
    if re.search(r"^DP\d+|decode DP", text) or (expert or 0) > (tensor or 1):
        data_attention, expert = True, expert or chips
    disaggregated = "disagg" in text
    known = bool(tensor or pipeline or expert or data_attention or chips == 1) and not disaggregated
    tensor = min(tensor or 1, chips)  # two dies of one chip count as one here
    pipeline = pipeline or 1
    if data_attention:
        width, tensor, pipeline = chips, 1, 1
    else:
        width = min(tensor * pipeline, chips)
    return {
        "layout_known": known,
        "layout_text": text,
        "tensor": tensor,
        "pipeline": pipeline,
        "interleave": _found(r"VPP?(\d+)", text) or 1,
        "context": _found(r"CP(\d+)", text) or 1,
        "expert": expert or 1,
        "data_attention": data_attention,
        "sharded": bool(re.search(r"FSDP|SHARD|ZeRO", text)),
        "width": width,
        "replicas": max(chips // width, 1),
    }


def _found(pattern: str, text: str) -> int | None:
    match = re.search(pattern, text)
    return int(match[1]) if match else None


def _word(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


def _whole(text: str) -> int | None:
    return int(float(text)) if re.fullmatch(r"\d+(\.0+)?", text) else None
