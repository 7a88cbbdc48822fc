"""The model's history beside the published record, before any calibration.

Each observation that the model can speak of is mapped to a sum over months of a metric; the table gives the
published range, the prior's median and 90 % band, and whether the two meet. Nvidia's China sales by billing hold
gaming and other goods, which the model does not make; they are added from a range taken from the company's years
before the chips were controlled.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.schema.tables import Observation

OTHER_GOODS_USD_A_QUARTER: Final = (0.45e9, 1.3e9)
"""Gaming and other goods in Nvidia's China sales by billing, USD a quarter; assumed, from fiscal 2022 and 2023."""

METRICS: Final = (
    "revenue", "revenue_by_chip", "units_delivered", "huawei_units", "domestic_units", "grey_units", "price_street",
)  # fmt: skip
"""Metrics that the comparison reads."""

_H20: Final = ("nvidia_h20_96", "nvidia_h20_141")
_NAMES: Final = {"cambricon": "Cambricon", "t_head": "T-Head", "kunlunxin": "Kunlunxin"}
_CHIP_NAMES: Final = {"h20_legal": "H20", "ascend_910b": "Ascend 910B", "h800_legal": "H800", "h200_legal": "H200"}
_HUAWEI_GROUPS: Final = ("ascend_all", "ascend_910b_910c")


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
        mapped = _mapped(data, seen)
        if mapped is None:
            continue
        what, draws = mapped
        low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
        found.append(Comparison(seen, what, low, middle, high, bool(seen.low <= high and low <= seen.high), draws))
    return found


def _mapped(data: xr.Dataset, seen: Observation) -> tuple[str, np.ndarray] | None:
    """What the model says of an observation: words and draws; ``None`` where it says nothing."""
    if seen.geography not in ("CN", "world") or seen.channel == "forecast" or seen.kind == "assumed":
        return None
    months = _months(data, seen)
    if not len(months):
        return None
    rule = _RULES.get(seen.metric)
    return rule(data.isel(month=months), seen) if rule is not None else None


def _months(data: xr.Dataset, seen: Observation) -> np.ndarray:
    """Months of the run whose middle lies in the observation's period."""
    middles = pd.DatetimeIndex(data["month"].values) + pd.Timedelta(days=14)
    inside = (middles >= pd.Timestamp(seen.period_start.first)) & (middles <= pd.Timestamp(seen.period_end.last))
    if seen.period_start.first < pd.Timestamp(data["month"].values[0]).date() - pd.Timedelta(days=7):
        return np.array([], dtype=int)
    if seen.period_end.last > pd.Timestamp(data["month"].values[-1]).date() + pd.Timedelta(days=31):
        return np.array([], dtype=int)
    return np.flatnonzero(inside)


def _revenue(data: xr.Dataset, seen: Observation) -> tuple[str, np.ndarray] | None:
    if seen.maker == "nvidia" and seen.chips == ("all_products",) and seen.basis.get("basis") == "billing":
        own = data["revenue"].sel(vendor="nvidia").sum("month").values
        u = Streams(int(data.attrs["seed"]), int(data.attrs["draws"])).uniform("record:other_goods")[
            data["draw"].values
        ]
        low, high = OTHER_GOODS_USD_A_QUARTER
        return "Nvidia's chips and other goods", own + (low + (high - low) * u) * len(data["month"]) / 3
    if seen.maker == "nvidia" and set(seen.chips) & set(_H20):
        return "H20 revenue", data["revenue_by_chip"].sel(offer="h20_legal").sum("month").values
    if seen.maker == "nvidia" and seen.chips == ("nvidia_h200_sxm",) and "h200_legal" in data["offer"].values:
        return "H200 revenue", data["revenue_by_chip"].sel(offer="h200_legal").sum("month").values
    if seen.maker in ("cambricon", "huawei") and seen.maker in data["vendor"].values:
        return f"{seen.maker.capitalize()} revenue", data["revenue"].sel(vendor=seen.maker).sum("month").values
    if seen.maker == "amd" and seen.chips == ("amd_mi308x",):
        return "MI308 revenue", data["revenue"].sel(vendor="amd").sum("month").values
    if seen.maker == "domestic_makers":
        domestic = [v for v in data["vendor"].values if v not in ("nvidia", "amd")]
        return "domestic makers' revenue", data["revenue"].sel(vendor=domestic).sum(("vendor", "month")).values
    return None


def _units(data: xr.Dataset, seen: Observation) -> tuple[str, np.ndarray] | None:
    if set(seen.chips) & set(_H20):
        return "H20 delivered", data["units_delivered"].sel(offer="h20_legal").sum("month").values
    if seen.maker == "huawei" and (set(seen.chips) & set(_HUAWEI_GROUPS) or seen.chips == ("huawei_ascend_910b3",)):
        return "Huawei delivered", data["huawei_units"].sum("month").values
    makers = {"cambricon": "cambricon", "t_head": "zhenwu", "kunlunxin": "kunlun"}
    if seen.maker in makers:
        offers = [o for o in data["offer"].values if str(o).startswith(makers[seen.maker])]
        units = data["units_delivered"].sel(offer=offers).sum(("offer", "month"))
        return f"{_NAMES[seen.maker]} delivered", units.values
    if seen.maker == "domestic_makers":
        return "all domestic chips delivered", data["domestic_units"].sum("month").values
    return None


def _share_value(data: xr.Dataset, seen: Observation) -> tuple[str, np.ndarray] | None:
    # A year's share is the year's revenue over the year's market, not a mean of monthly shares; brokers leave
    # smuggled chips out.
    domestic = [v for v in data["vendor"].values if v not in ("nvidia", "amd")]
    makers = {"domestic_makers": domestic, "nvidia": ["nvidia"]}.get(seen.maker)
    if makers is None:
        return None
    sums = data["revenue"].sum("month")
    share = sums.sel(vendor=makers).sum("vendor") / np.maximum(sums.sum("vendor"), 1.0)
    words = "Nvidia" if seen.maker == "nvidia" else "domestic makers"
    return f"share of makers' revenue, {words}", share.values


def _smuggled(data: xr.Dataset, _: Observation) -> tuple[str, np.ndarray] | None:
    return "smuggled chips", data["grey_units"].sum("month").values


def _price(data: xr.Dataset, seen: Observation) -> tuple[str, np.ndarray] | None:
    offers = {"nvidia_h20_96": "h20_legal", "huawei_ascend_910b3": "ascend_910b", "nvidia_h800_sxm": "h800_legal",
              "nvidia_h200_sxm": "h200_legal"}  # fmt: skip
    if len(seen.chips) != 1 or seen.unit != "USD/chip" or seen.chips[0] not in offers:
        return None
    offer = offers[seen.chips[0]]
    if offer not in data["offer"].values:
        return None
    return f"street price, {_CHIP_NAMES[offer]}", data["price_street"].sel(offer=offer).mean("month").values


_RULES: Final[dict[str, Callable[[xr.Dataset, Observation], tuple[str, np.ndarray] | None]]] = {
    "revenue_usd": _revenue, "units": _units, "production_units": _units, "market_share_value": _share_value,
    "chips_smuggled_units": _smuggled, "unit_price_usd": _price,
}  # fmt: skip
