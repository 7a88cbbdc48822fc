"""Layouts that a person asks for: ``TP8 PP2``, ``DP-attention EP32``, ``TP4 EP8 PP2 VP4``, ``FSDP``.

Words in any order, separated by blanks, commas or ``x``; case does not count. What is not mentioned is 1. Unlike the
layouts of sources (:mod:`chipgate.workload.layout_text`), nothing is guessed: a word that is not known is refused.
"""

import difflib
import re
from typing import Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.schema.tables import LanguageModel
from chipgate.workload.case import Layout, Phase
from chipgate.workload.layouts import stated
from chipgate.workload.machine import machine_of

_WORDS: Final = "TPn, PPn, VPn, EPn, CPn, DP-attention, FSDP"
_SIZED: Final = re.compile(r"(tp|pp|vp|ep|cp)(\d+)")
_ATTENTION: Final = re.compile(r"dp(\d*)-?attention")
_KNOWN: Final = ("TP8", "PP2", "VP2", "EP8", "CP2", "DP-attention", "FSDP")


def read_layout(text: str, phase: Phase, model: LanguageModel) -> Layout:
    """A layout from its words.

    Raises:
        SpecError: A word is unknown, stands twice, is 0, or has no meaning in the phase or for the model.
    """
    sizes: dict[str, int] = {}
    sharded = False
    for word in re.split(r"[\s,]+", text.strip()):
        folded = word.casefold()
        sized, copies = _SIZED.fullmatch(folded), _ATTENTION.fullmatch(folded)
        if folded == "fsdp":
            sharded = True
        elif sized or copies:
            name, number = (sized[1], int(sized[2])) if sized else ("dp", int((copies and copies[1]) or 0))
            if name in sizes:
                raise SpecError(f"--layout {text!r}: {name.upper()} stands twice; keep one")
            if sized and not number:
                raise SpecError(f"--layout {text!r}: {word} is 0; write 1 or more")
            sizes[name] = number
        else:
            near = difflib.get_close_matches(word.upper(), _KNOWN, n=1, cutoff=0.4)
            hint = f", did you mean {near[0]}?" if near else ""
            raise SpecError(f"--layout {text!r}: {word!r} is no layout{hint}; words are {_WORDS}")
    _check_words(text, sizes, sharded, phase, model)
    tensor, expert = sizes.get("tp", 1), sizes.get("ep", 1)
    if "dp" in sizes:
        expert = expert if "ep" in sizes else sizes["dp"] * tensor
    return Layout(tensor, sizes.get("pp", 1), sizes.get("vp", 1), expert, sizes.get("cp", 1), "dp" in sizes, sharded)


def _check_words(text: str, sizes: dict[str, int], sharded: bool, phase: Phase, model: LanguageModel) -> None:
    training = phase in ("training", "finetune")
    if not model.experts and ("ep" in sizes or "dp" in sizes):
        raise SpecError(f"--layout {text!r}: {model.name} has no experts to spread; leave EP and DP-attention out")
    if not training and (sharded or "vp" in sizes or "cp" in sizes):
        raise SpecError(f"--layout {text!r}: FSDP, VP and CP are layouts of training; leave them out in {phase}")
    if "vp" in sizes and sizes.get("pp", 1) == 1 and sizes["vp"] > 1:
        raise SpecError(f"--layout {text!r}: VP divides the stages of a pipeline; give PP2 or more with it")
    if "dp" in sizes and "ep" not in sizes and not sizes["dp"]:
        raise SpecError(f"--layout {text!r}: over how many chips are the experts spread? give EP8, say, with it")
    tensor, copies, expert = sizes.get("tp", 1), sizes.get("dp", 0), sizes.get("ep", 0)
    if copies and expert and copies * tensor != expert:
        raise SpecError(f"--layout {text!r}: {copies} copies of {tensor} chips are not EP{expert}; "
                        f"take EP{copies * tensor}")  # fmt: skip


def check_layout(data: Catalogue, chip: Chip, model: LanguageModel, phase: Phase, layout: Layout, count: int) -> None:
    """Refuse a layout that the model, the chip or their number cannot take.

    Raises:
        SpecError: It cannot be taken; the text names the nearest that can.
    """
    moe = bool(model.experts)
    choice = stated(layout, phase, chips=count, moe=moe)
    layers, heads, experts = model.layers or 1, model.heads or 1, model.experts or 1
    domain = int(machine_of(data, chip, data.precisions["bf16"], moe=moe).domain)
    spread = choice.tensor * choice.data if choice.data > 1 else 1
    for flag, has, most, of in (
        ("TP", choice.tensor, heads, f"the {heads} heads of {model.name}"),
        ("TP", choice.tensor, domain, f"the {domain} chips on one fast link of {chip.name}"),
        ("PP", choice.pipeline, layers, f"the {layers} layers of {model.name}"),
        ("EP", spread, experts, f"the {experts} experts of {model.name}"),
    ):
        if has > most:
            near = 1 << (most.bit_length() - 1)
            raise SpecError(f"{chip.id}: layout {choice.text}: {flag}{has} is more than {of}; take {flag}{near}")
    if choice.group > count:
        raise SpecError(
            f"{chip.id}: layout {choice.text} needs {choice.group} chips and the job has {count}; "
            f"give --chips {choice.group} or more"
        )
    if heads % choice.tensor:
        near = max(n for n in range(1, choice.tensor) if heads % n == 0)
        raise SpecError(
            f"{chip.id}: layout {choice.text}: TP{choice.tensor} does not divide the {heads} heads of {model.name}; "
            f"take TP{near}"
        )
    if choice.pipeline * choice.interleave > layers:
        raise SpecError(
            f"{chip.id}: layout {choice.text} needs {choice.pipeline * choice.interleave} layers and {model.name} has "
            f"{layers}; take VP{max(layers // choice.pipeline, 1)}"
        )
