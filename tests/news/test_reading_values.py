"""Dates, numbers and sides as labels write them."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import embedded, write
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import COLUMNS, labels, sides

from chipgate.errors import DataError, DateError
from chipgate.scoring.reading.labels import read_labels
from chipgate.scoring.reading.values import Sides, number, pairs, right_date, when


@pytest.mark.parametrize(
    ("text", "precision", "first", "last"),
    [
        ("2025-07-31", "day", date(2025, 7, 31), date(2025, 7, 31)),
        ("2025-07-31", "week", date(2025, 7, 31), date(2025, 7, 31)),
        ("2025-08-14", "month", date(2025, 8, 1), date(2025, 8, 31)),
        ("2025-08", "unknown", date(2025, 8, 1), date(2025, 8, 31)),
        ("2025-08", "quarter", date(2025, 7, 1), date(2025, 9, 30)),
        ("2025-Q4", "quarter", date(2025, 10, 1), date(2025, 12, 31)),
        ("2024", "year", date(2024, 1, 1), date(2024, 12, 31)),
        ("2025-08-08/2025-08-11", "day", date(2025, 8, 8), date(2025, 8, 11)),
        ("2025-08..2025-Q4", "quarter", date(2025, 8, 1), date(2025, 12, 31)),
    ],
)
def test_dates_are_widened_to_their_precision(text: str, precision: str, first: date, last: date) -> None:
    read = when(text, precision)  # type: ignore[arg-type]
    assert (read.first, read.last) == (first, last)


@pytest.mark.parametrize("text", ["", "soon", "2025-02-30", "2025-Q5", "2025-08-11/2025-08-08"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(DateError):
        when(text)


@pytest.mark.parametrize(
    ("label", "precision", "found", "right"),
    [
        ("2025-07-31", "day", "2025-08-02", True),  # two days late
        ("2025-07-31", "day", "2025-08-03", False),
        ("2025-07-31", "day", "2025-07", False),  # the middle of July is 15 days away
        ("2025-07-31", "week", "2025-08-07", True),
        ("2025-07-31", "week", "2025-08-08", False),
        ("2025-07", "month", "2025-07-01", True),
        ("2025-07", "month", "2025-08-01", False),
        ("2025-08", "quarter", "2025-09-30", True),
        ("2025", "year", "2025-12-31", True),
        ("2025", "year", "2026-01-01", False),
        ("2025-07", "month", "2025", True),  # 2 July is the middle of the year: counted as said
    ],
)
def test_a_date_is_right_to_its_unit(label: str, precision: str, found: str, right: bool) -> None:
    assert right_date(when(label, precision), precision, when(found)) is right  # type: ignore[arg-type]


def test_no_date_is_not_right() -> None:
    assert not right_date(when("2025"), "year", None)


@pytest.mark.parametrize(
    ("text", "name", "unit", "value"),
    [
        ("15%", "fee", "", 0.15), ("15 percent", "fee", "", 0.15), ("0.15", "fee", "", 0.15), ("15", "fee", "", 0.15),
        ("15", "fee", "%", 0.15), ("25", "count", "", 25), ("100%", "rate", "", 1.0), ("4,800", "threshold", "", 4800),
        ("650 million USD", "value", "", 6.5e8), ("billions USD", "value", "", None), ("0", "value", "", 0),
    ],
)  # fmt: skip
def test_numbers(text: str, name: str, unit: str, value: float | None) -> None:
    assert number(text, name, unit) == (None if value is None else pytest.approx(value))


def test_pairs_of_a_cell() -> None:
    assert pairs("fee=15%;chips=H20; loose") == {"fee": "15%", "chips": "H20"}
    assert pairs("") == {}


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ("Trump administration", {"US"}), ("Cyber authorities (CAC)", {"CN"}), ("Chinese state media", {"CN"}),
        ("ByteDance; Alibaba", {"company"}), ("Chinese firms", {"company"}), ("United States; China", {"US", "CN"}),
        ("Commerce Department", {"US"}), ("Ministry of Commerce", {"CN"}), ("Commerce/BIS", {"US"}),
        ("China Unicom", {"company"}), ("Malaysia's trade ministry", {"third"}), ("People's Daily", {"CN"}),
        ("Scott Bessent", {"US"}), ("Nvidia", {"company"}), ("somebody", set()), ("", set()),
    ],
)  # fmt: skip
def test_the_side_of_an_actor(actor: str, expected: set[str]) -> None:
    assert sides()(actor) == expected


def test_a_word_of_two_sides_is_refused(tmp_path: Path) -> None:
    rows = (embedded().roots[0] / "reading" / "sides.csv").read_text(encoding="utf-8")
    write(tmp_path, "reading/sides.csv", rows + "washington,CN\n")
    data = SimpleNamespace(roots=[tmp_path], firms=embedded().firms)
    with pytest.raises(DataError, match="word 'washington' stands twice"):
        Sides(data)  # type: ignore[arg-type]


@settings(deadline=None)
@given(content=st.binary(max_size=400))
def test_bytes_that_are_no_labels_give_one_line(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_labels(path, sides())
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(cells=st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=12), max_size=6))
def test_any_cells_are_read_or_refused_in_one_line(
    cells: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = ""
    try:
        found = str(len(read_labels(labels(tmp_path_factory.getbasetemp(), cells), sides())))
    except DataError as error:
        found = str(error)
    assert found == "1" or ("LABELS.csv:" in found and "\n" not in found)
