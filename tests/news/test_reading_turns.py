"""Turns of phrase of web articles: clauses, dates of other acts, states, retellings, fixed phrases, topics.

The sentences are written for the tests; the turns are those on which the reader failed in articles of the web.
"""

from datetime import date

import pytest

from chipgate.news.read import read_document
from chipgate.news.records import Event

DAY = date(2025, 8, 9)
LEAD = "Nvidia makes the H20, an AI accelerator for China. "


def events(text: str, day: date = DAY, lead: str = LEAD) -> list[Event]:
    return [e for e in read_document(lead + text, published=day).events if e.context not in ("negated", "hypothetical")]


def dates(text: str, instrument: str, day: date = DAY) -> list[str]:
    return [str(e.when) for e in events(text, day) if e.instrument == instrument]


def kinds(text: str, day: date = DAY, lead: str = LEAD) -> set[str]:
    return {e.instrument for e in events(text, day, lead)}


def test_a_date_that_qualifies_another_act_dates_only_that() -> None:
    text = "The Commerce Department granted Nvidia licences for the H20 on Friday, reversing an April ban on its sale."
    assert dates(text, "license_grant") == ["2025-08-08"]


def test_a_clause_that_tells_more_of_a_noun_keeps_its_date() -> None:
    text = "In July Washington reversed a ban on H20 sales to China that was imposed in April."
    assert dates(text, "export_ban_lift") == ["2025-07"]
    assert dates(text, "license_requirement") == ["2025-04"]


def test_what_follows_the_second_comma_of_a_pair_goes_on_with_the_first_clause() -> None:
    text = "The president ruled out, for the time being, letting Nvidia sell Blackwell chips to China."
    assert "export_ban_lift" not in kinds(text)


def test_having_done_something_has_the_subject_of_the_clause_before() -> None:
    text = (
        "ByteDance and Alibaba have shown demand for Nvidia's H20, having placed billions of dollars in orders in June."
    )
    placed = [e for e in events(text) if e.instrument == "order_placed"]
    assert [e.actor for e in placed] == ["ByteDance; Alibaba"]


@pytest.mark.parametrize(
    ("text", "instrument"),
    [
        ("Sources told reporters that export licences for the H20 began to flow.", "license_requirement"),
        ("The H20 is the strongest chip that is currently allowed to be exported to China.", "export_ban_lift"),
        ("Blackwell chips remain banned from export to China.", "license_requirement"),
        ("The H20 graphics processing units are designed for sale in China.", "export_ban_lift"),
        ("A lawyer cites the ban on export taxes, which the H20 deal may break.", "license_requirement"),
        ("The ministry pressed Alibaba to explain why it was ordering the H20.", "order_placed"),
        ("Its army has bought prohibited GPUs from dealers for years.", "purchase_ban"),
        ("The regulator required Nvidia to refrain from tying its chips to its switches in China.", "purchase_ban"),
        ("Moore Threads showed a card aimed at reducing developers' dependence on Nvidia.", "purchase_discouragement"),
        ("The Commerce Department listed 40 firms. The curbs will stop the firms from buying H20s.", "purchase_ban"),
        ("The company must obtain a licence from the department for the H20.", "license_grant"),
    ],
)  # fmt: skip
def test_words_that_look_like_an_act_are_none(text: str, instrument: str) -> None:
    assert instrument not in kinds(text)


def test_a_sentence_that_comes_back_to_an_act_adds_none() -> None:
    text = (
        "China banned its data centres from buying the H20 on Friday. This decision tightens Beijing's ban on the H20."
    )
    assert sorted(e.instrument for e in events(text)) == ["purchase_ban"]
    follows = (
        "China banned its firms from buying the H20 on Friday. The move follows the US export ban on the H20 of April."
    )
    assert kinds(follows) == {"purchase_ban", "license_requirement"}


def test_an_undated_act_beside_a_dated_lead_is_of_that_day() -> None:
    notice = (
        "On December 2, 2024, the Bureau of Industry and Security released two rules on advanced computing chips for "
        "China. The second adds 140 entities to the Entity List."
    )
    listed = next(e for e in events(notice, date(2024, 12, 6), "") if e.instrument == "entity_listing")
    assert str(listed.when) == "2024-12-02"


def test_a_year_in_the_name_of_a_law_or_for_comparison_dates_nothing() -> None:
    text = "Senators introduced the GAIN AI Act in the 2026 National Defense Authorization Act; it is about AI chips."
    assert dates(text, "legislation_proposed", date(2025, 9, 7)) == ["2025-09-07"]
    compared = "China imposed controls on rare earths, its most far-reaching step since 2010."
    assert "2010" not in {str(e.when) for e in events(compared)}


def test_a_quarter_of_a_maker_is_one_of_its_own_year() -> None:
    text = "Nvidia reported revenue of $46.7 billion for the second quarter."
    result = next(e for e in events(text, date(2025, 8, 28)) if e.instrument == "sales_result")
    assert result.when is not None
    assert (result.when.first, result.when.last) == (date(2025, 5, 1), date(2025, 7, 31))


@pytest.mark.parametrize(
    ("text", "instrument"),
    [
        ("China's market regulator said on Monday that Nvidia had violated the anti-monopoly law. The antitrust probe "
         "of Nvidia goes on.", "antitrust"),
        ("China's Ministry of Commerce imposed export controls on rare earths on Thursday. The controls on rare earths "
         "ask for a licence.", "rare_earth_control"),
        ("The third phase of the Big Fund was registered in Beijing in May. The fund is to back the chip industry, and "
         "the Big Fund has 344 billion yuan for semiconductors in China.", "subsidy"),
    ],
)  # fmt: skip
def test_acts_of_the_vocabulary_are_on_topic_without_a_chip(text: str, instrument: str) -> None:
    assert instrument in kinds(text, lead="")


def test_bans_of_other_chips_are_off_topic() -> None:
    text = "The ministry banned imported potato chips in China. The ban on the chips holds for schools."
    assert kinds(text, lead="") == set()


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("Washington keeps 15 cents of each dollar that the H20 earns Nvidia.", ("fee", 0.15, "fraction")),
        ("Washington takes a quarter of the sales of the H20 in China as a fee.", ("fee", 0.25, "fraction")),
        ("BIS published a rule that controls chips with a total processing performance of 4,800 or more.",
         ("threshold", 4800.0, "TPP")),
        ("BIS added 36 Chinese companies to the Entity List.", ("count", 36.0, "firms")),
        ("Chinese firms placed orders for more than 2 million H200.", ("count", 2_000_000.0, "chips")),
        ("Nvidia made no H20 sales in China.", ("value", 0.0, "USD")),
    ],
)  # fmt: skip
def test_figures_in_other_forms(text: str, figure: tuple[str, float, str]) -> None:
    found = [(p.name, p.value, p.unit) for e in events(text) if (p := e.parameter)]
    assert figure in found


@pytest.mark.parametrize(
    "text",
    [
        "Nvidia's share of China's market fell from 95% to zero.",
        "Nvidia will pay a fee on the H20 to Washington; China made up a tenth of its sales.",
        "China, which refines 90 percent of the rare earths of the world, imposed export controls on rare earths.",
        "Beijing offers subsidies to domestic chips, whose output grew by 40 percent.",
    ],
)
def test_a_share_that_measures_something_else_is_no_figure_of_the_act(text: str) -> None:
    assert [e.parameter for e in events(text) if e.parameter is not None] == []


def test_a_quarter_to_come_is_the_next_of_the_maker() -> None:
    text = "Nvidia expects revenue of $54 billion for the third quarter."
    found = read_document(LEAD + text, published=date(2025, 8, 28)).events
    whens = [e.when for e in found if e.instrument == "sales_result" and e.when]
    assert [(w.first, w.last) for w in whens] == [(date(2025, 8, 1), date(2025, 10, 31))]
