"""Numbers and what they measure: a percentage is a fee only where a word of fees governs it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chipgate.news.records import Parameter

_WORDS: Final = {
    "five": 5,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "twenty-five": 25,
    "thirty": 30,
    "fifty": 50,
    "one hundred": 100,
    "a hundred": 100,
    "two": 2,
    "three": 3,
}
_VALUE: Final = r"(?P<v>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|" + "|".join(_WORDS) + r")"
_PERCENT: Final = re.compile(
    r"(?<![\w.])" + _VALUE + r"\s?(?:%|-?\s?per\s?cent\b|-?\s?percent\b(?!age)|-percent\b)", re.I
)
_MONEY: Final = re.compile(
    r"(?P<c>US\$|HK\$|\$|RMB\s?|CNY\s?|\u00a5|\u20ac|USD\s?)\s?(?P<v>\d{1,3}(?:,\d{3})+(?:\.\d+)?"
    r"|\d+(?:\.\d+)?)\s?(?P<m>billion|million|trillion|bn|mn|b|m|tn)?\b"
    r"|(?<![\w.])(?P<v2>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?(?P<m2>billion|million|trillion"
    r"|bn)\s+(?P<c2>US\s+dollars|dollars|yuan|RMB|CNY|USD|renminbi)",
    re.I,
)
_COIN: Final = re.compile(r"[$\u00a5\u20ac]|RMB|CNY|USD|dollar|yuan|renminbi", re.I)
_BILLIONS: Final = re.compile(
    r"\b(?P<w>billions|tens of billions|hundreds of millions)\s+of\s+(?:US\s+)?dollars\b", re.I
)
_COUNT: Final = re.compile(
    r"(?<![\w.$])(?P<v>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s?(?P<m>million|thousand|m|k)?\s+(?:of\s+)?(?:(?:the|its|Nvidia(?:'s)?"
    r"|AI|H\d+|more|new|advanced|additional|other|further|Chinese|China-based|PRC|foreign|non-U\.?S\.?|of|Huawei's|tech"
    r"|technology|Ascend|neural|processing|restricted)\s+){0,4}(?P<u>units|chips|gpus|processors|cards|accelerators"
    r"|entities|companies|firms|affiliates|subsidiaries|parties|h20s?|h200s?|h100s?)\b"
    r"|\borders?\s+(?:for|of)\s+(?:more\s+than|over|about|around|some|nearly|roughly|at\s+least)?\s*"
    r"(?P<v2>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s?(?P<m2>million|thousand)\b(?!\s+(?:US\s+)?(?:dollars|yuan|won))",
    re.I,
)
_ANY: Final = re.compile(r"\d|ercent|per cent|illions")
_SCALE: Final = {
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "trillion": 1e12,
    "tn": 1e12,
    "thousand": 1e3,
    "k": 1e3,
}
_GOVERNORS_SHARE: Final = re.compile(
    r"\b(?:shares?\s+(?:of\s+\w+\s+)?(?:rose|fell|dropped|jumped|gained|slid|tumbled|climbed|were|slipped"
    r"|surged|lost|closed|ended)"
    r"|stock|stocks|premarket|pre-market|after-hours|market\s+value|closed|index|nasdaq|hang\s+seng|trading)\b",
    re.I,
)
_GOVERNORS_MARKET: Final = re.compile(
    r"\bmarket\s+share|share\s+of\s+(?:the\s+|its\s+|china's\s+)?(?:\w+\s+)?(?:ai\s+)?(?:chip\s+)?market"
    r"|of\s+the\s+(?:chinese\s+|china\s+)?(?:ai\s+)?(?:chip\s+)?market\b",
    re.I,
)
_GOVERNORS_CHANGE: Final = re.compile(
    r"\b(?:growth|grew|rose|fell|increase[ds]?|decrease[ds]?|decline[ds]?|drop(?:ped)?|jump(?:ed)?|down|up"
    r"|higher|lower|faster|slower|more\s+than\s+a\s+year|year-on-year|year-over-year|margin|yield|performance"
    r"|compute|r&d|stake|chance|probability|discount|accounted\s+for|accounts\s+for|account\s+for|less\s+power"
    r"|better|of\s+(?:its|the\s+company's|total|nvidia's|our|overall)\s+(?:\w+\s+)?(?:revenue|sales)\s+(?:last"
    r"|in|for|comes|came|from|during)|comes?\s+from|came\s+from|made\s+up|makes?\s+up|represent(?:s|ed)"
    r"|tariffs?|dut(?:y|ies)|stake|equity|of\s+(?:the\s+)?capacity|of\s+employees|of\s+respondents"
    r"|utili[sz]ation|premium|below|above|cut\s+(?:electricity|power|energy)|electricity|power\s+bills|energy)\b",
    re.I,
)
_FEE: Final = re.compile(
    r"\b(?:revenue\s+shar\w+|revenue\s+fee|(?:a|the|its|of)\s+(?:revenue\s+)?(?:cut|share|slice|portion|fee"
    r"|levy|surcharge|commission|take)\b|cut\b|fee|levy|surcharge|royalt\w+|(?:export|import)\s+tax|tax\s+on|commission"
    r"|of\s+(?:(?:the|its|their|all|any|such|those|that|h20|h200|chip|ai|china|chinese|nvidia's|gross"
    r"|resulting|these)\s+){0,4}(?:revenues?|sales|proceeds|chip\s+sales|takings|receipts)\b|revenues?\s+from"
    r"|of\s+what\s+(?:it|they)\s+(?:earns?|makes?|takes?))",
    re.I,
)
_OF_VOLUME: Final = re.compile(
    r"\s*of\s+(?:the\s+|its\s+|all\s+|their\s+)?(?:total|aggregate|overall|volume|volumes|amount|quantity|number|units|shipments|what"
    r"|that|those|us\b|u\.s\.|american|domestic)",
    re.I,
)
_HALF: Final = re.compile(r"\bhalf\s+(?:of\s+)?(?:the|what|that|its)\b", re.I)
_PAYS: Final = re.compile(
    r"\b(?:pay|pays|paying|give|gives|giving|hand|hands|handing|remit|share|sharing|surrender|fork|turn|take"
    r"|takes|taking|collect|collects"
    r"|receive|receives|get|gets)\b[^.;]{0,28}$",
    re.I,
)
_TO_GOVERNMENT: Final = re.compile(
    r"\s+(?:of\s+[\w\s']{1,30})?(?:(?:will|would|is\s+to|must)\s+(?:be\s+)?)?(?:going|to\s+go|go|goes|paid|payable|owed|handed)\s+to\s+(?:the\s+)?(?:US\b"
    r"|U\.S\.|United\s+States|American\s+government|government|Treasury|Washington)"
    r"|\s+for\s+the\s+(?:US|U\.S\.|United\s+States)(?:\s+government|\s+Treasury)?\b",
    re.I,
)
_PAY: Final = re.compile(
    r"\b(?:pay|pays|paying|paid|give|gives|giving|gave|hand|handing|share|shares|sharing|take|takes|taking"
    r"|took|collect|collects|receive|receives|remit|remits|fork|turn(?:ing)?\s+over|keep|get|gets|charge"
    r"|charges|surrender|cut|fee|skim|levy|surcharge|exchange\s+for|return\s+for|in\s+return|deal|agreement"
    r"|agreed|arrangement|condition|demand(?:s|ed)?|share\s+of|slice|kickback|tax)\b",
    re.I,
)
_FEE_OF: Final = re.compile(
    r"\b(?:fee|cut|levy|surcharge|share|tax|royalty|commission)\s+(?:of|at|to|is|set at)\s+(?:about\s+|around\s+)?$",
    re.I,
)
_APPOSED: Final = re.compile(r"\b(?:proceeds|revenues?|sales|cut)\s*[,(]\s*(?:or\s+)?$", re.I)
_IS_FEE: Final = re.compile(
    r"\s*(?:-\s*)?(?:revenue\s+)?(?:cut|fee|levy|surcharge|commission|(?:export|import)\s+tax|royalty|share\s+of|slice)",
    re.I,
)
_OTHER_CUT: Final = re.compile(r"\b(?:growth|market|stake|job|workforce|staff|price)\b", re.I)
_CHANGED: Final = re.compile(
    r"\b(?:grew|rose|fell|account(?:s|ed)? for|comes? from|came from|represent|made up)\b", re.I
)
_DUTY: Final = re.compile(r"\b(?:tariff|dut(?:y|ies)|levy|levies)", re.I)


@dataclass(frozen=True)
class Number:
    """A number in a text: its kind (percent, money, count), value in units, offsets."""

    kind: str
    value: float
    unit: str
    start: int
    end: int


def numbers_of(text: str, start: int, end: int) -> list[Number]:
    """Percentages, amounts of money and counts in a stretch of text."""
    piece = text[start:end]
    if not _ANY.search(piece):
        return []
    found: list[Number] = []
    for m in _PERCENT.finditer(piece) if "%" in piece or "cent" in piece.lower() else ():
        found.append(Number("percent", _value(m["v"]), "fraction", start + m.start(), start + m.end()))
    for m in _MONEY.finditer(piece) if _COIN.search(piece) else ():
        value = _value(m["v"] or m["v2"]) * _SCALE.get((m["m"] or m["m2"] or "").lower(), 1)
        found.append(Number("money", value, _currency(m["c"] or m["c2"]), start + m.start(), start + m.end()))
    for m in _BILLIONS.finditer(piece) if "illions" in piece else ():
        found.append(
            Number("money", 1e8 if "million" in m["w"].lower() else 1e9, "USD", start + m.start(), start + m.end())
        )
    for m in _COUNT.finditer(piece):
        value = _value(m["v"] or m["v2"]) * _SCALE.get((m["m"] or m["m2"] or "").lower(), 1)
        found.append(Number("count", value, (m["u"] or "chips").lower(), start + m.start(), start + m.end()))
    return sorted(found, key=lambda n: n.start)


def _value(text: str) -> float:
    low = text.lower()
    return float(_WORDS[low]) if low in _WORDS else float(text.replace(",", ""))


def _currency(text: str) -> str:
    low = text.lower()
    if "hk" in low:
        return "HKD"
    if "rmb" in low or "cny" in low or "yuan" in low or "\u00a5" in low or "renminbi" in low:
        return "CNY"
    return "EUR" if "\u20ac" in low else "USD"


def is_fee(text: str, number: Number, start: int, end: int) -> bool:
    """Whether a percentage is a share of revenue owed to a government: governed by such a word, and by nothing else."""
    if number.kind != "percent" or not 0 < number.value <= 60:
        return False
    after = text[number.end : min(number.end + 70, end)]
    before = text[max(number.start - 70, start) : number.start]
    near_before, near_after = before[-34:], after[:40]
    if (
        _GOVERNORS_SHARE.search(near_before)
        or _GOVERNORS_SHARE.search(after[:20])
        or _GOVERNORS_MARKET.search(after[:50])
    ):
        return False
    governed = _FEE.match(after.lstrip(" -")) or _FEE.search(near_after) or _FEE_OF.search(before)
    apposed = _APPOSED.search(before)
    if apposed or _TO_GOVERNMENT.match(after):
        return True
    if not governed:
        return False
    if _IS_FEE.match(after):
        return not _OTHER_CUT.search(near_after)
    if _PAYS.search(near_before):
        return True
    if _GOVERNORS_CHANGE.search(near_before[-22:]) or _GOVERNORS_CHANGE.match(after.lstrip()):
        return False
    if _CHANGED.search(near_after):
        return False
    return bool(_PAY.search(before) or _PAY.search(after))


def owed(before: str, after: str) -> bool:
    """Whether a share between two stretches of a sentence is paid: by the verb before it, or to whom after it."""
    return bool(_PAYS.search(before) or _TO_GOVERNMENT.match(after))


def is_cap(text: str, number: Number, end: int) -> bool:
    """Whether a percentage is a share of volume: "of" what was sold, shipped or counted follows it."""
    return number.kind == "percent" and _OF_VOLUME.match(text[number.end : min(number.end + 60, end)]) is not None


def parameter_of(
    text: str, numbers: Sequence[Number], bounds: tuple[int, int], instrument: str, at: int
) -> Parameter | None:
    """The number of a sentence that an event of this kind takes, nearest to the offset of its act."""
    if not numbers and instrument != "volume_cap":
        return None
    s, e = bounds
    if instrument == "revenue_fee":
        fees = [n for n in numbers if is_fee(text, n, s, e)]
        return Parameter("fee", _nearest(fees, at).value / 100, "fraction") if fees else None
    if instrument == "tariff":
        rates = [n for n in numbers if n.kind == "percent" and _DUTY.search(text[max(n.start - 30, s) : n.end + 30])]
        return Parameter("rate", _nearest(rates, at).value / 100, "fraction") if rates else None
    if instrument == "volume_cap":
        counts = [n for n in numbers if n.kind == "count"] or [n for n in numbers if is_cap(text, n, e)]
        if not counts:
            return Parameter("cap", 0.5, "fraction") if _HALF.search(text[s:e]) else None
        chosen = _nearest(counts, at)
        return Parameter("cap", chosen.value / (100 if chosen.kind == "percent" else 1), chosen.unit)
    if instrument in ("order_placed", "sales_result", "subsidy", "purchase_approval", "license_grant"):
        money = [n for n in numbers if n.kind == "money" and n.value >= 1e6]
        counts = [n for n in numbers if n.kind == "count"]
        if money and instrument != "purchase_approval":
            chosen = _nearest(money, at)
            return Parameter("value", chosen.value, chosen.unit)
        return Parameter("count", _nearest(counts, at).value, "chips") if counts else None
    if instrument in ("entity_listing", "domestic_chip_launch"):
        counts = [n for n in numbers if n.kind == "count"]
        firms = instrument == "entity_listing"
        counts = [n for n in counts if (n.unit in _FIRMS) == firms]
        return Parameter("count", _nearest(counts, at).value, "firms" if firms else "chips") if counts else None
    return None


_FIRMS: Final = ("entities", "companies", "firms", "affiliates", "subsidiaries", "parties")


def _nearest(numbers: Sequence[Number], at: int) -> Number:
    return min(numbers, key=lambda n: abs(n.start - at))
