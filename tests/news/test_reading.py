"""Whole articles: what is found, what is left out, and that spans point at the text."""

from datetime import date

import articles
import pytest

from chipgate.news.read import read_document
from chipgate.news.records import Document, Event


def read(text: str, published: str | None = None, **more: str) -> Document:
    return read_document(text, published=date.fromisoformat(published) if published else None, **more)


def kinds(document: Document) -> list[str]:
    return [event.instrument for event in document.events]


def only(document: Document, instrument: str) -> Event:
    found = [event for event in document.events if event.instrument == instrument]
    assert len(found) == 1, kinds(document)
    return found[0]


def test_a_news_page_gives_its_core_events_and_none_of_its_sidebar() -> None:
    page = read(articles.PAGE, "2025-08-17")
    assert {
        "export_ban_lift",
        "security_summons",
        "state_media_signal",
        "purchase_discouragement",
        "order_placed",
        "training_on_domestic",
        "revenue_fee",
    } <= set(kinds(page))
    end = articles.PAGE.index("-\nSports3 weeks ago")
    assert all(event.span[1] <= end for event in page.events)
    assert [e.actor for e in page.events if e.instrument == "state_media_signal"] == [
        "Chinese state media",
        "People's Daily",
    ]
    assert [e.actor for e in page.events if e.instrument == "training_on_domestic"] == ["DeepSeek", "iFlytek"]
    assert not [e for e in page.events if e.instrument in ("purchase_ban", "customs_block") and e.on]


def test_a_fee_has_its_number_its_act_and_its_dates() -> None:
    fee = only(read(articles.PAGE, "2025-08-17"), "revenue_fee")
    assert fee.parameter is not None
    assert (fee.parameter.name, fee.parameter.value, fee.parameter.unit) == ("fee", 0.15, "fraction")
    assert (fee.actor_side, fee.snapped, fee.context) == ("US", "PE060", "current")
    body = read(articles.PAGE, "2025-08-17").to_json()
    row = next(e for e in body["events"] if e["instrument"] == "revenue_fee")
    assert row["date_range"] == ["2025-08-10", "2025-08-10"]
    assert row["gta_type_id"] == 18


def test_a_wire_gives_actor_date_and_source_of_each_act() -> None:
    wire = read(articles.WIRE)
    assert (wire.published, wire.published_basis) == (date(2025, 9, 17), "dateline")
    ban = only(wire, "purchase_ban")
    assert (ban.actor_side, str(ban.when), ban.authority, ban.sourcing) == (
        "CN",
        "2025-09-17",
        "private_guidance",
        "anonymous",
    )
    assert ban.chip_names == ("RTX Pro 6000D",)
    old = only(wire, "license_requirement")
    assert (old.actor_side, str(old.when), old.context) == ("US", "2025-04", "background")
    assert str(only(wire, "antitrust").when) == "2025-09-15"


def test_a_legal_notice_dates_its_rules_apart() -> None:
    notice = read(articles.NOTICE)
    assert str(only(notice, "threshold_rule").when) == "2022-10-07"
    listed = only(notice, "entity_listing")
    assert str(listed.when) == "2023-10-17"
    assert listed.parameter is not None
    assert listed.parameter.value == 13
    assert {"biren", "moore_threads"} <= set(listed.firms)


def test_headings_of_a_timeline_date_what_stands_under_them() -> None:
    timeline = read(articles.TIMELINE)
    assert {str(e.when) for e in timeline.events} == {"2025-04-09", "2025-07-31", "2025-12-08"}
    assert str(only(timeline, "license_requirement").when) == "2025-04-09"


def test_an_article_of_another_trade_gives_nothing() -> None:
    document = read(articles.OFF_TOPIC)
    assert document.events == ()
    assert not document.on_topic
    assert "no event was looked for" in document.notes[0]


def test_a_page_of_html_is_read_without_its_furniture() -> None:
    page = read(articles.HTML)
    assert (page.published, page.published_basis) == (date(2025, 8, 22), "meta")
    assert kinds(page) == ["purchase_discouragement", "license_grant"]
    advice = page.events[0]
    start, end = advice.span
    assert "urged <a href=" in articles.HTML[start:end]
    assert str(advice.when) == "2025-08-21"


@pytest.mark.parametrize(
    "sentence",
    [
        "Beijing stopped short of banning companies from buying Nvidia's H20 chips.",
        "China has not banned companies from buying the Nvidia H20.",
        "If Beijing were to bar companies from buying the Nvidia H20, Huawei would gain.",
        "China may forbid its companies from buying Nvidia H20 chips.",
        "Had China banned companies from buying the Nvidia H20 in 2023, Huawei would now be larger.",
        "Reports that customs in China would block the H20 proved false.",
        "Beijing has ordered none of its companies to stop buying the Nvidia H20.",
        "Some in Congress want a ban on all exports of the H20 to China.",
    ],
)
def test_what_was_not_done_is_never_switched_on(sentence: str) -> None:
    document = read(f"Nvidia sells the H20 artificial-intelligence chip in China.\n\n{sentence}\n", "2025-09-01")
    assert [e.instrument for e in document.events if e.on and e.direction == "tighten"] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Shares of Nvidia rose 15 percent after news of its revenue from H20 sales in China.",
        "Nvidia's H20 holds a 15% share of the market in China, and its revenue grew 56 percent.",
        "Sales of the H20 in China made up 13 percent of Nvidia's revenue last year.",
        "The H20 has 15 percent of the performance of the H100, and its gross margin is 60 percent of revenue.",
        "Nvidia spends 15% of revenue on research, China included.",
    ],
)
def test_other_percentages_are_no_fee(sentence: str) -> None:
    document = read(f"The H20 artificial-intelligence chip is made for China.\n\n{sentence}\n", "2025-09-01")
    assert [e for e in document.events if e.instrument in ("revenue_fee", "volume_cap") and e.parameter] == []


@pytest.mark.parametrize(
    ("sentence", "instrument", "side"),
    [
        (
            "Malaysia said on Monday that exports of AI chips of U.S. origin now need a permit.",
            "license_requirement",
            "third",
        ),
        ("The US ordered TSMC to stop shipping advanced AI chips to Chinese customers.", "license_requirement", "US"),
        ("Washington told Nvidia to stop selling its A100 chips to China.", "license_requirement", "US"),
        ("Companies were told by regulators to hold off on orders for the Nvidia H20.", "purchase_ban", "CN"),
        ("Chinese customs officers blocked shipments of the H200 at the ports.", "customs_block", "CN"),
        ("China has given approval to ByteDance to buy the H200.", "purchase_approval", "CN"),
        (
            "Alibaba has begun to train its models on chips of its own design, its in-house chips.",
            "training_on_domestic",
            "company",
        ),
        ("Huawei unveiled its new Ascend 950 chip.", "domestic_chip_launch", "company"),
    ],
)
def test_who_acts_on_whom(sentence: str, instrument: str, side: str) -> None:
    document = read(
        f"Nvidia's H20 and H200 artificial-intelligence chips are at issue in China.\n\n{sentence}\n", "2026-01-20"
    )
    assert (instrument, side) in [(e.instrument, e.actor_side) for e in document.events]


def test_a_supposed_number_does_not_become_that_of_an_act() -> None:
    text = (
        "Nvidia will share its revenue from the H20 in China with the US government, the White House announced.\n\n"
        "It might one day charge 30 percent of sales of the H20 in China.\n"
    )
    fees = [e for e in read(text, "2025-09-01").events if e.instrument == "revenue_fee" and e.on]
    assert [e.parameter for e in fees if e.parameter] == []


def test_two_bans_of_two_years_stay_two_events() -> None:
    text = (
        "In October 2022 Washington banned exports of the A100 to China.\n\n"
        "In April 2025 Washington banned exports of the H20 to China. The ban on the H20 came by letter.\n"
    )
    bans = [e for e in read(text, "2025-09-01").events if e.instrument == "license_requirement"]
    assert [str(e.when) for e in bans] == ["2022-10", "2025-04"]


def test_without_a_day_relative_dates_stay_open_and_that_is_said() -> None:
    document = read("China last week told companies to stop buying Nvidia H20 chips.\n")
    assert document.published is None
    assert only(document, "purchase_ban").when is None
    assert any("--published" in note for note in document.notes)


def test_the_codes_of_other_vocabularies_come_with_an_event() -> None:
    row = read(articles.WIRE).to_json()["events"][0]
    assert (row["mast_chapter"], row["plover"], row["gta_type_id"]) == ("E", "SANCTION", 22)
