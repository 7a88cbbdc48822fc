"""The scoreboard: every case is on it, losses are named, figures are well-formed, variants change what they say."""

import xml.etree.ElementTree as ElementTree
from datetime import date
from typing import Any

import numpy as np
import pytest
from helpers import embedded, run_cli
from score_cases import tiny_run

from chipgate.arrays.inputs import MEASURES
from chipgate.results.record_page import figure
from chipgate.scoring.documents import backtest_document
from chipgate.scoring.figure import figures
from chipgate.scoring.h20 import (
    BOTH_ROW,
    FIRST_QUARTER_USD,
    VARIANTS,
    catalogue_for,
    variants,
    with_priors,
)
from chipgate.scoring.page import scoreboard
from chipgate.scoring.rivals import conversions
from chipgate.scoring.runs import Runs
from chipgate.scoring.scores import score

DAYS = [date(2024, 9, 30), date(2025, 4, 30)]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    known = [seen for seen in embedded().observations.values() if seen.id.startswith("camb_rev")]
    return backtest_document(known, Runs(lambda **_: tiny_run((1e6, 2e6, 3e6)), "none", 3, 0), DAYS)


@pytest.fixture(scope="module")
def asked() -> dict[str, Any]:
    made = score(np.array([0.0, 1e8, 3e9]), 6e7, 1e7)
    band = dict(zip(("p5", "p10", "p25", "p50", "p75", "p90", "p95"), made.quantiles, strict=True))
    told = band | {"small": 0.67, "crps": made.crps}
    return {
        "as_of": "2025-08-17", "outcome": {"FY26Q3": 5e7, "FY26Q4": 1e7, "both": 6e7}, "small_usd": 1e9,
        "words": {"both": "both quarters"}, "published": [],
        "variants": [{"variant": "base", "FY26Q3": told, "FY26Q4": told, "both": told}],
    }  # fmt: skip


def test_the_page_lists_every_case_and_every_loss(document: dict[str, Any], asked: dict[str, Any]) -> None:
    drawn = figures(document, asked)
    page = scoreboard(document, document, asked, {"studies": [], "forecasts": [], "units": []}, list(drawn))
    for row in document["rows"]:
        assert f"| `{row['id']}` | {row['as_of']} |" in page
    assert document["crps_skill"] < 0, "three millions are a bad forecast of two hundred"
    losses = page.split("## Where it loses")[1].split("##")[0]
    assert "revenue of Cambricon" in losses
    assert "authors knew every outcome" in page
    assert all(f"img/scoreboard/{name}" in page for name in drawn)


def test_figures_are_well_formed_and_hold_every_case(document: dict[str, Any], asked: dict[str, Any]) -> None:
    drawn = figures(document, asked)
    assert drawn == figures(document, asked)
    assert set(drawn) == {"cambricon.svg", "h20_question.svg"}
    for text in drawn.values():
        ElementTree.fromstring(text)
    assert drawn["cambricon.svg"].count(", from 20") == len(document["rows"])


def test_a_variant_changes_the_priors_it_names_and_no_other() -> None:
    data = embedded()
    other = with_priors(data, {"beijing.pass.2": (0.3, 0.6, 0.85)})
    changed = [key for key in data.priors if data.priors[key] != other.priors[key]]
    assert changed == ["beijing.pass.2"]
    assert {v.central for v in other.priors["beijing.pass.2"].variants} == {0.6}
    assert other.fingerprint != data.fingerprint
    assert data.priors["beijing.pass.2"].variants[0].central == 0.27
    named = {name for variant in VARIANTS for name in variant.priors}
    assert named <= set(data.priors)


def test_the_readings_of_policy_hold_every_rule_of_hazards() -> None:
    data = embedded()
    rules = [variant.rule for variant in variants(data) if variant.rule is not None]
    assert rules == list(data.hazard_rules)[1:]
    assert len({catalogue_for(data, variant).fingerprint for variant in variants(data)}) >= len(rules) + 1
    assert variants(data)[0] == VARIANTS[0]
    assert catalogue_for(data, VARIANTS[0]) is data


def test_outcomes_and_published_forecasts_have_sources() -> None:
    data = embedded()
    assert data.observations[BOTH_ROW].value == 60e6
    assert f"USD {FIRST_QUARTER_USD / 1e6:g}m" in data.parameters["MND06"].notes
    published = data.published_forecasts.values()
    assert len(published) >= 4
    assert all(url.startswith("http") for p in published for url in p.source_urls)
    assert all(p.published_date.last <= date(2025, 8, 31) for p in published)


def test_units_are_over_those_of_an_h100() -> None:
    rows = conversions(embedded())
    assert all(rows[0][measure] == 1 for measure in MEASURES)
    h20 = next(row for row in rows if row["chip"].startswith("H20"))
    assert h20["memory_bandwidth"] == pytest.approx(4.0 / 3.35, rel=0.01)
    assert figure(h20["fp8"]) == "0.15"


def test_a_backtest_from_after_the_record_is_refused() -> None:
    done = run_cli("backtest", "--as-of", "2030-01-01", "--json")
    assert (done.status, done.out) == (2, "")
    assert "the record was closed on 2026-11-23" in done.err
    assert done.err.count("\n") == 1
