"""Software stack of a chip and family of an engine."""

import re
from functools import cache
from typing import Final

from chipgate.catalogue.read import read_mapping
from chipgate.catalogue.table import EMBEDDED
from chipgate.errors import DataError
from chipgate.schema.chip import Chip

ENGINES: Final = EMBEDDED / "workload" / "engines.yaml"
OTHER: Final = "other"
_STACKS: Final = {"nvidia": "cuda", "amd": "rocm", "huawei": "cann", "google": "xla"}


def stack_of(chip: Chip) -> str:
    """Stack of a chip's maker."""
    if chip.vendor == "intel":
        return "gaudi" if "gaudi" in chip.id else "oneapi"
    return _STACKS.get(chip.vendor, "domestic_other")


def engine_of(software: str) -> str:
    """Family of the engine that a text names, ``other`` if none is known."""
    folded = software.casefold()
    return next((family for pattern, family in _engines() if pattern.search(folded)), OTHER)


def engines() -> tuple[str, ...]:
    """Families of engines that are known, each once."""
    return tuple(dict.fromkeys(family for _, family in _engines()))


@cache
def _engines() -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for phrase, family in read_mapping(ENGINES).items():
        if not isinstance(family, str) or not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", family):
            raise DataError(f"{phrase!r} stands for {family!r}, expected a family such as vllm", path=ENGINES)
        if phrase != phrase.casefold():
            raise DataError(f"{phrase!r} has capitals", path=ENGINES, fix="write phrases in lower case")
        found.append((re.compile(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z])"), family))
    return tuple(found)
