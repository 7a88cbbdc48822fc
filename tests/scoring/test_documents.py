"""Scoring a file by hand arithmetic; nothing that came later moves a forecast; runs are made once."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from helpers import embedded, run_cli
from score_cases import RAW_ROW, raw_file, tiny_run

from chipgate.api import run
from chipgate.catalogue import Catalogue
from chipgate.catalogue.table import EMBEDDED
from chipgate.scoring import engine
from chipgate.scoring.cases import ROLLING, quarters_ahead, rolling
from chipgate.scoring.documents import backtest_document, score_document
from chipgate.scoring.history import past_of
from chipgate.scoring.runs import Runs
from chipgate.targets import Target, target_of
from chipgate.targets.read import read_observations

DAY = date(2025, 8, 17)
BAN = (
    "PE999,2025-08-18,day,,CN,MOFCOM,all buyers,,,purchase_ban,tighten,,formal_order,2025-08-18,,Made up for a test.,"
    "https://example.org,high"
)
PLANTED = (
    "planted,2025-06-01,2025-08-15,cambricon,all_products,CN,,revenue_usd,USD,9e9,9e9,9e9,reported,company,made up,"
    "2025-08-18,https://example.org,high,,made up for a test"
)


def tiny_runs(**more: Any) -> Runs:
    return Runs(lambda **_: tiny_run(), "none", 3, 0, **more)


@pytest.fixture
def plain_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published figures without scatter, so that a forecast is the run itself."""
    monkeypatch.setattr(engine, "scattered", lambda draws, *_, **__: draws)


@pytest.mark.usefixtures("plain_figures")
def test_a_tiny_file_by_hand(tmp_path: Path) -> None:
    second = RAW_ROW.replace("made_up_q4", "made_up_2").replace("400000000,390000000", "200000000,190000000")
    third = RAW_ROW.replace("made_up_q4", "world").replace(",CN,", ",world,")
    rows = read_observations(raw_file(tmp_path, RAW_ROW, second, third), embedded())
    known = [embedded().observations[name] for name in ("camb_rev_2025q1", "camb_rev_2025q2", "camb_rev_2025q3")]
    found = score_document(rows, known, tiny_runs(), [DAY])
    assert (found["n"], found["n_unmapped"]) == (2, 1)
    assert found["unmapped"][0]["id"] == "world"
    first, other = found["rows"]
    assert first["crps"] == pytest.approx((2 - 2 / 3) * 1e8)
    assert other["crps"] == pytest.approx((2 / 3 - 2 / 3) * 1e8, abs=1)
    assert (first["pit"], other["pit"]) == (1.0, 0.5)
    assert (first["as_of"], first["horizon"]) == ("2025-08-17", 2)
    assert found["coverage_50"] == found["coverage_80"] == found["coverage_90"] == 0.5
    # Of the past, the first quarter alone was out on 17 August; a rate a month, times the months of the period.
    assert first["naive"]["persistence"]["p50"] == pytest.approx(154735376 * 92 / 90, rel=1e-4)
    own = (first["crps"] + other["crps"]) / 2
    naive = (first["naive"]["persistence"]["crps"] + other["naive"]["persistence"]["crps"]) / 2
    assert found["crps_skill"] == pytest.approx(1 - own / naive, rel=1e-5)


@pytest.mark.usefixtures("plain_figures")
def test_each_row_is_forecast_from_before_its_period(tmp_path: Path) -> None:
    early = RAW_ROW.replace("made_up_q4", "early").replace("2025-10-01", "2025-01-01")
    rows = read_observations(raw_file(tmp_path, RAW_ROW, early), embedded())
    found = score_document(rows, [], tiny_runs(), [DAY, date(2025, 9, 30), date(2025, 10, 1)])
    assert [row["as_of"] for row in found["rows"]] == ["2025-09-30"]
    assert found["unmapped"][0]["reason"] == "its period begins 2025-01-01, before the first as-of date 2025-08-17"


def test_horizons_and_what_a_backtest_asks() -> None:
    assert quarters_ahead(DAY, date(2025, 10, 26)) == 1
    assert quarters_ahead(DAY, date(2026, 1, 25)) == 2
    cases = rolling(list(embedded().observations.values()), ROLLING)
    assert len(cases) > 150
    for case in cases:
        assert case.seen.published_date.last > case.as_of
        assert 1 <= case.horizon <= 4
    days = {case.seen.id: case.as_of for case in cases if case.as_of == DAY}
    assert "nvda_h20_licensed_FY26" in days


def test_runs_are_made_once_and_read_again(tmp_path: Path) -> None:
    made: list[str] = []

    def simulate(**given: Any) -> xr.Dataset:
        made.append(given["as_of"])
        if len(made) == 3:
            raise KeyboardInterrupt
        return tiny_run()

    rows = list(embedded().observations.values())
    known = [seen for seen in rows if seen.id.startswith("camb_rev")]
    days = [date(2024, 9, 30), date(2025, 1, 31), date(2025, 4, 30)]
    with pytest.raises(KeyboardInterrupt):
        backtest_document(known, Runs(simulate, "none", 3, 0, tmp_path), days)
    found = backtest_document(known, Runs(simulate, "none", 3, 0, tmp_path), days)
    assert made == ["2024-09-30", "2025-01-31", "2025-04-30", "2025-04-30"]
    assert found == backtest_document(known, tiny_runs(), days)
    for file in tmp_path.glob("*.nc"):
        file.write_bytes(b"half a file")
    assert found == backtest_document(known, tiny_runs(folder=tmp_path), days)


def test_nothing_later_moves_a_forecast(tmp_path: Path) -> None:
    """A ban and an observation after the as-of date change no bit of the forecast or of its rivals."""
    data = embedded()
    root = tmp_path / "data"
    shutil.copytree(EMBEDDED, root)
    with (root / "events.csv").open("a", encoding="utf-8") as file:
        file.write(BAN + "\n")
    with (root / "observations.csv").open("a", encoding="utf-8") as file:
        file.write(PLANTED + "\n")
    episodes = root / "market" / "episodes.yaml"
    text = episodes.read_text(encoding="utf-8")
    assert "PE090]" in text
    episodes.write_text(text.replace("PE090]", "PE090, PE999]", 1), encoding="utf-8")
    later = Catalogue(root)
    assert len(later.events) == len(data.events) + 1
    asked = ("nvda_h20_licensed_FY26", "camb_rev_2025q4", "nvda_cn_hq_FY26Q4")
    rows = [data.observations[name] for name in asked]

    def told(own: Catalogue) -> dict[str, Any]:
        runs = Runs(lambda **_: run("h20-reopened", draws=32, data=own), own.fingerprint, 32, 0)
        cases = rolling(rows, [DAY])
        assert len(cases) == 3
        found, _ = engine.score_cases(cases, runs, list(own.observations.values()))
        return {r.case.seen.id: (r.own, r.naive, r.rivals) for r in found}

    assert told(later) == told(data)
    target = target_of(rows[1])
    assert isinstance(target, Target)
    first, last = rows[1].period_start.first, rows[1].period_end.last
    known = list(later.observations.values())
    seen = [past_of(target, first, last, known, date(2025, 8, day))[-1].value for day in (17, 18)]
    assert seen[0] < 1e8 < 1e9 < seen[1], "a day later it is the last figure of the past"


def test_the_command_scores_a_file(tmp_path: Path) -> None:
    path = raw_file(tmp_path, RAW_ROW)
    ran = run_cli("score", str(path), "--as-of", "2025-08-17", "--draws", "8", "--json")
    assert ran.status == 0, ran.err
    found = json.loads(ran.out)
    assert {"n", "n_unmapped", "coverage_50", "coverage_80", "coverage_90", "crps_skill"} <= set(found)
    row = found["rows"][0]
    assert {"id", "target", "as_of", "observed", "p5", "p95", "z", "crps", "pit", "log_score", "horizon"} <= set(row)
    assert "as-of dates" in ran.err
    shown = run_cli("score", str(path), "--as-of", "2025-08-17", "--draws", "8")
    assert "CRPS skill" in shown.out
