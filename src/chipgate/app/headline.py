"""The cards at the top of the page and the sentence over them, from the draws of a stage.

Sums over months are made draw by draw, by the functions of the report; a page must not add quantiles.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.report.context import Context, month_words
from chipgate.report.headlines import gate_shares, in_short
from chipgate.results.dataset import QUANTILES

HEADLINE_METRICS: Final = (
    "units_delivered", "units_by_route", "revenue", "fee_receipts", "binding_gate", "compute_ratio",
)  # fmt: skip
"""Metrics that a stage must hold for its headline."""

Draws = NDArray[np.float64]


def headline(data: xr.Dataset, catalogue: Catalogue) -> dict[str, Any]:
    """The sentence, the months that it speaks of, and the cards with their quantiles.

    Returns:
        ``in_short``, ``window`` and ``cards``; no cards where the dataset ends at its as-of date.
    """
    context = Context(data, catalogue, {})
    if not context.has_forecast:
        return {"in_short": "", "window": None, "cards": []}
    ahead = context.months[context.split :][:12]
    period = f"{_short(ahead[0])} to {_short(ahead[-1])}" if len(ahead) > 1 else _short(ahead[0])
    made: tuple[Callable[[Context, str], dict[str, Any] | None], ...] = (_units, _revenue, _fee, _gate, _ratio)
    cards = [card for make in made if (card := make(context, period)) is not None]
    return {"in_short": in_short(context), "window": [ahead[0], ahead[-1]], "cards": cards}


def _short(month: str) -> str:
    """``Sep 2025``."""
    name, year = month_words(month).split()
    return f"{name[:3]} {year}"


def _card(draws: Draws, unit: str, **more: Any) -> dict[str, Any]:
    found = np.quantile(draws, QUANTILES)
    points = {f"p{round(100 * q)}": _plain(value) for q, value in zip(QUANTILES, found, strict=True)}
    return {**more, "unit": unit, **points, "mean": _plain(float(draws.mean())), "badge": "derived"}


def _plain(value: float) -> float:
    return float(f"{float(value):.7g}")


def _units(context: Context, period: str) -> dict[str, Any] | None:
    if not context.has("units_by_route"):
        return None
    return _card(context.year("units_by_route", route="legal"), "chips", id="units", period=period,
                 label="Legal foreign chips landed", metrics=["units_by_route"])  # fmt: skip


def _revenue(context: Context, period: str) -> dict[str, Any] | None:
    if not context.has("revenue"):
        return None
    return _card(context.year("revenue", vendor="nvidia"), "USD", id="revenue", period=period,
                 label="Nvidia's revenue in China", metrics=["revenue"])  # fmt: skip


def _fee(context: Context, period: str) -> dict[str, Any] | None:
    if not context.has("fee_receipts"):
        return None
    return _card(context.year("fee_receipts"), "USD", id="fee", period=period, label="US fee and duty receipts",
                 metrics=["fee_receipts"])  # fmt: skip


def _gate(context: Context, period: str) -> dict[str, Any] | None:
    if not context.has("binding_gate"):
        return None
    shares = {gate: _plain(share) for gate, share in gate_shares(context).items()}
    return {"id": "gate", "label": "Gate that binds", "period": period, "shares": shares, "unit": "probability",
            "binds": max(shares, key=lambda gate: shares[gate]), "metrics": ["binding_gate"],
            "badge": "derived"}  # fmt: skip


def _ratio(context: Context, _: str) -> dict[str, Any] | None:
    if not context.has("compute_ratio"):
        return None
    last = context.data["compute_ratio"].sel(measure="fp8").isel(month=-1)
    return _card(np.asarray(last.values, np.float64), "ratio", id="ratio", period=_short(context.months[-1]),
                 label="US over Chinese compute, FP8", metrics=["compute_ratio"])  # fmt: skip
