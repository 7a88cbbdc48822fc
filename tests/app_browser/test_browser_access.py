"""Keyboard, screen readers, the phone, and every view without faults."""

import pytest
from app_browser.watched import BAND, Watched
from playwright.sync_api import expect

VIEWS = {
    "deliveries": "Which chips land", "prices": "who pays the fee", "revenue": "revenue from chips",
    "domestic": "Domestic supply", "compute": "Compute on both sides", "buyers": "Who gets the chips",
    "orders": "The order book", "compare": "Against the baseline", "timeline": "What was done",
    "rules": "exportable", "chips": "What each chip is", "scoreboard": "past forecasts", "article": "news article",
    "assumptions": "What the model assumes",
}  # fmt: skip


def _width_over(watched: Watched) -> int:
    return int(watched.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("size", ["app", "phone"])
def test_every_view_opens_without_faults_or_overflow(size: str, request: pytest.FixtureRequest) -> None:
    watched: Watched = request.getfixturevalue(size)
    watched.open()
    for name, words in VIEWS.items():
        watched.tab(name)
        expect(watched.page.locator("#panel h2").first).to_contain_text(words)
        expect(watched.page.locator("#panel .loading")).to_have_count(0, timeout=20_000)
        assert watched.page.locator("#panel .notice.error").count() == 0, name
        assert _width_over(watched) <= 0, name


def test_the_keyboard_alone_suffices(app: Watched) -> None:
    app.open()
    page = app.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    slider = app.lever("washington.fee.h20").locator("input[type=range]")
    for _ in range(40):
        page.keyboard.press("Tab")
        if slider.evaluate("one => one === document.activeElement"):
            break
    expect(slider).to_be_focused()
    before = app.caption()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    app.settled()
    assert app.caption() != before
    assert "%" in str(slider.get_attribute("aria-valuetext"))
    page.locator("#tab-deliveries").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-prices")).to_be_focused()
    expect(page.locator("#tab-prices")).to_have_attribute("aria-selected", "true")


def test_results_are_announced_and_charts_have_tables(app: Watched) -> None:
    app.open()
    expect(app.page.locator("#live")).to_contain_text("legal foreign chips land")
    chart = app.page.locator(BAND)
    assert "80 % interval" in str(chart.locator(".plot").get_attribute("aria-label")).replace("\u00a0", " ")
    chart.get_by_role("button", name="Table of").click()
    table = chart.get_by_role("table")
    expect(table.locator("caption")).to_be_visible()
    assert table.locator("thead th[scope=col]").count() == 8
    assert table.locator("tbody th[scope=row]").count() == table.locator("tbody tr").count() > 40


def test_every_control_has_a_name(app: Watched) -> None:
    app.open()
    nameless = app.page.evaluate(
        """() => [...document.querySelectorAll('input, select, textarea, button, summary')].filter((one) => {
             const labels = [...(one.labels || [])].map((label) => label.textContent.trim()).join('');
             return !(labels || one.getAttribute('aria-label') || one.textContent.trim());
           }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_formula_and_sources_on_demand(app: Watched) -> None:
    app.open()
    app.page.locator("#card-fee").get_by_role("button", name="Formula and sources").click()
    dialog = app.page.get_by_role("dialog")
    expect(dialog).to_contain_text("fee rate x revenue")
    expect(dialog).to_contain_text("USD/month")


def test_levers_open_on_the_phone(phone: Watched) -> None:
    phone.open()
    panel = phone.page.locator("#levers")
    expect(panel).to_be_hidden()
    phone.page.locator("#open-levers").click()
    expect(panel).to_be_visible()
    phone.set_lever("washington.fee.h20", "30")
    expect(phone.page.locator("#kicker")).to_contain_text("1 lever moved")
    panel.get_by_role("button", name="Done").click()
    expect(panel).to_be_hidden()
    assert _width_over(phone) <= 0


def test_nothing_jumps_while_a_band_sharpens(app: Watched) -> None:
    app.open()
    app.page.evaluate(
        """() => { window.moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())
             if (!one.hadRecentInput) window.moved += one.value; }).observe({ type: 'layout-shift' }); }"""
    )
    app.page.wait_for_timeout(600)  # what a click lets move ends
    app.set_lever("washington.fee.h20", "45")
    app.page.wait_for_timeout(600)
    assert app.page.evaluate("window.moved") < 0.05
