"""llm-analysis: formulae for a layer times given efficiencies.

Setting: flops efficiency/memory efficiency of training, of inference; its README names 0.5, 0.7 and 0.9.
"""

from importlib.metadata import version as installed
from typing import Any

from llm_analysis import analysis, config
from units import NotModelled, batch_of, best, is_training, serving, trained

WAYS = {16: "w16a16e16", 8: "w8a8e16", 4: "w4a4e16"}


def version() -> str:
    return installed("llm-analysis")


def check(case: dict[str, Any], setting: str) -> None:
    if case["model"].get("attention", "").startswith("MLA"):
        raise NotModelled("latent attention (MLA) not modelled")
    if case["data_attention"]:
        raise NotModelled("data-parallel attention with spread experts not modelled")


def predict(case: dict[str, Any], setting: str) -> tuple[float, str]:
    check(case, setting)
    _register(case)
    training, inference = setting.split(",")
    if is_training(case):
        return _train(case, *map(float, training.split("/")))
    flops, memory = map(float, inference.split("/"))
    inside, out = round(case["tokens_in"]), max(round(case["tokens_out"] or 1), 1)

    def run(batch: int) -> dict[str, Any]:
        found = _call(
            analysis.infer,
            model_name="peer",
            gpu_name="peer",
            dtype_name=_dtype(case),
            log_level="CRITICAL",
            batch_size_per_gpu=batch,
            tp_size=case["tensor"],
            pp_size=case["pipeline"],
            seq_len=inside,
            num_tokens_to_generate=out,
            kv_cache_dtype_bytes=1 if case["bits"] <= 8 else 2,
            flops_efficiency=flops,
            hbm_memory_efficiency=memory,
        )
        if batch > max(found["decode_max_batch_size_per_gpu"], 0):
            raise NotModelled("does not fit by the peer's count of memory")
        return found

    if case["phase"] == "prefill":
        batch = batch_of(case) or 1
        total = batch * inside / run(batch)["prefill_latency"] * case["replicas"]
        return total / case["chips"] if case["metric"].endswith("per_chip") else total, ""
    prefill_s = run(1)["prefill_latency"]
    return best(case, lambda batch: serving(case, prefill_s, run(batch)["decode_latency"], batch))


def _train(case: dict[str, Any], flops: float, memory: float) -> tuple[float, str]:
    """At the stated layout, micro batch and recomputation; what is not stated takes the first that fits."""
    if case["context"] > 1:
        raise NotModelled("context parallelism not modelled")
    open_stages = case["tensor"] > 1 and "PP" not in case["layout_text"]
    reason = NotModelled("chips or global batch are no multiple of the layout")
    for pipeline in (1, 2, 4, 8, 16, 35) if open_stages else (case["pipeline"],):
        width = case["tensor"] * pipeline
        replicas = case["chips"] // width
        if case["chips"] % width or case["model"]["layers"] % pipeline:
            continue
        batch = case["batch"] or replicas * (case["micro_batch"] or 1)
        if batch % replicas:
            continue
        micro = case["micro_batch"] or 1
        micro = micro if batch // replicas % micro == 0 else 1
        zero = 1 if case["layout_known"] and not case["sharded"] and width > 1 else 3
        for recompute in (1, 2) if case["recompute"] is None else (2 * case["recompute"],):
            try:
                found = _call(
                    analysis.train,
                    model_name="peer",
                    gpu_name="peer",
                    dtype_name=_dtype(case),
                    log_level="CRITICAL",
                    batch_size_per_gpu=micro,
                    global_batch_size=batch,
                    seq_len=round(case["tokens_in"]),
                    total_num_tokens=batch * round(case["tokens_in"]),
                    activation_recomputation=recompute,
                    ds_zero=zero,
                    tp_size=case["tensor"],
                    pp_size=pipeline,
                    total_num_gpus=case["chips"],
                    flops_efficiency=flops,
                    hbm_memory_efficiency=memory,
                )
            except NotModelled as error:
                reason = error
                continue
            note = f"PP{pipeline}, ZeRO-{zero}, recomputation {recompute}, micro batch {micro}"
            return trained(case, batch * case["tokens_in"] / found["latency_per_iter"]), note
    raise reason


def _call(function: Any, **arguments: Any) -> dict[str, Any]:
    try:
        return function(**arguments)
    except AssertionError as error:
        if "too large" in str(error) or "memory" in str(error):
            raise NotModelled("does not fit by the peer's count of memory") from error
        raise


def _dtype(case: dict[str, Any]) -> str:
    if case["bits"] == 16:
        return WAYS[16]
    if case["formats"][0] == "bf16":
        return f"w{case['bits']}a16e16"
    return "w4a8e16" if case["bits"] == 4 and case["formats"][0] != "fp4" else WAYS[case["bits"]]


def _register(case: dict[str, Any]) -> None:
    """Hand the row's model and chip to the peer under the name ``peer``."""
    shape, chip = case["model"], case["chip"]
    wide = shape.get("ffn_expert") if shape.get("experts") else shape.get("ffn_dense")
    width = wide * shape.get("ffn_matrices", 3) // 2  # the peer counts two matrices a block
    config.model_configs["peer"] = config.ModelConfig(
        name="peer",
        num_layers=shape["layers"],
        n_head=shape["heads"],
        hidden_dim=shape["hidden"],
        vocab_size=shape["vocab"],
        max_seq_len=1 << 20,
        num_key_value_heads=shape["kv_heads"],
        ffn_embed_dim=width,
        expansion_ratio=width / shape["hidden"],
        moe_num_experts=shape.get("experts") or 1,
        moe_top_k=shape.get("experts_per_token") or 1,
    )
    eight = case["rate"] if case["bits"] == 8 else chip["rates"].get("fp8", chip["rates"].get("int8"))
    config.gpu_configs["peer"] = config.GPUConfig(
        name="peer",
        mem_per_GPU_in_GB=chip["mem_gb"],
        hbm_bandwidth_in_GB_per_sec=chip["mem_bw"],
        intra_node_bandwidth_in_GB_per_sec=chip["link"],
        intra_node_min_message_latency=8e-6,
        peak_fp16_TFLOPS=chip["rates"]["bf16"],
        peak_i8_TFLOPS=eight or chip["rates"]["bf16"],
        peak_i4_TFLOPS=case["rate"],
        inter_node_bandwidth_in_GB_per_sec=chip["scale_out"],
    )
