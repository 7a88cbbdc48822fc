"""Loads and lengths as sources print them.

Loads: a number, ``n sequences`` or ``n per GPU`` is a batch; ``n tokens`` is divided by the sequence length, and
``n tokens per GPU`` multiplied by the chips first. M and K before ``tokens`` are powers of two, because reports of
training pair 16M tokens with 2,048 sequences of 8,192. ``server`` and ``interactive`` are MLPerf's scenarios with
latency limits. ``max``, ``unbounded``, ``offline``, ``production`` and nothing at all mean the batch is what the
system can hold: also in decoding, where a rate without batch can only be a rate at full load. Where requests queue,
the number asked for is not the batch: it is the number said to be running, or unknown.

Lengths: means. Random lengths up to a nominal one have half of it as mean; ``lengths vary a-b %`` have the middle.
MLPerf states outputs only, so inputs come from its reference data sets. Where nothing is stated:
    training           4,096 tokens (assumed: usual in pre-training; the rate hardly hangs on it)
    prefill            4,096 tokens (assumed, for the same reason)
    decode, batch to 64    1,024 in and out (assumed: at such batches weights, not the cache, fill the time)
    other              not modelled: the rate hangs on the cache
A decoding row that states one length alone means a cache of that length; it gets one output token.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from chipgate.catalogue.read import read_mapping
from chipgate.catalogue.table import EMBEDDED
from chipgate.errors import DataError
from chipgate.workload.case import Load, Phase
from chipgate.workload.names import NoMeaning

REFERENCE_SETS: Final = EMBEDDED / "workload" / "reference_sets.yaml"
USUAL_SEQUENCE: Final = 4096.0
USUAL_REQUEST: Final = 1024.0
_MOST_WITHOUT_LENGTHS: Final = 64

_N: Final = r"(\d+(?:[.,]\d+)*)"
_DEVICE: Final = r"(?:gpu|chip|npu|card|device|accelerator|rank)"
_NUMBER: Final = re.compile(rf"{_N}(?: ?(?:sequences|sequence|seqs|samples|requests|prompts|users|concurrent))?")
_EACH: Final = re.compile(rf"{_N}(?: ?(?:sequences|seqs|samples|requests|prompts|users))? ?(?:per |/ ?){_DEVICE}")
_TOKENS: Final = re.compile(rf"{_N} ?([mk]?) ?tokens( ?(?:per |/ ?){_DEVICE})?")
_RUNNING: Final = re.compile(r"about (\d+) of \d+ running")
_POWER: Final = {"": 1, "k": 2**10, "m": 2**20}
_WORDS: Final[Mapping[str, Load]] = {
    "": "max", "max": "max", "maximum": "max", "unbounded": "max", "unlimited": "max", "inf": "max",
    "saturated": "max", "offline": "max", "production": "max", "server": "server", "interactive": "interactive",
}  # fmt: skip


@dataclass(frozen=True)
class Pressure:
    """Kind of load, and sequences in the whole system where their number is known."""

    load: Load
    batch: int | None = None


def read_load(text: str, *, batch: int | None, kept_open: bool, chips: int, sequence: float, notes: str) -> Pressure:
    """The load of a row.

    Args:
        batch: Sequences in the whole system, where a column of its own says so.
        kept_open: Whether such a column is empty on purpose.
        chips: Chips in the whole system.
        sequence: Mean input length, by which tokens are divided.

    Raises:
        NoMeaning: The text is not understood.
    """
    running = _RUNNING.search(notes)
    if running:
        return Pressure("batch", int(running[1]))
    if "requests queue" in notes:
        return Pressure("max")
    if batch is not None:
        return Pressure("batch", batch)
    folded = " ".join(text.casefold().split())
    if folded in _WORDS:
        return Pressure(_WORDS[folded])
    if number := _NUMBER.fullmatch(folded):
        return Pressure("max") if kept_open else Pressure("batch", _count(_value(number[1])))
    if each := _EACH.fullmatch(folded):
        return Pressure("batch", _count(_value(each[1]) * chips))
    if tokens := _TOKENS.fullmatch(folded):
        total = _value(tokens[1]) * _POWER[tokens[2]] * (chips if tokens[3] else 1)
        return Pressure("batch", _count(total / sequence))
    raise NoMeaning(f"load {text!r} is not understood; write a number of sequences, max, server or interactive")


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _count(number: float) -> int:
    return max(round(number), 1)


@dataclass(frozen=True)
class Lengths:
    """Mean tokens in and out; ``tokens_out`` is ``None`` in training."""

    tokens_in: float
    tokens_out: float | None


def read_lengths(
    phase: Phase, tokens_in: float | None, tokens_out: float | None, batch: int | None, model: str, notes: str
) -> Lengths:
    """Mean lengths of a row.

    Raises:
        NoMeaning: They are not stated and no default is sensible.
    """
    tokens_in, tokens_out = tokens_in or None, tokens_out or None
    if phase in ("training", "finetune"):
        return Lengths(tokens_in or USUAL_SEQUENCE, None)
    if phase == "prefill":
        return Lengths((tokens_in or USUAL_SEQUENCE) * _share(notes), 1.0)
    if "mlperf" in notes.casefold() and (tokens_in is None or tokens_out is None):
        reference = _reference(tokens_out, model)
        if reference is not None:
            return Lengths(tokens_in or reference[0], tokens_out or reference[1])
    if tokens_in is not None and tokens_out is not None:
        return Lengths(tokens_in * _share(notes), tokens_out * _share(notes))
    if phase == "decode" and tokens_in is not None:
        return Lengths(tokens_in, 1.0)
    if phase == "decode" and tokens_out is None and batch is not None and batch <= _MOST_WITHOUT_LENGTHS:
        return Lengths(USUAL_REQUEST, USUAL_REQUEST)
    lacking = " and ".join(name for name, n in (("seq_in", tokens_in), ("seq_out", tokens_out)) if n is None)
    raise NoMeaning(f"{lacking} not stated: the rate hangs on the length of the cache")


def is_short(notes: str) -> bool:
    """Whether lengths were drawn uniformly up to the nominal ones."""
    return "spread uniformly up to the nominal" in notes


def _share(notes: str) -> float:
    """Mean length over nominal length."""
    if is_short(notes):
        return 0.5
    varied = re.search(r"lengths vary (\d+)\s?-\s?(\d+) % of nominal", notes)
    return (int(varied[1]) + int(varied[2])) / 200 if varied else 1.0


def _reference(tokens_out: float | None, model: str) -> tuple[float, float] | None:
    """Mean input and output of the reference data set with this output, else of this model's one."""
    sets = _reference_sets()
    if tokens_out is not None:
        for pair in sets.values():
            if abs(pair[1] / tokens_out - 1) < 0.005:
                return pair
    return sets.get(model)


@cache
def _reference_sets() -> dict[str, tuple[float, float]]:
    """Mean input and output by model."""
    found = {}
    for name, body in read_mapping(REFERENCE_SETS).items():
        if not isinstance(body, dict) or sorted(body) != ["model", "tokens_in", "tokens_out"]:
            raise DataError(f"{name} must give model, tokens_in and tokens_out", path=REFERENCE_SETS)
        found[str(body["model"])] = (float(body["tokens_in"]), float(body["tokens_out"]))
    return found
