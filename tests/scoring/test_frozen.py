"""Frozen forecasts: what they hold, that nobody can edit them, and how they are scored."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT, embedded, run_cli
from score_cases import RAW_ROW, raw_file, tiny_run
from scoringrules import crps_ensemble

from chipgate.errors import DataError
from chipgate.scoring.frozen import LEVELS, freeze, frozen_text, read_frozen
from chipgate.scoring.noise import scattered
from chipgate.targets.read import read_observations

SHIPPED = ROOT / "docs" / "forecasts" / "2026-11-24.json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [seen for seen in embedded().observations.values() if seen.id.startswith("camb_rev")]
    path = tmp_path / "frozen.json"
    path.write_text(frozen_text(freeze(tiny_run(), rows, date(2025, 8, 20))), encoding="utf-8")
    return path


def test_what_is_frozen_is_read_again(file: Path) -> None:
    found = read_frozen(file)
    assert (found.as_of, found.made) == (date(2025, 8, 17), date(2025, 8, 20))
    quarter = found.quantiles["revenue_cambricon", date(2025, 10, 1), date(2025, 12, 31)]
    assert len(quarter) == LEVELS
    assert quarter[LEVELS // 2] == pytest.approx(2e8)
    assert (date(2025, 7, 1), date(2025, 9, 30)) not in {key[1:] for key in found.quantiles}, "half over on that day"


@pytest.mark.parametrize(
    ("old", "new"), [('"2025-08-17"', '"2025-08-16"'), ('"seed": 0', '"seed": 1'), ("2e8", "3e8"), ("Cambricon", "C")]
)
def test_an_edited_file_is_refused(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    changed = text.replace(old if old in text else "200000000.0", new if old in text else "200000001.0", 1)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(DataError, match="was changed after it was frozen"):
        read_frozen(file)
    ran = run_cli("forecast", "score", str(file), str(raw_file(file.parent, RAW_ROW)), "--json")
    assert (ran.status, ran.out, len(ran.error_lines)) == (2, "", 1)
    assert "SHA-256" in ran.err


@pytest.mark.parametrize("content", [b"", b"{}", b"\x89PNG\0", b"[1]", b'{"kind": "chipgate forecast"}'])
def test_what_is_no_frozen_forecast_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(DataError):
        read_frozen(file)


def test_both_commands_score_a_frozen_file(file: Path) -> None:
    early = RAW_ROW.replace("made_up_q4", "early").replace("2026-02-01", "2025-08-19")
    other = RAW_ROW.replace("made_up_q4", "other").replace("2025-12-31", "2026-03-31")
    rows = str(raw_file(file.parent, RAW_ROW, early, other))
    ran = run_cli("forecast", "score", str(file), rows, "--json")
    assert ran.status == 0, ran.err
    found = json.loads(ran.out)
    assert (found["n"], found["n_unmapped"]) == (1, 2)
    # Draws of 1, 2 and 3 hundred million against 4, each with the errors of such a figure about it.
    seen = read_observations(Path(rows), embedded())[0]
    u = (np.arange(2_000) + 0.5) / 2_000
    members = np.concatenate([scattered(np.full(2_000, d), seen, u, {}, fraction=False) for d in (1e8, 2e8, 3e8)])
    assert found["rows"][0]["crps"] == pytest.approx(crps_ensemble(4e8, members, estimator="qd"), rel=0.1)
    assert {row["id"] for row in found["unmapped"]} == {"early", "other"}
    assert found == json.loads(run_cli("score", rows, "--frozen", str(file), "--json").out)
    both = run_cli("score", rows, "--frozen", str(file), "--as-of", "2025-08-17")
    assert both.status == 2
    assert "exclude each other" in both.err


def test_a_forecast_is_not_made_before_its_as_of_date() -> None:
    ran = run_cli("forecast", "freeze", "--as-of", "2025-08-17", "--date", "2025-08-01")
    assert ran.status == 2
    assert "before the as-of date" in ran.error_lines[-1]


def test_the_shipped_forecast_is_whole() -> None:
    found = read_frozen(SHIPPED)
    assert found.as_of == embedded().compiled <= found.made
    assert len(found.quantiles) > 150
    assert SHIPPED.stat().st_size < 200_000
    targets = {name for name, _, _ in found.quantiles}
    assert {"nvidia_china_billing", "revenue_h20", "units_huawei", "revenue_cambricon"} <= targets
