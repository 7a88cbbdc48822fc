"""The closed list of units, and conversion to the canonical one.

Field names carry their canonical unit as a suffix (``_gbs`` is GB/s, ``_tflops`` is 10^12 operations per
second). A figure may be written in any unit of the same dimension; it is converted once, when it is read.
Decimal prefixes throughout: 1 GB = 10^9 bytes; GiB is converted.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chipgate.errors import UnitError

# unit -> (dimension, factor to the dimension's base unit)
_TABLE: Final[dict[str, tuple[str, float]]] = {
    "B/s": ("bandwidth", 1.0),
    "MB/s": ("bandwidth", 1e6),
    "GB/s": ("bandwidth", 1e9),
    "GiB/s": ("bandwidth", 2.0**30),
    "TB/s": ("bandwidth", 1e12),
    "Gb/s": ("bandwidth", 1e9 / 8),
    "Tb/s": ("bandwidth", 1e12 / 8),
    "MB": ("memory", 1e6),
    "GB": ("memory", 1e9),
    "GiB": ("memory", 2.0**30),
    "TB": ("memory", 1e12),
    "GFLOPS": ("rate", 1e9),
    "TFLOPS": ("rate", 1e12),
    "TOPS": ("rate", 1e12),
    "PFLOPS": ("rate", 1e15),
    "POPS": ("rate", 1e15),
    "W": ("power", 1.0),
    "kW": ("power", 1e3),
    "MW": ("power", 1e6),
    "mm2": ("area", 1.0),
    "cm2": ("area", 100.0),
    "USD": ("dollars", 1.0),
    "USD thousand": ("dollars", 1e3),
    "USD m": ("dollars", 1e6),
    "USD bn": ("dollars", 1e9),
    "CNY": ("yuan", 1.0),
    "CNY bn": ("yuan", 1e9),
    "TPP": ("tpp", 1.0),
    "TPP/mm2": ("tpp_density", 1.0),
    "GB/s/mm2": ("bandwidth_density", 1.0),
    "nm": ("length", 1.0),
    "bn transistors": ("transistors", 1.0),
    "chips": ("chips", 1.0),
    "fraction": ("fraction", 1.0),
    "percent": ("fraction", 0.01),
}

UNITS: Final[Mapping[str, tuple[str, float]]] = MappingProxyType(_TABLE)
"""Convertible units: unit -> (dimension, factor to the base unit of its dimension)."""

_FOLDED: Final = {name.casefold(): name for name in _TABLE}
_QUANTITY: Final = re.compile(r"\s*([+-]?[0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(\S.*?)?\s*")


def convert(value: float, unit: str, to: str) -> float:
    """Convert ``value`` from ``unit`` to ``to``.

    Raises:
        UnitError: A unit is not in the list, or the two measure different things.
    """
    source, target = _entry(unit), _entry(to)
    if source[0] != target[0]:
        raise UnitError(f"unit {unit!r} measures {source[0]}, expected {target[0]} such as {to!r}")
    return value if source == target else value * source[1] / target[1]


def parse_quantity(text: str, to: str) -> float:
    """Read ``"4.8 TB/s"`` or ``"4800"`` as a number in unit ``to``; a bare number is already in ``to``.

    Raises:
        UnitError: The text is no number, or its unit is unknown or measures something else.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f"{text!r} is not a quantity; write a number, with a unit if it is not {to}")
    number = float(match[1].replace(",", "").replace("_", ""))
    unit = match[2]
    if unit is None:
        return number
    return convert(number, unit, to)


def _entry(unit: str) -> tuple[str, float]:
    # TB/s and Tb/s differ only by case, so the exact spelling goes first.
    found = _TABLE.get(unit) or _TABLE.get(_FOLDED.get(unit.casefold(), ""))
    if found is None:
        raise UnitError(f"unknown unit {unit!r}; the list is {', '.join(_TABLE)}")
    return found
