"""The page: whole, standalone, with a table beside every chart."""

import json
import re
from datetime import date

import numpy as np
import pytest
import xarray as xr
from report.pages import figures, read, table_rows

from chipgate.catalogue.catalogue import Catalogue, catalogue
from chipgate.plots.words import brief
from chipgate.report.context import Context
from chipgate.report.document import report_html
from chipgate.report.sections.rules import rules
from chipgate.results.dataset import headline_metrics
from chipgate.results.record import compare_with_record


def test_the_page_parses_and_ids_are_unique(page: str) -> None:
    found = read(page)
    assert found.wrong == []
    assert found.open == []
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for t, a in found.tags if t == "a" and a.get("href", "").startswith("#")]
    assert targets
    assert set(targets) <= set(ids)


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    found = read(page)
    loading = [(t, a) for t, a in found.tags if t != "a" and ("src" in a or "href" in a or "srcset" in a)]
    assert loading == [("link", {"rel": "icon", "href": "data:,"})]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert page.count("<script>") == 2
    assert len(page.encode()) < 6_000_000


def test_every_headline_metric_appears(page: str, data: xr.Dataset) -> None:
    listed = {row[0] for row in table_rows(page, "all-metrics")}
    assert {data[name].attrs["label"] for name in headline_metrics(data)} <= listed


def test_every_chart_has_alt_text_a_table_and_a_csv(page: str) -> None:
    found = read(page)
    plots = {a["id"]: a for _, a in found.tags if a.get("class") == "plot"}
    assert len(plots) > 40
    assert set(plots) == set(figures(page))
    buttons = {a["data-for"] for t, a in found.tags if t == "button"}
    tables = {a["data-file"] for t, a in found.tags if t == "table"}
    assert set(plots) <= buttons <= tables
    assert all(len(a["aria-label"]) > 40 and a["role"] == "img" for a in plots.values())
    assert page.count("<h1>") == 1


def test_tables_and_curves_hold_the_percentiles(page: str, data: xr.Dataset) -> None:
    huawei = np.percentile(data["huawei_units"].values.astype(float), (5, 50, 95), axis=1)
    rows = table_rows(page, "huawei-units")
    assert rows[0] == ["month", *(f"{p} (chips/month)" for p in ("p5", "p50", "p95"))]
    assert len(rows) == 1 + data.sizes["month"]
    for t in (0, 40, -1):
        shown = [float(v.replace(",", "")) for v in rows[1 + t if t >= 0 else t][1:]]
        np.testing.assert_allclose(shown, huawei[:, t], rtol=6e-3, atol=0.6)
    median = next(t for t in figures(page)["huawei-units"]["data"] if t.get("name") == "median, forecast")
    assert median["x"][0] == "2025-08"
    np.testing.assert_allclose(median["y"], huawei[1, -len(median["y"]) :], rtol=1e-3)


def test_history_is_ink_and_forecast_is_tinted(page: str) -> None:
    traces = figures(page)["units-h20_legal"]["data"]
    history = next(t for t in traces if t.get("name") == "median, history")
    assert history["line"]["color"] == "@ink"
    assert max(history["x"]) == "2025-08"
    shades = {t["name"]: t["fillcolor"] for t in traces if t.get("name") in ("50 %", "80 %", "90 %")}
    assert set(shades) == {"50 %", "90 %", "80 %"}


def test_marked_events_were_public_by_the_as_of_date(page: str, book: Catalogue) -> None:
    text = read(page).text
    late = [e.summary for e in book.events.values() if e.known_since.last.isoformat() > "2025-08-17"]
    assert [s for s in late if s in text] == []
    marked = next(t for t in figures(page)["units-h20_legal"]["data"] if t.get("name") == "events")
    assert marked["x"]
    assert max(marked["x"]) <= "2025-08-17"
    for hover in marked["hovertext"]:
        assert re.match(r"\d+ \w+ \d{4}, ", hover)


def test_the_gates_carry_their_events(page: str) -> None:
    for name, symbol in (("beijing-level", "square"), ("us-open", "circle")):
        marked = next(t for t in figures(page)[name]["data"] if t.get("name") == "events")
        assert set(marked["marker"]["symbol"]) == {symbol}
        assert max(marked["x"]) <= "2025-08-17"


def test_the_past_is_held_against_the_record(page: str, data: xr.Dataset, book: Catalogue) -> None:
    rows = table_rows(page, "past-ratio")
    found = [c for c in compare_with_record(data, book, known_by=date(2025, 8, 17)) if c.observation.value > 0]
    assert len(rows) == 1 + len(found) > 20
    misses = [row for row in rows if row[-1] == "no"]
    text = read(page).text
    assert all(row[0] in text for row in misses)
    assert sum(not c.inside for c in found) == len(misses)
    assert "FY26Q3" not in " ".join(row[0] for row in rows)


def test_provenance_is_stated(page: str, data: xr.Dataset, book: Catalogue) -> None:
    text = read(page).text
    for key in ("chipgate_version", "data_hash", "scenario", "as_of", "seed"):
        assert str(data.attrs[key]) in text
    for key in json.loads(data.attrs["policy_counts"]):
        assert key.replace("_", " ") in text
    lost = data.assign_attrs(nonconverged_draws=np.array([3, 7]), settings='{"huawei.hbm": 0.5}')
    other = report_html(lost, book)
    assert "<dt>Draws left out, prices did not converge</dt><dd>3, 7</dd>" in other
    assert "huawei.hbm = 0.5" in other


def test_the_forecast_is_shown_under_other_rules(page: str, data: xr.Dataset, other_rule: xr.Dataset) -> None:
    text = read(page).text
    assert "Under other rules for both governments" in text
    assert "no reaction told apart" in text
    context = Context(other_rule, catalogue(), {})
    drawn = sum(context.year("revenue_by_chip", offer=offer) for offer in context.offers("legal"))
    assert brief(drawn, "USD") in text
    assert rules(Context(data, catalogue(), {})) is None, "without other runs there is nothing to show"


def test_names_of_records_cannot_break_the_page(data: xr.Dataset, book: Catalogue) -> None:
    text = report_html(data.assign_attrs(title="</title><script>alert(1)</script>"), book)
    assert "<script>alert" not in text
    assert read(text).wrong == []


@pytest.mark.parametrize("keep", ["few", "history", "some", "one"])
def test_lesser_datasets_work(data: xr.Dataset, book: Catalogue, keep: str) -> None:
    part = {
        "few": lambda: data.isel(draw=slice(0, 8)),
        "history": lambda: data.sel(month=data["month"] <= np.datetime64("2025-08-17")),
        "some": lambda: data[["units_delivered", "huawei_units"]],
        "one": lambda: data.isel(draw=slice(0, 1), month=slice(0, 46)),
    }[keep]()
    page = report_html(part, book)
    found = read(page)
    assert found.wrong == []
    assert not re.search(r"\b(nan|inf)\b", found.text, re.IGNORECASE)
    if keep == "history":
        assert "history only" in found.text
    if keep == "some":
        assert "does not carry" in found.text
