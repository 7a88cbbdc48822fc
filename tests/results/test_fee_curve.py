"""The fee curve: signs, the best rate of known curves, families, and what it says of a shut gate."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import xarray as xr
from helpers import embedded
from small_runs import Small

from chipgate.errors import BadInputError, UnknownNameError
from chipgate.results.fee_curve import (
    METRICS,
    FeeCurve,
    best_rates,
    document,
    family_of,
    fee_curve,
    rows,
    summary,
)

OPEN = {"washington.open.h20": 1.0, "beijing.level.h20": 0.0}


@pytest.fixture(scope="module")
def curve(small: Small) -> FeeCurve:
    def runner(settings: Mapping[str, Any] | None) -> xr.Dataset:
        return small(settings={**OPEN, **(settings or {})})

    return fee_curve(runner, "h20", [0.15, 0.3], offers=["h20_legal"], months=12)


@pytest.mark.parametrize(
    ("chip", "family"), [("H20", "h20"), ("h20_legal", "h20"), ("nvidia_l20", "small_cards"), ("MI308X", "mi308x")]
)
def test_family_of_a_chip(chip: str, family: str) -> None:
    assert family_of(embedded(), chip) == family


def test_a_chip_without_a_legal_offer() -> None:
    with pytest.raises(BadInputError, match="not on offer by the legal route"):
        family_of(embedded(), "Ascend 910C")
    with pytest.raises(UnknownNameError, match="unknown chip"):
        family_of(embedded(), "H2O20")


def test_a_fee_costs_volume_and_yields_receipts(curve: FeeCurve) -> None:
    assert [p.rate for p in curve.points] == [0.0, 0.15, 0.3]
    assert curve.months == ("2025-09", "2026-08")
    zero, low, high = curve.points
    assert (zero.receipts == 0).all()
    assert (low.receipts > 0).all()
    assert zero.units.mean() > low.units.mean() > high.units.mean()
    np.testing.assert_allclose(low.lost, zero.units - low.units, atol=1)
    np.testing.assert_allclose(low.fee + low.net_price, low.fee / 0.15, rtol=1e-9)
    assert np.isnan(zero.on_buyer).all()
    assert 0 < np.nanmedian(low.on_buyer) < 1.5
    assert np.nanmedian(low.on_buyer + low.on_vendor) < 1.05  # what is left falls on resellers


def test_prices_under_a_fee_stay_in_the_market(curve: FeeCurve) -> None:
    """No price is a multiple of what the same chip costs without a fee that no buyer would pay."""
    for point in curve.points:
        ratio = point.buyer_price / curve.points[0].buyer_price
        assert np.nanmax(ratio) < 5 / (1 - point.rate), point.rate


def test_a_price_stays_in_the_market_at_the_highest_fee(small: Small) -> None:
    """At 60 percent the chip may be withdrawn, but none is sold for twenty times its price without a fee."""
    runs = (small(settings={"washington.fee.h20": rate}, draws=128, metrics=METRICS) for rate in (0.0, 0.6))
    free, dear = (run.sel(offer="h20_legal", month=slice("2025-09", None)) for run in runs)
    paid, usual = (run["price_street"].where(run["units_delivered"] > 1).max() for run in (dear, free))
    assert float(paid) < 20 * float(usual)


def test_document_and_rows(curve: FeeCurve) -> None:
    made = document(curve)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["points"][1]["receipts"]["unit"] == "USD"
    assert made["share_shut"] == 0
    table = rows(curve)
    assert table[1]["units_p50"] == made["points"][1]["units"]["p50"]
    assert table[0]["on_buyer_p50"] is None


def test_a_shut_gate_is_named(small: Small) -> None:
    shut = {"washington.open.h20": 0.0}
    found = fee_curve(
        lambda s: small(settings={**shut, **(s or {})}), "h20", [0.15, 0.3], offers=["h20_legal"], months=6
    )
    made = document(found)
    assert made["share_shut"] == 1
    assert "shut throughout in 100% of the draws" in made["notes"][0]
    assert made["best_rate"]["draws"] == 0
    assert made["best_rate"]["of_mean_receipts"] is None
    assert json.dumps(made, allow_nan=False)


def test_a_family_that_nobody_knows_yet(small: Small) -> None:
    with pytest.raises(BadInputError, match="was known on 2025-08-17"):
        fee_curve(lambda s: small(), "b30a", [0.15, 0.3], offers=["b30a_legal"])
    with pytest.raises(BadInputError, match="two rates or more"):
        fee_curve(lambda s: small(), "h20", [0.15], offers=["h20_legal"])


def test_best_rate_of_a_parabola_is_exact() -> None:
    rates = np.array([0.0, 0.1, 0.2, 0.4, 0.6])
    tops = np.array([0.17, 0.3, 0.45])
    receipts = 1.0 - (rates[:, None] - tops) ** 2
    best, edge = best_rates(rates, receipts)
    np.testing.assert_allclose(best, tops, atol=1e-12)
    assert not edge.any()


def test_best_rate_at_the_edge_and_without_receipts() -> None:
    rates = np.array([0.0, 0.2, 0.4])
    receipts = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 5.0], [0.0, 2.0, 0.1]]).T[:, [0, 1, 2]]
    receipts = np.stack([np.zeros(3), [1.0, 2.0, 5.0], [0.0, 5.0, 4.9]], axis=1)
    best, edge = best_rates(rates, receipts)
    assert np.isnan(best[0])
    assert best[1] == 0.4
    assert edge.tolist() == [False, True, False]
    assert 0.2 < best[2] < 0.4
    assert summary(best)["draws"] == 2
    assert set(METRICS) >= {"us_open", "price_street"}
