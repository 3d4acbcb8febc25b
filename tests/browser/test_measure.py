"""The page "Measure" in a real browser: a batch, its CSV, the error map, cancelling, a phone."""

import csv
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from sr_core import decode, measure, resize, standard
from tests.browser.screenshots import screenshot, screenshot_both
from tests.conftest import ROOT

PICTURES = ROOT / "tests" / "data"
SECONDS = 120_000  # in ms: on a busy machine the first picture also waits for TensorFlow


@pytest.fixture
def open_measure(app_server: str, browser: Browser) -> Iterator:
    """Open the page as somebody new, with these parameters in its address."""
    contexts = []

    def opened(query: str = "", **options) -> Page:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}))
        page = contexts[-1].new_page()
        page.goto(f"{app_server}/measure{query}")
        expect(page.get_by_test_id("stFileUploaderDropzone").first).to_be_visible(timeout=SECONDS)
        return page

    yield opened
    for context in contexts:
        context.close()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def payload(name: str, data: bytes | None = None) -> FilePayload:
    content = (PICTURES / name).read_bytes() if data is None else data
    return {"name": name, "mimeType": "image/png", "buffer": content}


def upload(page: Page, *files: FilePayload) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(files)


def large_photo() -> bytes:
    """Many tiles, so that there is time to cancel."""
    buffer = BytesIO()
    with Image.open(PICTURES / "skyline.png") as image:
        image.resize((2000, 2000)).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def test_batch_is_measured_and_its_csv_holds_every_digit(open_measure):
    page = open_measure("?networks=EDSR&networks=Nonsense&scale=7")
    upload(page, payload("guitar.png"), payload("bad.png", b"no picture" * 9), payload("skyline.png"))

    means = page.get_by_role("table", name="Luma, shave 4, mean of 2 pictures.")
    expect(means.get_by_role("rowheader")).to_have_text(["Bicubic", "EDSR"], timeout=SECONDS)
    expect(button(page, "Cancel")).to_have_count(0, timeout=SECONDS)
    expect(page.get_by_role("row", name=re.compile("bad.png The file is not a picture"))).to_be_visible()
    assert "Nonsense" not in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV", exact=True).click()

    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 2 * 2 * 2
    original = decode((PICTURES / "guitar.png").read_bytes()).pixels
    bicubic = resize.upscale(resize.downscale(original, 4), 4)
    assert float(rows[0]["psnr_db"]) == measure(original, bicubic, standard(4)).psnr


def test_error_map_is_shown_with_its_legend_and_in_words(open_measure):
    page = open_measure()
    button(page, "Dog").click()
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("EDSR passes 30 dB")).to_be_visible(timeout=SECONDS)
    screenshot_both(page, "measure")

    page.get_by_role("radio", name="Errors of both").click()

    expect(page.get_by_role("img", name=re.compile("Colours of the error"))).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Half of the pixels are off by at most")).to_have_count(2)
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    screenshot(page, "measure-errors")


def test_cancel_keeps_what_was_measured_and_goes_on_when_asked(open_measure):
    page = open_measure()
    upload(page, payload("guitar.png"), payload("large.png", large_photo()))
    expect(
        page.get_by_text(re.compile(r"Picture 2 of 2\. EDSR: enlarging, about \d+ \w+ left"))
    ).to_be_visible(timeout=SECONDS)

    button(page, "Cancel").click()

    expect(page.get_by_text("Cancelled. What was measured before is kept.")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("row", name=re.compile(r"guitar\.png \d"))).to_be_visible()
    button(page, "Go on").click()
    expect(page.get_by_text(re.compile("EDSR: enlarging"))).to_be_visible(timeout=SECONDS)
    button(page, "Start over").click()
    expect(button(page, "Dog")).to_be_visible(timeout=SECONDS)


def test_pair_fits_a_phone(open_measure):
    page = open_measure("?task=A+pair", viewport={"width": 390, "height": 844}, has_touch=True)
    small = BytesIO()
    with Image.open(PICTURES / "guitar.png") as image:
        image.resize((32, 24)).save(small, "png")

    upload(page, payload("small.png", small.getvalue()))
    expect(page.get_by_text("Here: small.png")).to_be_visible(timeout=SECONDS)
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files([payload("guitar.png")])

    expect(page.get_by_text("The small picture of 32 × 24 px as uploaded")).to_be_visible(timeout=SECONDS)
    expect(button(page, "Cancel")).to_have_count(0, timeout=SECONDS)
    expect(page.get_by_role("table", name="RGB, shave 0.")).to_be_visible(timeout=SECONDS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, "measure-phone")


def test_settings_outlive_a_visit_to_another_page(open_measure):
    page = open_measure("?task=A+pair")

    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Each network")).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Measure").click()

    expect(page.get_by_role("radio", name="A pair")).to_be_checked(timeout=SECONDS)
    expect(page).to_have_url(re.compile(r"/measure\?task=A(\+|%20)pair$"))
