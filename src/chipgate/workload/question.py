"""A question in words, as the command line and Python put it, made into an :class:`~chipgate.workload.predict.Ask`."""

import difflib
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError, UnknownNameError
from chipgate.schema.chip import Chip
from chipgate.schema.tables import LanguageModel
from chipgate.timegrid import covered_day
from chipgate.workload import shape, store
from chipgate.workload.fit import Predictor
from chipgate.workload.layout_ask import read_layout
from chipgate.workload.names import NoMeaning, find_model
from chipgate.workload.predict import DEFAULT_TPOT_S, Ask, AskPhase
from chipgate.workload.software_text import engine_of, engines

PHASES: Final[tuple[AskPhase, ...]] = ("training", "prefill", "decode")
DEFAULT_TOKENS: Final = 15e12
"""Tokens of a training run where none are given: those of Llama 3 and DeepSeek-V3, 15 trillion."""
MOST_CHIPS: Final = 1 << 20
MOST_LENGTH: Final = 10_000_000
_SUFFIX: Final = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_TOKENS: Final = re.compile(r"(\d+(?:\.\d+)?(?:e\+?\d+)?)\s*([kmbt]?)")


@dataclass(frozen=True)
class Question:
    """What is asked, of which chips.

    Attributes:
        chips: One, or the whole catalogue. ``tokens``: of a training run.
        searched_under: Limit between tokens that holds because none was given, in seconds.
    """

    ask: Ask
    chips: tuple[Chip, ...]
    tokens: float
    searched_under: float | None


def question(data: Catalogue, chip: str | None, model: str, phase: str, given: dict[str, Any]) -> Question:
    """Read a question.

    Args:
        chip: Id, name or alias; ``None``: all chips.
        given: The options of :func:`chipgate.api.workload`, by name; ``None`` where not given.

    Raises:
        BadInputError: A name is unknown, a number is impossible, or an option has no meaning in the phase.
    """
    if phase not in PHASES:
        near = difflib.get_close_matches(phase.casefold(), PHASES, n=1, cutoff=0.4)
        raise UnknownNameError("phase", phase, near, fix=f"phases: {', '.join(PHASES)}")
    kind = phase
    chips = tuple(data.chips.values()) if chip is None else (data.chips.find(chip),)
    found = _model(data, model)
    shape.shape_of(found)  # raises where the shape is not published
    batch = _batch(given.get("batch"))
    tpot, ttft = (_limit(given.get(name), f"--{name.removesuffix('_ms')}") for name in ("tpot_ms", "ttft_ms"))
    _only(kind, "decode", "--tpot", tpot)
    _only(kind, "prefill", "--ttft", ttft)
    _only(kind, "training", "--tokens", given.get("tokens"))
    searched = DEFAULT_TPOT_S if kind == "decode" and batch is None and tpot is None else None
    on = given.get("on")
    ask = Ask(
        model=found, phase=kind, day=_day(data, on), chips=_whole(given.get("chips"), "--chips", MOST_CHIPS),
        precision=_precision(data, given.get("precision"), found), batch=batch,
        tokens_in=_whole(given.get("tokens_in"), "--in", MOST_LENGTH),
        tokens_out=_output(kind, given.get("tokens_out")),
        tpot_s=searched or tpot or None, ttft_s=ttft or None,
        layout=None if given.get("layout") is None else read_layout(given["layout"], kind, found),
        engine=_engine(given.get("software")),
    )  # fmt: skip
    return Question(ask, chips, tokens_of(given.get("tokens")), searched)


@lru_cache(maxsize=2)
def predictor(data: Catalogue) -> Predictor:
    """The predictor of the shipped fit."""
    return Predictor(data, store.load(data.roots[0] / store.FILE)[0])


def _model(data: Catalogue, name: str) -> LanguageModel:
    try:
        return data.models.find(name)
    except UnknownNameError:
        try:
            return find_model(name, data)
        except NoMeaning:
            pass
        raise


def _day(data: Catalogue, on: str | date | None) -> date:
    if on is None:
        return data.compiled
    return covered_day(on if isinstance(on, str) else on.isoformat())


def _precision(data: Catalogue, text: str | None, model: LanguageModel) -> str | None:
    if text is None:
        return None
    found = data.precisions.find(text).id
    return "mxfp4" if found == "fp4" and model.id.startswith("gpt_oss") else found


def _engine(text: str | None) -> str | None:
    if text is None:
        return None
    folded = text.strip().casefold()
    known = engines()
    found = folded if folded in known else engine_of(text)
    if found not in known:
        near = difflib.get_close_matches(folded, known, n=2)
        raise UnknownNameError("software", text, near, fix=f"known are {', '.join(known)}")
    return found


def _batch(given: str | int | None) -> int | None:
    if given is None or str(given).strip().casefold() == "best":
        return None
    text = str(given).replace(",", "").strip()
    if not re.fullmatch(r"[-+]?\d+", text):
        raise SpecError(f"--batch {given!r} is neither a number of sequences nor best; write --batch 64, say")
    return _whole(int(text), "--batch", 1 << 24)


def _whole(given: float | None, flag: str, most: int) -> int | None:
    if given is None:
        return None
    if given != given or given < 1 or given > most or given != int(given):
        raise SpecError(f"{flag} is {given:g}; give a whole number from 1 to {most:,}")
    return int(given)


def _output(phase: AskPhase, given: int | None) -> int | None:
    if given is not None and phase != "decode":
        raise SpecError(f"--out has no meaning in {phase}, which makes no output; leave it out")
    return _whole(given, "--out", MOST_LENGTH)


def _limit(given: float | None, flag: str) -> float | None:
    """A limit in seconds; 0 lifts it."""
    if given is None:
        return None
    if not 0 <= given <= 1e7:
        raise SpecError(f"{flag} is {given:g} ms; give milliseconds from 0 (no limit) to 10,000,000")
    return given / 1e3


def _only(phase: AskPhase, where: AskPhase, flag: str, given: object) -> None:
    if given is not None and phase != where:
        raise SpecError(f"{flag} has a meaning in --phase {where} alone, and this is {phase}; leave it out")


def tokens_of(given: str | float | None) -> float:
    """Tokens such as ``15T``, ``300B`` or ``1.5e12``.

    Raises:
        SpecError: The text is no such number, or not above 0.
    """
    if given is None:
        return DEFAULT_TOKENS
    found = _TOKENS.fullmatch(str(given).strip().casefold().replace(",", ""))
    value = float(found[1]) * _SUFFIX[found[2]] if found else 0.0
    if not 0 < value <= 1e18:
        raise SpecError(f"--tokens {given!r} is no number of tokens; write 15T, 300B or 1.5e12")
    return value
