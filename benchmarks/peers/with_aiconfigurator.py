"""aiconfigurator: measured kernel tables; aggregated serving with the row's engine (TensorRT-LLM where it has none).

Setting ``silicon+hybrid``: tables alone first; where a table is missing, the peer's own HYBRID mode.
"""

from functools import cache
from importlib.metadata import version as installed
from typing import Any

from units import BATCHES, NotModelled, best, is_training, tokens

SYSTEMS = {
    "nvidia_a100_80_sxm": "a100_sxm",
    "nvidia_h100_sxm": "h100_sxm",
    "nvidia_h100_pcie": "h100_pcie",
    "nvidia_h200_sxm": "h200_sxm",
    "nvidia_b200": "b200_sxm",
    "nvidia_b300": "b300_sxm",
    "nvidia_gb200": "gb200",
    "nvidia_gb300": "gb300",
    "nvidia_l40s": "l40s",
    "nvidia_rtx_pro_6000": "rtx_pro_6000_server",
}
LLAMA_8B, LLAMA_70B, LLAMA_405B = (f"meta-llama/Meta-Llama-3.1-{size}" for size in ("8B", "70B", "405B"))
MODELS = {
    "llama_3_8b": LLAMA_8B,
    "llama_3_1_8b": LLAMA_8B,
    "llama_3_70b": LLAMA_70B,
    "llama_3_1_70b": LLAMA_70B,
    "llama_3_3_70b": LLAMA_70B,
    "llama_3_1_405b": LLAMA_405B,
    "llama_4_scout": "meta-llama/Llama-4-Scout-17B-16E-Instruct",
    "llama_4_maverick": "meta-llama/Llama-4-Maverick-17B-128E-Instruct",
    "qwen3_8b": "Qwen/Qwen3-8B",
    "qwen3_32b": "Qwen/Qwen3-32B",
    "qwen3_30b_a3b": "Qwen/Qwen3-30B-A3B",
    "qwen3_235b_a22b": "Qwen/Qwen3-235B-A22B",
    "qwen3_coder_480b_a35b": "Qwen/Qwen3-Coder-480B-A35B-Instruct",
    "deepseek_r1": "deepseek-ai/DeepSeek-R1",
    "deepseek_v3": "deepseek-ai/DeepSeek-V3",
    "deepseek_v3_1": "deepseek-ai/DeepSeek-V3",
    "deepseek_v3_2": "deepseek-ai/DeepSeek-V3.2",
    "kimi_k2": "moonshotai/Kimi-K2-Instruct",
    "gpt_oss_120b": "openai/gpt-oss-120b",
    "gpt_oss_20b": "openai/gpt-oss-20b",
    "minimax_m2_5": "MiniMaxAI/MiniMax-M2.5",
    "mixtral_8x7b": "mistralai/Mixtral-8x7B-v0.1",
}
FP4 = {
    "deepseek_r1": "nvidia/DeepSeek-V3.1-NVFP4",
    "deepseek_v3": "nvidia/DeepSeek-V3.1-NVFP4",
    "deepseek_v3_1": "nvidia/DeepSeek-V3.1-NVFP4",
    "deepseek_v3_2": "nvidia/DeepSeek-V3.2-NVFP4",
    "kimi_k2": "nvidia/Kimi-K2.5-NVFP4",
    "minimax_m2_5": "nvidia/MiniMax-M2.5-NVFP4",
    "qwen3_235b_a22b": "nvidia/Qwen3-235B-A22B-NVFP4",
}
NATIVE = ("deepseek", "kimi", "minimax", "gpt_oss")  # published in the format that the row names
MODES = ("SILICON", "HYBRID")


def version() -> str:
    return installed("aiconfigurator")


def check(case: dict[str, Any], setting: str) -> None:
    if is_training(case):
        raise NotModelled("training not modelled")
    if case["chip_id"] not in SYSTEMS:
        raise NotModelled("no tables of this chip")
    if case["model_id"] not in MODELS:
        raise NotModelled("model not among the peer's")
    if case["precision"] in ("int8", "w4a8", "int4"):
        raise NotModelled("format not asked of the peer")


def predict(case: dict[str, Any], setting: str) -> tuple[float, str]:
    check(case, setting)
    engine = next((e for e in ("vllm", "sglang") if e in case["software"].replace("tensorrt", "")), "trtllm")
    engines = (engine,) if engine == "trtllm" else (engine, "trtllm")
    reason = ""
    for mode in MODES:
        for backend in engines:
            for model, quant in _models(case):
                try:
                    value, note = _value(case, model, backend, mode, quant)
                    return value, "; ".join(filter(None, (f"{backend} {mode}", note)))
                except NotModelled:
                    raise
                except Exception as error:  # the peer raises many kinds where a table is missing
                    reason = f"{type(error).__name__}: {error}"
    raise NotModelled(reason)


def _models(case: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    name, own = case["model_id"], MODELS[case["model_id"]]
    if case["precision"] in ("fp4", "nvfp4"):
        four = {"gemm_quant_mode": "nvfp4", "moe_quant_mode": "nvfp4", "kvcache_quant_mode": "fp8"}
        return [(FP4[name], {})] if name in FP4 else [(own, four)]
    if name.startswith("gpt_oss") and "fp4" in case["chip"]["rates"]:
        kinds = ("w4a8_mxfp4_mxfp8_trtllm", "w4a8_mxfp4_mxfp8")  # as engines run it on Blackwell
        return [(own, {"moe_quant_mode": kind, "kvcache_quant_mode": "fp8"}) for kind in kinds] + [(own, {})]
    if name.startswith(NATIVE) or case["bits"] == 16:
        return [(own, {})]
    eight = {"gemm_quant_mode": "fp8", "moe_quant_mode": "fp8", "kvcache_quant_mode": "fp8"}
    blocks = eight | {"gemm_quant_mode": "fp8_block", "moe_quant_mode": "fp8_block"}
    return [(own, eight), (own, blocks)]


def _value(case: dict[str, Any], model: str, backend: str, mode: str, quant: dict[str, str]) -> tuple[float, str]:
    spread = case["chips"] if case["data_attention"] else 1
    expert = max(case["expert"], spread) if case["model"].get("experts") else 1
    width = spread if case["data_attention"] else case["tensor"]
    if not case["model"].get("experts"):
        quant = {key: value for key, value in quant.items() if not key.startswith("moe")}
    moe = {"moe_ep_size": expert, "moe_tp_size": max(width // expert, 1)} if case["model"].get("experts") else {}
    pure = case["phase"] == "decode" and case["metric"] != "tpot_ms"
    arguments = {
        "model_path": model,
        "system_name": SYSTEMS[case["chip_id"]],
        "backend_name": backend,
        "database_mode": mode,
        "isl": round(case["tokens_in"]),
        "osl": max(round(case["tokens_out"] or 1), 2),
        "tp_size": case["tensor"],
        "pp_size": case["pipeline"],
        "attention_dp_size": spread,
        **moe,
        **quant,
    }
    if case["phase"] == "prefill":
        batch = max((case["batch"] or spread) // case["replicas"] // spread, 1)
        found = _estimate(**arguments, batch_size=min(batch, 16), mode="static_ctx")
        total = min(batch, 16) * spread * case["tokens_in"] / found.ttft * 1e3 * case["replicas"]
        return (total / case["chips"] if case["metric"].endswith("per_chip") else total), ""

    def value_at(batch: int) -> float:
        size = max(batch // spread, 1)
        found = _estimate(**arguments, batch_size=size, mode="static_gen" if pure else "agg")
        if case["metric"] == "tpot_ms":
            return found.tpot
        return tokens(case, size * spread / found.tpot * 1e3 if pure else found.tokens_per_second)

    return best(case, value_at, BATCHES[4:])  # from 16: each takes seconds


@cache
def _peer() -> Any:
    from aiconfigurator.cli.api import cli_estimate

    return cli_estimate


def _estimate(**arguments: Any) -> Any:
    try:
        return _peer()(**arguments)
    except RuntimeError as error:
        if str(error).startswith("OOM"):
            raise NotModelled("does not fit by the peer's count of memory") from error
        raise
