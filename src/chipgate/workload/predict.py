"""What a model would do on a chip: best layout and batch, rate with its band, what limits it.

The search runs on the mode of the fitted efficiencies. The band at the point that it finds is that of a new
measurement there: uncertainty of efficiencies, of the chip and model within their families, and noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, cast

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.schema.tables import LanguageModel
from chipgate.workload import machine as machines
from chipgate.workload import search
from chipgate.workload import shape as shapes
from chipgate.workload.case import Case, Layout
from chipgate.workload.efficiency import gather, scores, slowdown, stack_index, values
from chipgate.workload.fit import Predictor
from chipgate.workload.kernels import Efficiency
from chipgate.workload.layout_ask import check_layout
from chipgate.workload.layouts import Choice, stated
from chipgate.workload.points import age_years, bounded
from chipgate.workload.software_text import stack_of

AskPhase = Literal["training", "prefill", "decode"]
QUANTILES: Final = {"p10": -1.2815515655446004, "p50": 0.0, "p90": 1.2815515655446004}
DEFAULT_TPOT_S: Final = 0.05
"""Longest time between tokens where none is asked for: 20 tokens/s for each reader."""
DEFAULT_LENGTH: Final = {"training": (4096.0, 0.0), "prefill": (2048.0, 1.0), "decode": (1024.0, 1024.0)}
DEFAULT_CHIPS: Final = {"training": 1024, "prefill": 8, "decode": 8}
DEFAULT_CHIPS_EXPERTS: Final = 64
"""Chips that serve a mixture of experts, whose experts like to be spread; the search may take fewer for a copy."""
DEFAULT_TRAINING_BATCH: Final = 1024
_MOST_CHIPS: Final = 1 << 17
# Software by which a question is judged where none is named: that of most measurements of the stack.
_ENGINES: Final = {
    "cuda": ("megatron", "trtllm"), "rocm": ("megatron", "sglang"), "cann": ("mindspeed", "sglang"),
    "xla": ("maxtext", "vllm"),
}  # fmt: skip
_PREFERRED: Final = ("fp8", "int8", "bf16")
# Searches until a limit of time is kept, and how far it may be missed.
_TURNS: Final = 4
_SLACK: Final = 1.005


@dataclass(frozen=True)
class Ask:
    """A question about one model, for any number of chips.

    Attributes:
        chips: Chips of the system; ``None``: the least power of two from a default on that holds the model.
        precision: ``None``: 16 bits in training; in serving FP8, else INT8, else 16 bits, as the chip has it.
        batch: Sequences in the system (a step, in training); ``None``: the best.
        tpot_s, ttft_s: Longest time between tokens, to the first token; ``None``: none.
        layout: ``None``: the best.
        engine: Family of the software; ``None``: the usual of the stack.
    """

    model: LanguageModel
    phase: AskPhase
    day: date
    chips: int | None = None
    precision: str | None = None
    batch: int | None = None
    tokens_in: float | None = None
    tokens_out: float | None = None
    tpot_s: float | None = None
    ttft_s: float | None = None
    layout: Layout | None = None
    engine: str | None = None

    @property
    def lengths(self) -> tuple[float, float]:
        """Tokens in and out."""
        usual = DEFAULT_LENGTH[self.phase]
        return (
            self.tokens_in if self.tokens_in is not None else usual[0],
            self.tokens_out if self.tokens_out is not None else usual[1],
        )

    @property
    def limit_s(self) -> float:
        """Longest wait that counts in the phase, without end where none was asked for."""
        limit = {"decode": self.tpot_s, "prefill": self.ttft_s}.get(self.phase)
        return float("inf") if limit is None else limit


@dataclass(frozen=True)
class Answer:
    """What one chip would do.

    Attributes:
        case: The point of work that was found, as a question.
        rate: Tokens/s a chip (output tokens in decoding): ``p10``, ``p50``, ``p90``.
        log_mean, log_deviation: On the scale without bound of :func:`~chipgate.workload.points.free`.
        ideal: Rate at full use of every specification.
        mfu: Model FLOPs over the dense rate of the format in use, at the median.
        bound_by: ``compute``, ``memory``, ``communication`` or ``overhead``; ``shares``: time of each by itself.
        memory_bytes: On one chip. ``tpot_s``, ``ttft_s``: at the median, in serving.
    """

    chip: Chip
    case: Case
    choice: Choice
    rate: dict[str, float]
    log_mean: float
    log_deviation: float
    ideal: float
    mfu: float
    bound_by: str
    shares: dict[str, float]
    memory_bytes: float
    tpot_s: float | None
    ttft_s: float | None

    @property
    def wait_s(self) -> float | None:
        """The wait that a limit is about."""
        return self.tpot_s if self.case.phase == "decode" else self.ttft_s


@dataclass(frozen=True)
class Refused:
    """A chip that cannot do what was asked, and why, with the nearest that works.

    Attributes:
        enough: Number of chips that would hold the model, where the number is all that is wrong.
    """

    chip: Chip
    reason: str
    enough: int | None = None


def answer(data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask) -> list[Answer | Refused]:
    """Answer a question for some chips, in their order."""
    out: list[Answer | Refused | None] = [None] * len(chips)
    ready: dict[tuple[int, str], list[int]] = {}
    for i, chip in enumerate(chips):
        try:
            precision = held_precision(chip, ask.precision) or usual_precision(data, chip, ask)
            count = chips_for(data, chip, ask, precision)
            if ask.layout is not None:
                check_layout(data, chip, ask.model, ask.phase, ask.layout, count)
            ready.setdefault((count, precision), []).append(i)
        except SpecError as reason:
            out[i] = Refused(chip, str(reason))
    while ready:
        (count, precision), members = ready.popitem()
        part = replace(ask, chips=count, precision=precision)
        for i, found in zip(members, _answer_group(data, predictor, [chips[i] for i in members], part), strict=True):
            out[i] = found
            if ask.chips is None and isinstance(found, Refused) and found.enough:
                ready.setdefault((found.enough, precision), []).append(i)
    return cast(list[Answer | Refused], out)


def held_precision(chip: Chip, precision: str | None) -> str | None:
    """The format as the chip can hold it: without units for 8 bits it keeps weights in them and works at 16."""
    if precision in ("fp8", "int8") and precision not in machines.rates(chip):
        return f"{precision}_weights"
    return precision


def usual_precision(data: Catalogue, chip: Chip, ask: Ask) -> str:
    """Format in which the model is usually run on the chip."""
    if ask.phase == "training":
        return "bf16"
    if ask.model.id.startswith("gpt_oss"):
        return "mxfp4"
    have = machines.rates(chip)
    return next(name for name in _PREFERRED if name in have)


def chips_for(data: Catalogue, chip: Chip, ask: Ask, precision: str) -> int:
    """Chips asked for, or the least power of two from the default on that holds the weights twice over."""
    model = shapes.shape_of(ask.model)
    m = machines.machine_of(data, chip, data.precisions[precision], moe=bool(ask.model.experts))
    if ask.chips is not None:
        return ask.chips
    count = DEFAULT_CHIPS_EXPERTS if ask.model.experts and ask.phase != "training" else DEFAULT_CHIPS[ask.phase]
    weights = float(shapes.parameters(model)) * float(m.expert_bytes)
    need = weights * (9 if ask.phase == "training" else 1.35)
    while count * float(m.memory) * 0.9 < need and count < _MOST_CHIPS:
        count *= 2
    return count


def _answer_group(data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask) -> list[Answer | Refused]:
    """Chips that share the number of chips and the precision.

    The search keeps a limit of time by the mode of the efficiencies. What it finds is then as much faster or slower
    as the residual says, so the search is told a limit changed by that much, until the median keeps the asked one.
    """
    asked = ask.limit_s
    limit = np.full(len(chips), asked)
    best: list[Answer | Refused] = []
    shortest = np.full(len(chips), np.inf)
    for turn in range(1 if np.isinf(asked) else _TURNS):
        found, grid = _search(data, predictor, chips, ask, limit)
        got = _read(data, predictor, chips, ask, found, grid)
        if not turn:
            best = list(got)
        for i, one in enumerate(got):
            if isinstance(one, Refused):
                limit[i] = float(found.least_wait_s[i, 0]) * 1.001 if found.room[i, 0] else asked
                continue
            wait = one.wait_s or 0.0
            shortest[i] = min(shortest[i], wait)
            old = best[i]
            kept = isinstance(old, Answer) and (old.wait_s or 0.0) <= asked * _SLACK
            if wait <= asked * _SLACK and not (kept and cast(Answer, old).rate["p50"] >= one.rate["p50"]):
                best[i] = one
            if not np.isinf(asked):
                limit[i] = asked * _mode_wait(ask, found, i) / wait
    for i, one in enumerate(best):
        if isinstance(one, Answer) and (one.wait_s or 0.0) <= asked * _SLACK:
            continue
        if found.room[i, 0]:
            least = shortest[i] if np.isfinite(shortest[i]) else float(found.least_wait_s[i, 0])
            best[i] = Refused(chips[i], _too_slow(ask, chips[i], least))
        else:
            best[i] = _no_room(data, predictor, chips[i], ask)
    return best


def _mode_wait(ask: Ask, found: search.Found, i: int) -> float:
    return float(found.detail["ttft" if ask.phase == "prefill" else "tpot"][i, 0])


def _read(
    data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask, found: search.Found, grid: search.Grid
) -> list[Answer | Refused]:
    """Answers at the points that a search found; a chip for which there is none is refused."""
    good = [i for i in range(len(chips)) if found.fits[i, 0]]
    answers: list[Answer | Refused] = [
        Refused(chip, "")
        for chip in chips  # the reason is told when all searches are done
    ]
    if not good:
        return answers
    choices = [grid.choices[int(found.index[i, 0])] for i in good]
    cases = [_case(data, chips[i], ask, choice, found, i) for i, choice in zip(good, choices, strict=True)]
    told = predictor.predict(cases, choices)
    for k, i in enumerate(good):
        band = float(told.mean[k]), float(told.deviation[k]), float(told.most[k])
        answers[i] = _told(data, chips[i], ask, cases[k], choices[k], found, i, band)
    return answers


def _search(
    data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask, limit: NDArray[np.float64]
) -> tuple[search.Found, search.Grid]:
    moe, count = bool(ask.model.experts), cast(int, ask.chips)
    m = machines.stack(
        [machines.machine_of(data, c, data.precisions[cast(str, ask.precision)], moe=moe) for c in chips]
    )
    s = shapes.stack([shapes.shape_of(ask.model)])
    e, slow = efficiencies(predictor, chips, ask.day)
    tokens_in, tokens_out = ask.lengths
    fixed = None if ask.layout is None else [stated(ask.layout, ask.phase, chips=count, moe=moe)]
    if ask.phase == "training":
        grid = search.training_grid(count, fixed)
        batch = ask.batch or max(DEFAULT_TRAINING_BATCH, count)
        return search.find_training(m, s, e, slow, grid, chips=count, batch=batch, length=tokens_in), grid
    grid = search.serving_grid(count, batch=ask.batch, layouts=fixed)
    found = search.find_serving(
        m, s, e, slow, grid, chips=count, tokens_in=tokens_in, tokens_out=tokens_out, limit_s=limit,
        prefill=ask.phase == "prefill",
    )  # fmt: skip
    return found, grid


def efficiencies(predictor: Predictor, chips: Sequence[Chip], day: date) -> tuple[Efficiency, NDArray[np.float64]]:
    """Fitted efficiencies of each chip's stack, and the log slowdown of its software on a day."""
    index = np.array([stack_index(stack_of(chip)) for chip in chips])
    e, immature = gather(
        values(predictor.scale, scores(predictor.scale, jnp.asarray(predictor.fitted.vector)))[:, index]
    )
    ages = np.array([age_years(chip, day) for chip in chips])
    return e, np.asarray(slowdown(immature, ages), float)


def _case(data: Catalogue, chip: Chip, ask: Ask, choice: Choice, found: search.Found, i: int) -> Case:
    """The point that was found, as a case without a measured value."""
    count = cast(int, ask.chips)
    tokens_in, tokens_out = ask.lengths
    stack = stack_of(chip)
    engines = _ENGINES.get(stack, ("other", "vllm"))
    training = ask.phase == "training"
    batch = ask.batch or max(DEFAULT_TRAINING_BATCH, count)
    if not training:
        batch = max(round(float(found.detail["batch"][i, 0]) * count / choice.group), 1)
    return Case(
        id="question", run=f"question:{chip.id}", phase=ask.phase, model=ask.model.id, chip=chip.id, chips=count,
        precision=cast(str, ask.precision), load="batch", batch=batch, tokens_in=tokens_in, tokens_out=tokens_out,
        layout=_layout(choice), metric="tokens_per_s_per_chip", value=float("nan"), stack=stack,
        engine=ask.engine or engines[0 if training else 1], day=ask.day, together=False,
    )  # fmt: skip


def _layout(choice: Choice) -> Layout:
    expert = choice.data * choice.tensor if choice.whole else 1
    return Layout(
        choice.tensor, choice.pipeline, choice.interleave, expert, choice.context, choice.data > 1, bool(choice.sharded)
    )


def _told(
    data: Catalogue, chip: Chip, ask: Ask, case: Case, choice: Choice, found: search.Found, i: int,
    band: tuple[float, float, float],
) -> Answer:  # fmt: skip
    mean, deviation, most = band
    at = {name: float(x[i, 0]) for name, x in found.detail.items()}
    model = shapes.shape_of(ask.model)
    m = machines.machine_of(data, chip, data.precisions[case.precision], moe=bool(ask.model.experts))
    tokens_in, tokens_out = ask.lengths
    training = ask.phase == "training"
    if training:
        work = float(shapes.training_flops(model, tokens_in))
    elif ask.phase == "prefill":
        work = float(shapes.forward_flops(model, tokens_in))
    else:
        context = tokens_in + tokens_out / 2
        work = 2 * float(shapes.active(model)) + float(shapes.attention_flops(model, context, decode=True))
    rate = {
        name: float(np.exp(bounded(np.array(mean + z * deviation), np.array(most)))) for name, z in QUANTILES.items()
    }
    shares = {
        "compute": at["compute"], "memory": at["weights"] + at["cache"], "communication": at["talk"],
        "overhead": at["overhead"],
    }  # fmt: skip
    total = sum(shares.values())
    copies_batch = (case.batch or 1) * choice.group / case.chips
    return Answer(
        chip=chip, case=case, choice=choice, rate=rate, log_mean=mean, log_deviation=deviation,
        ideal=float(np.exp(most)),
        mfu=rate["p50"] * work / float(m.expert), bound_by=max(shares, key=shares.__getitem__),
        shares={name: value / total for name, value in shares.items()}, memory_bytes=at["memory"],
        tpot_s=copies_batch / (rate["p50"] * choice.group) if ask.phase == "decode" else None,
        ttft_s=None if training else at["ttft"] * float(found.rate[i, 0]) / rate["p50"],
    )  # fmt: skip


def _too_slow(ask: Ask, chip: Chip, shortest_s: float) -> str:
    """That no layout keeps the limit, and the nearest limit that works."""
    name, flag = ("first token", "--ttft") if ask.phase == "prefill" else ("token", "--tpot")
    least = shortest_s * 1e3
    return (
        f"{chip.id}: no layout gives a {name} within {ask.limit_s * 1e3:g} ms; the fastest takes {least:.3g} ms: "
        f"give {flag} {math.ceil(least * 1.02)}"
    )


def _no_room(data: Catalogue, predictor: Predictor, chip: Chip, ask: Ask) -> Refused:
    """That the model does not fit, and the nearest that works."""
    count = cast(int, ask.chips)
    what = f"{chip.id}: {ask.model.name} in {ask.precision} does not fit {count} chips of {chip.spec('mem_gb'):g} GB"
    free = np.array([np.inf])
    for change, said in (("layout", f" in layout {_asked(ask, count)}"), ("batch", f" with a batch of {ask.batch}")):
        if getattr(ask, change) is not None:
            found, grid = _search(data, predictor, [chip], replace(ask, **{change: None}), free)  # type: ignore[arg-type]
            if found.room[0, 0]:
                choice = grid.choices[int(found.index[0, 0])]
                mend = f'give --layout "{choice.text}"' if change == "layout" else "give a smaller --batch, or best"
                return Refused(chip, f"{what}{said}; {mend}")
    while count < _MOST_CHIPS:
        count *= 2
        bare = replace(ask, chips=count, layout=None, batch=None)
        if _search(data, predictor, [chip], bare, free)[0].room[0, 0]:
            return Refused(chip, f"{what}; give --chips {count}, or fewer bits with --precision", count)
    return Refused(
        chip, f"{what}, nor any number of them that the search knows; give fewer bits with --precision or another chip"
    )


def _asked(ask: Ask, count: int) -> str:
    return stated(ask.layout, ask.phase, chips=count, moe=bool(ask.model.experts)).text if ask.layout else ""
