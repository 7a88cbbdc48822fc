"""Figures in words: two significant digits, units that are spoken, intervals of 80 %."""

from typing import Any

import numpy as np

_NOUNS = {
    "chips": "chips", "dies": "dies", "stacks": "stacks", "packages": "packages", "H100e": "H100-equivalents",
    "tokens": "tokens",
}  # fmt: skip
_SPACE = "\u00a0"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Two significant digits: ``95,000``, ``1.1 million``."""
    size = abs(value)
    if size == 0 or (size < 0.5 and float(value).is_integer()):
        return "0"
    if size < 1:
        return f"{value:.2g}"
    rounded = float(f"{value:.2g}")
    size = abs(rounded)
    for step, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if size >= step:
            return f"{_plain(rounded / step)} {word}" if size < 1e15 else _power(rounded)
    return f"{rounded:,.0f}" if size >= 10 else _plain(rounded)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.1f}"


def _power(value: float) -> str:
    power = int(np.floor(np.log10(abs(value))))
    return f"{value / 10.0**power:.1f} × 10{str(power).translate(_SUPERSCRIPT)}"


def count(value: float) -> str:
    """A number of things: what is below one half is none."""
    return f"{value:.0f}".replace("-0", "0") if abs(value) < 10 else number(value)


def usd(value: float) -> str:
    """``USD 1.3 billion``; what is below half a dollar is none."""
    return "USD 0" if abs(value) < 0.5 else ("minus " if value < 0 else "") + f"USD {number(abs(value))}"


def percent(share: float) -> str:
    """``80 %``; never nought or one hundred for what is neither."""
    if share <= 0:
        return f"0{_SPACE}%" if share == 0 else f"minus {percent(-share)}"
    if share < 0.005:
        return f"under 1{_SPACE}%"
    if 0.995 < share < 1:
        return f"over 99{_SPACE}%"
    return f"{100 * share:.0f}{_SPACE}%"


def terse(value: float, unit: str) -> str:
    """A figure without its noun, for lists that name the unit once."""
    base = unit.partition("/")[0]
    if base in _NOUNS:
        return count(value)
    if base == "FLOP":
        return _power(value) if value > 0 else "0"
    if base == "USD":
        return usd(value).replace("USD ", "")
    return amount(value, base)


def unit_words(unit: str) -> str:
    """The unit that :func:`terse` leaves out, as a beginning of a sentence: ``Chips a month. ``."""
    base, _, per = unit.partition("/")
    tail = f" a {per}" if per else ""
    if base in _NOUNS or base == "FLOP":
        noun = _NOUNS.get(base, base)
        return f"{noun[:1].upper()}{noun[1:]}{tail}. "
    return f"USD{tail}. " if base == "USD" else ""


def amount(value: float, unit: str) -> str:
    """A figure with its unit in words.

    Args:
        unit: Unit of a metric; what it is per (``/month``) is said where it is read on its own.
    """
    base, _, per = unit.partition("/")
    tail = f" a {per}" if per else ""
    if base == "USD":
        return usd(value) + tail
    if base in ("fraction", "probability"):
        return percent(value)
    if base == "ratio":
        return f"{value:.2g}" if abs(value) < 10 else number(value)
    if base == "level":
        return f"level {value:.1f}"
    if base == "FLOP":
        return f"{_power(value) if value > 0 else 0} FLOP"
    return f"{count(value)} {_NOUNS.get(base, base)}{tail}"


def spread(draws: Any, unit: str) -> str:
    """Median and 80 % interval of draws: ``95,000 chips (80 % interval 1,100 to 850,000 chips)``."""
    low, middle, high = (float(v) for v in np.quantile(np.asarray(draws, np.float64), (0.1, 0.5, 0.9)))
    texts = [amount(v, unit) for v in (low, middle, high)]
    if np.ptp(np.asarray(draws, np.float64)) == 0:
        return f"{texts[1]} (the same in all draws)"
    if texts[0] == texts[2]:
        return f"{texts[1]} (at both ends of the 80{_SPACE}% interval too)"
    return f"{texts[1]} (80{_SPACE}% interval {_without(texts[0], texts[2])} to {texts[2]})"


def once(text: str) -> str:
    """Say ``80 % interval`` in the first brackets of a text only; the others hold the same."""
    words = f"(80{_SPACE}% interval "
    head, found, rest = text.partition(words)
    return head + found + rest.replace(words, "(")


def brief(draws: Any, unit: str) -> str:
    """Median and 80 % interval without words: ``95,000 (1,100 to 850,000)``."""
    low, middle, high = (terse(float(v), unit) for v in np.quantile(np.asarray(draws, np.float64), (0.1, 0.5, 0.9)))
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _without(low: str, high: str) -> str:
    """Drop the unit of the lower end where the upper end says it."""
    for noun in (*_NOUNS.values(), "FLOP"):
        at_low, at_high = low.find(f" {noun}"), high.find(f" {noun}")
        if at_low > 0 and at_high > 0 and low[at_low:] == high[at_high:]:
            return low[:at_low]
    return low


def listed(parts: list[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
