"""Layouts that a job may take on some chips: the stated one, or the ones to search."""

from typing import NamedTuple

from chipgate.errors import SpecError
from chipgate.workload.case import Layout, Phase

_STAGES = (1, 2, 4, 8, 16)
_INTERLEAVE = 4


class Choice(NamedTuple):
    """One layout: see :class:`~chipgate.workload.kernels.Spread` and :class:`~chipgate.workload.train.TrainingLoad`."""

    tensor: int
    data: int = 1
    pipeline: int = 1
    whole: int = 0
    interleave: int = 1
    context: int = 1
    sharded: int = 0

    @property
    def group(self) -> int:
        """Chips of one copy of the model."""
        return self.tensor * self.data * self.pipeline

    @property
    def text(self) -> str:
        """As people write it, such as ``TP8 PP2`` or ``DP-attention EP32``."""
        words = [f"TP{self.tensor}"] if self.tensor > 1 or self.data == 1 else []
        if self.data > 1:
            words.append(f"DP{self.data}-attention EP{self.data * self.tensor}")
        elif self.whole:
            words.append(f"EP{self.tensor}")
        words += [
            f"{name}{n}" for name, n in (("PP", self.pipeline), ("VP", self.interleave), ("CP", self.context)) if n > 1
        ]
        return " ".join(words + ["FSDP"] * self.sharded)


def powers(most: int) -> list[int]:
    """Powers of two up to ``most``."""
    return [2**i for i in range(max(most, 1).bit_length())]


def choices(
    layout: Layout, phase: Phase, *, chips: int, layers: int, heads: int, moe: bool, domain: int
) -> list[Choice]:
    """Layouts for a job on ``chips`` chips: the stated one alone where it is stated.

    Raises:
        SpecError: The stated layout does not go with the number of chips.
    """
    if layout.tensor or layout.pipeline or layout.expert or layout.sharded:
        choice = stated(layout, phase, chips=chips, moe=moe)
        if layout.pipeline or layout.sharded:
            return [choice]
        # Stages go unsaid where there are none, and sometimes where there are.
        rest = chips // (choice.tensor * choice.data * choice.context)
        return [choice._replace(pipeline=n) for n in _STAGES if n <= min(rest, layers)] or [choice]
    found = (
        _training(chips, layers, heads, moe, domain)
        if phase in ("training", "finetune")
        else _serving(chips, layers, heads, moe, domain)
    )
    return found


def stated(layout: Layout, phase: Phase, *, chips: int, moe: bool) -> Choice:
    """The layout as stated, with 1 for what went unsaid.

    Raises:
        SpecError: It needs more chips than there are.
    """
    tensor, pipeline = max(layout.tensor, 1), max(layout.pipeline, 1)
    expert = layout.expert if moe else 1
    if phase in ("training", "finetune"):
        choice = Choice(
            tensor, max(expert // tensor, 1), pipeline, int(expert > 1), max(layout.interleave, 1),
            max(layout.context, 1), int(layout.sharded),
        )  # fmt: skip
        need = choice.tensor * choice.pipeline * choice.context
    elif layout.data_attention:
        wide = max(expert, tensor if layout.tensor else 1)
        tensor = 1 if tensor >= wide else tensor
        choice = Choice(tensor, max(wide // tensor, 1), pipeline, int(expert > 1))
        need = choice.group
    else:
        # Experts over more chips than share a matrix: attention is copied over the rest.
        data = max(expert // tensor, 1) if expert > tensor else 1
        choice = Choice(tensor, data, pipeline, int(expert > 1))
        need = choice.group
    if need > chips:
        raise SpecError(f"layout {choice.text} needs {need} chips and the job has {chips}; give --chips {need} or more")
    return choice


def _serving(chips: int, layers: int, heads: int, moe: bool, domain: int) -> list[Choice]:
    found = []
    for tensor in powers(min(chips, domain, heads, 64)):
        for pipeline in _STAGES:
            if tensor * pipeline > chips or pipeline > layers or (pipeline > 1 and tensor < min(domain, 8, chips)):
                continue
            found.append(Choice(tensor, 1, pipeline, 0))
            if moe and tensor > 1:
                found.append(Choice(tensor, 1, pipeline, 1))
    if moe:
        found += [Choice(1, data, 1, 1) for data in powers(min(chips, 128)) if data > 1]
    return found


def _training(chips: int, layers: int, heads: int, moe: bool, domain: int) -> list[Choice]:
    found = [Choice(1, sharded=1)]
    for tensor in powers(min(chips, domain, heads, 8)):
        for pipeline in _STAGES:
            if tensor * pipeline > chips or pipeline > layers:
                continue
            depth = min(_INTERLEAVE, layers // pipeline) if pipeline > 1 else 1
            spans = powers(min(chips // (tensor * pipeline), 64)) if moe else [1]
            found += [Choice(tensor, data, pipeline, int(data > 1), depth) for data in spans]
    return found
