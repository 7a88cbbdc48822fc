"""From published figures to targets: both sets of columns alike, definitions apart, refusals named."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from helpers import DATA, embedded, run_cli
from pydantic import ValidationError
from score_cases import OWN_HEADER, RAW_HEADER, RAW_ROW, raw_file

from chipgate.errors import DataError
from chipgate.results.record import METRICS
from chipgate.schema.beliefs import Bridge
from chipgate.schema.tables import PublishedForecast
from chipgate.targets import Target, Unmapped, evaluate, forecast_of, target_of
from chipgate.targets.base import Slice
from chipgate.targets.read import read_observations


@pytest.fixture(scope="module")
def mapped() -> dict[str, Target | Unmapped]:
    path = Path(__file__).parent / "printed_names.csv"
    return {seen.id: target_of(seen) for seen in read_observations(path, embedded())}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("nvda_a", "nvidia_china_billing"), ("nvda_b", "nvidia_china_headquarters"), ("nvda_d", "revenue_h20"),
        ("hw_a", "units_huawei"), ("dom_a", "share_cards_domestic_makers"), ("dom_b", "share_value_domestic_makers"),
        ("price_a", "price_street_h20_legal"), ("price_b", "price_server_street_h20_legal"),
        ("stock_a", "stock_h100e_china"), ("smug_a", "units_smuggled"),
    ],
)  # fmt: skip
def test_names_as_printed_are_found(mapped: dict[str, Target | Unmapped], name: str, target: str) -> None:
    found = mapped[name]
    assert isinstance(found, Target), found
    assert found.id == target


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nvda_c", "neither billing nor headquarters"), ("nvda_e", "guidance"), ("hw_b", "a forecast or a plan"),
     ("capex_a", "input of the model"), ("world_a", "Chinese market")],
)  # fmt: skip
def test_what_is_no_target_says_why(mapped: dict[str, Target | Unmapped], name: str, reason: str) -> None:
    found = mapped[name]
    assert isinstance(found, Unmapped)
    assert reason in found.reason


def test_guidance_is_a_published_forecast_of_revenue() -> None:
    seen = embedded().observations["nvda_h20_possible_FY26Q3"]
    found = forecast_of(seen)
    assert found is not None
    assert found.id == "revenue_h20"
    assert forecast_of(embedded().observations["camb_rev_2025q3"]) is None


def test_every_target_reads_metrics_that_runs_keep() -> None:
    targets = [t for seen in embedded().observations.values() if isinstance(t := target_of(seen), Target)]
    assert len(targets) > 90
    assert {metric for target in targets for metric in target.metrics} <= set(METRICS)


def test_both_sets_of_columns_give_the_same_target(tmp_path: Path) -> None:
    """The package's rows, written with the names that sources print, map as before."""
    printed = {
        "nvidia": "Nvidia", "huawei": "Huawei", "cambricon": "Cambricon", "domestic_makers": "China domestic (all)",
        "all_makers": "All vendors", "imported_makers": "Nvidia+AMD (imported)", "t_head": "Alibaba T-Head",
        "kunlunxin": "Baidu Kunlunxin", "amd": "AMD", "metax": "MetaX",
    }  # fmt: skip
    goods = {
        "all_products": "all products", "data_centre": "data centre", "ascend_all": "Ascend (all)",
        "ai_chips": "AI chips",
        "accelerator_cards": "accelerator cards", "nvidia_h20_96": "H20", "amd_mi308x": "MI308",
        "huawei_ascend_910b3": "Ascend 910B", "ai_server_chips": "AI server chips", "kunlun_all": "Kunlun",
        "ascend_910b_910c": "Ascend 910B+910C", "t_head_ppu": "PPU", "nvidia_h200_sxm": "H200",
    }  # fmt: skip
    rows, wanted = [], {}
    for seen in embedded().observations.values():
        if seen.maker not in printed or len(seen.chips) != 1 or seen.chips[0] not in goods or "system" in seen.basis:
            continue
        if seen.channel == "forecast" or seen.basis.get("stage") == "plan" or seen.kind == "assumed":
            continue
        if seen.metric not in ("revenue_usd", "units", "market_share_value", "market_share_units", "unit_price_usd"):
            continue
        basis = f"basis={seen.basis['basis']}" if "basis" in seen.basis else ""
        who, what = printed[seen.maker], goods[seen.chips[0]]
        rows.append(
            f"{seen.id},{seen.period_start},{seen.period_end},{who},{what},{seen.geography},,{seen.metric},"
            f"{seen.value},,,reported,x,{seen.published_date},,high,{basis}"
        )
        wanted[seen.id] = target_of(seen)
    assert len(wanted) > 55
    found = {seen.id: target_of(seen) for seen in read_observations(raw_file(tmp_path, *rows), embedded())}
    assert found == wanted


def test_the_package_reads_its_own_table() -> None:
    found = read_observations(DATA / "observations.csv", embedded())
    assert [seen.id for seen in found] == list(embedded().observations)


def test_a_spreadsheets_line_ends_and_mark_are_let_pass(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{RAW_HEADER}\r\n{RAW_ROW}\r\n".encode())
    assert read_observations(path, embedded())[0].id == "made_up_q4"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"), (b"\x89PNG\0\0", "binary"), (f"{RAW_HEADER}\n".encode(), "no rows"),
        (RAW_HEADER.replace(",metric", "").encode() + b"\n", "missing column 'metric'"),
        (OWN_HEADER.replace(",unit", "").encode() + b"\n", "missing column 'unit'"),
        ((RAW_HEADER + ",colour\n").encode(), "unknown column 'colour'"),
        (f"{RAW_HEADER}\n{RAW_ROW}\n{RAW_ROW}\n".encode(), "stands twice"),
        (f"{RAW_HEADER}\n{RAW_ROW.replace('400000000', 'much')}\n".encode(), ":2: value"),
        (f"{RAW_HEADER}\n{RAW_ROW.replace('400000000', '')}\n".encode(), ":2: value"),
        (f"{RAW_HEADER}\n{RAW_ROW.replace('2025-10-01', 'autumn')}\n".encode(), ":2: period_start"),
        (f"{RAW_HEADER}\n{RAW_ROW},more\n".encode(), ":2: has 18 cells"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_line_and_exit_2(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=None) as caught:
        read_observations(path, embedded())
    assert says in str(caught.value)
    assert "bad.csv" in str(caught.value)
    ran = run_cli("score", str(path), "--json")
    assert (ran.status, ran.out, len(ran.error_lines)) == (2, "", 1)


def test_a_missing_file_is_one_line() -> None:
    ran = run_cli("score", "nowhere.csv")
    assert ran.status == 2
    assert "nowhere.csv: cannot be read" in ran.error_lines[-1]


def test_the_raw_columns_are_all_that_the_reader_asks_for(tmp_path: Path) -> None:
    few = ("id", "period_start", "period_end", "vendor", "chip", "geography", "metric", "value")
    row = next(csv.DictReader([RAW_HEADER, RAW_ROW]))
    path = tmp_path / "few.csv"
    path.write_text(",".join(few) + "\n" + ",".join(row[name] for name in few) + "\n", encoding="utf-8")
    seen = read_observations(path, embedded())[0]
    assert (seen.low, seen.high) == (4e8, 4e8)
    assert isinstance(target_of(seen), Target)


def test_bridges_are_drawn_even_between_their_ends() -> None:
    """Linear or in logarithms as the record says, the same draws whichever figure asks."""
    run = xr.Dataset(
        {"x": ("draw", np.zeros(4000))}, coords={"draw": np.arange(4000)}, attrs={"seed": 3, "draws": 4000}
    )
    cut = Slice(run, run)
    assert len(embedded().bridges) >= 8
    for name, bridge in embedded().bridges.items():
        drawn = cut.assumed(name)
        assert bridge.low <= drawn.min() < drawn.max() <= bridge.high
        ends = np.array([bridge.low, bridge.high])
        middle = np.exp(np.log(ends).mean()) if bridge.scale == "log" else ends.mean()
        np.testing.assert_allclose(np.median(drawn), middle, rtol=0.1)
        assert drawn.tobytes() == cut.assumed(name).tobytes()


def test_a_bridge_or_forecast_with_ends_swapped_is_refused() -> None:
    good = embedded().bridges["systems"].model_dump()
    with pytest.raises(ValidationError, match="low <= high is broken"):
        Bridge(**good | {"low": 2.0})
    with pytest.raises(ValidationError, match="positive"):
        Bridge(**good | {"low": 0.0, "scale": "log"})
    told = next(iter(embedded().published_forecasts.values())).model_dump(mode="json")
    with pytest.raises(ValidationError, match="is broken"):
        PublishedForecast(**told | {"value": 9e9})


def _h20_run() -> xr.Dataset:
    """Six months in which H20 revenue is 1, 2, ... USD, ten orders wait, two are cancelled a month, at 5 USD."""
    months = np.array([f"2025-{m:02d}-01" for m in range(1, 7)], dtype="datetime64[ns]")
    flat = np.ones((6, 1, 1))
    names = ("month", "offer", "draw")
    return xr.Dataset(
        {"revenue_by_chip": (names, flat * np.arange(1.0, 7.0)[:, None, None]), "order_book": (names, flat * 10),
         "cancelled": (names, flat * 2), "price_list": (names, flat * 5)},
        coords={"month": months, "offer": ["h20_legal"], "draw": [0]}, attrs={"seed": 0, "draws": 1},
    )  # fmt: skip


def test_a_change_of_revenue_is_against_the_quarter_before() -> None:
    target = target_of(embedded().observations["nvda_h20_drop_FY26Q2"])
    assert isinstance(target, Target)
    found = evaluate(target, _h20_run(), date(2025, 4, 1), date(2025, 6, 30))
    np.testing.assert_allclose(found, [(4 + 5 + 6) - (1 + 2 + 3)])


def test_orders_not_shipped_wait_or_were_cancelled() -> None:
    target = target_of(embedded().observations["nvda_h20_unshipped_FY26Q1"])
    assert isinstance(target, Target)
    found = evaluate(target, _h20_run(), date(2025, 1, 27), date(2025, 4, 27))
    np.testing.assert_allclose(found, [10 * 5 + 3 * 2 * 5])
    for other in ("nvda_h20_lost_FY26Q2", "amd_mi308_lostrev_2025"):
        refused = target_of(embedded().observations[other])
        assert isinstance(refused, Unmapped)
        assert "did not come about" in refused.reason


def test_the_headquarters_basis_adds_what_is_bought_for_sites_abroad() -> None:
    """Billing holds what is sold in China; headquarters adds purchases abroad by a bridge of the rental route."""
    rows = {basis: next(o for o in embedded().observations.values() if o.basis.get("basis") == basis)
            for basis in ("billing", "headquarters")}  # fmt: skip
    months = np.array(["2025-02-01", "2025-03-01", "2025-04-01"], dtype="datetime64[ns]")
    draws = np.arange(200)
    run = xr.Dataset(
        {"revenue": (("month", "vendor", "draw"), np.full((3, 1, 200), 2e9)),
         "rented_abroad_usd": (("month", "buyer", "draw"), np.full((3, 1, 200), 1e8))},
        coords={"month": months, "vendor": ["nvidia"], "buyer": ["bytedance"], "draw": draws},
        attrs={"seed": 0, "draws": 200},
    )  # fmt: skip
    found = {}
    for basis, seen in rows.items():
        target = target_of(seen)
        assert isinstance(target, Target)
        drawn = evaluate(target, run, date(2025, 1, 27), date(2025, 4, 27))
        assert isinstance(drawn, np.ndarray)
        found[basis] = drawn
    bridge = Slice(run, run).assumed("bought_abroad")
    np.testing.assert_allclose(found["headquarters"] - found["billing"], bridge * 3e8)
    assert (found["billing"] > 6e9).all()
