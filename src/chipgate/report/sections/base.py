"""What a section is."""

from dataclasses import dataclass
from typing import Final

from chipgate.plots.chart import Chart, Table
from chipgate.report.context import Context

DOMESTIC_FIRMS: Final = ("huawei", "smic", "tsmc", "cxmt")


@dataclass(frozen=True)
class Statement:
    """A table that stands in the open, with a heading."""

    title: str
    table: Table
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        lead: Paragraphs above the charts. ``caution``: what the reader must not overlook.
    """

    id: str
    title: str
    lead: tuple[str, ...]
    charts: tuple[Chart, ...] = ()
    tables: tuple[Statement, ...] = ()
    caution: str = ""


def absent(id_: str, title: str, what: str) -> Section:
    """A section whose figures the dataset does not carry."""
    return Section(id_, title, (f"This dataset does not carry {what}, so this section is empty.",))


def chip_ids(context: Context, offers: list[str]) -> list[str]:
    """Chips of offers, for their events."""
    return [context.chip(offer) for offer in offers]
