"""The cockpit as its users work it, in a real browser against a real server."""

import csv
import io
import json
import subprocess
import sys

import pytest
from app_browser.watched import BAND, Watched, link, medians, new_context
from playwright.sync_api import Browser, expect

FEE, BEIJING = "washington.fee.h20", "beijing.level.h20"


def test_first_view_has_the_answer_and_its_intervals(app: Watched) -> None:
    app.follow(app.url)  # as a reader first comes
    expect(app.page.locator("#answer-text")).to_contain_text("legal foreign chips land")
    cards = app.page.locator("#cards .card")
    expect(cards).to_have_count(5)
    for card in cards.all():
        assert card.locator(".badge").inner_text() in ("derived", "reported", "assumed", "estimated")
        assert "%" in card.locator(".range").inner_text()
    assert len(medians(app.caption())) == 3
    expect(app.page.locator(f"{BAND} .plot svg.main-svg").first).to_be_attached()


def test_a_lever_moves_the_band_and_undo_brings_it_back(app: Watched) -> None:
    app.open()
    before = app.caption()
    choice = app.lever(BEIJING).locator("select").first
    choice.select_option("3")
    app.settled()
    blocked = app.caption()
    assert medians(blocked) != medians(before)
    expect(app.page.locator("#kicker")).to_contain_text("1 lever moved")
    app.page.keyboard.press("Control+z")
    app.settled()
    assert app.caption() == before
    app.page.keyboard.press("Control+Shift+z")
    app.settled()
    assert app.caption() == blocked
    expect(app.page.locator("#redo")).to_be_disabled()


def test_one_drag_is_one_step_of_undo(app: Watched) -> None:
    app.open()
    slider = app.lever(FEE).locator("input[type=range]")
    box = slider.bounding_box()
    assert box is not None
    app.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    app.page.mouse.down()
    for share in (0.4, 0.5, 0.6, 0.7):
        app.page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    app.page.mouse.up()
    app.settled()
    assert float(app.lever(FEE).locator(".entry input").input_value()) > 30
    app.page.locator("#undo").click()
    app.settled()
    expect(app.page.locator("#undo")).to_be_disabled()
    expect(app.lever(FEE)).not_to_have_class("set")


def test_a_value_out_of_range_is_explained_and_not_taken(app: Watched) -> None:
    app.open()
    entry = app.lever(FEE).locator(".entry input")
    entry.fill("90")
    entry.press("Enter")
    expect(app.lever(FEE).locator(".why")).to_contain_text("from 0 to 60")
    expect(app.page.locator("#undo")).to_be_disabled()


def test_a_moot_lever_is_greyed_with_its_reason(app: Watched) -> None:
    app.open()
    app.set_lever("washington.open.h20", "0")
    row = app.lever(FEE)
    expect(row.locator(".why")).to_contain_text("Washington lets no H20 through")
    expect(row.locator("input[type=range]")).to_be_disabled()


def test_same_numbers_as_the_command_line(app: Watched) -> None:
    app.open()
    app.set_lever(FEE, "30")
    with app.page.expect_download() as waiting:
        app.page.locator(f"{BAND} .menu summary").click()
        app.page.get_by_role("button", name="CSV, all figures").first.click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    command = [sys.executable, "-m", "chipgate.cli.main", "run", "h20-reopened", "--draws", "128", "--json",
               "--set", "washington.fee.h20=0.3", "--metric", "units_by_route"]  # fmt: skip
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
    series = told["metrics"]["units_by_route"]["series"]
    legal = [row for row in rows if row["route"] == "legal"]
    assert len(legal) == len(series["legal"])
    for row in legal:
        for point in ("p5", "p50", "p95"):
            # The blocks of draws differ in size, so single precision may round the last printed digit either way.
            assert float(row[point]) == pytest.approx(series["legal"][row["month"]][point], rel=1e-6)


def test_compare_shows_the_baseline_side_by_side_with_causes(app: Watched) -> None:
    app.open()
    app.page.locator("#compare").click()
    app.set_lever(FEE, "50")
    expect(app.page.locator("#card-fee .delta")).to_contain_text("baseline")
    expect(app.page.locator(f"{BAND} figcaption")).to_contain_text("Baseline at the end", timeout=20_000)
    app.tab("compare")
    app.page.locator("#cause").select_option("fee_receipts")
    app.page.get_by_role("button", name="Compare in figures").click()
    expect(app.page.locator("#chart-waterfall figcaption")).to_contain_text("Mean difference", timeout=60_000)
    app.page.locator("#chart-waterfall").get_by_role("button", name="Table of").click()
    expect(app.page.locator("#chart-waterfall table")).to_contain_text("difference in all")
    expect(app.page.get_by_role("table").filter(has_text="rises in")).to_be_visible()


def test_a_link_restores_the_page_for_another_reader(app: Watched, browser: Browser) -> None:
    app.open()
    app.page.locator("#compare").click()
    app.set_lever(FEE, "40")
    app.tab("prices").settled()
    app.page.locator("#share").click()
    address = app.page.locator("#share-link").inner_text()
    assert address.startswith(f"{app.url}/#s=1.")
    with new_context(browser) as context:
        other = Watched(context.new_page(), app.url)
        other.follow(address)
        expect(other.page.locator("#tab-prices")).to_have_attribute("aria-selected", "true")
        expect(other.lever(FEE).locator(".entry input")).to_have_value("40")
        expect(other.page.locator("#compare")).to_have_attribute("aria-pressed", "true")
        assert other.caption("#chart-fee") == app.caption("#chart-fee")
        assert other.faults == []


def test_a_broken_link_is_said_and_the_default_shown(app: Watched) -> None:
    app.follow(f"{app.url}/#s=1.nonsense")
    expect(app.page.locator("#notices")).to_contain_text("could not be read")
    app.faults.clear()  # the browser itself logs the 4xx


def test_a_link_of_other_versions_warns(app: Watched) -> None:
    state = {"base": "h20-reopened", "draws": 64, "seed": 0, "settings": {FEE: 0.2}}
    page = {"state": state, "baseline": None, "view": {}, "data": "of-last-year"}
    app.follow(link(app.url, page))
    expect(app.page.locator("#notices")).to_contain_text("numbers may differ")
    expect(app.lever(FEE).locator(".entry input")).to_have_value("20")


def test_a_long_run_can_be_cancelled(app: Watched) -> None:
    app.open(draws=64)
    app.page.locator(".actor summary", has_text="The run").click()
    app.page.locator("#draws").select_option("2000")
    app.page.locator("#cancel").click()
    expect(app.page.locator("#run-text")).to_contain_text("Stopped")
    assert len(medians(app.caption())) == 3


def test_a_silent_server_is_said_with_a_way_out(app: Watched) -> None:
    app.open()
    app.page.route("**/api/runs", lambda route: route.abort())
    entry = app.lever(FEE).locator(".entry input")
    entry.fill("33")
    entry.press("Enter")
    notice = app.page.get_by_role("alert")
    expect(notice).to_contain_text("does not answer")
    app.page.unroute("**/api/runs")
    notice.get_by_role("button", name="Try again").click()
    app.settled()
    expect(notice).to_have_count(0)
    app.faults.clear()  # the browser itself logs the request that failed


def test_reproduce_gives_the_command_and_the_snippet(app: Watched) -> None:
    app.open()
    app.set_lever(FEE, "30")
    app.page.locator("#reproduce").click()
    dialog = app.page.get_by_role("dialog", name="Reproduce")
    expect(dialog).to_contain_text("chipgate run h20-reopened")
    expect(dialog).to_contain_text("washington.fee.h20=0.3")
    expect(dialog).to_contain_text("import chipgate")
    app.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_pictures_of_a_chart_can_be_saved(app: Watched) -> None:
    app.open()
    for name, head in (("PNG picture", b"\x89PNG"), ("SVG picture", b"<svg")):
        with app.page.expect_download() as waiting:
            app.page.locator(f"{BAND} .menu summary").click()
            app.page.locator(BAND).get_by_role("button", name=name).click()
        assert waiting.value.path().read_bytes().startswith(head)


def test_the_report_is_one_file(app: Watched) -> None:
    app.open()
    with app.page.expect_download(timeout=60_000) as waiting:
        app.page.locator("#report").click()
    text = waiting.value.path().read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") or text.startswith("<!DOCTYPE html>")
    assert "H20 re-opened" in text


def test_all_of_history_on_demand(app: Watched) -> None:
    app.open()
    table = app.page.locator(BAND).get_by_role("table")
    app.page.locator(BAND).get_by_role("button", name="Table of").click()
    expect(table.locator("tbody tr").first).to_contain_text("2024-01")
    app.page.get_by_role("button", name="from 2022").click()
    expect(table.locator("tbody tr").first).to_contain_text("2022-01", timeout=20_000)
