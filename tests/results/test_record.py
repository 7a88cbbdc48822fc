"""The model's history beside the record: what is compared, what enters, and the page that lists the misses."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from helpers import embedded, run_cli
from small_runs import small_run

from chipgate.results.record import METRICS, Comparison, compare_with_record
from chipgate.results.record_page import WHY, figure, record_markdown


@pytest.fixture(scope="module")
def history() -> xr.Dataset:
    return small_run(as_of="2026-06-30", until="2026-12", metrics=list(METRICS))


@pytest.fixture(scope="module")
def found(history: xr.Dataset) -> list[Comparison]:
    return compare_with_record(history, embedded())


def test_the_promised_observations_are_compared(found: list[Comparison]) -> None:
    seen = {c.observation.id for c in found}
    assert {"nvda_h20_units_2024", "nvda_h20_units_2025", "hw_units_2025_idc", "camb_rev_2025q3"} <= seen
    assert sum(name.startswith("nvda_cn_bill_FY") for name in seen) >= 10


def test_a_share_of_a_year_is_of_the_year(history: xr.Dataset, found: list[Comparison]) -> None:
    c = next(c for c in found if c.observation.id == "share_nvda_2024_bern")
    year = history["revenue"].sel(month=slice("2024-01", "2024-12")).sum("month")
    assert c.p50 == pytest.approx(float(np.median(year.sel(vendor="nvidia") / year.sum("vendor"))))


def test_nothing_published_later_enters(history: xr.Dataset) -> None:
    early = compare_with_record(history, embedded(), known_by=date(2025, 8, 17))
    assert early
    assert all(c.observation.published_date.last <= date(2025, 8, 17) for c in early)


def test_the_page_lists_every_miss(history: xr.Dataset, found: list[Comparison]) -> None:
    page = record_markdown(found, history.attrs)
    assert "As of 2026-06-30, 32 draws, seed 0" in page
    misses, rest = page.split("## Misses")[1].split("## Inside by their range only")
    for c in found:
        assert (f"`{c.observation.id}`" in misses) == (not c.inside)
        assert f"| `{c.observation.id}` |" in rest
    inside = sum(c.inside for c in found)
    assert f"**{inside} of {len(found)} observations are inside" in page
    assert page == record_markdown(found, history.attrs)


def test_explanations_name_observations() -> None:
    assert set(WHY) <= set(embedded().observations)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.588, "0.588"), (999.9, "1 k"), (1_650_000, "1.65 m"), (-2e9, "-2 bn")]
)
def test_figures(value: float, text: str) -> None:
    assert figure(value) == text


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    target = tmp_path / "history.md"
    ran = run_cli("record", "--draws", "8", "--seed", "3", "--markdown", str(target))
    assert ran.status == 0, ran.err
    text = target.read_text(encoding="utf-8")
    assert "As of 2026-06-30, 8 draws, seed 3" in text
    assert "chipgate record --as-of 2026-06-30 --draws 8 --seed 3" in text
    assert list(tmp_path.iterdir()) == [target], "nothing else is left behind"
    again = run_cli("record", "--draws", "8", "--markdown", str(tmp_path))
    assert again.status == 2
    assert "is a folder" in again.error_lines[-1]
