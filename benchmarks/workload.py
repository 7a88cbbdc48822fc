"""Time of the workload model: 100 chips x 10 models x 3 phases, each with its best layout and batch.

    python benchmarks/workload.py [--json] [--out FILE]

Decoding searches every layout and batch on 64 chips under 50 ms a token, prefill the same without a limit, training
every layout on 1,024 chips. Chips are those of the catalogue that can be modelled; to make up the hundred, the first
ones follow once more with a tenth more bandwidth. The first time holds tracing, and compiling where the cache has no
program.
"""

import argparse
import json
import os
import sys
import time
from statistics import median

import jax
import numpy as np

from chipgate.arrays.compiled import compile_cache
from chipgate.catalogue import Catalogue, catalogue
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.workload import machine, search, shape
from chipgate.workload.machine import Machine
from chipgate.workload.predict import DEFAULT_TPOT_S, Ask, efficiencies, usual_precision
from chipgate.workload.question import predictor
from chipgate.workload.shape import Shape

CHIPS, SERVING, TRAINING = 100, 64, 1024
MODELS = (
    "llama_3_1_8b", "llama_3_1_70b", "llama_3_1_405b", "qwen3_32b", "qwen3_235b_a22b", "deepseek_v3", "deepseek_v3_2",
    "kimi_k2", "gpt_oss_120b", "mixtral_8x7b",
)  # fmt: skip
TARGET_S = 2.0


def chosen(data: Catalogue) -> list[Chip]:
    """The chips that can be modelled, repeated up to the hundred."""
    good = []
    for chip in data.chips.values():
        try:
            machine.machine_of(data, chip, data.precisions["bf16"], moe=False)
        except SpecError:
            continue
        good.append(chip)
    return (good * 2)[:CHIPS]


def arrays(data: Catalogue, chips: list[Chip], phase: str) -> Machine:
    """Machines ``[chip, model]`` at the usual precision of each pair."""
    rows = []
    for i, chip in enumerate(chips):
        row = []
        for name in MODELS:
            ask = Ask(data.models[name], phase, data.compiled)
            made = machine.machine_of(
                data, chip, data.precisions[usual_precision(data, chip, ask)], moe=bool(ask.model.experts)
            )
            row.append(made._replace(bandwidth=made.bandwidth * (1.1 if chip in chips[:i] else 1.0)))
        rows.append(machine.stack(row))
    return jax.tree.map(lambda *parts: np.stack(parts), *rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--out", help="also write them to this file")
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    with compile_cache():
        show(measured(given.repeat), given)


def measured(repeat: int) -> dict[str, object]:
    data = catalogue()
    chips = chosen(data)
    shapes: Shape = shape.stack([shape.shape_of(data.models[name]) for name in MODELS])
    e, slow = efficiencies(predictor(data), chips, data.compiled)
    made = {phase: arrays(data, chips, phase) for phase in ("training", "decode")}
    serving, training = search.serving_grid(SERVING), search.training_grid(TRAINING)

    def decode() -> search.Found:
        return search.find_serving(made["decode"], shapes, e, slow, serving, chips=SERVING, tokens_in=1024,
                                   tokens_out=1024, limit_s=DEFAULT_TPOT_S)  # fmt: skip

    def prefill() -> search.Found:
        return search.find_serving(made["decode"], shapes, e, slow, serving, chips=SERVING, tokens_in=2048,
                                   tokens_out=1, prefill=True)  # fmt: skip

    def train() -> search.Found:
        return search.find_training(
            made["training"], shapes, e, slow, training, chips=TRAINING, batch=1024, length=4096
        )

    work = {"decode": decode, "prefill": prefill, "training": train}
    result: dict[str, object] = {
        "chips": len(chips), "models": len(MODELS), "cores": os.cpu_count(),
        "points": {"decode": len(serving.choices), "prefill": len(serving.choices), "training": len(training.choices)},
    }  # fmt: skip
    first, later, fits = {}, {}, {}
    for name, go in work.items():
        first[name] = timed(go)
        later[name] = median(timed(go) for _ in range(repeat))
        fits[name] = int(go().fits.sum())
    result |= {"first_s": first, "seconds": later, "total_s": sum(later.values()), "fits": fits, "target_s": TARGET_S}
    return result


def show(result: dict[str, object], given: argparse.Namespace) -> None:
    if given.out:
        with open(given.out, "w") as file:
            json.dump(result, file, indent=1)
    if given.json:
        json.dump(result, sys.stdout, indent=1)
        print()
        return
    chips, models, first, later = result["chips"], result["models"], result["first_s"], result["seconds"]
    print(f"{chips} chips x {models} models, {result['cores']} cores\n")
    for name in later:
        print(f"{name:9} {result['points'][name]:5d} points  first {first[name]:6.2f} s  then {later[name]:6.3f} s"
              f"  {result['fits'][name]:4d} of {chips * models} pairs fit")  # fmt: skip
    print(f"{'all three':9} {'':12}  first {sum(first.values()):6.2f} s  then {result['total_s']:6.3f} s")


def timed(go) -> float:
    start = time.perf_counter()
    go()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
