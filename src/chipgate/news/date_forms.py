"""Forms that dates take in a text, as patterns, and the marks that a sentence must have for each."""

import re
from typing import Final

_MONTH: Final = (
    r"(?P<{0}>(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?)"
)
_YEAR: Final = r"(?P<{0}>(?:19|20)\d\d)"
_NUM: Final = (
    r"(?:\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|a few|a couple of)"
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w$])(?:" + text + r")(?![\w])", re.I)


FORMS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("iso", _pattern(r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:T[\d:.]+Z?)?")),
    ("cjk", re.compile(r"(?:(?P<y>(?:19|20)\d\d)\u5e74)?(?P<m>\d{1,2})\u6708(?:(?P<d>\d{1,2})\u65e5)?")),
    ("slashed", _pattern(r"(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<y>(?:19|20)\d\d)")),
    (
        "mdy",
        _pattern(
            _MONTH.format("m") + r"\s+(?P<d>\d{1,2})(?:st|nd|rd"
            r"|th)?(?:\s*[-\u2013]\s*\d{1,2})?(?:\s*,?\s*"
            + _YEAR.format("y")
            + r")?(?!\s*(?:percent|%|billion|million|,\d))"
        ),
    ),
    (
        "dmy",
        _pattern(
            r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+"
            + _MONTH.format("m")
            + r"(?:\s*,?\s*"
            + _YEAR.format("y")
            + r")?"
        ),
    ),
    (
        "part",
        _pattern(
            r"(?P<part>early|mid|middle of|late|end of|the end of|beginning of|start of)[\s-]+"
            + r"(?:in\s+)?(?:"
            + _MONTH.format("m")
            + r"(?:\s*,?\s*(?:of\s+)?"
            + _YEAR.format("y")
            + r")?|"
            + _YEAR.format("y2")
            + r")"
        ),
    ),
    (
        "weekof",
        _pattern(
            r"(?:the\s+)?(?P<n>first|second|third|fourth|last)\s+week\s+of\s+"
            + _MONTH.format("m")
            + r"(?:\s*,?\s*"
            + _YEAR.format("y")
            + r")?"
        ),
    ),
    ("listday", re.compile(r"\A[\s*\u2022\u00b7-]*(?P<d>[1-3]?\d)(?:st|nd|rd|th)\s*[-\u2013\u2014:](?=\s)")),
    (
        "endday",
        _pattern(r"(?P<n>last|first)\s+day\s+of\s+" + _MONTH.format("m") + r"(?:\s*,?\s*" + _YEAR.format("y") + r")?"),
    ),
    (
        "bareseason",
        _pattern(r"in\s+the\s+(?P<s>spring|summer|autumn|fall|winter)(?:\s+of\s+(?P<r>last|this)\s+year|(?!\s+of))"),
    ),
    ("my", _pattern(_MONTH.format("m") + r"\s*,?\s*(?:of\s+)?" + _YEAR.format("y"))),
    (
        "quarter",
        _pattern(
            r"(?:Q(?P<q>[1-4])(?!\s*,?\s*(?:of\s+)?(?:FY|fiscal))(?:\s+(?:of\s+)?(?P<y>(?:19|20)\d\d))?|(?P<y3>(?:19"
            r"|20)\d\d)\s?Q(?P<q3>[1-4])|(?:the\s+)?(?P<qw>first|second|third"
            r"|fourth)[\s-]quarter(?:\s+(?:of\s+)?(?P<y2>(?:19|20)\d\d))?)"
        ),
    ),
    ("ago", _pattern(r"(?P<n>" + _NUM + r")\s+(?P<u>day|week|month|year)s?\s+(?:ago|earlier|before|prior)")),
    (
        "later",
        _pattern(
            r"(?P<n>" + _NUM + r")\s+(?P<u>day|week|month|year)s?\s+(?:later|afterwards)"
            r"|(?P<wl>days|weeks|months)\s+later|(?:the\s+)?(?P<fl>following"
            r"|next)\s+(?P<fu>day|week|month)"
        ),
    ),
    ("earlier", _pattern(r"(?:a|the)\s+(?P<u>day|week|month|year)\s+(?:earlier|before)")),
    (
        "this",
        _pattern(
            r"(?P<mod>earlier|later|late|early)?\s*(?P<w>this|last|next|past|previous|the\s+past"
            r"|the\s+previous)\s+(?P<u>day|week|weekend|month|quarter|year|spring|summer|autumn|fall"
            r"|winter)"
        ),
    ),
    (
        "weekday",
        _pattern(
            r"(?P<w>last|this|next|on|late|early|the\s+previous)?\s*(?P<day>Mondays?|Tuesdays?"
            r"|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?)"
        ),
    ),
    ("lastmonth", _pattern(r"(?P<w>last|this|next|following)\s+" + _MONTH.format("m"))),
    ("dayafter", _pattern(r"(?P<n>" + _NUM + r")\s+(?P<u>day|week|month)s?\s+after(?!wards)")),
    ("today", _pattern(r"(?P<t>today|yesterday|tomorrow|tonight|over the weekend|overnight)")),
    ("season", _pattern(r"(?:the\s+)?(?P<s>spring|summer|autumn|fall|winter)\s+(?:of\s+)?" + _YEAR.format("y"))),
    ("half", _pattern(r"(?:the\s+)?(?P<h>first|second)\s+half\s+of\s+" + _YEAR.format("y"))),
    (
        "month",
        re.compile(
            r"(?=[JFMASOND])(?:(?<=\bin )|(?<=\bsince )|(?<=\bduring )|(?<=\bfrom )|(?<=\bof )|(?<=\bthe )"
            r"|(?<=\bthat )|(?<=\bback in )|(?<=\bIn )|(?<=\bSince )|(?<=\ban )|(?<=\bHis )"
            r"|(?<=\bits )|(?<=\bby )|(?<=\buntil )|(?<=\bthis )|(?<=, ))(?P<m>January|February"
            r"|March|April|May|June|July|August|September|October|November|December)\b(?!\s+\d)"
        ),
    ),
    ("year", _pattern(r"(?:in|since|during|of|by|back in|from|until|the|for|and|,)\s+" + _YEAR.format("y"))),
    (
        "recent",
        _pattern(
            r"(?:in\s+)?(?P<r>recent\s+(?:days|weeks|months)|past\s+(?:few\s+)?(?:days|weeks"
            r"|months)|earlier\s+this\s+(?:week|month|year))"
        ),
    ),
)
MARKS: Final[dict[str, tuple[str, ...]]] = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "digit": tuple("0123456789"),
    "unit": ("day", "week", "month", "year"),
    "season": ("spring", "summer", "autumn", "fall", "winter"),
    "quarter": ("quarter", "q1", "q2", "q3", "q4"),
    "day": ("day", "night", "tomorrow", "weekend"),
    "part": ("early", "mid", "late", "end of", "beginning of", "start of"),
    "cjk": ("\u6708",),
    "after": (" after",),
    "back": (" ago", "earlier", "before", "prior"),
    "on": ("later", "after", "next", "following"),
    "recent": ("recent", "past", "earlier"),
    "step": ("this", "last", "next", "past", "previous", "following"),
}
_SORTS: Final = {
    mark: frozenset(sort for sort, own in MARKS.items() if any(mark.startswith(other) for other in own))
    for marks in MARKS.values()
    for mark in marks
}
_SCAN: Final = re.compile("(?=(" + "|".join(re.escape(m) for m in sorted(_SORTS, key=len, reverse=True)) + "))")


_YEARISH: Final = re.compile(r"(?<!\w)(?:19|20)\d\d")


def sorts_of(low: str) -> frozenset[str]:
    """Sorts of marks that a text in small letters holds, found in one walk: at each place the longest mark."""
    found = frozenset[str]().union(*(_SORTS[mark] for mark in set(_SCAN.findall(low))))
    return found | {"year"} if "digit" in found and _YEARISH.search(low) else found


ASKS: Final = {
    "iso": ("year",),
    "cjk": ("cjk",),
    "slashed": ("year",),
    "mdy": ("month", "digit"),
    "dmy": ("month", "digit"),
    "part": ("part",),
    "weekof": ("month", "unit"),
    "my": ("month", "year"),
    "quarter": ("quarter",),
    "ago": ("unit", "back"),
    "earlier": ("unit", "back"),
    "weekday": ("day",),
    "lastmonth": ("month", "step"),
    "dayafter": ("unit", "after"),
    "today": ("day",),
    "listday": ("digit",),
    "endday": ("month", "unit"),
    "bareseason": ("season",),
    "season": ("season", "year"),
    "half": ("year",),
    "month": ("month",),
    "year": ("year",),
    "recent": ("unit", "recent"),
    "later": ("unit", "on"),
    "this": ("step",),
}
"""Marks that a sentence must have for a form to be looked for at all; it saves most of the time."""
MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
DAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NUMBERS: Final = {
    word: i
    for i, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
        ]
    )
} | {"a": 1, "an": 1, "several": 3, "few": 3, "couple": 2}
SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
