"""GenZ (genz-llm): operator roofline with one efficiency; the setting is that efficiency."""

from importlib.metadata import version as installed
from typing import Any

from GenZ import decode_moddeling, prefill_moddeling
from GenZ.Models.default_models import ModelConfig
from units import NotModelled, best, is_training, serving

BITS = {16: "bf16", 8: "fp8", 4: "fp4"}
FACTOR = {16: 1.0, 8: 0.5, 4: 0.25}  # GenZ takes time = FLOPs x factor / rate


def version() -> str:
    return installed("genz-llm")


def check(case: dict[str, Any], setting: str) -> None:
    if is_training(case):
        raise NotModelled("training not modelled")
    if case["model"]["attention"].startswith("MLA"):
        raise NotModelled("latent attention (MLA) not modelled")
    if case["data_attention"] and case["chips"] > case["chip"]["domain"]:
        raise NotModelled("experts over more chips than one scale-up domain: one link rate only")


def predict(case: dict[str, Any], setting: str) -> tuple[float, str]:
    check(case, setting)
    ways = {"tensor_parallel": case["tensor"], "pipeline_parallel": case["pipeline"]}
    share = 1
    if case["data_attention"]:
        share = case["chips"]
        ways = {"expert_parallel": share, "tensor_parallel": 1, "pipeline_parallel": 1}
    common = {
        "model": _model(case),
        "system_name": _system(case),
        "system_eff": float(setting),
        "bits": BITS[case["bits"]],
        **ways,
    }
    inside, out = round(case["tokens_in"]), round(case["tokens_out"] or 0)
    if case["phase"] == "prefill":
        batch = max((case["batch"] or 1) // case["replicas"] // share, 1)
        time_s = _time(prefill_moddeling, batch_size=batch, input_tokens=inside, **common)
        rate = batch * share * inside / time_s * case["replicas"]
        return rate / case["chips"] if case["metric"].endswith("per_chip") else rate, ""
    prefill_s = _time(prefill_moddeling, batch_size=1, input_tokens=inside, **common) / share

    def value_at(batch: int) -> float:
        size = max(batch // share, 1)
        step = _time(decode_moddeling, batch_size=size, Bb=1, input_tokens=inside, output_tokens=out // 2, **common)
        return serving(case, prefill_s, step, max(batch, share))

    return best(case, value_at)


def _time(function: Any, **arguments: Any) -> float:
    try:
        return float(function(**arguments)["Latency"]) / 1e3
    except ValueError as error:
        if "would not fit" in str(error):
            raise NotModelled("does not fit by the peer's count of memory") from error
        raise


def _system(case: dict[str, Any]) -> dict[str, Any]:
    chip = case["chip"]
    flops = case["rate"] * FACTOR[case["bits"]]
    return {
        "Flops": flops,
        "Memory_size": chip["mem_gb"],
        "Memory_BW": chip["mem_bw"],
        "ICN": chip["link"],
        "real_values": True,
    }


def _model(case: dict[str, Any]) -> Any:
    shape = case["model"]
    config: dict[str, Any] = {
        "model": case["model_id"],
        "vocab_size": shape["vocab"],
        "hidden_size": shape["hidden"],
        "intermediate_size": shape.get("ffn_dense") or shape.get("ffn_expert"),
        "num_ffi": shape.get("ffn_matrices", 3) - 1,
        "num_decoder_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "num_key_value_heads": shape["kv_heads"],
        "head_dim": shape["head_dim"],
    }
    if shape.get("experts"):
        config |= {
            "num_experts": shape["experts"],
            "expert_top_k": shape["experts_per_token"],
            "moe_intermediate_size": shape["ffn_expert"],
            "intermediate_size": shape["ffn_expert"],
            "n_shared_experts": shape.get("shared_experts") or 0,
            "shared_expert_intermediate_size": shape.get("shared_expert_width") or None,
        }
    return ModelConfig(**config)
