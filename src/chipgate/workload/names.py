"""Which model, chip and precision a row means, from the words that sources use."""

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.catalogue.read import read_mapping
from chipgate.catalogue.table import EMBEDDED, normalise
from chipgate.errors import DataError, UnknownNameError
from chipgate.schema.chip import Chip
from chipgate.schema.tables import LanguageModel

MODEL_NAMES: Final = EMBEDDED / "workload" / "model_names.yaml"


class NoMeaning(Exception):
    """A row cannot be understood; the text is the reason in one line."""


@dataclass(frozen=True)
class Device:
    """A catalogued chip, how the measured one differs from it (``""`` where it is the same), and the latter's id."""

    chip: Chip
    variant: str
    id: str


# Endings of checkpoints that share the shape of their base model.
_ENDING: Final = re.compile(
    r"[-_ ](instruct|chat|base|hf|it|thinking|preview|exp|fp8|fp4|nvfp4|mxfp4|bf16|fp16|int8|int4|awq|gptq|w8a8"
    r"|w4a8|w4a16|quantized|dynamic|kv|block|\d{4}|v\d(\.\d)?|17b|\d+e)$",
    re.IGNORECASE,
)
_ACTIVE: Final = re.compile(r"a\d+b")


def find_model(name: str, catalogue: Catalogue) -> LanguageModel:
    """The catalogued model of a printed name: by id, name or alias, then without publisher and endings.

    A mixture of experts is also found without its active size (``Qwen3-235B``).

    Raises:
        NoMeaning: There is none; the reason names the nearest.
    """
    known = _known(catalogue)
    rest = name.strip().rsplit("/", 1)[-1]
    while rest:
        for form in (rest, re.sub(r"^meta[-_ ]", "", rest, flags=re.IGNORECASE)):
            short = normalise(form)
            if short in known:
                return known[short]
            longer = [key for key in known if key.startswith(short) and _ACTIVE.fullmatch(key[len(short) :])]
            if len(longer) == 1:
                return known[longer[0]]
        cut = _ENDING.sub("", rest)
        if cut == rest:
            break
        rest = cut
    near = difflib.get_close_matches(normalise(name), known, n=3, cutoff=0.6)
    raise NoMeaning(_unknown("model", name, list(dict.fromkeys(known[key].name for key in near))))


@lru_cache(maxsize=4)
def _known(catalogue: Catalogue) -> dict[str, LanguageModel]:
    """Models by normalised name; a model's own names come before the printed ones."""
    known = {normalise(text): model for model in catalogue.models.values() for text in model.names}
    for name, key in read_mapping(MODEL_NAMES).items():
        if key not in catalogue.models:
            raise DataError(f"{name!r} stands for {key!r}, which is no model", path=MODEL_NAMES, fix="give its id")
        known.setdefault(normalise(name), catalogue.models[key])
    return known


def find_device(name: str, catalogue: Catalogue) -> Device:
    """The chip of a printed name: a measured system by id or name, else a chip by id, name or alias.

    A count in front (``8x H200``) is cut off. Measured systems come first, because an alias of a bin may be the
    name of a whole family.

    Raises:
        NoMeaning: No record has the name, or the system has no catalogued chip near it.
    """
    name = re.sub(r"^\d+ ?x ?", "", name.strip(), flags=re.IGNORECASE)
    try:
        system = catalogue.measured_systems.find(name)
    except UnknownNameError:
        pass
    else:
        if system.nearest_chip is None:
            raise NoMeaning(f"{system.name}: {system.difference[0].lower()}{system.difference[1:]}")
        return Device(catalogue.chips[system.nearest_chip], f"{system.name}: {system.difference}", system.id)
    try:
        chip = catalogue.chips.find(name)
    except UnknownNameError as error:
        raise NoMeaning(_unknown("chip", name, error.near)) from error
    return Device(chip, "", chip.id)


# From narrow to wide; the first pattern that is found wins. Text is folded and without blanks around slashes.
_PRECISIONS: Final = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"w4a8", "w4a8"),
        (r"nvfp4", "nvfp4"),
        (r"mxfp8|fp8[-_ ]?mx", "mxfp8"),
        (r"fp4.*fp8.*mix|fp8.*fp4.*mix|\bfp4/fp8\b|\bfp8/fp4\b", "fp8_fp4_mix"),
        (r"mxfp4|fp4[-_ ]?mx", "mxfp4"),
        (r"fp8.*(weight|w8a16)|w8.*fp8.*only", "fp8_weights"),
        (r"int8.*(weight|w8a16)|w8a16", "int8_weights"),
        (r"int8.*bf16|bf16.*int8", "int8_bf16_mix"),
        (r"fp8", "fp8"),
        (r"fp4", "fp4"),
        (r"int8|w8a8", "int8"),
        (r"int4|w4a16|awq|gptq", "int4"),
        (r"bf16|bfloat16", "bf16"),
        (r"fp16|float16|half", "fp16"),
    )
)


def find_precision(text: str, model: LanguageModel, chip: Chip) -> str:
    """Id of a precision.

    Two words are narrowed by what they are said of: GPT-OSS is released in MXFP4, so its ``fp4`` is that; a chip
    without FP8 units can hold FP8 weights only.

    Raises:
        NoMeaning: The text names no precision that is known.
    """
    folded = re.sub(r"\s*/\s*", "/", text.casefold())
    key = next((key for pattern, key in _PRECISIONS if pattern.search(folded)), None)
    if key is None:
        known = ", ".join(sorted({key for _, key in _PRECISIONS}))
        raise NoMeaning(f"unknown precision {text!r}; known are {known}")
    if key == "fp4" and model.id.startswith("gpt_oss"):
        return "mxfp4"
    if key == "fp8" and "fp8_dense_tflops" not in chip.specs:
        return "fp8_weights"
    return key


def _unknown(kind: str, name: str, near: list[str] | tuple[str, ...]) -> str:
    hint = f"; nearest are {', '.join(near)}" if near else ""
    return f"unknown {kind} {name!r}{hint}"
