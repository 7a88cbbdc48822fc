"""The sheet of chips by quarter that sell-side users work in: written from a run, and read as an input.

A row is an offer in a calendar or fiscal quarter; columns are units, price and revenue at the 10th, 50th and 90th
percentile of draws. Price is revenue over units within a draw and quarter, over the draws that sell; revenue is the
maker's, before the fee, and what buyers pay for a smuggled chip. A sheet of the same shape, filled in by a person, can
stand in for the supply of offers or for the buyers' budget.
"""

import csv
import difflib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from chipgate.arrays.inputs import Inputs
from chipgate.errors import BadInputError, DataError
from chipgate.results.dataset import quarter_name
from chipgate.setup.build import Built

FIGURES: Final = {"units": "chips", "price": "USD/chip", "revenue": "USD"}
LEVELS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
HEADER: Final = ("offer", "quarter", *(f"{figure}_{q}" for figure in FIGURES for q in LEVELS))
METRICS: Final = ("units_delivered", "revenue_by_chip", "price_street")
"""Metrics of a run that a sheet needs."""
ALL_BUYERS: Final = "all"
"""Offer name of a row that holds the whole budget in a demand sheet."""
_SHEET: Final = "chips by quarter"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)

Kind = Literal["supply", "demand"]
Row = Mapping[str, str | float | None]


def sheet(data: xr.Dataset, *, fiscal: Mapping[str, int] | None = None) -> list[dict[str, str | float | None]]:
    """Rows of the sheet, in the order of offers and quarters; whole quarters only, and only those with any sale.

    Args:
        data: A run with :data:`METRICS`.
        fiscal: ``first_month`` and ``year_offset`` of a maker's fiscal year; calendar quarters without.
    """
    months = [pd.Timestamp(m).date() for m in data["month"].values]
    names = _quarters(months, fiscal)
    grey = [str(o).endswith("_grey") for o in data["offer"].values]
    units = data["units_delivered"].values.astype(np.float64)
    revenue = data["revenue_by_chip"].values.astype(np.float64)
    revenue = np.where(np.array(grey)[None, :, None], units * data["price_street"].values, revenue)
    rows: list[dict[str, str | float | None]] = []
    whole = [name for name in dict.fromkeys(names) if names.count(name) == 3]
    for c, offer in enumerate(data["offer"].values):
        for quarter in whole:
            inside = [t for t, name in enumerate(names) if name == quarter]
            sold, earned = units[inside, c].sum(0), revenue[inside, c].sum(0)
            if not (sold > 0).any():
                continue
            price = earned[sold > 0] / sold[sold > 0]
            row: dict[str, str | float | None] = {"offer": str(offer), "quarter": quarter}
            for figure, values in (("units", sold), ("price", price), ("revenue", earned)):
                row |= {f"{figure}_{q}": _short(np.quantile(values, level)) for q, level in LEVELS.items()}
            rows.append(row)
    return rows


def _quarters(months: Sequence[date], fiscal: Mapping[str, int] | None) -> list[str]:
    first, offset = (fiscal["first_month"], fiscal["year_offset"]) if fiscal else (None, 0)
    return [quarter_name(month, first, offset) for month in months]


def _short(value: Any) -> float:
    return float(f"{float(value):.7g}")


def title(name: str) -> str:
    """Header of a column with its unit, such as ``units_p50 [chips]``."""
    unit = FIGURES.get(name.rpartition("_")[0])
    return f"{name} [{unit}]" if unit else name


def csv_writer(rows: Sequence[Row]) -> Callable[[Path], None]:
    """Writer of the sheet as CSV, for :func:`chipgate.results.io.write_folder` or :func:`save`."""

    def write(path: Path) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([title(name) for name in HEADER])
        writer.writerows([["" if (cell := row[name]) is None else cell for name in HEADER] for row in rows])
        path.write_text(text.getvalue(), encoding="utf-8")

    return write


def xlsx_writer(rows: Sequence[Row], attrs: Mapping[Any, Any]) -> Callable[[Path], None]:
    """Writer of the sheet as a workbook with a second sheet on its provenance; the same rows give the same bytes.

    Args:
        attrs: Attributes of the run's dataset.
    """

    def write(path: Path) -> None:
        from openpyxl import Workbook
        from openpyxl.writer.excel import ExcelWriter

        book = Workbook()
        _fill(book.active, rows)
        _fill_provenance(book.create_sheet("provenance"), attrs)
        day = pd.Timestamp(str(attrs["as_of"])).to_pydatetime()
        book.properties.created = book.properties.modified = day
        with _Timeless(path, "w", ZIP_DEFLATED) as archive:
            ExcelWriter(book, archive).write_data()

    return write


class _Timeless(ZipFile):
    """An archive whose members carry no time of writing."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        name = zinfo_or_arcname.filename if isinstance(zinfo_or_arcname, ZipInfo) else zinfo_or_arcname
        info = ZipInfo(name, _EARLIEST)
        info.compress_type = ZIP_DEFLATED
        super().writestr(info, data)

    def write(self, filename: Any, arcname: Any = None, *args: Any, **kwargs: Any) -> None:
        self.writestr(str(arcname), Path(filename).read_bytes())


def _fill(page: Any, rows: Sequence[Row]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    page.title = _SHEET
    page.append([title(name) for name in HEADER])
    for row in rows:
        page.append([row[name] for name in HEADER])
    for cell in page[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F3A5F")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for column in page.columns:
        width = 22 if column[0].column == 1 else 16
        page.column_dimensions[column[0].column_letter].width = width
        for cell in column[1:]:
            if cell.column > 2:
                cell.number_format = "#,##0"
    page.freeze_panes = "C2"
    page.auto_filter.ref = page.dimensions


def _fill_provenance(page: Any, attrs: Mapping[Any, Any]) -> None:
    from openpyxl.styles import Font

    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 22, 100
    keys = ("scenario", "title", "as_of", "until", "settings", "seed", "draws", "chipgate_version", "data_hash")
    lines = [(key, str(attrs.get(key, ""))) for key in keys]
    lines += [
        ("columns", "p10, p50 and p90 are percentiles over draws; those of a sum are not sums of percentiles"),
        ("price", "revenue over units in a draw and quarter, over the draws that sell"),
        ("revenue", "the maker's, before the fee; for smuggled chips what buyers pay"),
    ]
    for line in lines:
        page.append(line)
    for cell in page["A"]:
        cell.font = Font(bold=True)


def check_ending(path: Path) -> None:
    """Raise unless a sheet can have this name.

    Raises:
        BadInputError: The name ends in neither ``.xlsx`` nor ``.csv``.
    """
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise BadInputError(f"{path}: a sheet is .xlsx or .csv")


def save(path: Path, rows: Sequence[Row], attrs: Mapping[Any, Any]) -> None:
    """Write a sheet to ``.xlsx`` or ``.csv``, whole or not at all.

    Raises:
        BadInputError: The file has another ending, or cannot be written.
    """
    check_ending(path)
    write = csv_writer(rows) if path.suffix.lower() == ".csv" else xlsx_writer(rows, attrs)
    aside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".chipgate-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        aside = Path(name)
        write(aside)
        aside.chmod(0o644)
        os.replace(aside, path)
    except OSError as error:
        raise BadInputError(f"{path}: cannot be written ({error.strerror}); give another --sheet") from error
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)


@dataclass(frozen=True)
class SheetPath:
    """A path by offer and month that a sheet gives.

    Attributes:
        kind: ``supply``: chips made for China a month. ``demand``: USD a month.
        values: ``[month offer]``, NaN where the sheet says nothing.
    """

    kind: Kind
    unit: str
    offers: tuple[str, ...]
    months: tuple[date, ...]
    values: NDArray[np.float64]


def read_sheet(
    path: Path, kind: Kind, *, offers: Sequence[str], months: Sequence[date],
    fiscal: Mapping[str, int] | None = None,
) -> SheetPath:  # fmt: skip
    """Read a sheet as the supply of offers, from its units, or as a budget, from its revenue.

    The column is ``units`` or ``units_p50`` (``revenue`` or ``revenue_p50``), with or without its unit in brackets;
    a quarter's figure is spread evenly over its months. An empty cell says nothing.

    Args:
        offers: Offers of the run. ``months``: its months.
        fiscal: Fiscal year of quarters such as ``FY26Q3``; calendar quarters are written ``2025Q3``.

    Raises:
        DataError: The file is no such sheet; the error names line or cell and what was expected.
    """
    figure = "units" if kind == "supply" else "revenue"
    known = (*offers, ALL_BUYERS) if kind == "demand" else tuple(offers)
    lines = _lines(path)
    where, header = next(lines, ("", []))
    columns = _columns(path, where, header, figure)
    quarters = _quarters(months, fiscal)
    values = np.full((len(months), len(known)), np.nan)
    for where, cells in lines:
        if all(cell in (None, "") for cell in cells):
            continue
        offer, quarter, given = (cells[i] if i < len(cells) else None for i in columns)
        column = _offer(path, where, offer, known)
        inside = _inside(path, where, quarter, quarters, fiscal)
        number = _number(path, where, given, figure)
        if number is None:
            continue
        if not np.isnan(values[inside, column]).all():
            raise DataError(f"{where}: {offer} in {quarter} stands twice", path=path, fix="keep one of the rows")
        values[inside, column] = number / 3
    if np.isnan(values).all():
        raise DataError(f"holds no {figure}", path=path, fix=f"fill in the column {figure}_p50")
    return SheetPath(kind, "chips/month" if kind == "supply" else "USD/month", known, tuple(months), values)


def _lines(path: Path) -> Iterator[tuple[str, list[Any]]]:
    """Rows of a sheet, each with where it stands."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise DataError("is no sheet", path=path, fix="give a .xlsx or .csv file")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from error
    if suffix == ".csv":
        try:
            reader = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
            for cells in reader:
                yield f"line {reader.line_num}", list(cells)
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"is no CSV in UTF-8 ({error})", path=path) from error
        return
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(raw), data_only=True, read_only=True)
    except Exception as error:  # openpyxl raises what its parsers raise
        raise DataError("is no .xlsx workbook", path=path, fix="save it as .xlsx") from error
    page = book[_SHEET] if _SHEET in book.sheetnames else book.worksheets[0]
    for row, cells in enumerate(page.iter_rows(values_only=True), 1):
        yield f"row {row} of sheet {page.title!r}", list(cells)


def _columns(path: Path, where: str, header: Sequence[Any], figure: str) -> tuple[int, int, int]:
    names = [re.sub(r"\s*[\[(].*", "", str(cell or "")).strip().lower() for cell in header]
    found = []
    for choices in (("offer",), ("quarter",), (f"{figure}_p50", figure)):
        places = [names.index(name) for name in choices if name in names]
        if not places:
            raise DataError(
                f"{where or 'line 1'}: no column {choices[0]!r}, found {', '.join(filter(None, names)) or 'nothing'}",
                path=path, fix=f"the header is offer, quarter, {figure}_p50",
            )  # fmt: skip
        found.append(places[0])
    return found[0], found[1], found[2]


def _offer(path: Path, where: str, given: Any, known: Sequence[str]) -> int:
    name = str(given or "").strip().lower()
    if name in known:
        return list(known).index(name)
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"offers: {', '.join(known)}"
    raise DataError(f"{where}: unknown offer {given!r}", path=path, fix=hint)


def _inside(
    path: Path, where: str, given: Any, quarters: Sequence[str], fiscal: Mapping[str, int] | None
) -> list[int]:  # fmt: skip
    name = str(given or "").strip().upper().replace(" ", "")
    pattern, example = (r"FY\d\dQ[1-4]", "FY26Q3") if fiscal else (r"\d{4}Q[1-4]", "2025Q3")
    if not re.fullmatch(pattern, name):
        hint = "" if fiscal or not name.startswith("FY") else " (or name the fiscal year, --fiscal nvidia)"
        raise DataError(f"{where}: {given!r} is no quarter", path=path, fix=f"write it as {example}{hint}")
    inside = [t for t, quarter in enumerate(quarters) if quarter == name]
    if len(inside) < 3:
        raise DataError(f"{where}: {name} lies outside the run's {quarters[0]} to {quarters[-1]}", path=path)
    return inside


def _number(path: Path, where: str, given: Any, figure: str) -> float | None:
    if given is None or str(given).strip() == "":
        return None
    try:
        number = float(given) if not isinstance(given, str) else float(given.replace(",", "").strip())
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(given, bool) or not 0 <= number < float("inf"):
        raise DataError(
            f"{where}: {figure} is {given!r}", path=path, fix=f"expected a number of {FIGURES[figure]} from 0 on"
        )
    return number


def with_sheet(built: Built, found: SheetPath) -> Built:
    """Inputs of a run with a path of a sheet in place of the drawn one, in all draws.

    Supply replaces what is made of an offer a month. Demand replaces the budget, what stays outside included: by the
    row ``all``, or else by the sum over offers.

    Raises:
        BadInputError: A supply path names an offer whose output the model makes itself.
    """
    monthly = built.inputs.monthly
    if found.kind == "demand":
        whole = found.values[:, -1]
        parts = found.values[:, :-1]
        summed = np.where(np.isnan(parts).all(1), np.nan, np.nansum(parts, axis=1))
        path = np.where(np.isnan(whole), summed, whole)
        budget: Any = np.where(np.isnan(path)[:, None], np.asarray(monthly.budget), path[:, None])
        return replace(built, inputs=Inputs(replace(monthly, budget=budget), built.inputs.constants))
    production: Any = np.asarray(monthly.production).copy()
    own = {o.id: o for o in built.plan.offers}
    for c, name in enumerate(found.offers):
        given = ~np.isnan(found.values[:, c])
        if not given.any():
            continue
        if own[name].supply == "huawei" or own[name].route == "grey":
            lever = "huawei.packaging, .wafers or .hbm" if own[name].supply == "huawei" else "smuggling_enforcement"
            raise BadInputError(
                f"the supply of {name} is made by the model, not given; take its rows out of the sheet, or set {lever}"
            )
        production[given, c] = found.values[given, c][:, None]
    return replace(built, inputs=Inputs(replace(monthly, production=production), built.inputs.constants))
