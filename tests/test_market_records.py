"""Records of the market: what the data check finds in them, and what becomes of windows and hand-overs."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from helpers import DATA, embedded

from chipgate.catalogue import Catalogue
from chipgate.catalogue.check import check
from chipgate.setup.build import build
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve


def changed(folder: Path, name: str, old: str, new: str) -> list[str]:
    """Faults of the embedded data with one text replaced."""
    root = Path(shutil.copytree(DATA, folder / "data"))
    path = root / "market" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(fault) for fault in check(Catalogue(root))]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("offers.yaml", "cost: cost.chip.h20", "cost: cost.chip.h21", "h20_legal: names unknown prior 'cost.chip.h21'"),
        ("offers.yaml", "taste: taste.amd", "taste: taste.none", "names unknown prior 'taste.none'"),
        ("offers.yaml", "earlier: kunlun_r200, ", "", "its chip only 2024-03"),
        ("arrivals.yaml", '"2025-09-08"', '"2025-09-01"', "rests on parameter 'BNK01', not known 2025-09-01"),
        ("priors.yaml", "parameters: [NVS02]", "parameters: [NVS08]", "rests on parameter 'NVS08'"),
        ("priors.yaml", "id: rental.cut.pe143", "id: rental.cut.pe999", "names unknown event 'PE999'"),
        ("episodes.yaml", "PE010", "PE998", "names unknown event 'PE998'"),
        ("pressures.yaml", "level: 3", "level: 4", "pressures.yaml"),
    ],
)  # fmt: skip
def test_the_check_finds_it(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    faults = changed(tmp_path, name, old, new)
    assert any(told in fault for fault in faults), faults


@pytest.mark.parametrize("day", [date(2022, 6, 30), date(2024, 6, 30), date(2025, 8, 17), date(2026, 6, 30)])
def test_windows_bring_the_whole_and_mixes_are_shares(day: date) -> None:
    found = resolve(embedded(), "h20-reopened")
    made = build(plan(embedded(), found.settings, day, date(2029, 12, 1), seed=1, draws=8))
    monthly = made.inputs.monthly
    bank = np.asarray(monthly.dies_in).sum(0)
    later = build(plan(embedded(), found.settings, day, date(2031, 12, 1), seed=1, draws=8)).inputs.monthly
    np.testing.assert_allclose(np.asarray(later.dies_in).sum(0), bank)
    mix = np.asarray(monthly.mix)
    np.testing.assert_allclose(mix.sum(1), 1)
    assert mix.min() >= 0


def test_a_hand_over_that_is_not_known_does_not_come() -> None:
    found = resolve(embedded(), "h20-reopened")
    shares = {}
    for day in (date(2024, 6, 30), date(2024, 12, 31)):
        made = plan(embedded(), found.settings, day, date(2027, 12, 1), seed=1, draws=64)
        shares[day] = np.asarray(build(made).inputs.monthly.mix)[-1]
    assert shares[date(2024, 6, 30)].shape[0] == 1
    newer = shares[date(2024, 12, 31)][1]
    assert np.quantile(newer, 0.9) - np.quantile(newer, 0.1) > 0.1
