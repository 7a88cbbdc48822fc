"""Calculon: training time of dense transformers; runs from a folder that holds the peer.

Setting ``search``: what the row does not state of layout, micro batch and recomputation is searched for the fastest
that fits, as the peer's own search does.
"""

import json
import logging
from functools import cache
from itertools import product
from math import ceil
from pathlib import Path
from typing import Any

from calculon import System
from calculon.llm import Llm
from units import NotModelled, is_training, trained

BUILT_IN = {"nvidia_h100_sxm": "h100_80g_nvl8", "nvidia_a100_80_sxm": "a100_80g"}
LOG = logging.getLogger("calculon")


def version() -> str:
    return "2024-02-22 (caa4b11)"


def check(case: dict[str, Any], setting: str) -> None:
    if not is_training(case):
        raise NotModelled("serving not modelled")
    if case["model"].get("experts"):
        raise NotModelled("mixture of experts not modelled")
    if case["context"] > 1:
        raise NotModelled("context parallelism not modelled")
    if not case["model"].get("heads"):
        raise NotModelled("shape of the model not known")


def predict(case: dict[str, Any], setting: str) -> tuple[float, str]:
    check(case, setting)
    shape = case["model"]
    app = {
        "hidden": shape["hidden"],
        "feedforward": shape["ffn_dense"] * shape.get("ffn_matrices", 3) // 2,
        "seq_size": round(case["tokens_in"]),
        "attn_heads": shape["heads"],
        "attn_size": shape["head_dim"],
        "num_blocks": shape["layers"],
    }
    for free in (False, True):
        system = _system(case, free)
        best: tuple[float, str] = (0.0, "")
        reason = "layers, chips or global batch are no multiples of the layout"
        for execution in _executions(case):
            try:
                best = max(best, _rate(app, execution, system))
            except (Llm.Error, AssertionError) as error:
                reason = str(error) or reason
        if best[0]:
            note = best[1] + ("; count of memory lifted (weights not sharded in the peer)" if free else "")
            return trained(case, best[0] * case["tokens_in"]), note
        if not case["sharded"] and case["layout_known"]:
            break
    raise NotModelled(f"no way to run it: {reason}")


def _rate(app: dict[str, Any], execution: dict[str, Any], system: dict[str, Any]) -> tuple[float, str]:
    model = Llm(Llm.Application(app), LOG)
    machine = System(system)
    model.compile(machine, Llm.Execution.from_json(execution))
    model.run(machine)
    said = (
        f"TP{execution['tensor_par']} PP{execution['pipeline_par']} VP{execution['pipeline_interleaving']} "
        f"micro batch {execution['microbatch_size']} recomputation {execution['activation_recompute']}"
    )
    return execution["batch_size"] / model.get_total_time(), said


def _executions(case: dict[str, Any]) -> Any:
    chips, blocks = case["chips"], case["model"]["layers"]
    stated = case["layout_known"] and case["layout_text"] not in ("", "FSDP")
    tensors = [case["tensor"]] if stated or case["sharded"] else [1, 2, 4, 8]
    staged = "PP" in case["layout_text"] or case["sharded"]
    pipelines = [case["pipeline"]] if staged else [1, 2, 4, 5, 7, 8, 16, 35]
    microbatches = [case["micro_batch"]] if case["micro_batch"] else [1, 2, 4, 8]
    recomputes = {None: ["none", "attn_only", "full"], True: ["full"], False: ["none", "attn_only"]}[case["recompute"]]
    small = chips <= case["chip"]["domain"]
    for tensor, pipeline, micro, recompute in product(tensors, pipelines, microbatches, recomputes):
        if chips % (tensor * pipeline) or blocks % pipeline:
            continue
        data = chips // (tensor * pipeline)
        batch = case["batch"] or ceil(8 / micro) * micro * data
        if batch % (data * micro):
            continue
        stages = {case["interleave"]} if case["interleave"] > 1 else {1, blocks // pipeline if pipeline > 1 else 1}
        for interleave in stages:
            yield {
                "num_procs": chips,
                "tensor_par": tensor,
                "pipeline_par": pipeline,
                "data_par": data,
                "tensor_par_net": 0,
                "pipeline_par_net": 0 if small else 1,
                "data_par_net": 0 if small else 1,
                "batch_size": batch,
                "microbatch_size": micro,
                "datatype": _datatype(case),
                "fused_activation": True,
                "attention_type": "multihead",
                "activation_recompute": recompute,
                "pipeline_interleaving": interleave,
                "optimizer_sharding": data > 1,
                "tensor_par_comm_type": "rs_ag",
                "tensor_par_overlap": "none",
                "seq_par_ag_redo": False,
                "data_par_overlap": data > 1,
                "weight_offload": False,
                "activations_offload": False,
                "optimizer_offload": False,
                "training": True,
            }


def _datatype(case: dict[str, Any]) -> str:
    return "float8" if case["bits"] <= 8 and case["formats"][0] != "bf16" else "float16"


@cache
def _file(name: str) -> str:
    return Path("systems", f"{name}.json").read_text()


def _system(case: dict[str, Any], free: bool) -> dict[str, Any]:
    """The peer's own system, or that of the H100 with the rates of the data sheet."""
    chip = case["chip"]
    own = BUILT_IN.get(case["chip_id"])
    system = json.loads(_file(own or BUILT_IN["nvidia_h100_sxm"]))
    if not own:
        share = chip["rates"]["bf16"] / system["matrix"]["float16"]["tflops"]
        for kind in system["vector"].values():
            kind["tflops"] *= share
        system["matrix"]["float16"]["tflops"] = chip["rates"]["bf16"]
        system["matrix"]["float8"]["tflops"] = case["rate"]
        system["mem1"] |= {"GiB": chip["mem_gb"], "GBps": chip["mem_bw"]}
        inside, outside = system["networks"]
        inside |= {"bandwidth": chip["link"], "size": chip["domain"], "must_be_filled": False}
        outside["bandwidth"] = chip["scale_out"]
    if free:
        system["mem1"]["GiB"] = 1 << 20
    return system
