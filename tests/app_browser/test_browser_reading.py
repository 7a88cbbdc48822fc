"""From an article to a scenario, in the page."""

from app_browser.watched import Watched
from playwright.sync_api import expect

ARTICLE = """Washington lets Nvidia sell the H20 in China again

WASHINGTON, August 11, 2025 - The United States government granted Nvidia licences to export the H20 chip to China.
Nvidia agreed to pay 15 percent of its revenue from the H20 in China to the US government, officials said on Monday.
On August 12, 2025, Chinese regulators urged ByteDance and Alibaba to avoid buying the H20.
"""


def test_an_article_becomes_a_scenario(app: Watched) -> None:
    app.open().tab("article")
    app.page.locator("#article-text").fill(ARTICLE)
    app.page.locator("#article-day").fill("2025-08-13")
    app.page.locator("#read-article").click()
    rows = app.page.locator("#events tbody tr")
    expect(rows.first).to_be_visible(timeout=10_000)
    assert rows.count() >= 2
    assert app.page.locator("mark").count() >= 1
    app.page.locator("#make-scenario").click()
    expect(app.page.locator("#scenario-made")).to_be_visible(timeout=20_000)
    expect(app.page.locator("#compare")).to_have_attribute("aria-pressed", "true")
    app.tab("deliveries").settled()
