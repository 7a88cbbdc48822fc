"""Figures in other forms than a fee in percent: cents of a dollar, a quarter of sales, thresholds of rules."""

import re
from typing import Final

from chipgate.news.parameters import owed
from chipgate.news.records import Parameter, ParameterName

_FRACTIONS: Final = {
    "half": 0.5, "a half": 0.5, "one half": 0.5, "a third": 1 / 3, "one third": 1 / 3, "a quarter": 0.25,
    "one quarter": 0.25, "a fifth": 0.2, "one fifth": 0.2, "a tenth": 0.1, "one tenth": 0.1,
}  # fmt: skip
_CENTS: Final = re.compile(
    r"\b(\d{1,2}|ten|fifteen|twenty|twenty-five)\s+cents?\s+(?:of|on|from|in|out\s+of)\s+(?:each|every|the|a)\b", re.I
)
_CENT_WORDS: Final = {"ten": 10, "fifteen": 15, "twenty": 20, "twenty-five": 25}
_PART: Final = re.compile(
    r"\b(" + "|".join(sorted(_FRACTIONS, key=len, reverse=True)) + r")\s+(?:of|on)\s+"
    r"(?:(?:the|its|their|all|those|these|any|such|what)\s+)?(?:\w+\s+){0,2}(?:sales|revenues?|proceeds|takings|receipts)\b",
    re.I,
)
_FIGURE: Final = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_PERCENT: Final = r"\s?(?:%|per\s?cent\b)"
_TPP: Final = re.compile(
    r"(?:total\s+processing\s+performance|\bTPP|performance\s+scale)(?:\s*\([^)]{1,12}\))?\W{1,3}(?:\w+\s+){0,4}"
    + _FIGURE,
    re.I,
)
_TPP_SCALE: Final = re.compile(_FIGURE + r"\s+on\s+the\s+performance\s+scale", re.I)
_NANOMETRES: Final = re.compile(_FIGURE + r"[\s-]?(?:nanomet(?:er|re)s?|nm)\b", re.I)
_OWNED: Final = re.compile(_FIGURE + _PERCENT + r"\s+(?:or\s+more|owned|or\s+greater|rule|penetration|threshold)", re.I)
_COMPLETE: Final = re.compile(
    r"(?:less|under|below)\s+(?:than\s+)?" + _FIGURE + _PERCENT + r"\s+(?:complete|built|finished|done)", re.I
)
_CONTENT: Final = re.compile(
    r"\b(?:contain\w*|hold\w*|even|as\s+little\s+as|content)\s+(?:\w+\s+){0,3}" + _FIGURE + _PERCENT, re.I
)
_CUT_BY: Final = re.compile(
    r"\b(?:cut\w*|slash\w*|reduc\w+|lower\w*|discount\w*|rebate\w*)\s(?:[^.;]{0,60}?\s)?"
    r"(?:up\s+to|as\s+much\s+as|by)\s+" + _FIGURE + _PERCENT,
    re.I,
)


def other_figure(text: str, instrument: str) -> Parameter | None:
    """The figure that an act of this kind takes in a sentence, in a form that is no plain percentage, money or count.

    Args:
        text: The sentence.
    """
    if instrument == "revenue_fee":
        cents = _CENTS.search(text)
        if cents:
            word = cents[1].lower()
            return Parameter("fee", (_CENT_WORDS.get(word) or int(word)) / 100, "fraction")
        part = next((m for m in _PART.finditer(text) if owed(text[: m.start()], text[m.end() :])), None)
        return Parameter("fee", _FRACTIONS[part[1].lower()], "fraction") if part else None
    if instrument in ("threshold_rule", "license_requirement", "entity_listing", "export_ban_lift"):
        performance = _TPP.search(text) or _TPP_SCALE.search(text)
        if performance:
            return Parameter("threshold", _value(performance[1]), "TPP")
        owned = _OWNED.search(text)
        if owned:
            return Parameter("threshold", _value(owned[1]) / 100, "fraction")
        node = _NANOMETRES.search(text)
        return Parameter("threshold", _value(node[1]), "nm") if node and instrument != "entity_listing" else None
    if instrument not in _SHARES:
        return None
    name, pattern = _SHARES[instrument]
    share = pattern.search(text)
    return Parameter(name, _value(share[1]) / 100, "fraction") if share else None


_SHARES: Final[dict[str, tuple[ParameterName, re.Pattern[str]]]] = {
    "purchase_ban": ("threshold", _COMPLETE), "rare_earth_control": ("threshold", _CONTENT),
    "subsidy": ("rate", _CUT_BY),
}  # fmt: skip


def _value(text: str) -> float:
    return float(text.replace(",", ""))
