"""The sheet of chips by quarter: what it holds, round trips, and what it says of a wrong cell."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import embedded
from openpyxl import load_workbook
from small_runs import Small

from chipgate.errors import BadInputError, DataError
from chipgate.results import io, sheet
from chipgate.setup.build import build
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve

FISCAL = {"first_month": 2, "year_offset": 1}


def months_of(small: Small) -> list[date]:
    return [pd.Timestamp(m).date() for m in small()["month"].values]


def offers_of(small: Small) -> list[str]:
    return [str(o) for o in small()["offer"].values]


def test_rows_are_joint_over_the_quarter(small: Small) -> None:
    data = small()
    row = next(r for r in sheet.sheet(data) if r["offer"] == "h20_legal" and r["quarter"] == "2024Q4")
    sold = data["units_delivered"].sel(offer="h20_legal", month=slice("2024-10", "2024-12")).sum("month")
    assert row["units_p50"] == pytest.approx(float(sold.median()), rel=1e-5)
    assert row["units_p10"] <= row["units_p50"] <= row["units_p90"]
    assert 5_000 < row["price_p50"] < 40_000
    fiscal = sheet.sheet(data, fiscal=FISCAL)
    assert {r["quarter"] for r in fiscal} >= {"FY26Q3"}


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("fiscal", [None, FISCAL])
def test_round_trip(small: Small, tmp_path: Path, suffix: str, fiscal: dict[str, int] | None) -> None:
    rows = sheet.sheet(small(), fiscal=fiscal)
    path = tmp_path / f"sheet{suffix}"
    sheet.save(path, rows, small().attrs)
    found = sheet.read_sheet(path, "supply", offers=offers_of(small), months=months_of(small), fiscal=fiscal)
    names = sheet._quarters(months_of(small), fiscal)
    for row in rows:
        inside = [i for i, name in enumerate(names) if name == row["quarter"]]
        values = found.values[inside, found.offers.index(str(row["offer"]))]
        np.testing.assert_allclose(values, row["units_p50"] / 3)
    assert np.isfinite(found.values).sum() == 3 * len(rows)
    demand = sheet.read_sheet(path, "demand", offers=offers_of(small), months=months_of(small), fiscal=fiscal)
    assert demand.unit == "USD/month"
    assert np.nansum(demand.values) == pytest.approx(sum(r["revenue_p50"] for r in rows))


def test_the_workbook_is_made_to_be_worked_in(small: Small, tmp_path: Path) -> None:
    rows = sheet.sheet(small())
    for name in ("a.xlsx", "b.xlsx"):
        sheet.save(tmp_path / name, rows, small().attrs)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = load_workbook(tmp_path / "a.xlsx")
    page = book.worksheets[0]
    assert page.freeze_panes == "C2"
    assert [c.value for c in page[1]][2] == "units_p10 [chips]"
    assert page["A1"].font.bold
    facts = {row[0]: row[1] for row in book["provenance"].iter_rows(values_only=True)}
    assert facts["scenario"] == "h20-reopened"
    assert facts["data_hash"] == small().attrs["data_hash"]
    assert {p.name for p in tmp_path.iterdir()} == {"a.xlsx", "b.xlsx"}


def test_nothing_is_left_of_a_sheet_that_fails(small: Small, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(KeyError):
        sheet.save(path, [{"offer": "h20_legal"}], small().attrs)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.csv"]
    with pytest.raises(BadInputError, match=r"\.xlsx or \.csv"):
        sheet.save(tmp_path / "sheet.ods", [], small().attrs)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chip,quarter,units\n", "line 1: no column 'offer'"),
        ("offer;quarter;units\n", "no column 'offer'"),
        ("offer,quarter,units\nh2o_legal,2026Q1,5\n", "line 2: unknown offer 'h2o_legal'; did you mean h20_legal"),
        ("offer,quarter,units\nh20_legal,2026-01,5\n", "line 2: '2026-01' is no quarter; write it as 2025Q3"),
        ("offer,quarter,units\nh20_legal,FY26Q3,5\n", "--fiscal nvidia"),
        ("offer,quarter,units\nh20_legal,2031Q1,5\n", "lies outside the run"),
        ("offer,quarter,units\nh20_legal,2026Q1,many\n", "line 2: units is 'many'; expected a number of chips"),
        ("offer,quarter,units\nh20_legal,2026Q1,-3\n", "line 2: units is '-3'"),
        (
            "offer,quarter,units\nh20_legal,2026Q1,1\n,,\nh20_legal,2026Q1,2\n",
            "line 4: h20_legal in 2026Q1 stands twice",
        ),
        ("offer,quarter,units\n", "holds no units"),
    ],
)
def test_wrong_cells_are_named(small: Small, tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        sheet.read_sheet(path, "supply", offers=offers_of(small), months=months_of(small))
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_that_are_no_sheet(small: Small, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("no workbook", encoding="utf-8")
    for name, says in (("a.xlsx", "is no .xlsx workbook"), ("b.csv", "cannot be read"), ("c.txt", "is no sheet")):
        with pytest.raises(DataError, match=says):
            sheet.read_sheet(tmp_path / name, "supply", offers=offers_of(small), months=months_of(small))


def test_a_sheet_stands_in_for_supply_and_budget(tmp_path: Path) -> None:
    data = embedded()
    found = resolve(data, "h20-reopened")
    built = build(plan(data, found.settings, found.as_of, found.until, seed=0, draws=4))
    common = {"offers": built.plan.structure.offers, "months": built.plan.months}
    path = tmp_path / "in.csv"
    path.write_text(
        'offer,quarter,units,revenue\nh20_legal,2026Q1,"30,000",9e8\nall,2026Q2,,3e9\n'.replace(
            "all", "small_cards_legal"
        ),
        encoding="utf-8",
    )
    supply = sheet.with_sheet(built, sheet.read_sheet(path, "supply", **common))
    column, first = built.plan.structure.offers.index("h20_legal"), built.plan.months.index(date(2026, 1, 1))
    assert (supply.inputs.monthly.production[first : first + 3, column] == 10_000).all()
    before, now = built.inputs.monthly.production, supply.inputs.monthly.production
    assert (np.delete(before, column, 1) == np.delete(now, column, 1)).all()
    demand = sheet.with_sheet(built, sheet.read_sheet(path, "demand", **common))
    assert (demand.inputs.monthly.budget[first : first + 3] == 3e8).all()
    assert (demand.inputs.monthly.budget[first + 3] == 1e9).all()
    assert (demand.inputs.monthly.budget[:first] == built.inputs.monthly.budget[:first]).all()
    path.write_text("offer,quarter,units\nascend_910c,2026Q1,5\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"huawei\.packaging"):
        sheet.with_sheet(built, sheet.read_sheet(path, "supply", **common))


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    def fails(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise RuntimeError("killed")

    folder = tmp_path / "out"
    io.write_folder(folder, {"a.txt": io.write_text("first"), "b.txt": io.write_text("first")})
    with pytest.raises(RuntimeError, match="killed"):
        io.write_folder(folder, {"a.txt": io.write_text("second"), "b.txt": fails})
    assert {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()} == {"a.txt": "first", "b.txt": "first"}
    with pytest.raises(RuntimeError, match="killed"):
        io.write_folder(tmp_path / "new", {"b.txt": fails})
    assert list((tmp_path / "new").iterdir()) == []
