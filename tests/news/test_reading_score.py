"""The scorer of the news reader: answers known by hand, and properties that hold for any reader."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_cases import EVENT, TEXT, half, perfect, scored, sides, told

from chipgate.errors import BadInputError, DataError, InternalError
from chipgate.scoring.reading.score import score_reading

LEVELS = ("strict", "lenient", "date", "date_actor")
SECOND = {"event_no": "2", "instrument": "security_summons", "actor": "CAC", "span_start": "100", "span_end": "150"}
SUMMONS = EVENT | {"instrument": "security_summons", "actor": "CAC", "actor_side": "CN", "span": [100, 150]}
NEGATED = {"event_no": "9", "instrument": "purchase_ban", "actor": "Beijing", "temporal": "negated", "event_date": "",
           "span_start": "63", "span_end": "90"}  # fmt: skip
BAN = EVENT | {"instrument": "purchase_ban", "actor": "Beijing", "actor_side": "CN", "span": [63, 90]}
"""An event that rests on the sentence "Beijing has not banned H20."."""


def figures(document: Any, level: str) -> tuple[float | None, ...]:
    return tuple(document[level][name] for name in ("precision", "recall", "f1"))


def test_one_of_two_found(tmp_path: Any) -> None:
    document = scored(tmp_path, [{}, SECOND], {1: [EVENT]})
    # 1 hit, 0 spurious, 1 missed: P 1, R 1/2, F1 2 / (2 + 0 + 1)
    for level in LEVELS:
        assert figures(document, level) == pytest.approx((1.0, 0.5, 2 / 3))
    assert [row["missed"] for row in document["rows"]] == [[], ["event"]]


def test_a_listed_alternative_counts_at_the_lenient_level_only(tmp_path: Any) -> None:
    document = scored(
        tmp_path, [{"alt_instruments": "threshold_rule"}], {1: [EVENT | {"instrument": "threshold_rule"}]}
    )
    assert figures(document, "strict") == (0.0, 0.0, 0.0)
    assert figures(document, "lenient") == (1.0, 1.0, 1.0)
    assert document["rows"][0]["missed"] == ["instrument"]


def test_a_wrong_date_and_a_wrong_actor(tmp_path: Any) -> None:
    late = EVENT | {"date": "2025-04-12"}  # three days
    document = scored(tmp_path, [{}, SECOND], {1: [late, SUMMONS | {"actor": "Nvidia", "actor_side": "company"}]})
    assert figures(document, "lenient") == (1.0, 1.0, 1.0)
    assert figures(document, "date") == (0.5, 0.5, 0.5)
    assert figures(document, "date_actor") == (0.0, 0.0, 0.0)
    assert document["date_error_days"] | {"units": None} == {
        "n": 2, "without_date": 0, "median": 1.5, "share_within_2": 0.5, "units": None,
    }  # fmt: skip
    assert document["accuracy"]["actor_side"] == 0.5
    assert [row["missed"] for row in document["rows"]] == [["date"], ["actor"]]


def test_optional_rows_count_neither_way(tmp_path: Any) -> None:
    rows = [{}, SECOND | {"optional": "1"}]
    assert figures(scored(tmp_path, rows, {1: [EVENT]}), "lenient") == (1.0, 1.0, 1.0)
    assert figures(scored(tmp_path, rows, {1: [EVENT, SUMMONS]}), "lenient") == (1.0, 1.0, 1.0)
    assert figures(scored(tmp_path, rows, {1: [SUMMONS]}), "lenient") == (None, 0.0, 0.0)


def test_a_date_that_is_not_in_the_text_is_not_asked(tmp_path: Any) -> None:
    document = scored(tmp_path, [{"date_basis": "external"}, SECOND], {1: [EVENT | {"date": "2020-01-01"}, SUMMONS]})
    # The first row drops out of the levels that ask for a date; the second is right.
    assert figures(document, "date") == (1.0, 1.0, 1.0)
    assert document["date_error_days"]["n"] == 1


def test_the_unit_of_a_month_is_hit_or_missed(tmp_path: Any) -> None:
    rows = [{"event_date": "2025-04", "date_precision": "month"}, SECOND | {"date_precision": "month"}]
    document = scored(tmp_path, rows, {1: [EVENT | {"date": "2025-04-30"}, SUMMONS | {"date": "2025-05-01"}]})
    assert document["date_error_days"]["units"]["month"] == {"n": 2, "hit_rate": 0.5}
    assert document["date_error_days"]["median"] is None


def test_two_acts_of_one_kind_are_matched_so_that_most_agree(tmp_path: Any) -> None:
    rows = [{}, {"event_no": "2", "event_date": "2025-04-14", "span_start": "100", "span_end": "150"}]
    second = EVENT | {"date": "2025-04-14", "span": [100, 150]}
    for found in ([EVENT, second], [second, EVENT]):
        document = scored(tmp_path, rows, {1: found})
        assert figures(document, "date_actor") == (1.0, 1.0, 1.0)
        assert document["date_error_days"]["median"] == 0
        assert document["span_iou"]["mean"] == 1.0


def test_the_matching_keeps_a_row_for_the_event_that_fits_no_other(tmp_path: Any) -> None:
    """A greedy pairing would give the licence to the second row and leave the threshold rule without one."""
    rows = [{"alt_instruments": "threshold_rule"}, {"event_no": "2", "span_start": "0", "span_end": "62"}]
    found = [EVENT | {"instrument": "threshold_rule"}, EVENT]
    assert figures(scored(tmp_path, rows, {1: found}), "lenient") == (1.0, 1.0, 1.0)


def test_a_negated_act_switched_on(tmp_path: Any) -> None:
    document = scored(tmp_path, [{}, NEGATED], {1: [EVENT, BAN]})
    assert document["guards"] == {"off_topic_events": 0, "wrong_numbers": 0, "negated_switched_on": 1}
    assert figures(document, "lenient") == pytest.approx((0.5, 1.0, 2 / 3))
    assert document["rows"][1]["missed"] == ["switched on"]
    assert document["guard_cases"]["negated_switched_on"][0]["ruled_out_event"] == "9"


@pytest.mark.parametrize("context", ["negated", "hypothetical"])
def test_a_negated_act_left_off_counts_neither_way(tmp_path: Any, context: str) -> None:
    document = scored(tmp_path, [{}, NEGATED], {1: [EVENT, BAN | {"context": context}]})
    assert document["guards"]["negated_switched_on"] == 0
    assert figures(document, "lenient") == (1.0, 1.0, 1.0)
    assert document["events"]["found_switched_off"] == 1


def test_a_negated_act_does_not_answer_a_row_elsewhere(tmp_path: Any) -> None:
    """The same instrument is stated further down; the reader read the negated sentence instead."""
    real = {"event_no": "2", "instrument": "purchase_ban", "actor": "Beijing", "span_start": "160", "span_end": "180"}
    document = scored(tmp_path, [real, NEGATED], {1: [BAN]})
    assert document["guards"]["negated_switched_on"] == 1
    assert figures(document, "lenient") == (0.0, 0.0, 0.0)


def test_without_places_an_unmatched_event_may_be_the_negated_one(tmp_path: Any) -> None:
    other = {"text_sha256": "0" * 16}
    document = scored(tmp_path, [other, NEGATED | other], {1: [EVENT, BAN]})
    assert document["guards"]["negated_switched_on"] == 1
    assert document["span_iou"] == {"n": 0, "mean": None, "share_at_least_half": None, "other_text": [1]}


def test_an_act_left_off_does_not_answer_a_row(tmp_path: Any) -> None:
    assert figures(scored(tmp_path, [{}], {1: [EVENT | {"context": "negated"}]}), "lenient") == (None, 0.0, 0.0)


def test_events_on_an_off_topic_article(tmp_path: Any) -> None:
    rows = [{}, {"article_no": "2", "instrument": "", "article_kind": "off_topic_steel", "event_no": "0"}]
    document = scored(tmp_path, rows, {1: [EVENT], 2: [EVENT, SUMMONS]})
    assert document["guards"]["off_topic_events"] == 2
    assert document["articles"]["off_topic"] == 1
    assert figures(document, "lenient") == pytest.approx((1 / 3, 1.0, 0.5))


@pytest.mark.parametrize(
    ("parameter", "wrong"),
    [
        ({"name": "fee", "value": 0.15, "unit": "share"}, 0),
        ({"name": "fee", "value": 15, "unit": "percent"}, 0),
        ("fee=15%", 0),
        ({"fee": 0.15}, 0),
        ({"name": "fee", "value": 4, "unit": "percent"}, 1),
        ([{"name": "cap", "value": 0.5, "unit": "share"}], 1),
        ({"name": "value", "value": 4e8, "unit": "USD"}, 0),  # no fee and no cap
        (None, 0),
    ],
)
def test_wrong_numbers(tmp_path: Any, parameter: Any, wrong: int) -> None:
    fee = {"instrument": "revenue_fee", "parameter": "fee=15%;chips=H20"}
    document = scored(tmp_path, [fee], {1: [EVENT | {"instrument": "revenue_fee", "parameter": parameter}]})
    assert document["guards"]["wrong_numbers"] == wrong


def test_a_fee_where_the_article_states_none(tmp_path: Any) -> None:
    document = scored(tmp_path, [{}], {1: [EVENT | {"parameter": {"name": "fee", "value": 0.064, "unit": "share"}}]})
    assert document["guards"]["wrong_numbers"] == 1


def test_the_place_tells_two_acts_apart_that_agree_in_all_else(tmp_path: Any) -> None:
    rows = [{"span_start": "100", "span_end": "150"}, {"event_no": "2"}]
    document = scored(tmp_path, rows, {1: [EVENT, EVENT | {"span": [100, 150]}]})
    assert document["span_iou"]["mean"] == 1.0


def test_a_required_row_goes_before_an_optional_one_that_fits_better(tmp_path: Any) -> None:
    rows = [{"optional": "1"}, {"event_no": "2", "event_date": "2025-04-10", "span_start": "100", "span_end": "150"}]
    assert figures(scored(tmp_path, rows, {1: [EVENT]}), "lenient") == (1.0, 1.0, 1.0)


def test_an_act_in_the_sentence_of_a_negated_one_is_the_act(tmp_path: Any) -> None:
    real = {"instrument": "purchase_ban", "actor": "Beijing", "span_start": "63", "span_end": "90"}
    document = scored(tmp_path, [real, NEGATED], {1: [BAN]})
    assert document["guards"]["negated_switched_on"] == 0
    assert figures(document, "lenient") == (1.0, 1.0, 1.0)


def test_a_neighbour_of_a_negated_sentence_is_not_that_sentence(tmp_path: Any) -> None:
    document = scored(tmp_path, [{}, NEGATED], {1: [EVENT, BAN | {"span": [0, 66]}]})  # 3 of 27 characters
    assert document["guards"]["negated_switched_on"] == 0
    assert len(document["spurious"]) == 1


def test_an_optional_negated_row_counts_neither_way(tmp_path: Any) -> None:
    document = scored(tmp_path, [{}, NEGATED | {"optional": "1"}], {1: [EVENT, BAN]})
    assert document["guards"]["negated_switched_on"] == 0
    assert figures(document, "lenient") == (1.0, 1.0, 1.0)


def test_a_plan_read_as_future_counts_neither_way(tmp_path: Any) -> None:
    plan = NEGATED | {"temporal": "hypothetical"}
    document = scored(tmp_path, [{}, plan], {1: [EVENT, BAN | {"context": "future"}]})
    assert document["guards"]["negated_switched_on"] == 0
    assert figures(document, "lenient") == (1.0, 1.0, 1.0)


def test_the_fee_of_another_row_is_a_wrong_number(tmp_path: Any) -> None:
    rows = [{"instrument": "revenue_fee", "parameter": "fee=15%"},
            {"event_no": "2", "instrument": "tariff", "parameter": "rate=25%"}]  # fmt: skip
    fee = EVENT | {"instrument": "revenue_fee", "parameter": "fee=25%"}
    assert scored(tmp_path, rows, {1: [fee]})["guards"]["wrong_numbers"] == 1
    assert scored(tmp_path, rows, {1: [fee | {"parameter": "fee=15%"}]})["guards"]["wrong_numbers"] == 0


def test_the_name_of_a_chip_is_no_figure(tmp_path: Any) -> None:
    assert scored(tmp_path, [{"parameter": "chips=H20"}], {1: [EVENT]})["accuracy"]["parameter"] is None


def test_authority_and_its_confusion(tmp_path: Any) -> None:
    rows = [{}, SECOND | {"authority": "official_statement", "alt_authority": "private_guidance"},
            {"event_no": "3", "instrument": "tariff", "authority": "press_report"}]  # fmt: skip
    found = [EVENT | {"authority": "formal_rule"}, SUMMONS | {"authority": "private_guidance"},
             EVENT | {"instrument": "tariff", "authority": "state_media"}]  # fmt: skip
    document = scored(tmp_path, rows, {1: found})
    # A rule for an order, an accepted alternative, and one wrong: 2 of 3.
    assert document["authority_accuracy"] == pytest.approx(2 / 3)
    assert document["authority_confusion"] == {
        "formal_order": {"formal_order": 1}, "official_statement": {"official_statement": 1},
        "press_report": {"state_media": 1},
    }  # fmt: skip


def test_the_overlap_of_the_evidence(tmp_path: Any) -> None:
    document = scored(tmp_path, [{"span_start": "0", "span_end": "60"}], {1: [EVENT | {"span": [30, 90]}]})
    assert document["span_iou"]["mean"] == pytest.approx(30 / 90)
    assert document["span_iou"]["share_at_least_half"] == 0.0
    assert document["rows"][0]["missed"] == ["span"]


def test_articles_without_a_text_are_counted(tmp_path: Any) -> None:
    from reading_cases import labels

    from chipgate.scoring.reading.labels import read_labels

    (tmp_path / "01.txt").write_text(TEXT, encoding="utf-8")
    articles = read_labels(labels(tmp_path, {}, {"article_no": "7"}), sides())
    document = score_reading(articles, tmp_path, told({1: [EVENT], 7: [EVENT]}), sides())
    assert document["articles"]["without_text"] == [7]
    assert document["articles"]["scored"] == 1
    assert len(document["rows"]) == 1


def test_an_article_that_the_reader_refuses_is_missed_and_said(tmp_path: Any) -> None:
    def refuse(raw: bytes, published: Any, name: str) -> Sequence[Any]:
        raise BadInputError(f"{name}: no date of publication")

    articles, texts = half("a")
    document = score_reading(articles, texts, refuse, sides())
    assert document["lenient"]["recall"] == 0.0
    assert len(document["articles"]["refused"]) == len(articles)
    assert document["articles"]["refused"][0]["reason"] == "01.txt: no date of publication"


def test_broken_lists_of_the_reader_are_no_score(tmp_path: Any) -> None:
    def broken(raw: bytes, published: Any, name: str) -> Sequence[Any]:
        raise DataError("has an unknown word", path=tmp_path / "lexicon.csv", line=3)

    articles, texts = half("a")
    with pytest.raises(DataError, match="unknown word"):
        score_reading(articles, texts, broken, sides())


@pytest.mark.parametrize(
    "change",
    [
        {"date": "soon"},
        {"span": [1]},
        {"actor_side": "moon"},
        {"parameter": 7},
        {"date_precision": "hour"},
        {"context": "past"},
    ],
)
def test_a_reader_that_breaks_its_contract_is_our_fault(tmp_path: Any, change: dict[str, Any]) -> None:
    with pytest.raises(InternalError, match="cannot be scored"):
        scored(tmp_path, [{}], {1: [EVENT | change]})


def test_a_reader_that_knows_the_labels_is_perfect() -> None:
    articles, texts = half("a")
    found = {article.number: [perfect(row) for row in article.rows] for article in articles}
    document = score_reading(articles, texts, told(found), sides())
    for level in LEVELS:
        assert document[level] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "low": 1.0, "high": 1.0}, level
    assert set(document["guards"].values()) == {0}
    assert document["authority_accuracy"] == document["span_iou"]["mean"] == 1.0
    assert document["date_error_days"]["median"] == 0
    assert document["accuracy"] == dict.fromkeys(("actor_side", "parameter", "direction", "sourcing", "context"), 1.0)
    assert not any(row["missed"] for row in document["rows"])
    assert document["spurious"] == []


def test_a_reader_that_finds_nothing() -> None:
    articles, texts = half("a")
    document = score_reading(articles, texts, told({}), sides())
    for level in LEVELS:
        assert figures(document, level) == (None, 0.0, 0.0)
    assert set(document["guards"].values()) == {0}
    assert document["authority_accuracy"] is None


any_event = st.fixed_dictionaries(
    {
        "instrument": st.sampled_from(["license_requirement", "purchase_ban", "revenue_fee", "tariff", "other"]),
        "actor": st.sampled_from(["Commerce Department", "CAC", "Nvidia", ""]),
        "date": st.sampled_from([None, "2025-04-09", "2025-07-14", "2025-08", "2025"]),
        "context": st.sampled_from(["current", "background", "future", "negated"]),
        "authority": st.sampled_from(["formal_order", "private_guidance"]),
        "span": st.none() | st.tuples(st.integers(0, 900), st.integers(1, 300)).map(lambda p: [p[0], p[0] + p[1]]),
        "parameter": st.sampled_from([None, "fee=15%", "fee=4%", "cap=50%"]),
    }
)
many = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(events=st.dictionaries(st.integers(1, 20), st.lists(any_event, max_size=6), max_size=6), turn=st.randoms())
def test_the_order_of_events_and_of_labels_does_not_matter(events: dict[int, list[Any]], turn: Any) -> None:
    articles, texts = half("a")
    document = score_reading(articles, texts, told(events), sides())
    mixed = {number: turn.sample(found, len(found)) for number, found in events.items()}
    assert score_reading(articles, texts, told(mixed), sides()) == document


@many
@given(number=st.integers(1, 20), event=any_event, seed=st.integers(0, 3))
def test_a_spurious_event_lowers_precision_only(number: int, event: dict[str, Any], seed: int) -> None:
    articles, texts = half("a")
    found = {article.number: [perfect(row) for row in article.rows if row.required] for article in articles}
    event = event | {"instrument": "not_an_instrument", "context": "current"}
    more = found | {number: [*found[number], event]}
    before = score_reading(articles, texts, told(found), sides(), seed=seed)
    after = score_reading(articles, texts, told(more), sides(), seed=seed)
    for level in LEVELS:
        assert after[level]["recall"] == before[level]["recall"] == 1.0
        assert after[level]["precision"] < before[level]["precision"] == 1.0
    assert after["rows"] == before["rows"]


@many
@given(events=st.dictionaries(st.integers(1, 20), st.lists(any_event, max_size=6), max_size=6))
def test_levels_are_nested_and_intervals_hold_shares(events: dict[int, list[Any]]) -> None:
    articles, texts = half("a")
    document = score_reading(articles, texts, told(events), sides())
    required = document["events"]["required"]
    assert document["strict"]["recall"] <= document["lenient"]["recall"]
    for level in LEVELS:
        score = document[level]
        assert 0 <= score["low"] <= score["high"] <= 1
        assert round(score["recall"] * required, 6) <= sum(map(len, events.values())) or level.startswith("date")


def test_the_interval_repeats_with_its_seed_and_spans_the_score() -> None:
    articles, texts = half("a")
    found = {article.number: [perfect(row) for row in article.rows if row.required][:2] for article in articles}
    documents = [score_reading(articles, texts, told(found), sides(), seed=seed) for seed in (1, 1, 2)]
    assert documents[0] == documents[1]
    assert documents[0]["lenient"]["low"] < documents[0]["lenient"]["f1"] < documents[0]["lenient"]["high"]
    assert documents[0]["lenient"]["low"] != documents[2]["lenient"]["low"]
