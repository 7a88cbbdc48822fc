"""Dates, day of publication, page furniture, names, and the lists themselves."""

from datetime import date
from pathlib import Path

import pytest

from chipgate.catalogue import Catalogue, catalogue
from chipgate.catalogue.table import EMBEDDED
from chipgate.errors import DataError
from chipgate.news.boilerplate import article_blocks
from chipgate.news.dates import dates_of
from chipgate.news.lists import lists
from chipgate.news.published import published_of
from chipgate.news.read import read_document
from chipgate.news.story import Story
from chipgate.news.tokens import Trie, longest, tokenise
from chipgate.schema.tables import Instrument

DAY = date(2025, 9, 17)  # a Wednesday


@pytest.mark.parametrize(
    ("phrase", "expected", "precision"),
    [
        ("on September 9, 2025", "2025-09-09", "day"),
        ("on 9 September 2025", "2025-09-09", "day"),
        ("on Sept. 9", "2025-09-09", "day"),
        ("on December 9", "2024-12-09", "day"),
        ("2025-09-09", "2025-09-09", "day"),
        ("2025年9月9日", "2025-09-09", "day"),
        ("on Monday", "2025-09-15", "day"),
        ("on Wednesday", "2025-09-17", "day"),
        ("last Wednesday", "2025-09-10", "day"),
        ("yesterday", "2025-09-16", "day"),
        ("last month", "2025-08", "month"),
        ("earlier this month", "2025-09", "month"),
        ("in July", "2025-07", "month"),
        ("in November", "2024-11", "month"),
        ("in July 2024", "2024-07", "month"),
        ("mid-September", "2025-09", "month"),
        ("late 2023", "2023-10", "quarter"),
        ("last year", "2024", "year"),
        ("in 2022", "2022", "year"),
        ("two weeks ago", "2025-09-04", "week"),
        ("three months ago", "2025-06", "month"),
        ("in the second quarter of 2025", "2025-04", "quarter"),
        ("last summer", "2025-06", "quarter"),
        ("this week", "2025-09-16", "week"),
        ("in the second week of August", "2025-08-11", "week"),
        ("last April", "2025-04", "month"),
    ],
)
def test_dates_in_words(phrase: str, expected: str, precision: str) -> None:
    text = f"The rule came {phrase} and stood."
    found = dates_of(text, 0, len(text), Story(DAY))
    assert [(str(when), when.precision) for when in found] == [(expected, precision)]


def test_weeks_later_hangs_on_the_date_before() -> None:
    text = "The ban came on April 9, 2025. Two weeks later it was lifted."
    assert [str(w) for w in dates_of(text, 0, len(text), Story(DAY))] == ["2025-04-09", "2025-04-26"]


def test_a_year_that_the_story_named_holds_on() -> None:
    text = "In October 2022 came the first rule, and in November the second."
    assert [str(w) for w in dates_of(text, 0, len(text), Story(DAY))] == ["2022-10", "2022-11"]


@pytest.mark.parametrize("phrase", ["31 June 2025", "in the 30 of them", "13/13/2025", "may be", "a march on Beijing"])
def test_what_is_no_date(phrase: str) -> None:
    text = f"There were {phrase} here."
    assert dates_of(text, 0, len(text), Story(DAY)) == []


def test_without_a_day_only_full_dates_are_read() -> None:
    text = "On Monday, last month, and on 9 April 2025."
    assert [str(w) for w in dates_of(text, 0, len(text), Story(None))] == ["2025-04-09"]


@pytest.mark.parametrize(
    ("raw", "name", "expected"),
    [
        ("Published 12 August 2025\n\nText.", "a.txt", (date(2025, 8, 12), "dateline")),
        ("BEIJING, Aug 12, 2025 (Wire) - Text of the day.", "a.txt", (date(2025, 8, 12), "dateline")),
        ("Text.\nhttps://example.org/2025/08/12/story", "a.txt", (date(2025, 8, 12), "url")),
        (
            "In October 2022 something happened, at some length, as the long first line of the story tells.",
            "a",
            (None, "none"),
        ),
    ],
)
def test_day_of_publication(raw: str, name: str, expected: tuple[date | None, str]) -> None:
    assert published_of(raw, raw, given=None, is_html=False, name=name, order=None) == expected


def test_the_users_day_comes_first() -> None:
    raw = "Published 12 August 2025\n\nText."
    assert published_of(raw, raw, given=DAY, is_html=False, name="a", order=None) == (DAY, "user")


def test_json_ld_gives_the_day() -> None:
    graph = '{"@graph": [{"datePublished": "2025-08-12T01:00:00Z"}]}'
    page = f'<html><script type="application/ld+json">{graph}</script></html>'
    assert published_of(page, "", given=None, is_html=True, name="a", order=None) == (date(2025, 8, 12), "meta")


def test_text_broken_at_a_width_is_joined() -> None:
    words = "The regulator told companies to stop buying the chip because of the risks that it said lay in it. "
    text = "\n".join((words * 8)[i : i + 70] for i in range(0, 700, 70))
    blocks = article_blocks(text, lists(catalogue()).phrases)
    assert len(blocks) == 1


def test_every_instrument_has_a_crosswalk_and_most_have_a_rule() -> None:
    known = lists(catalogue())
    instruments = set(Instrument.__args__)
    assert instruments <= set(known.crosswalk)
    ruled = {rule.instrument for rule in known.rules}
    assert instruments - ruled == {"other"}
    assert {"order_placed", "sales_result", "domestic_chip_launch", "training_on_domestic"} <= ruled


def test_chips_of_the_names_are_in_the_catalogue() -> None:
    known = lists(catalogue())
    assert known.chips_of["h20"] == ("nvidia_h20_141", "nvidia_h20_96")
    assert all(chip in catalogue().chips for ids in known.chips_of.values() for chip in ids)


def copied(folder: Path) -> Catalogue:
    import shutil

    shutil.copytree(EMBEDDED, folder / "data")
    return Catalogue(folder / "data")


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("lexicon.csv", "banned,BAN", "stands twice"),
        ("triggers.csv", "r999,tariff,NOTHING,,,US,no,5,0.5,neutral,x", "'NOTHING', which has no word"),
        ("cues.csv", "perchance,guess,after", "kind"),
        ("crosswalk.csv", "gift,,,,press_report,neutral,x", "instrument"),
    ],
)
def test_a_wrong_line_of_a_list_is_named(tmp_path: Path, file: str, line: str, words: str) -> None:
    data = copied(tmp_path)
    path = tmp_path / "data" / "news" / file
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=words) as caught:
        lists(data)
    assert file in str(caught.value)


def test_a_new_phrase_is_one_line(tmp_path: Path) -> None:
    from chipgate.news.read import read_document

    data = copied(tmp_path)
    text = "Beijing flibbertigibbeted companies from buying Nvidia's H20 chips.\n"
    assert read_document(text, published=DAY, data=data).events == ()
    path = tmp_path / "data" / "news" / "lexicon.csv"
    path.write_text(path.read_text(encoding="utf-8") + "flibbertigibbeted,BAN\n", encoding="utf-8")
    found = read_document(text, published=DAY, data=Catalogue(tmp_path / "data"))
    assert [e.instrument for e in found.events] == ["purchase_ban"]


def test_a_longer_name_that_begins_inside_another_wins() -> None:
    trie = Trie([("the ministry", "role"), ("Ministry of Commerce", "mofcom"), ("commerce", "word")])
    tokens = tokenise("On Monday the Ministry of Commerce told the ministry so.")
    found = longest(trie.every(tokens, 0, len(tokens.words)))
    assert [match.value for match in found] == ["mofcom", "role"]


def test_guidance_of_a_ministry_is_found_after_another_act() -> None:
    text = (
        "Nvidia agreed to pay 15 percent of its revenue from the H20 in China to the US government, officials said on "
        "Monday.\nOn August 12, 2025, the Ministry of Industry and Information Technology told companies in private to "
        "avoid the H20.\n"
    )
    found = read_document(text, published=date(2025, 8, 13)).events
    assert [(event.instrument, event.actor_side) for event in found] == [
        ("revenue_fee", "US"), ("purchase_discouragement", "CN"),
    ]  # fmt: skip
