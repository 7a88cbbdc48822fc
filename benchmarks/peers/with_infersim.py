"""InferSim: FLOPs and bytes with measured efficiencies of H20 and H800; runs from a folder that holds the peer.

Setting ``tables``: the chips it knows, and H100 by the tables of H800 with the links of H100 (and H20 141 GB by those
of H20); ``datasheet``: any other chip by its data sheet with MFU 0.4 and 80 % of bandwidths, as the peer has its H200.
"""

import contextlib
import dataclasses
import io
import json
import re
import tempfile
from argparse import Namespace
from math import ceil
from typing import Any

from config.model_config import ModelConfig
from hardware.gpu import GPU, gpu_map
from models.model import Model
from units import NotModelled, OtherSetting, best, is_training, serving

BUILT_IN = {
    "nvidia_h20_96": "H20",
    "nvidia_h20_141": "H20",
    "nvidia_h800_sxm": "H800",
    "nvidia_h100_sxm": "H800",
    "nvidia_h200_sxm": "H200",
    "nvidia_gb200": "GB200",
}
ORIGINAL = dict(gpu_map)
CHUNK = 16384  # prefill tokens at a time, as in the peer's examples


def version() -> str:
    return "2026-05-08 (f2293da)"


def check(case: dict[str, Any], setting: str) -> None:
    if (case["chip_id"] in BUILT_IN) != (setting == "tables"):
        raise OtherSetting
    if is_training(case):
        raise NotModelled("training not modelled")
    if case["bits"] < 8 or case["formats"][0] not in ("bf16", "fp8"):
        raise NotModelled("BF16 and FP8 alone are modelled")
    if case["formats"][0] == "bf16" and case["bits"] == 8:
        raise NotModelled("weight-only quantisation not modelled")
    if case["pipeline"] > 1:
        raise NotModelled("pipeline parallelism not modelled")
    if case["model"].get("window"):
        raise NotModelled("sliding windows not modelled")


def predict(case: dict[str, Any], setting: str) -> tuple[float, str]:
    check(case, setting)
    device, note = _device(case)
    config = _config(case)
    width = case["width"]
    spread = case["data_attention"]
    twice = spread and width > 8  # two-batch overlap, as in the peer's examples of wide expert parallelism
    arguments = {
        "device_type": device,
        "world_size": width,
        "tp_size": 1 if spread else width,
        "num_nodes": ceil(width / case["chip"]["domain"]),
        "use_fp8_gemm": case["formats"][0] == "fp8",
        "use_fp8_kv": False,
        "enable_deepep": spread,
        "enable_tbo": twice,
        "sm_ratio": 108 / 132,
        "target_isl": round(case["tokens_in"]),
        "target_osl": round(case["tokens_out"] or 1),
        "target_tgs": 2560,
        "target_tpot": 1e9,
        "max_prefill_tokens": max(CHUNK // (1 + twice), round(case["tokens_in"])),
    }
    per_chip = _run(config, arguments, "prefill")
    if case["phase"] == "prefill":
        total = per_chip * width * case["replicas"]
        return total / case["chips"] if case["metric"].endswith("per_chip") else total, note
    share = width if spread else 1

    def value_at(batch: int) -> float:
        size = max(ceil(batch / share / (1 + twice)), 1)
        step = _run(config, arguments | {"decode_bs": size}, "decoding") / 1e3
        return serving(case, case["tokens_in"] / (per_chip * width), step, size * share * (1 + twice))

    value, more = best(case, value_at)
    return value, "; ".join(filter(None, (note, more)))


def _run(config: Any, arguments: dict[str, Any], phase: str) -> float:
    """Prefill tokens/s a chip, or ms of a decode step, from what the peer prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        model = Model(Namespace(**({"decode_bs": 1} | arguments)), config)
        model.print_weights_info()
        model.print_kvcache_info()
        if model.kvcache_mem <= 0 or (phase == "decoding" and "need smaller kvcache" in said.getvalue()):
            raise NotModelled("does not fit by the peer's count of memory")
        model.print_flops_info()
        try:
            getattr(model, phase)()
        except ZeroDivisionError as error:
            raise NotModelled("efficiency of this batch rounds to zero in the peer's tables") from error
    label = "TTFT" if phase == "prefill" else "TPOT"
    time_ms = float(re.search(label + r" \(ms\):\s+([\d.]+)", said.getvalue())[1])
    if phase == "decoding":
        return time_ms
    return arguments["max_prefill_tokens"] * (1 + arguments["enable_tbo"]) / arguments["tp_size"] / time_ms * 1e3


def _device(case: dict[str, Any]) -> tuple[str, str]:
    chip = case["chip"]
    name = BUILT_IN.get(case["chip_id"])
    if not name:
        rates = chip["rates"]
        gpu_map["ROW"] = GPU(
            fp16_tflops=rates["bf16"],
            fp8_tflops=rates.get("fp8", rates["bf16"]),
            mfu=0.4,
            mem=chip["mem_gb"],
            mem_bw=chip["mem_bw"] * 0.8,
            nvlink_bw=chip["link"] * 0.8,
            rdma_bw=chip["scale_out"] * 0.8,
        )
        return "ROW", ""
    gpu_map[name] = ORIGINAL[name]
    if case["chip_id"] == "nvidia_h100_sxm":
        gpu_map[name] = dataclasses.replace(ORIGINAL[name], nvlink_bw=chip["link"] * 0.8)
        return name, "H100 by the tables of H800"
    if case["chip_id"] == "nvidia_h20_141":
        gpu_map[name] = dataclasses.replace(ORIGINAL[name], mem=chip["mem_gb"], mem_bw=chip["mem_bw"] * 0.8)
    return name, ""


def _config(case: dict[str, Any]) -> Any:
    shape = case["model"]
    config: dict[str, Any] = {
        "model_type": "row",
        "hidden_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
    }
    if shape["attention"].startswith("MLA"):
        names = ("q_lora_rank", "kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")
        config |= {name: shape[name] for name in names}
        if "DSA" in shape["attention"]:
            config["index_topk"] = 2048
    else:
        if shape["kv_heads"] % (1 if case["data_attention"] else case["width"]):
            raise NotModelled("more chips than KV heads: the peer does not repeat heads")
        config |= {"num_key_value_heads": shape["kv_heads"], "head_dim": shape["head_dim"]}
    if shape.get("experts"):
        config |= {
            "num_routed_experts": shape["experts"],
            "num_experts_per_tok": shape["experts_per_token"],
            "moe_intermediate_size": shape["ffn_expert"],
            "num_shared_experts": shape.get("shared_experts") or 0,
        }
    else:
        config["intermediate_size"] = shape["ffn_dense"]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        return ModelConfig(file.name)
