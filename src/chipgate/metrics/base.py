"""Declaring a metric: one function with its name, unit, axes, label, formula and source."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.inputs import MEASURES
from chipgate.market.step import Record
from chipgate.registry import Registry
from chipgate.setup.build import Built

Array = NDArray[Any]
Adds = Literal["sum", "mean", "last"]


@dataclass(frozen=True)
class View:
    """What a metric function reads: the record of some draws, and what they were drawn from.

    Attributes:
        record: Arrays ``[t ... d]`` as NumPy.
        built: The whole run; ``part`` says which of its draws the record holds.
    """

    record: Record
    built: Built
    part: slice

    def constant(self, name: str) -> Array:
        """A constant of these draws, ``[... d]``."""
        value = np.asarray(getattr(self.built.inputs.constants, name))
        return value[..., self.part] if value.shape[-1] > 1 else value

    def monthly(self, name: str) -> Array:
        """A monthly input of these draws, ``[t ... d]``."""
        value = np.asarray(getattr(self.built.inputs.monthly, name))
        return value[..., self.part] if value.shape[-1] > 1 else value


@dataclass(frozen=True)
class Metric:
    """A declared metric.

    Attributes:
        axes: Axes beside month and draw; labels are found by :func:`labels`.
        adds: How months add up to a quarter: flows sum, levels take the mean or the last month.
        formula: In words or symbols. ``source``: where the definition comes from.
        headline: Printed in the summary.
    """

    name: str
    unit: str
    axes: tuple[str, ...]
    label: str
    formula: str
    source: str
    adds: Adds
    headline: bool
    compute: Callable[[View], Array]


METRICS: Final[Registry[Metric]] = Registry("metric")
"""All metrics by name."""


def metric(
    name: str, *, unit: str, label: str, formula: str, source: str, axes: tuple[str, ...] = (), adds: Adds = "sum",
    headline: bool = False,
) -> Callable[[Callable[[View], Array]], Callable[[View], Array]]:  # fmt: skip
    """Register the function that computes a metric as ``[t *axes d]``."""

    def declare(function: Callable[[View], Array]) -> Callable[[View], Array]:
        METRICS.add(name, Metric(name, unit, axes, label, formula, source, adds, headline, function))
        return function

    return declare


GATES: Final = ("washington", "beijing", "supply", "demand")
SOURCES: Final = ("legal", "grey", "domestic", "rented_abroad")
INPUTS: Final = ("packaging", "dies", "memory")


def labels(axis: str, built: Built) -> tuple[str, ...]:
    """Labels of an axis of metrics."""
    structure = built.plan.structure
    named = {
        "offer": structure.offers, "buyer": structure.buyers, "vendor": structure.vendors,
        "stack": structure.stacks, "family": structure.families, "route": ("legal", "grey", "domestic"),
        "workload": ("training", "inference"), "gate": GATES, "measure": MEASURES, "input": INPUTS, "source": SOURCES,
        "level": ("welcome", "discouraged", "case_by_case", "blocked"),
    }  # fmt: skip
    return tuple(named[axis])
