"""Rows of a table of measurements, in the form of our package or of the raw collection, before any is understood.

Two sets of columns are read; further columns are ignored, and their order does not count:
    ours  ``id, workload, model, precision, chip, num_chips, parallelism, concurrency, batch, seq_in, seq_out,
          metric, value, software, published_date, confidence, speculative, notes``
    raw   ``id, workload, model, precision, accelerator, num_accelerators, parallelism, batch_or_concurrency,
          seq_in, seq_out, metric, value, software, date, confidence, notes``
A byte-order mark and CRLF line ends are accepted, because spreadsheets write them.
"""

import re
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Final

from chipgate.catalogue.read import read_foreign
from chipgate.errors import DataError, DateError
from chipgate.schema.tables import Measurement
from chipgate.timegrid import parse_partial


@dataclass(frozen=True)
class Row:
    """One row; text as printed, numbers as numbers, ``None`` where a cell is empty.

    Attributes:
        batch: Sequences in the whole system where a column of its own says so.
        batch_kept_open: Whether there is such a column and it is empty.
        speculative: As stated in a column of its own; ``None`` where the notes must tell.
    """

    id: str
    workload: str
    model: str
    precision: str
    chip: str
    chips: int | None
    parallelism: str
    concurrency: str
    batch: int | None
    batch_kept_open: bool
    tokens_in: float | None
    tokens_out: float | None
    metric: str
    value: float | None
    software: str
    day: date | None
    confidence: str
    speculative: str | None
    notes: str


_SHARED: Final = (
    "id", "workload", "model", "precision", "parallelism", "seq_in", "seq_out", "metric", "value", "software",
    "confidence", "notes",
)  # fmt: skip
_OURS: Final = (*_SHARED, "chip", "num_chips", "concurrency", "batch", "published_date", "speculative")
_RAW: Final = (*_SHARED, "accelerator", "num_accelerators", "batch_or_concurrency", "date")
_NOTHING: Final = frozenset({"", "-", "nan", "none", "null", "n/a", "na"})
_NUMBER: Final = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][-+]?\d+)?")


def from_measurement(row: Measurement) -> Row:
    """A row of the catalogue."""
    return Row(
        id=row.id, workload=row.workload, model=row.model, precision=row.precision, chip=row.chip,
        chips=row.num_chips, parallelism=row.parallelism, concurrency=row.concurrency, batch=row.batch,
        batch_kept_open=row.batch is None, tokens_in=row.seq_in, tokens_out=row.seq_out, metric=row.metric,
        value=row.value, software=row.software, day=row.published_date.first, confidence=row.confidence,
        speculative=row.speculative, notes=row.notes,
    )  # fmt: skip


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV file in either form.

    Raises:
        DataError: The file cannot be read, is no UTF-8, is empty or no CSV, lacks a column, has a row of another
            length or an id twice, or a cell of a number or a date holds none.
    """
    ours, found = read_foreign(path, lambda header: _form(header, path), "measurement")
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for cells, line in found:
        row = _row(_Cells(cells, path, line), ours)
        first = seen.setdefault(row.id, line)
        if first != line:
            raise DataError(f"id {row.id!r} stands in line {first} already", path=path, line=line)
        rows.append(row)
    return rows


def _form(header: list[str], path: Path) -> bool:
    """Whether the columns are ours rather than the raw ones."""
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"repeated column {', '.join(map(repr, twice))}", path=path, line=1, fix="keep one of them")
    ours, raw = ([name for name in form if name not in header] for form in (_OURS, _RAW))
    if not ours:
        return True
    if not raw:
        return False
    near, form = (ours, _OURS) if len(ours) < len(raw) else (raw, _RAW)
    raise DataError(
        f"missing column {', '.join(map(repr, near))}", path=path, line=1, fix=f"the columns are {','.join(form)}"
    )


class _Cells:
    """Cells of one row by column, read as what they must be."""

    def __init__(self, cells: dict[str, str], path: Path, line: int) -> None:
        self._cells, self._path, self._line = cells, path, line

    def text(self, name: str) -> str:
        cell = self._cells[name].strip()
        return "" if cell.casefold() in _NOTHING else cell

    def number(self, name: str) -> float | None:
        cell = self.text(name).replace(" ", "")
        if not cell:
            return None
        if not _NUMBER.fullmatch(cell) or not any(c.isdigit() for c in cell):
            raise self._fault(f"{name}: {self.text(name)!r} is no number", "write digits, or leave the cell empty")
        number = float(cell.replace(",", ""))
        if not isfinite(number):
            raise self._fault(f"{name}: {self.text(name)!r} is too large", "write the number in the column's unit")
        return number

    def length(self, name: str) -> float | None:
        number = self.number(name)
        if number is not None and number < 0:
            raise self._fault(f"{name}: {self.text(name)!r} is below 0", "write tokens, or leave the cell empty")
        return number

    def count(self, name: str) -> int | None:
        number = self.number(name)
        if number is None:
            return None
        if number < 1 or number != int(number):
            raise self._fault(f"{name}: {self.text(name)!r} is no count", "write a whole number from 1, or nothing")
        return int(number)

    def day(self, name: str) -> date | None:
        cell = self.text(name)
        try:
            return parse_partial(cell).first if cell else None
        except DateError as error:
            raise self._fault(f"{name}: {error}", f"row {self._cells['id'].strip()!r}") from error

    def key(self) -> str:
        found = self.text("id")
        if not found:
            raise self._fault("id: is empty", "give every row an id of its own")
        return found

    def _fault(self, message: str, fix: str) -> DataError:
        return DataError(message, path=self._path, line=self._line, fix=fix)


def _row(cells: _Cells, ours: bool) -> Row:
    chip, chips, load, day = (
        ("chip", "num_chips", "concurrency", "published_date")
        if ours
        else ("accelerator", "num_accelerators", "batch_or_concurrency", "date")
    )
    batch = cells.count("batch") if ours else None
    return Row(
        id=cells.key(), workload=cells.text("workload"), model=cells.text("model"),
        precision=cells.text("precision"), chip=cells.text(chip), chips=cells.count(chips),
        parallelism=cells.text("parallelism"), concurrency=cells.text(load), batch=batch,
        batch_kept_open=ours and batch is None, tokens_in=cells.length("seq_in"),
        tokens_out=cells.length("seq_out"), metric=cells.text("metric"), value=cells.number("value"),
        software=cells.text("software"), day=cells.day(day), confidence=cells.text("confidence").casefold(),
        speculative=cells.text("speculative").casefold() if ours else None, notes=cells.text("notes"),
    )  # fmt: skip
