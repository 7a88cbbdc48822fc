"""Colours that colour-blind readers can tell apart, and tokens for those that follow the page's theme."""

from typing import Final

INK: Final = "@ink"
MUTED: Final = "@muted"
GRID: Final = "@grid"
PAPER: Final = "@paper"
"""Tokens that the page's script replaces by the colours of the light, dark or print theme."""

BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
PURPLE: Final = "#CC79A7"
SKY: Final = "#56B4E9"
GREY: Final = "#8C8C8C"
OLIVE: Final = "#A6A14E"

SERIES: Final = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, OLIVE, GREY)
"""After Okabe and Ito (2008); the yellow is darkened to be readable on white."""

PATTERNS: Final = ("", "/", ".", "x", "-", "\\", "+", "|")
"""Fill patterns, so that areas differ without colour."""

ROUTE: Final = {"legal": BLUE, "grey": PURPLE, "domestic": VERMILION}
GATE: Final = {"washington": BLUE, "beijing": VERMILION, "supply": ORANGE, "demand": GREEN}
INPUT: Final = {"packaging": GREEN, "dies": BLUE, "memory": VERMILION}
WORKLOAD: Final = {"training": BLUE, "inference": ORANGE}
ACTOR: Final = {"US": BLUE, "CN": VERMILION, "NL": PURPLE}


def tint(colour: str, alpha: float) -> str:
    """The colour with an opacity, ``rgba(...)``."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"
