"""From an article to a scenario: what it holds, what a signal does, the table that a person edits, the command."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import articles
import numpy as np
import pytest
from helpers import run_cli

import chipgate
from chipgate.catalogue import catalogue
from chipgate.errors import BadInputError, DataError
from chipgate.news.lists import lists
from chipgate.news.read import read_document
from chipgate.news.table import from_csv, to_csv
from chipgate.setup.article import scenario_of, state_of_events, write_scenario
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve
from chipgate.setup.signals import chance, pairs, prior_of

LATER = """BEIJING, July 6, 2026 (Invented Wire) - The Cyberspace Administration of China told ByteDance and Alibaba on
Monday to stop buying Nvidia's H200 chips, two people familiar with the matter said. Washington will take a 30 percent
cut of H200 sales in China, President Trump announced on Sunday.
"""


def page():
    return read_document(articles.PAGE, published=date(2025, 8, 17), name="page.txt")


def test_known_acts_need_no_setting_and_signals_are_named() -> None:
    found = scenario_of(page(), page().events, "page", catalogue())
    assert found["as_of"] == "2025-08-17"
    assert "acts" not in found
    assert "set" not in found
    assert {s["rank"] for s in found["signals"]} == {7, 3, 6}
    assert all(s["families"] == ["h20"] for s in found["signals"])
    assert "15%" in found["story"]


def test_acts_that_the_record_lacks_join_it(tmp_path: Path) -> None:
    document = read_document(LATER, name="later.txt")
    path = tmp_path / "later.yaml"
    body = write_scenario(document, document.events, path, catalogue())
    assert [act["instrument"] for act in body["acts"]] == ["purchase_ban"]
    assert body["acts"][0]["families"] == ["h200"]
    assert body["set"] == {"washington.fee.h200": {"2026-07": 0.3}}
    found = resolve(catalogue(), str(path))
    assert found.catalogue.events["NE02" if "NE02" in found.catalogue.events else "NE01"].instrument == "purchase_ban"
    assert any(set(found.catalogue.episodes["h200_2025"].events) & {"NE01", "NE02"} for _ in (0,))
    assert len(catalogue().events) + 1 == len(found.catalogue.events)


def settings_of(text: str, day: date) -> dict[str, object]:
    document = read_document(text, published=day, name="news.txt")
    found: dict[str, object] = scenario_of(document, document.events, "news", catalogue()).get("set", {})
    return found


def test_a_dated_act_that_the_record_lacks_opens_or_shuts() -> None:
    shut = "On July 2 the Commerce Department banned Nvidia from selling the H200, an AI chip, to China."
    assert settings_of(shut, date(2026, 7, 6)) == {"washington.open.h200": {"2026-07": 0}}


def test_an_act_that_the_article_undoes_or_does_not_date_shuts_nothing() -> None:
    undone = (
        "The Commerce Department banned Nvidia from selling the H200, an AI chip, to China on July 2. On July 4 the "
        "department granted Nvidia licences to sell the H200 in China."
    )
    assert settings_of(undone, date(2026, 7, 6)) == {"washington.open.h200": {"2026-07": 1}}
    same_day = undone.replace("July 4", "July 2")
    assert settings_of(same_day, date(2026, 7, 6)) == {}, "which came first is not told"
    undated = "The Commerce Department banned Nvidia from selling the H200, an AI chip, to China."
    assert settings_of(undated, date(2026, 7, 6)) == {"washington.open.h200": {"2026-07": 0}}, "it is the news"
    other = f"SAMR said on Monday that Nvidia had broken the antimonopoly law.\n\n{undated}"
    assert settings_of(other, date(2026, 7, 6)) == {}, "it may be of any day"


def test_events_as_json_give_the_same_scenario_until_a_person_dates_them() -> None:
    day, data = date(2026, 7, 6), catalogue()
    text = (
        "SAMR said on Monday that Nvidia had broken the antimonopoly law.\n\nThe Commerce Department banned Nvidia "
        "from selling the H200, an AI chip, to China."
    )
    document = read_document(text, published=day, name="news.txt")
    rows = document.to_json()["events"]
    assert "set" not in state_of_events(data, rows, as_of=day)
    ban = next(row for row in rows if row["instrument"] == "license_requirement")
    ban["date"] = "2026-07-02"
    assert state_of_events(data, rows, as_of=day)["set"] == {"washington.open.h200": {"2026-07": 0}}


def test_an_act_that_joins_shuts_the_gate_in_most_draws(tmp_path: Path) -> None:
    document = read_document(LATER, name="later.txt")
    level = {}
    for name, events in (("with", document.events), ("without", [replace(e, switched=False) for e in document.events])):
        path = tmp_path / f"{name}.yaml"
        write_scenario(document, events, path, catalogue())
        found = resolve(catalogue(), str(path))
        from chipgate.arrays.keys import Streams
        from chipgate.setup.beijing import history_levels

        made = plan(found.catalogue, found.settings, found.as_of, found.until, seed=0, draws=200)
        given = history_levels(
            found.catalogue, Streams(0, 200), made.structure.families, made.structure.classes, made.months, found.as_of
        )
        now = made.months.index(found.as_of.replace(day=1))
        level[name] = (given[now, made.structure.families.index("h200"), 0] == 3).mean()
    assert level["with"] > level["without"] + 0.1


def test_the_chance_of_a_follower_counts_only_pairs_known_by_then() -> None:
    data = catalogue()
    prior = prior_of(data, 6)
    early, late = pairs(data, prior, date(2025, 8, 17)), pairs(data, prior, date(2026, 6, 30))
    assert (early.signals, early.followed) == (1, 0)
    assert late.signals > late.followed > 4
    u = np.linspace(0.05, 0.95, 19)
    assert np.all(chance(prior, late, u) > chance(prior, early, u))
    spread = np.ptp(chance(prior, early, np.array([0.1, 0.9])))
    assert spread > 0.5, "few pairs leave it wide"


def test_every_rank_has_one_prior() -> None:
    ranks = sorted(rank for prior in catalogue().signals.values() for rank in prior.ranks)
    assert ranks == list(range(1, 10))


def test_signals_press_on_sales(tmp_path: Path) -> None:
    document = page()
    write_scenario(document, document.events, tmp_path / "with.yaml", catalogue())
    text = (tmp_path / "with.yaml").read_text(encoding="utf-8")
    start = text.index("signals:")
    (tmp_path / "none.yaml").write_text(text[:start].replace("id: with", "id: none"), encoding="utf-8")
    runs = {
        name: chipgate.run(str(tmp_path / f"{name}.yaml"), until="2026-06", draws=64, metrics=["units_delivered"])
        for name in ("with", "none")
    }
    h20 = {k: v["units_delivered"].sel(offer="h20_legal").sum("month") for k, v in runs.items()}
    assert float(h20["with"].mean()) <= float(h20["none"].mean())


def test_an_undated_article_makes_no_scenario() -> None:
    document = read_document("China summoned Nvidia over the security risks of the H20 artificial-intelligence chip.\n")
    with pytest.raises(BadInputError, match="--published"):
        scenario_of(document, document.events, "x", catalogue())


@pytest.mark.parametrize(("name", "words"), [("My Page.yaml", "small letters"), ("page.txt", "ends in .yaml")])
def test_a_file_that_run_would_refuse_is_not_written(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        write_scenario(page(), page().events, tmp_path / name, catalogue())
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_family_is_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(
        "id: odd\ntitle: odd\nas_of: 2025-08-17\nsignals: [{date: 2025-08-01, rank: 7, families: [h21]}]\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="'h21'"):
        resolve(catalogue(), str(path))


def test_a_table_that_nobody_changed_gives_the_same_events(tmp_path: Path) -> None:
    document = page()
    path = tmp_path / "events.csv"
    path.write_text(to_csv(document.events), encoding="utf-8")
    assert tuple(from_csv(path, document.events, lists(catalogue()), catalogue())) == document.events


def test_edits_are_taken_and_checked(tmp_path: Path) -> None:
    document = page()
    path = tmp_path / "events.csv"
    text = to_csv(document.events)
    row = next(line for line in text.splitlines() if "revenue_fee" in line)
    path.write_text(text.replace(row, row.replace(",yes,", ",no,", 1).replace(",0.15,", ",0.2,")), encoding="utf-8")
    found = from_csv(path, document.events, lists(catalogue()), catalogue())
    fee = next(e for e in found if e.instrument == "revenue_fee")
    assert fee.parameter is not None
    assert (fee.parameter.value, fee.on, fee.edited_by_user) == (0.2, False, True)
    path.write_text(text.replace("revenue_fee", "revenue_fees"), encoding="utf-8")
    with pytest.raises(DataError, match=r"events\.csv:\d+: instrument: 'revenue_fees' is none of"):
        from_csv(path, document.events, lists(catalogue()), catalogue())


def test_the_command_reads_and_writes_and_run_takes_it(tmp_path: Path) -> None:
    source = tmp_path / "page.txt"
    source.write_text(articles.PAGE, encoding="utf-8")
    target = tmp_path / "page-2025.yaml"
    found = run_cli("read", str(source), "--published", "2025-08-17", "--scenario", str(target), "--json")
    assert found.status == 0, found.err
    body = json.loads(found.out)
    assert {"published", "published_basis", "events", "scenario"} <= set(body)
    assert {
        "instrument", "actor", "actor_side", "targets", "chips", "parameter", "date", "date_precision", "date_basis",
        "authority", "sourcing", "context", "direction", "confidence", "span", "text",
    } <= set(body["events"][0])  # fmt: skip
    out = tmp_path / "out"
    ran = run_cli("run", str(target), "--draws", "8", "--until", "2025-12", "--out", str(out))
    assert ran.status == 0, ran.err
    assert (out / "report.html").stat().st_size > 1_000_000


def test_the_table_for_people_shows_what_is_on(tmp_path: Path) -> None:
    source = tmp_path / "page.txt"
    source.write_text(articles.PAGE, encoding="utf-8")
    found = run_cli("read", str(source), "--published", "2025-08-17")
    assert found.status == 0
    assert "revenue_fee" in found.out
    assert "fee 15%" in found.out
    assert "like PE060" in found.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-file.txt"], "cannot be read"), (["https://example.org/a"], "save the page"), (["."], "is a folder"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_line_and_status_2(arguments: list[str], words: str) -> None:
    found = run_cli("read", *arguments)
    assert found.status == 2
    assert len(found.error_lines) == 1
    assert words in found.err


def test_the_editor_is_opened_and_its_refusal_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "page.txt"
    source.write_text(articles.PAGE, encoding="utf-8")
    script = tmp_path / "edit.py"
    script.write_text(
        "import sys\npath = sys.argv[1]\ntext = open(path, encoding='utf-8').read()\n"
        "open(path, 'w', encoding='utf-8').write(''.join(l + '\\n' for l in text.splitlines() if 'iFlytek' not"
        " in l))\n",
        encoding="utf-8",
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    found = run_cli("read", str(source), "--published", "2025-08-17", "--edit", "--json")
    assert found.status == 0, found.err
    assert not [e for e in json.loads(found.out)["events"] if e["actor"] == "iFlytek"]
    monkeypatch.setenv("EDITOR", "false")
    refused = run_cli("read", str(source), "--published", "2025-08-17", "--edit")
    assert refused.status == 2
    assert "nothing was taken" in refused.err
    monkeypatch.delenv("EDITOR")
    assert "neither VISUAL nor EDITOR" in run_cli("read", str(source), "--edit").err
