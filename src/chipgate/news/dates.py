"""Dates of a text: absolute ones and those relative to the day of publication or to the story before.

A date without a year is the nearest that lies on or before the day of publication (or follows a year that its
paragraph has named). Without a day of publication relative dates stay open.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from chipgate.news.date_forms import ASKS, DAYS, FORMS, SEASONS, sorts_of
from chipgate.news.date_parts import day_of as _day
from chipgate.news.date_parts import month_number as _month_number
from chipgate.news.date_parts import month_of as _month
from chipgate.news.date_parts import number_of as _number
from chipgate.news.date_parts import when_of as _when
from chipgate.news.date_parts import year_of as _year
from chipgate.news.no_dates import compares, names_an_act
from chipgate.news.records import When
from chipgate.news.story import Story, year_for
from chipgate.timegrid import add_months

_DEADLINE: Final = re.compile(
    r"\b(?:by|until|through|before|till|ahead of|for|prior to|expires?(?: on| in)?|due(?: on| in)?|as early as"
    r"|as soon as|starting|beginning)\s+(?:the\s+)?$",
    re.I,
)


def dates_of(text: str, start: int, end: int, story: Story) -> list[When]:
    """Dates in a stretch of text, in order; the story moves on with them."""
    piece = text[start:end]
    taken: list[tuple[int, int]] = []
    hits: list[tuple[int, int, str, re.Match[str]]] = []
    sorts = sorts_of(piece.lower())
    if not sorts & _WORTH:
        return []
    for kind, pattern in FORMS:
        if not sorts.issuperset(ASKS.get(kind, ())):
            continue
        for match in pattern.finditer(piece):
            a, b = match.span()
            if any(a < y and x < b for x, y in taken):
                continue
            taken.append((a, b))
            hits.append((a, b, kind, match))
    found: list[When] = []
    hits.sort(key=lambda h: h[0])
    for number, (a, b, kind, match) in enumerate(hits):
        if kind == "weekday" and number + 1 < len(hits) and hits[number + 1][0] - b <= 3:
            continue  # Tuesday, May 21: the day itself follows
        beside = kind == "year" and (names_an_act(piece, match) or compares(piece, match))
        when = None if beside else _resolve(kind, match, story)
        if when is None:
            continue
        before = piece[max(a - 24, 0) : a]
        deadline = _DEADLINE.search(before)
        told_for = kind == "quarter" and deadline is not None and deadline[0].lower().startswith("for")
        ahead = when.ahead or (deadline is not None and not told_for)  # revenue for the quarter lies behind
        if kind in ("mdy", "dmy") and not match["y"] and _ROLLED.search(before) and _PLANNED.search(piece):
            when = _next_such(when, story) or when
            ahead = ahead or when.ahead
        stated = any(match.groupdict().get(name) for name in ("y", "y2", "y3"))
        if ahead and stated and story.published is not None and when.last < story.published:
            ahead = False  # by the end of last year
        if story.published is not None and when.first > story.published + timedelta(days=2):
            ahead = True
        at = start + (match.end() if kind == "dayafter" else a)
        when = replace(when, at=at, stop=start + match.end(), ahead=ahead)
        found.append(when)
        if when.basis == "text" and not ahead:
            if when.precision in ("day", "week", "month") and (
                story.published is None or when.first <= story.published
            ):
                story.last = when
            if match.groupdict().get("y"):
                story.year = when.first.year
        elif not ahead and kind in ("later", "weekday", "this", "lastmonth"):
            story.last = when
    return found


_ROLLED: Final = re.compile(r"\b(?:from|on|as of|effective|until|by)\s+(?:the\s+)?$", re.I)
_PLANNED: Final = re.compile(r"\b(?:will|would|is to|are to|plans?|threat\w*)\b", re.I)


def _next_such(when: When, story: Story) -> When | None:
    """The day a year on, where a plan names a day that only lies in the past by its missing year."""
    if story.published is None or (story.published - when.first).days < 180:
        return None
    return replace(_day(when.first.replace(year=when.first.year + 1)), ahead=True)


_WORTH: Final = frozenset(("digit", "unit", "quarter", "season", "day", "month"))
"""Sorts of marks of which a sentence must hold one to be looked through for dates at all."""


def _resolve(kind: str, match: re.Match[str], story: Story) -> When | None:
    try:
        return _RESOLVERS[kind](match, story)
    except (ValueError, OverflowError):  # no day of the calendar, such as 31 June
        return None


def _iso(m: re.Match[str], story: Story) -> When:
    return _day(date(int(m["y"]), int(m["m"]), int(m["d"])))


def _cjk(m: re.Match[str], story: Story) -> When | None:
    if m["d"] is None:
        return _month(int(m["y"]), int(m["m"])) if m["y"] else _bare_month(int(m["m"]), story)
    return _day(date(int(m["y"]), int(m["m"]), int(m["d"]))) if m["y"] else _bare_day(int(m["m"]), int(m["d"]), story)


def _slashed(m: re.Match[str], story: Story) -> When:
    a, b, year = int(m["a"]), int(m["b"]), int(m["y"])
    if a <= 12 and b <= 12 and a != b and "." not in m[0]:
        story.ambiguous += 1
    day_first = a > 12 or (b <= 12 and (story.order == "dmy" or "." in m[0]))  # points stand in days first alone
    return _day(date(year, b, a) if day_first else date(year, a, b))


def _full(m: re.Match[str], story: Story) -> When | None:
    month, day = _month_number(m["m"]), int(m["d"])
    if m["y"]:
        return _day(date(int(m["y"]), month, day))
    return _bare_day(month, day, story)


def _part(m: re.Match[str], story: Story) -> When | None:
    part = m["part"].lower()
    if m["y2"]:
        year = int(m["y2"])
        if "mid" in part:
            return _when(date(year, 5, 1), date(year, 8, 31), "quarter")
        late = "late" in part or "end" in part
        first, last = (date(year, 10, 1), date(year, 12, 31)) if late else (date(year, 1, 1), date(year, 3, 31))
        return _when(first, last, "quarter")
    return _month(int(m["y"]), _month_number(m["m"])) if m["y"] else _bare_month(_month_number(m["m"]), story)


def _my(m: re.Match[str], story: Story) -> When:
    return _month(int(m["y"]), _month_number(m["m"]))


def _week_of(m: re.Match[str], story: Story) -> When | None:
    month = _month_number(m["m"])
    year = int(m["y"]) if m["y"] else year_for(month, 1, story)
    if not year:
        return None
    first = date(year, month, {"first": 1, "second": 8, "third": 15, "fourth": 22, "last": 24}[m["n"].lower()])
    return _when(first, first + timedelta(days=6), "week")


def _quarter(m: re.Match[str], story: Story) -> When | None:
    words = {"first": 1, "second": 2, "third": 3, "fourth": 4}
    q = int(m["q"] or m["q3"] or words[(m["qw"] or "first").lower()])
    stated = m["y"] or m["y2"] or m["y3"]
    if stated is None and story.published is None:
        return None
    year = int(stated) if stated else story.published.year if story.published else 0
    first = date(year, 3 * q - 2, 1)
    if stated is None and story.published and first > story.published:
        first = date(year - 1, 3 * q - 2, 1)
    return _when(first, add_months(first, 3) - timedelta(days=1), "quarter")


def _ago(m: re.Match[str], story: Story) -> When | None:
    base = story.published
    if " earlier" in m[0].lower() or " before" in m[0].lower() or " prior" in m[0].lower():
        base = story.last.first if story.last else story.published
    return _shift(base, -_number(m["n"]), m["u"].lower(), m["n"].lower()) if base else None


def _later(m: re.Match[str], story: Story) -> When | None:
    base = story.last.first if story.last else None
    if base is None:
        if m["fl"] and m["fl"].lower() == "next" and story.published:
            return replace(_shift(story.published, 1, m["fu"].lower(), ""), ahead=True)
        return None
    if m["wl"]:
        return _shift(base, 3, m["wl"].lower()[:-1], "several")
    if m["fl"]:
        if m["fl"].lower() == "next" and story.published and "the" not in m[0].lower():
            return replace(_shift(story.published, 1, m["fu"].lower(), ""), ahead=True)
        return _shift(base, 1, m["fu"].lower(), "")
    return _shift(base, _number(m["n"]), m["u"].lower(), m["n"].lower())


def _dayafter(m: re.Match[str], story: Story) -> When | None:
    """Comes a day after ...: what follows lies that long before publication; came a day after: before what was told."""
    base, told = story.published, story.last
    came = re.search(r"\bcame\b", m.string[max(m.start() - 20, 0) : m.start()])
    if came and base is not None and told is not None and timedelta(0) <= base - told.last < timedelta(days=45):
        base = told.middle
    return _shift(base, -_number(m["n"]), m["u"].lower(), m["n"].lower()) if base else None


def _earlier(m: re.Match[str], story: Story) -> When | None:
    base = story.last.first if story.last else story.published
    return _shift(base, -1, m["u"].lower(), "") if base else None


def _shift(base: date, count: int, unit: str, word: str) -> When:
    if unit == "day":
        return _day(base + timedelta(days=count), "relative")
    if unit == "week":
        day = base + timedelta(weeks=count)
        if word in ("several", "a few", "few"):
            return _month(day.year, day.month, "relative")
        return _when(day, day + timedelta(days=6), "week", "relative") if count > 0 else _week(day)
    if unit == "month":
        return _at_month(add_months(base, count))
    return _year(base.year + count, "relative")


def _at_month(day: date) -> When:
    return _month(day.year, day.month, "relative")


def _week(day: date) -> When:
    monday = day - timedelta(days=day.weekday())
    return _when(monday, monday + timedelta(days=6), "week", "relative")


def _this(m: re.Match[str], story: Story) -> When | None:
    base = story.published
    if base is None:
        return None
    word, unit = m["w"].lower().split()[-1], m["u"].lower()
    step = {"this": 0, "last": -1, "next": 1, "past": -1, "previous": -1}[word]
    ahead = step > 0 or ((m["mod"] or "").lower() in ("later", "late") and step == 0)
    if unit == "week":
        week = replace(_week(base + timedelta(weeks=step)), ahead=ahead)
        return week if step else replace(week, last=base)
    if unit == "weekend":
        saturday = base - timedelta(days=(base.weekday() - 5) % 7)
        return _when(saturday, saturday + timedelta(days=1), "week", "relative")
    if unit == "month":
        return replace(_at_month(add_months(base, step)), ahead=ahead)
    if unit == "year":
        return replace(_year(base.year + step, "relative"), ahead=ahead)
    if unit == "quarter":
        first = add_months(date(base.year, 3 * ((base.month - 1) // 3) + 1, 1), 3 * step)
        return _when(first, add_months(first, 3) - timedelta(days=1), "quarter", "relative", ahead)
    if unit in SEASONS:
        return _season_of(SEASONS[unit], base, step)
    return _day(base + timedelta(days=step), "relative", ahead)


def _season_of(month: int, base: date, step: int) -> When:
    year = base.year + (1 if step > 0 else 0)
    if step < 0 and date(year, month, 1) + timedelta(days=80) > base:
        year -= 1
    first = date(year, month, 1)
    return _when(first, add_months(first, 3) - timedelta(days=1), "quarter", "relative", step > 0)


def _weekday(m: re.Match[str], story: Story) -> When | None:
    base = story.published
    if base is None or m["day"].lower().endswith("days"):
        return None
    wanted = DAYS.index(m["day"].lower())
    word = (m["w"] or "").lower()
    back = (base.weekday() - wanted) % 7
    if word == "next":
        return _day(base + timedelta(days=7 - back), "relative", True)
    if word == "last" and back == 0:
        back = 7
    return _day(base - timedelta(days=back), "relative")


def _lastmonth(m: re.Match[str], story: Story) -> When | None:
    base = story.published
    if base is None:
        return None
    month, word = _month_number(m["m"]), m["w"].lower()
    if word == "next":
        return _month(base.year + (month <= base.month), month, "relative", True)
    if word == "this":
        return _month(base.year, month, "relative")
    if word == "following":
        after = story.last.first if story.last else None
        return _month(after.year + (month <= after.month), month, "relative") if after else None
    return _month(base.year - (month >= base.month), month, "relative")


def _today(m: re.Match[str], story: Story) -> When | None:
    base = story.published
    if base is None:
        return None
    word = m["t"].lower()
    if word == "over the weekend":
        saturday = base - timedelta(days=(base.weekday() - 5) % 7)
        return _when(saturday, saturday + timedelta(days=1), "week", "relative")
    step = {"yesterday": -1, "tomorrow": 1}.get(word, 0)
    return _day(base + timedelta(days=step), "relative", step > 0)


def _season(m: re.Match[str], story: Story) -> When:
    first = date(int(m["y"]), SEASONS[m["s"].lower()], 1)
    return _when(first, add_months(first, 3) - timedelta(days=1), "quarter")


def _list_day(m: re.Match[str], story: Story) -> When | None:
    """A line that opens with "8th -": that day of the month told last, as in a timeline under headings of months."""
    base = story.last
    if base is None or base.precision not in ("day", "week", "month"):
        return None
    return _day(base.first.replace(day=int(m["d"])))


def _end_day(m: re.Match[str], story: Story) -> When | None:
    """The first or last day of a month."""
    month = _month_number(m["m"])
    year = int(m["y"]) if m["y"] else year_for(month, 1, story)
    if not year:
        return None
    first = date(year, month, 1)
    return _day(first if m["n"].lower() == "first" else add_months(first, 1) - timedelta(days=1))


def _bare_season(m: re.Match[str], story: Story) -> When | None:
    """A season without a year: the one begun last, or that of the year named by "last" or "this"."""
    base = story.published
    if base is None:
        return None
    month = SEASONS[m["s"].lower()]
    if m["r"]:
        first = date(base.year - (m["r"].lower() == "last"), month, 1)
    else:
        first = date(base.year - (date(base.year, month, 1) > base), month, 1)
    return _when(first, add_months(first, 3) - timedelta(days=1), "quarter", "relative")


def _half(m: re.Match[str], story: Story) -> When:
    first = date(int(m["y"]), 1 if m["h"].lower() == "first" else 7, 1)
    return _when(first, add_months(first, 6) - timedelta(days=1), "year")


def _plain_month(m: re.Match[str], story: Story) -> When | None:
    return _bare_month(_month_number(m["m"]), story)


def _plain_year(m: re.Match[str], story: Story) -> When:
    return _year(int(m["y"]))


def _recent(m: re.Match[str], story: Story) -> When | None:
    base = story.published
    if base is None:
        return None
    if "day" in m["r"].lower():
        return _when(base - timedelta(days=6), base, "week", "relative")
    if "week" in m["r"].lower() and base.day > 7:
        return _when(base.replace(day=1), base, "month", "relative")
    back = 31 if "week" in m["r"].lower() else 92
    return _when(base - timedelta(days=back), base, "month" if back == 31 else "quarter", "relative")


def _bare_day(month: int, day: int, story: Story) -> When | None:
    year = year_for(month, day, story)
    return _day(date(year, month, day)) if year else None


def _bare_month(month: int, story: Story) -> When | None:
    year = year_for(month, 1, story)
    return _month(year, month) if year else None


_RESOLVERS: Final[dict[str, Callable[[re.Match[str], Story], When | None]]] = {
    "iso": _iso,
    "cjk": _cjk,
    "slashed": _slashed,
    "mdy": _full,
    "dmy": _full,
    "part": _part,
    "my": _my,
    "weekof": _week_of,
    "quarter": _quarter,
    "ago": _ago,
    "later": _later,
    "earlier": _earlier,
    "this": _this,
    "weekday": _weekday,
    "lastmonth": _lastmonth,
    "dayafter": _dayafter,
    "today": _today,
    "listday": _list_day,
    "endday": _end_day,
    "bareseason": _bare_season,
    "season": _season,
    "half": _half,
    "month": _plain_month,
    "year": _plain_year,
    "recent": _recent,
}
