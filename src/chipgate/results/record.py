"""The model's history beside the published record.

Each observation that the model can speak of is mapped to a functional of the run (:mod:`chipgate.targets`); the
table gives the published range, the model's median and 90 % band, and whether the two meet.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import xarray as xr

from chipgate.catalogue import Catalogue
from chipgate.schema.tables import Observation
from chipgate.targets import Target, Unmapped, evaluate, target_of

__all__ = ["METRICS", "Comparison", "compare_with_record"]

METRICS: Final = (
    "revenue", "revenue_by_chip", "gross_profit", "charges", "fee_by_chip", "units_delivered", "units_by_buyer",
    "grey_units", "orders", "price_street", "price_list", "spend_on_chips", "rented_abroad_usd", "compute_china",
    "compute_by_source", "compute_us", "installed_chips", "order_book", "cancelled",
)  # fmt: skip
"""Metrics that targets and comparisons with other studies read."""


@dataclass(frozen=True)
class Comparison:
    """One observation beside the model.

    Attributes:
        p5, p50, p95: Of the model's draws, in the observation's unit.
        inside: The observation's range and the model's 90 % band overlap. ``draws``: the model's, all of them.
    """

    observation: Observation
    what: str
    p5: float
    p50: float
    p95: float
    inside: bool
    draws: np.ndarray = field(repr=False, compare=False)

    @property
    def ratio(self) -> float | None:
        """The model's median over the published figure; ``None`` where that is nought."""
        return self.p50 / self.observation.value if self.observation.value else None

    @property
    def central_inside(self) -> bool:
        """The published central figure itself lies in the model's 90 % band; stricter than ``inside``."""
        return self.p5 <= self.observation.value <= self.p95


def compare_with_record(data: xr.Dataset, catalogue: Catalogue, *, known_by: date | None = None) -> list[Comparison]:
    """Every observation that the model can speak of, in the order of the catalogue.

    Args:
        known_by: Leave out what was published after this day.
    """
    found = []
    for seen in catalogue.observations.values():
        if known_by is not None and seen.published_date.last > known_by:
            continue
        target = target_of(seen)
        if isinstance(target, Unmapped) or not set(target.metrics) <= {str(name) for name in data.data_vars}:
            continue
        draws = _draws(data, seen, target)
        if draws is None:
            continue
        low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
        inside = bool(seen.low <= high and low <= seen.high)
        found.append(Comparison(seen, target.words, low, middle, high, inside, draws))
    return found


def _draws(data: xr.Dataset, seen: Observation, target: Target) -> np.ndarray | None:
    draws = evaluate(target, data, seen.period_start.first, seen.period_end.last)
    return None if isinstance(draws, Unmapped) else draws
