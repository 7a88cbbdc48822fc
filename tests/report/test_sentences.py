"""Sentences against figures computed here, straight from the dataset."""

import re

import numpy as np
import pytest
import xarray as xr
from report.pages import figures, read

from chipgate.catalogue.catalogue import Catalogue
from chipgate.plots.notes import agreement
from chipgate.plots.words import amount, count, number, once, percent, spread, usd
from chipgate.report.context import Context, crossover
from chipgate.report.document import report_html
from chipgate.report.headlines import headlines, in_short
from chipgate.report.sections.fee import fee_rates, incidence

SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
FIGURE = r"(?:USD )?([\d,.]+)(?: (million|billion|trillion))?"


@pytest.fixture(scope="module")
def said(data: xr.Dataset, book: Catalogue) -> dict[str, str]:
    return {f.topic: f.text for f in headlines(Context(data, book, {}))}


def values(text: str, before: str) -> tuple[float, float, float]:
    """Median and 80 % interval that follow some words."""
    found = re.search(rf"{before}{FIGURE}[^(]*\((?:80\s% interval )?{FIGURE}[^)]*? to {FIGURE}", text)
    assert found, (before, text)
    parts = found.groups()
    low, middle, high = (
        float(parts[i].replace(",", "")) * SCALE.get(parts[i + 1] or "", 1.0) for i in (2, 0, 4)
    )  # fmt: skip
    return low, middle, high


def close(shown: tuple[float, float, float], draws: np.ndarray) -> None:
    np.testing.assert_allclose(shown, np.quantile(draws.astype(float), (0.1, 0.5, 0.9)), rtol=0.051, atol=0.6)


def year(data: xr.Dataset, name: str, **labels: str) -> np.ndarray:
    chosen = data[name].sel(month=slice("2025-09", "2026-08"))
    return np.asarray((chosen.sel(labels) if labels else chosen).sum("month").values)


def test_chips(said: dict[str, str], data: xr.Dataset) -> None:
    text = said["Chips that land"]
    assert "September 2025 to August 2026" in text
    close(values(text, r"2026\), "), year(data, "units_by_route", route="legal"))
    close(values(text, r"H20 "), year(data, "units_delivered", offer="h20_legal"))


def test_in_short(data: xr.Dataset, book: Catalogue) -> None:
    text = in_short(Context(data, book, {}))
    legal = year(data, "units_by_route", route="legal")
    assert text.startswith(f"In short: {number(float(np.median(legal)))} legal foreign chips land")
    units = data["units_delivered"].sel(offer="h20_legal")
    past = units.sel(month=units["month"] <= np.datetime64("2025-08-17")).values.astype(float)
    best = np.median([max(past[t : t + 12, d].sum() for t in range(len(past) - 11)) for d in range(past.shape[1])])
    ahead = units.sel(month=slice("2025-09", "2026-08")).sum("month")
    assert f"Of the H20, most sold before, {number(float(np.median(ahead)))} chips land" in text
    assert f"against {number(float(best))} chips" in text


def test_the_interval_is_explained_once() -> None:
    one, two = spread(np.linspace(0, 1000, 11), "chips"), spread(np.linspace(0, 10, 11), "chips")
    assert once(f"{one} and {two}") == f"{one} and 5 chips (1 to 9 chips)"


def test_revenue_of_two_fiscal_quarters(said: dict[str, str], data: xr.Dataset) -> None:
    text = said["Nvidia's H20 revenue"]
    chosen = data["revenue_by_chip"].sel(offer="h20_legal", month=slice("2025-08", "2026-01")).sum("month").values
    assert "FY26Q3 and FY26Q4 (August 2025 to January 2026)" in text
    close(values(text, "earns "), chosen)
    assert f"USD 1 billion is {percent(float((chosen < 1e9).mean()))}" in text


def test_gate(said: dict[str, str], data: xr.Dataset) -> None:
    mean = data["binding_gate"].sel(month=slice("2025-09", "2026-08")).mean(("month", "draw"))
    text = said["The gate that binds"]
    words = {"washington": "Washington's licence", "beijing": "Beijing's permission"}
    first = str(mean["gate"].values[int(mean.values.argmax())])
    assert f"{words[first]} is what keeps out most" in text
    for gate, name in words.items():
        before = "probability " if gate == first else f"{name} "
        assert f"{before}{percent(float(mean.sel(gate=gate)))}" in text


def test_fee_huawei_and_ratio(said: dict[str, str], data: xr.Dataset) -> None:
    close(values(said["Fee receipts"], "takes "), year(data, "fee_receipts"))
    close(values(said["Huawei"], "delivers "), year(data, "huawei_units"))
    close(values(said["Huawei"], "out of "), year(data, "domestic_units"))
    ratio = data["compute_ratio"].sel(measure="fp8")
    close(values(said["United States against China"], "hold "), ratio.sel(month="2025-08-01").values)
    close(values(said["United States against China"], "date, and "), ratio.isel(month=-1).values)


def test_crossover_by_brute_force(data: xr.Dataset) -> None:
    easy = data.copy()
    rng = np.random.default_rng(0)
    easy["sufficiency"] = data["sufficiency"].copy(
        data=np.sort(rng.uniform(0.3, 1.1, data["sufficiency"].shape), axis=0)
    )
    for workload in ("training", "inference"):
        values_ = easy["sufficiency"].sel(workload=workload).values
        found = crossover(easy, workload)
        for d in range(values_.shape[1]):
            first = next((t for t in range(11, len(values_)) if values_[t - 11 : t + 1, d].mean() >= 0.9), -1)
            assert found[d] == first


def test_crossover_sentence_and_bars(data: xr.Dataset, book: Catalogue, page: str) -> None:
    bars = figures(page)["crossover-quarters"]["data"]
    for trace in bars:
        never = float((crossover(data, trace["name"]) < 0).mean())
        assert trace["x"][-1] == "not by 2027-12"
        assert trace["y"][-1] == pytest.approx(100 * never, rel=1e-3)
        assert sum(trace["y"]) == pytest.approx(100, rel=1e-3)
    easy = data.copy()
    easy["sufficiency"] = data["sufficiency"] * 0 + 0.95
    easy["sufficiency"].attrs = data["sufficiency"].attrs
    text = read(report_html(easy, book)).text
    assert "100 % of draws for training and 100 % of draws for inference" in text


def test_incidence(data: xr.Dataset, no_fee: xr.Dataset, book: Catalogue, page: str) -> None:
    part = data.sel(month=slice("2025-09", "2026-08"))
    rate = pytest.approx(0.15, rel=1e-3)
    # Chips that a later act opens in some draws owe a fee of its own prior.
    rates = fee_rates(part)
    assert {offer: rates[offer] for offer in ("h20_legal", "mi308x_legal")} == {"h20_legal": rate, "mi308x_legal": rate}
    found, draws = incidence(Context(data, book, {}), no_fee)
    assert draws == 16
    item = next(i for i in found if i.offer == "h20_legal")
    free = no_fee.sel(month=slice("2025-09", "2026-08"))
    lost = (free["units_delivered"] - part["units_delivered"]).sel(offer="h20_legal").sum("month").values
    np.testing.assert_allclose(item.lost, lost, rtol=1e-3, atol=2)
    assert "Who bears the fee" in page
    assert "needs a second run" in read(report_html(data, book)).text


def test_collapsed_bands_are_said(data: xr.Dataset, book: Catalogue) -> None:
    flat = data.copy()
    units = data["units_delivered"].copy(deep=True)
    after = data["month"].values > np.datetime64("2025-08-17")
    units.loc[{"offer": "h20_legal", "month": data["month"].values[after]}] = 5_000.0
    flat["units_delivered"] = units
    text = read(report_html(flat, book)).text
    assert "All draws agree on 5,000 chips a month in every month after the as-of date" in text


def test_ceilings_and_heaps_are_said() -> None:
    draws = np.minimum(np.linspace(1, 200, 50), 100.0)[None].repeat(3, 0)
    months = ["2025-09", "2025-10", "2025-11"]
    array = xr.DataArray(draws, dims=("month", "draw"))
    assert "A ceiling binds: in September 2025 to November 2025" in agreement(array, months=months, unit="chips")[0]
    array[:, :40] = 0
    assert agreement(array, months=months, unit="chips")[0].startswith("In 80\xa0% of draws and months")
    array[1] = 7
    note = "All draws agree in October 2025: there the band is a line."
    assert agreement(array, months=months, unit="chips")[0] == note


def test_inputs_that_matter_come_with_their_draws(data: xr.Dataset, book: Catalogue, page: str) -> None:
    assert "Assumptions that matter most" in page
    assert "Assumptions that matter most" not in report_html(data.drop_vars("input_draws"), book)
    units = data["units_delivered"].sel(offer="h20_legal", month=slice("2025-09", "2026-08")).sum("month").values
    noise = np.random.default_rng(1).normal(size=units.shape)
    inputs = xr.DataArray(
        [np.exp(noise), -units, -units], dims=("input_name", "draw"),
        coords={"input_name": ["noise", "foe.2025", "foe.2026_07"]},
    )  # fmt: skip
    more = figures(report_html(data.drop_dims("input_name").assign(input_draws=inputs), book))["assumptions-ranks"]
    bar = more["data"][0]
    assert bar["y"] == ["noise", "foe.2025"], "of one path the strongest anchor alone"
    assert bar["x"][-1] == pytest.approx(-1, abs=0.02)


def test_words() -> None:
    wanted = {0: "0", 95_323: "95,000", 1_130_000: "1.1 million", 2.35e9: "2.4 billion", 5e12: "5 trillion"}
    assert {v: number(v) for v in wanted} == wanted
    assert [count(v) for v in (0.2, 6.9, 12.3)] == ["0", "7", "12"]
    shares = {0.0: "0 %", 0.001: "under 1 %", 0.5: "50 %", 0.999: "over 99 %", 1.0: "100 %"}
    assert {v: percent(v).replace("\xa0", " ") for v in shares} == shares
    assert usd(-1.2e6) == "minus USD 1.2 million"
    assert amount(2.9e25, "FLOP") == "2.9 × 10²⁵ FLOP"
    assert spread([3.0, 3.0], "chips") == "3 chips (the same in all draws)"
    assert spread(np.linspace(0, 1000, 11), "chips") == "500 chips (80\xa0% interval 100 to 900 chips)"
