"""From an article to a run, over HTTP: the events, edited, and the acts and signals that a state carries."""

from typing import Any

import pytest
import yaml
from app_client import Asker

ARTICLE = """HARBOUR DISPATCH - Washington, August 11, 2025

The United States government granted Nvidia licences to export the H20 chip to China.
Nvidia agreed to pay 15 percent of its revenue from the H20 in China to the US government, officials said on Monday.
On August 12, 2025, the Ministry of Industry and Information Technology told companies in private to avoid the H20.
"""


@pytest.fixture
def events(ask: Asker) -> list[dict[str, Any]]:
    found = ask.post("/api/article/read", text=ARTICLE, published="2025-08-13").json()
    assert found["published"] == "2025-08-13"
    assert len(found["events"]) >= 3
    for event in found["events"]:
        first, last = event["span"]
        assert event["text"].split()[0] in ARTICLE[first:last]
    return list(found["events"])


def test_events_become_a_state_that_runs(ask: Asker, events: list[dict[str, Any]]) -> None:
    events = [{**event, "snapped": None} for event in events]  # as if the record held none of them
    made = ask.post("/api/article/scenario", events=events, as_of="2025-08-13").json()["state"]
    assert (made["base"], made["as_of"]) == (None, "2025-08-13")
    assert made["settings"]["washington.fee.h20"] == {"2025-08": 0.15}
    assert [act["instrument"] for act in made["acts"]] == ["purchase_discouragement"]
    own = {**made, "draws": 80}
    with_act, without = (ask.run(one)["final"] for one in (own, {**own, "acts": [], "signals": []}))
    assert with_act["headline"] != without["headline"], "an act of Beijing that joins the record moves something"


def test_a_state_of_an_article_goes_into_a_file_and_a_link_and_back(ask: Asker, events: list[dict[str, Any]]) -> None:
    events = [{**event, "snapped": None} for event in events]
    made = ask.post("/api/article/scenario", events=events, as_of="2025-08-13").json()["state"]
    link = ask.post("/api/link", state=made, view={}).json()["s"]
    assert ask.post("/api/link/read", s=link).json()["state"] == made
    told = ask.post("/api/reproduce", state=made).json()
    assert told["cli"][0].startswith("chipgate run mine.yaml")
    assert yaml.safe_load(told["scenario_yaml"])["acts"] == made["acts"]
    back = ask.raw("/api/scenarios/read", told["scenario_yaml"].encode(), "application/yaml").json()["state"]
    assert back["acts"] == made["acts"]
    assert back["signals"] == made["signals"]


def test_what_the_record_holds_adds_nothing(ask: Asker, events: list[dict[str, Any]]) -> None:
    known = [event for event in events if event["snapped"]]
    assert known
    answer = ask.post("/api/article/scenario", events=known, as_of="2025-08-13").json()
    assert not answer["state"]["settings"]
    assert not answer["state"]["acts"]


@pytest.mark.parametrize(
    "wrong",
    [{"actor_side": "mars"}, {"chips": ["no_such_chip"]}, {"date": "last week"}, {"confidence": 7}, {"on": "perhaps"},
     {"authority_rank": 0}, {"instrument": "bribe"}, {"colour": "red"}],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_a_broken_event_is_named(ask: Asker, events: list[dict[str, Any]], wrong: dict[str, Any]) -> None:
    answer = ask.post("/api/article/scenario", events=[{**events[0], **wrong}], as_of="2025-08-13")
    assert 400 <= answer.status_code < 500
    assert "event 1" in answer.json()["error"]["message"]
    assert next(iter(wrong)) in answer.json()["error"]["message"]


@pytest.mark.parametrize("acts", [[{"id": "NE01"}], [{"nonsense": 1}], [{}] * 21], ids=["half", "unknown", "many"])
def test_broken_acts_of_a_state_are_refused(ask: Asker, acts: list[dict[str, Any]]) -> None:
    answer = ask.post("/api/runs", state={"base": "h20-reopened", "draws": 80, "acts": acts})
    assert 400 <= answer.status_code < 500
