"""A point of work: one model on some chips in one layout under one load, measured or asked about."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Phase = Literal["training", "finetune", "prefill", "decode", "serving"]
Metric = Literal[
    "tokens_per_s_per_chip", "total_tokens_per_s_per_chip", "tpot_ms", "mfu", "time_to_train_min", "gpu_hours"
]
Load = Literal["batch", "max", "server", "interactive"]
Flag = Literal["balanced_routing", "short_lengths", "repeated_prefixes", "untuned", "nominal", "lora"]


@dataclass(frozen=True)
class Layout:
    """How one job is spread over chips; 0 where it was not stated.

    Attributes:
        tensor: Chips that share each matrix of attention and dense layers.
        pipeline: Stages; ``interleave``: virtual stages a chip (1 if none).
        expert: Chips over which the experts are spread.
        context: Chips that share one sequence.
        data_attention: Whether attention runs on whole sequences per chip while experts are spread.
        sharded: Whether states and weights are sharded over the data-parallel chips (FSDP, ZeRO).
    """

    tensor: int = 0
    pipeline: int = 0
    interleave: int = 1
    expert: int = 0
    context: int = 1
    data_attention: bool = False
    sharded: bool = False


@dataclass(frozen=True)
class Case:
    """One point of work.

    Attributes:
        run: Name shared by rows that come from one run, which a split keeps together.
        chip: Catalogued chip (the nearest one where a variant was measured; ``variant`` then says how it differs).
        chips: Chips in the whole system.
        precision: Id as in the catalogue's measurements.
        layout: As stated; zeros are searched.
        load: ``batch`` where the number of sequences is known; else the kind of load.
        batch: Sequences in the whole system at a time; in training, the global batch in sequences.
        tokens_in, tokens_out: Mean lengths; in training ``tokens_in`` is the sequence length.
        value: Measured figure in the unit of ``metric``; nan where the case is a question.
        stack: Software stack: ``cuda``, ``rocm``, ``cann``, ``xla``, ``oneapi``, ``gaudi``, ``domestic_other``.
        engine: Family of the software: ``trtllm``, ``vllm``, ``sglang``, ``megatron``, ... or ``other``.
        benchmark: Id of a time-to-target benchmark, ``""`` for the others.
        accelerator: Chip or measured system as the source names it, an id.
        tokens_trained: Tokens of a whole training run, for GPU hours.
        confidence: ``high``, ``medium`` or ``low``.
        together: Whether prefill runs on the same chips as decoding.
    """

    id: str
    run: str
    phase: Phase
    model: str
    chip: str
    chips: int
    precision: str
    layout: Layout
    load: Load
    batch: int | None
    tokens_in: float | None
    tokens_out: float | None
    metric: Metric
    value: float
    stack: str
    engine: str
    day: date
    speculative: Literal["yes", "no", "unknown"] = "no"
    benchmark: str = ""
    tokens_trained: float | None = None
    confidence: str = "medium"
    variant: str = ""
    accelerator: str = ""
    flags: frozenset[Flag] = frozenset()
    together: bool = True


@dataclass(frozen=True)
class Unmodelled:
    """A row that cannot be modelled, with the reason in one line."""

    id: str
    reason: str
