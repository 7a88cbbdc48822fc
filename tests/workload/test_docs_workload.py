"""``docs/workload.md`` and its figure are what the program would write for the shipped fit."""

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from helpers import embedded

from chipgate import docs, docs_workload

FOLDER = docs.FOLDER.parent


def test_the_page_is_not_stale_and_staleness_is_noticed(tmp_path: Path) -> None:
    assert docs_workload.stale(embedded(), FOLDER) == [], "run `python -m chipgate.docs`"
    page = FOLDER / docs_workload.PAGE
    (tmp_path / "img").mkdir()
    shutil.copy(FOLDER / docs_workload.FIGURE, tmp_path / docs_workload.FIGURE)
    text = page.read_text(encoding="utf-8")
    (tmp_path / docs_workload.PAGE).write_text(text.replace("| Hopper |", "| Hoppers |", 1), encoding="utf-8")
    assert docs_workload.stale(embedded(), tmp_path, mend=True) == [docs_workload.PAGE]
    assert docs_workload.alike((tmp_path / docs_workload.PAGE).read_text(encoding="utf-8"), text)


def test_the_figure_is_well_formed_and_names_what_it_shows() -> None:
    root = ET.parse(FOLDER / docs_workload.FIGURE).getroot()
    words = " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
    for word in ("H20", "Ascend 910C", "Training", "Decoding", "tokens/s a chip", "million tokens a dollar",
                 "tokens a joule"):  # fmt: skip
        assert word in words
    width = float(root.attrib["width"])
    for shape in root.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 < float(shape.attrib["cx"]) < width


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a 10.2% b", "a 10.3% b", True),
        ("a 10.2% b", "a 11.2% b", False),
        ("1,024 x TP8", "1,030 x TP8", True),
        ("1,024 x TP8", "1,024 x TP4", False),
        ("words", "word", False),
        ("1 2", "1", False),
    ],
)
def test_what_counts_as_alike(one: str, other: str, same: bool) -> None:
    assert docs_workload.alike(one, other) is same
