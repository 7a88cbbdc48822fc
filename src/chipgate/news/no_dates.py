"""Years in a text that date nothing: in the name of a law, or for comparison."""

import re
from typing import Final

_SUPERLATIVE: Final = re.compile(r"\b(?:most|biggest|largest|first|highest|lowest|worst|best|sharpest)\b", re.I)


def compares(piece: str, match: re.Match[str]) -> bool:
    """Whether a year only says how long nothing was like it: the most significant gesture since 2020."""
    since = match[0].lower().startswith("since")
    return since and _SUPERLATIVE.search(piece, max(match.start() - 80, 0), match.start()) is not None


_ACT_AFTER: Final = re.compile(r"\s+(?:National Defen[cs]e|NDAA\b|(?:[A-Z][\w-]*\s+){0,6}Act\b)")


def names_an_act(piece: str, match: re.Match[str]) -> bool:
    """Whether a year is part of the name of a law: the 2026 National Defense Authorization Act, the ... Act of 2025."""
    before = piece[max(match.start() - 5, 0) : match.start()].rstrip()
    return bool(_ACT_AFTER.match(piece, match.end())) or before.endswith(("Act", "Act,"))
