"""Sections of the report: each takes the context and gives paragraphs, charts and tables."""

from collections.abc import Callable

from chipgate.report.context import Context
from chipgate.report.sections.assumptions import assumptions
from chipgate.report.sections.base import Section, Statement
from chipgate.report.sections.buyers import buyers
from chipgate.report.sections.chips import chips
from chipgate.report.sections.compute import compute, software
from chipgate.report.sections.crossing import crossing
from chipgate.report.sections.domestic import domestic
from chipgate.report.sections.fee import fee
from chipgate.report.sections.gates import gates
from chipgate.report.sections.money import money
from chipgate.report.sections.past import past
from chipgate.report.sections.rules import rules

__all__ = ["SECTIONS", "Section", "Statement"]

SECTIONS: tuple[Callable[[Context], Section | None], ...] = (
    chips, gates, rules, buyers, money, fee, domestic, crossing, compute, software, assumptions, past,
)  # fmt: skip
"""In the order of the page."""
