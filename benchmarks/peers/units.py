"""From a peer's times to the unit of a row. Standard library alone: it runs inside each peer's environment."""

from collections.abc import Callable
from typing import Any

BATCHES = tuple(2**k for k in range(13))


class NotModelled(Exception):
    """The peer cannot model this row; the text says why."""


class OtherSetting(Exception):
    """The row belongs to another setting of the same peer and needs no record in this one."""


def is_training(case: dict[str, Any]) -> bool:
    return case["phase"] in ("training", "finetune")


def serving(case: dict[str, Any], prefill_s: float, step_s: float, batch: int) -> float:
    """Value of a serving row from the time of one prefill and of one decode step of ``batch`` on one replica.

    While a request decodes, each of the others is replaced once and its prefill holds up the batch:
    TPOT = step + (batch - 1) x prefill / output length; tokens/s = batch x output / (batch x prefill + output x step).
    """
    out = case["tokens_out"]
    if case["phase"] == "decode" and case["metric"] != "tpot_ms":
        prefill_s = 0.0  # an instance that decodes alone
    if case["metric"] == "tpot_ms":
        return 1e3 * (step_s + (batch - 1) * prefill_s / out)
    return tokens(case, batch * out / (batch * prefill_s + out * step_s))


def tokens(case: dict[str, Any], per_replica: float) -> float:
    """Output tokens/s of one replica in the unit of the row."""
    total = per_replica * case["replicas"]
    if case["metric"].startswith("total_tokens") and case["tokens_out"]:
        total *= (case["tokens_in"] + case["tokens_out"]) / case["tokens_out"]
    return total / case["chips"] if case["metric"].endswith("per_chip") else total


def trained(case: dict[str, Any], tokens_per_s: float) -> float:
    """Trained tokens/s of all chips in the unit of the row; MFU as in PaLM: 6 N + 12 L H Q T against the BF16 peak."""
    if case["metric"] == "mfu":
        model = case["model"]
        width = (model.get("heads") or 0) * (model.get("head_dim") or 0)
        flops = 6e9 * model["active_params_b"] + 12 * model["layers"] * width * case["tokens_in"]
        return tokens_per_s * flops / (case["chips"] * case["chip"]["rates"]["bf16"] * 1e12)
    return tokens_per_s / case["chips"] if case["metric"].endswith("per_chip") else tokens_per_s


def batch_of(case: dict[str, Any]) -> int | None:
    """Sequences of one replica; None where the load is unbounded and the best batch is to be found."""
    return None if case["batch"] is None else max(case["batch"] // case["replicas"], 1)


def best(case: dict[str, Any], value_at: Callable[[int], float], sizes: tuple[int, ...] = BATCHES) -> tuple[float, str]:
    """Value at the row's batch, or the highest over batches of powers of two up to the first that does not fit."""
    batch = batch_of(case)
    if batch is not None:
        return value_at(batch), ""
    found: list[tuple[float, int]] = []
    reason = ""
    for size in sizes:
        try:
            found.append((value_at(size), size))
        except NotModelled as error:
            reason = str(error)
            if found:
                break
    if not found:
        raise NotModelled(reason)
    value, size = max(found)
    return value, f"best batch {size} a replica"
