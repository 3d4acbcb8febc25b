"""The page "Models" in a real browser: charts, details and readable tables, on a phone too."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.models_site import HOSTILE, NETWORKS
from tests.browser.screenshots import screenshot, screenshot_both

SECONDS = 120_000  # in ms
PHONE = ViewportSize(width=390, height=844)

Serve = Callable[[str], str]


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.get_by_role("heading", name="The networks, side by side")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("heading", name="Each network")).to_be_visible(timeout=SECONDS)
    return page


def test_curves_and_details_are_drawn_and_texts_stay_texts(serve: Serve, page: Page):
    opened(page, serve("tests/browser/models_site.py"))

    expect(page.get_by_alt_text(f"The detail: {HOSTILE}")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    sizes = page.locator(".details img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert sizes == [1, 1]
    chart = page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    expect(chart).to_be_visible()
    # Drawn in the blue of the first line, so that the chart is not an empty frame.
    shown = np.asarray(Image.open(BytesIO(chart.screenshot())).convert("RGB"), np.int32)
    assert (np.abs(shown - (0x3B, 0x82, 0xC4)).max(axis=-1) < 8).any()


def test_tables_are_readable_on_a_phone(serve: Serve, browser: Browser):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = opened(context.new_page(), serve("tests/browser/models_site.py"))

    table = page.get_by_role("table", name="Set5, mean of 5 pictures.", exact=True)
    expect(table.get_by_role("rowheader")).to_have_text(NETWORKS)
    area = table.bounding_box()
    assert area is not None
    assert area["x"] + area["width"] <= PHONE["width"]
    page.get_by_text("All columns, and self-ensemble").click()
    region = page.get_by_role("region", name="All columns")
    expect(region).to_be_visible()
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("[...document.querySelectorAll('.numbers div')].some(one => one.scrollLeft > 0)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_page_is_in_the_menu_and_says_what_is_not_there(app_server: str, browser: Browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(app_server)

    page.get_by_role("link", name="Models").click()

    opened(page, f"{app_server}/models?of=%3Cb%3E")
    expect(page.get_by_text("EDSR ×4: 1,517,571 parameters")).to_be_visible()
    screenshot_both(page, "models")
    page.set_viewport_size(PHONE)
    screenshot(page, "models-phone")
    context.close()
