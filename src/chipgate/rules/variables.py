"""The variables that a legal test may speak of: type, unit and meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from chipgate.schema.clause import Item

DEST_GROUPS: Final = ("CN", "MO", "D5_OTHER", "D1_D4", "AUTH", "RU", "OTHER", "US", "CN_HQ_ABROAD")
"""Destination groups. ``CN`` includes Hong Kong; ``CN_HQ_ABROAD`` is a unit elsewhere whose headquarters or
ultimate parent is in China, Macau or a D:5 country."""


@dataclass(frozen=True)
class Variable:
    """A variable of the clause grammar.

    Attributes:
        type: ``number``, ``flag`` (true or false) or ``groups`` (the destination's group memberships).
        unit: Unit of a number.
        items: Items that have it.
        most: A number beyond any real item, for bounding the unknown.
    """

    name: str
    type: Literal["number", "flag", "groups"]
    meaning: str
    unit: str = ""
    items: tuple[Item, ...] = ("finished_chip",)
    most: float = 0.0


_ALL: Final = (
    Variable("tpp", "number", "total processing performance", "TPP", most=1e6),
    Variable("pd", "number", "performance density", "TPP/mm2", most=1e4),
    Variable("mem_bw_gbs", "number", "total DRAM bandwidth", "GB/s", most=1e5),
    Variable("io_bw_gbs", "number", "two-way bandwidth to other chips, memory excluded", "GB/s", most=1e5),
    Variable("marketed_datacenter", "flag", "designed or marketed for data centres"),
    Variable("export_from_us", "flag", "shipped from the US"),
    Variable("us_commercial_20260115", "flag", "on commercial sale in the US on 15 January 2026"),
    Variable("dest_group", "groups", "group of the destination", items=("finished_chip", "hbm_stack", "logic_die")),
    Variable("hbm_bw_density", "number", "bandwidth of the memory package over its area", "GB/s/mm2",
             items=("hbm_stack",), most=1e3),
    Variable("node_nm", "number", "process node", "nm", items=("logic_die",), most=1e3),
    Variable("transistors_bn", "number", "transistors on the packaged logic", "bn transistors",
             items=("logic_die",), most=1e4),
    Variable("approved_designer", "flag", "an approved or authorised designer vouches", items=("logic_die",)),
    Variable("approved_osat", "flag", "an approved packager vouches", items=("logic_die",)),
)  # fmt: skip

VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType({v.name: v for v in _ALL})
"""All variables by name."""
