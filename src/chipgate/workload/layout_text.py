"""Parallel layouts as sources print them.

Grammar: words in any order, separated by blanks or commas; case does not count; ``(...)`` is a remark.
    TPn            n devices share each matrix            PPn   n pipeline stages
    VPn, VPPn      n virtual stages a device              interleaved   the same, number not stated (2, the least)
    EPn            experts over n devices                 EP    over all devices of the tensor group
    CPn            n devices share one sequence           n-way model   TPn, states sharded over the others (PaLM)
    DPn            n data-parallel groups (see below)     DEPn, DP/EP   attention on whole sequences, experts over n
    DP-attention, DPn-attention                           attention on whole sequences, experts over all devices
    wide EP        the same over all chips                hybrid TP/EP  nothing that could be used
    FSDPn, FULL_SHARD, SHARD_GRAD_OP, HYBRID_SHARD, ZeRO-n    states sharded over the data-parallel devices
    over n dies    n counts dies, not chips               n chips|GPUs|NPUs|nodes|pods   a remark
    PD disaggregated, decode ... [on n chips]             decoding has a part of the chips for itself
    MTP, async-TP, sequence parallel, selective recompute remarks

What is not mentioned is 1 where the string is a full layout: nothing but words from this list, without a comma.
Otherwise, and in an empty string, it is 0: not stated.

``TPn DPm`` in serving has two readings. Where n x m is the number of devices, n devices share attention and the
experts lie over n x m (vLLM). Otherwise n is the whole group, and n / m devices share attention (SGLang). A dense
model takes DP for copies.

Devices are dies on chips that show each die as a device (Ascend 910C, MI250X) where the numbers do not fit the
chips: TP16 on 8 chips is 8 chips. A layout that needs more devices than there are is dropped whole, as is a tensor
group that does not divide the heads: such a number is the sum of the chips of a disaggregated run.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from chipgate.schema.chip import Chip
from chipgate.schema.tables import LanguageModel
from chipgate.workload.case import Layout, Phase

DIES_AS_DEVICES: Final = {"huawei_ascend_910c": 2, "amd_mi250x": 2}
"""Devices a chip, where it is more than one."""

_SIZES: Final = re.compile(r"(?<![a-z0-9])(tp|pp|vpp|vp|ep|cp|dp|dep|fsdp|zero-?)(\d+)(?![\d])")
_REMARKS: Final = re.compile(
    r"\([^)]*\)|\bpd disaggregated\b|\bdecode\b|\bon \d+ (chips|gpus|npus)\b|\bover \d+ dies\b|\bmtp\b|\basync-tp\b"
    r"|\b(two|four|\d+) (chips|gpus|npus|nodes|node|pods)\b"
)
_ATTENTION: Final = re.compile(r"\bdp\d*-?\s?attention\b|\bdp/ep\b|\bwide[- ]ep\b")
_SHARDED: Final = re.compile(r"\b(fsdp\d*|full_shard|shard_grad_op|hybrid_shard|zero-?\d?)\b")
_PD_CHIPS: Final = re.compile(r"\bdecode\b.*\bon (\d+) (?:chips|gpus|npus)\b")


@dataclass(frozen=True)
class Arrangement:
    """A layout, with the chips that do the work of the phase; ``summed`` where the stated one was no layout."""

    layout: Layout
    chips: int
    summed: bool = False


def read_layout(
    text: str, chips: int, phase: Phase, chip: Chip, model: LanguageModel, dump: bool = False
) -> Arrangement:
    """What a printed layout says, in chips.

    Args:
        chips: Chips in the whole system.
        dump: Whether the row comes from a dump that writes TP x EP for TP and counts chips the same way, and
            calls disaggregated runs aggregated.
    """
    folded = " ".join(text.casefold().split())
    if not folded:
        return Arrangement(Layout(), chips)
    sizes: dict[str, int] = {name.rstrip("-"): int(number) for name, number in _SIZES.findall(folded)}
    summed = False
    if dump and sizes.get("tp") == chips and chips > 8:
        # Nobody slices a model over more chips than a box in these runs.
        expert = sizes.get("ep", 1)
        if expert > 1 and chips % expert == 0:
            chips = sizes["tp"] = chips // expert
        else:
            sizes.pop("tp")
            summed = True
    per_chip = DIES_AS_DEVICES.get(chip.id, 1)
    devices = chips * per_chip
    if phase == "decode" and "pd disaggregated" in folded:
        chips, devices = _decode_part(folded, sizes, chips, per_chip)
    full = not summed and _is_full(folded)
    layout = _layout(folded, sizes, devices, phase, model, full)
    if per_chip > 1:
        layout = _in_chips(layout, chips, per_chip, "dies" in folded or phase in ("decode", "prefill", "serving"))
    heads = model.heads or 0
    if layout.tensor > 1 and heads % layout.tensor:
        layout, summed = Layout(), True
    if max(layout.tensor, 1) * max(layout.pipeline, 1) * layout.context > chips or layout.expert > chips:
        layout = Layout()
    if layout.tensor and layout.tensor * layout.context == chips and not layout.pipeline:
        layout = replace(layout, pipeline=1)
    return Arrangement(layout, chips, summed)


def _decode_part(folded: str, sizes: dict[str, int], chips: int, per_chip: int) -> tuple[int, int]:
    """Chips and devices that decode, of a system where others do the prefill."""
    stated = _PD_CHIPS.search(folded)
    group = sizes.get("tp", 0) or sizes.get("ep", 0) or sizes.get("dp", 0)
    part = int(stated[1]) if stated else -(-group // per_chip)
    part = part if 0 < part <= chips else chips
    return part, part * per_chip


def _is_full(folded: str) -> bool:
    if "," in folded and "pd disaggregated" not in folded:
        return False
    rest = said = _REMARKS.sub(" ", folded)
    for pattern in (_ATTENTION, _SHARDED, _SIZES):
        rest = pattern.sub(" ", rest)
    words = [word for word in re.split(r"[\s,]+", rest) if word]
    return all(word in ("ep", "interleaved") for word in words) and rest != said


def _layout(folded: str, sizes: dict[str, int], devices: int, phase: Phase, model: LanguageModel, full: bool) -> Layout:
    """The layout in devices."""
    missing = 1 if full else 0
    serving = phase in ("prefill", "decode", "serving")
    mixture = bool(model.experts)
    way = re.search(r"\b(\d+)-way model\b", folded)
    tensor = int(way[1]) if way else sizes.get("tp", missing)
    expert = sizes.get("ep", 0) or (sizes.get("dep", 0))
    whole = serving and mixture and ("dep" in sizes or bool(_ATTENTION.search(folded)))
    if whole:
        # The group that attends in parallel is the one over which the experts lie.
        expert = expert or sizes.get("tp", 0) or devices
        tensor = 1
    elif not expert and re.search(r"(?<![a-z/-])ep(?![a-z0-9/])", folded):
        expert = tensor or devices
    if serving and mixture and not whole and "hybrid" not in folded:
        tensor, expert, whole = _spread(sizes, devices, tensor, expert)
    interleave = sizes.get("vp", sizes.get("vpp", 2 if "interleaved" in folded else 1))
    return Layout(
        tensor=tensor,
        pipeline=sizes.get("pp", missing or (1 if way else 0)),
        interleave=interleave,
        expert=expert or missing,
        context=sizes.get("cp", 1),
        data_attention=whole,
        sharded=bool(way) or bool(_SHARDED.search(folded)),
    )


def _spread(sizes: dict[str, int], devices: int, tensor: int, expert: int) -> tuple[int, int, bool]:
    """Tensor group, expert group and whole-sequence attention of a served mixture of experts."""
    groups = sizes.get("dp", 0)
    if groups > 1 and "tp" not in sizes:
        return 1, expert or groups, True
    if groups > 1 and tensor * groups == devices:
        return tensor, expert or devices, True
    if groups > 1 and tensor % groups == 0:
        return tensor // groups, expert or tensor, True
    # Experts over more devices than share attention: the others attend to sequences of their own.
    return (tensor or (1 if expert else 0)), expert, expert > max(tensor, 1)


def _in_chips(layout: Layout, chips: int, per_chip: int, counts_dies: bool) -> Layout:
    """The layout in chips, where its numbers count dies."""
    devices = max(layout.tensor, layout.expert, 1) * max(layout.pipeline, 1)
    if devices <= chips and not counts_dies:
        return layout
    halve = {name: -(-getattr(layout, name) // per_chip) for name in ("tensor", "expert")}
    return replace(layout, **halve)
