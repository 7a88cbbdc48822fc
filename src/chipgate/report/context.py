"""What every section of the report reads: the dataset, the catalogue, names, windows of time, events."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.plots.chart import Mark
from chipgate.results.dataset import quarter_name
from chipgate.schema.tables import Event
from chipgate.timegrid import add_months

Draws = NDArray[np.float64]

AUTHORITY: Final = {
    "formal_rule": 5, "formal_order": 5, "official_statement": 4, "private_guidance": 3, "state_media": 2,
    "press_report": 1,
}  # fmt: skip
_WEIGHTY: Final = {
    "license_requirement", "license_grant", "export_ban_lift", "revenue_fee", "purchase_ban", "security_summons",
    "purchase_discouragement", "threshold_rule", "volume_cap", "customs_block",
}  # fmt: skip
_MOST_MARKS: Final = 4
"""Events of each side beside one chart."""
GATES: Final = {
    "washington": "Washington's licence", "beijing": "Beijing's permission", "supply": "supply",
    "demand": "demand (no gate)",
}  # fmt: skip
AXIS_WORDS: Final[dict[str, dict[str, str]]] = {
    "gate": GATES,
    "input": {"packaging": "packaging", "dies": "logic dies", "memory": "high-bandwidth memory"},
    "route": {"legal": "legal imports", "grey": "smuggled", "domestic": "made in China"},
    "measure": {"fp8": "FP8 arithmetic", "fp4": "FP4 arithmetic", "memory_bandwidth": "memory bandwidth",
                "usd": "money at cost"},
}  # fmt: skip


@dataclass(frozen=True)
class Context:
    """A run with what is needed to speak of it."""

    data: xr.Dataset
    catalogue: Catalogue
    companions: Mapping[str, xr.Dataset]

    @cached_property
    def as_of(self) -> date:
        """Day up to which anything was known."""
        return date.fromisoformat(str(self.data.attrs["as_of"]))

    @cached_property
    def months(self) -> list[str]:
        """All months, ``YYYY-MM``."""
        return [str(month)[:7] for month in self.data["month"].values]

    @cached_property
    def split(self) -> int:
        """Index of the first month after the as-of date."""
        return sum(month <= self.as_of.isoformat()[:7] for month in self.months)

    @property
    def has_forecast(self) -> bool:
        """Whether any month lies after the as-of date."""
        return self.split < len(self.months)

    @cached_property
    def window(self) -> tuple[str, str]:
        """Months that charts show: two years of history and all of the forecast."""
        first = add_months(self.as_of, -24).isoformat()[:7]
        return max(first, self.months[0]), self.months[-1]

    def has(self, *names: str) -> bool:
        """Whether the dataset carries all these metrics."""
        return all(name in self.data for name in names)

    def unit(self, name: str) -> str:
        """Unit of a metric."""
        return str(self.data[name].attrs["unit"])

    def ahead(self, name: str, count: int = 12) -> xr.DataArray:
        """A metric in the first months after the as-of date."""
        return self.data[name].isel(month=slice(self.split, self.split + count))

    def year(self, name: str, **labels: str) -> Draws:
        """A flow summed over the twelve months after the as-of date, by draw."""
        chosen = self.ahead(name).sel(labels) if labels else self.ahead(name)
        return np.asarray(chosen.sum("month").values, np.float64)

    def at(self, name: str, index: int, **labels: str) -> Draws:
        """A metric in one month, by draw."""
        chosen = self.data[name].sel(labels) if labels else self.data[name]
        return np.asarray(chosen.isel(month=index).values, np.float64)

    @cached_property
    def year_words(self) -> str:
        """``the 12 months after the as-of date (September 2025 to August 2026)``."""
        months = self.months[self.split : self.split + 12]
        count = f"{len(months)} months" if len(months) > 1 else "month"
        return f"the {count} after the as-of date ({month_words(months[0])} to {month_words(months[-1])})"

    def fiscal_quarters(self, maker: str = "nvidia", count: int = 2) -> dict[str, list[int]]:
        """The next fiscal quarters of a maker, with the places of their months.

        A quarter under way counts where most of its months lie after that of the as-of date.
        """
        fiscal = self.catalogue.makers[maker].fiscal
        found: dict[str, list[int]] = {}
        for i, month in enumerate(self.months):
            day = date.fromisoformat(f"{month}-01")
            found.setdefault(quarter_name(day, fiscal.first_month, fiscal.year_offset), []).append(i)
        ahead = {
            name: places for name, places in found.items()
            if len(places) == 3 and sum(p >= self.split for p in places) >= 2
        }  # fmt: skip
        return dict(list(ahead.items())[:count])

    def quarters_words(self, quarters: Mapping[str, Sequence[int]]) -> str:
        """``FY26Q3 and FY26Q4 (August 2025 to January 2026)``."""
        first, last = next(iter(quarters.values()))[0], list(quarters.values())[-1][-1]
        span = f"{month_words(self.months[first])} to {month_words(self.months[last])}"
        return f"{' and '.join(quarters)} ({span})"

    def offers(self, route: str) -> list[str]:
        """Offers of a route that the dataset has."""
        names = [str(o) for o in self.data["offer"].values] if "offer" in self.data.coords else []
        return [name for name in names if self.route(name) == route]

    def route(self, offer: str) -> str:
        """Route of an offer."""
        if offer in self.catalogue.offers:
            return str(self.catalogue.offers[offer].route)
        return next((r for r in ("legal", "grey") if offer.endswith(f"_{r}")), "domestic")

    def chip(self, offer: str) -> str:
        """Id of an offer's chip, empty where it is not known."""
        return str(self.catalogue.offers[offer].chip) if offer in self.catalogue.offers else ""

    def name(self, axis: str, label: str) -> str:
        """A label of an axis in words."""
        if axis == "offer":
            return self.offer_name(label)
        if axis == "buyer" and label in self.catalogue.buyers:
            return str(self.catalogue.buyers[label].name)
        if axis == "vendor" and label in self.catalogue.makers:
            return str(self.catalogue.makers[label].name)
        return AXIS_WORDS.get(axis, {}).get(label, label.replace("_", " "))

    def names(self, axis: str) -> dict[str, str]:
        """All labels of an axis in words."""
        return {str(v): self.name(axis, str(v)) for v in self.data[axis].values}

    def offer_name(self, offer: str) -> str:
        """``H20``, ``H100 (smuggled)``."""
        chip = self.chip(offer)
        if not chip or chip not in self.catalogue.chips:
            return offer.replace("_", " ")
        name = re.sub(r"^Instinct | \d+ ?GB\b| SXM\d?\b", "", str(self.catalogue.chips[chip].name))
        similar = " and small cards" if "small_cards" in offer else ""
        return name + similar + (" (smuggled)" if self.route(offer) == "grey" else "")

    def events(self, *, chips: Iterable[str] = (), firms: Iterable[str] = (), country: str = "") -> tuple[Mark, ...]:
        """The weightiest events on these chips or firms that were public by the as-of date and fall into the charts.

        Args:
            country: Only events of this country.
        """
        wanted, about = set(chips), set(firms)
        first = self.window[0]
        found = [
            event for event in self.catalogue.events.values()
            if event.known_since.last <= self.as_of and event.date.first.isoformat()[:7] >= first
            and (not country or event.actor_country == country)
            and (wanted & set(event.chips) or (not event.chips and about & set(event.firms)) or (about & {"*"}))
        ]  # fmt: skip
        ranked = sorted(found, key=self._weight, reverse=True)
        own = [e for e in ranked if e.actor_country == "US"][:_MOST_MARKS]
        best = own + [e for e in ranked if e.actor_country != "US"][:_MOST_MARKS]
        return tuple(
            Mark(e.date.first, e.actor_country, e.actor, e.summary, tuple(e.source_urls))
            for e in sorted(best, key=lambda e: (e.date.first, e.id))
        )

    def _weight(self, event: Event) -> tuple[float, date]:
        score = AUTHORITY[event.authority] + 2.0 * (event.instrument in _WEIGHTY)
        score += 2.0 * ((self.as_of - event.date.first).days <= 365) - 3.0 * (event.direction == "neutral")
        return score, event.date.first


def month_words(month: str) -> str:
    """``September 2025`` for ``2025-09``."""
    return f"{date.fromisoformat(month + '-01'):%B %Y}"


def crossover(data: xr.Dataset, workload: str, *, level: float = 0.9, months: int = 12) -> NDArray[np.int64]:
    """First month in which trailing sufficiency reaches a level, by draw; -1 where it never does."""
    values = np.asarray(data["sufficiency"].sel(workload=workload).transpose("month", "draw").values, np.float64)
    if len(values) < months:
        return np.full(values.shape[1], -1)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    trailing = (total[months:] - total[:-months]) / months
    reached = trailing >= level
    return np.where(reached.any(0), reached.argmax(0) + months - 1, -1).astype(np.int64)
