"""The page "Upscale" in a real browser with many pictures."""

import re
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from sr_core import Upscaler, decode, encode
from tests.browser.conftest import drop_messages
from tests.browser.screenshots import screenshot, screenshot_both
from tests.conftest import ROOT

PICTURES = ROOT / "tests" / "data"
SECONDS = 120_000  # in ms: on a busy machine the first picture also waits for TensorFlow

OpenApp = Callable[..., Page]


@cache
def photo(name: str, width: int, height: int) -> bytes:
    buffer = BytesIO()
    with Image.open(PICTURES / name) as image:
        image.resize((width, height)).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def payload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def upload(page: Page, *files: FilePayload) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(files)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def download(page: Page, name: str) -> bytes:
    with page.expect_download(timeout=SECONDS) as download:
        page.get_by_role("link", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def row(page: Page, name: str) -> Locator:
    return page.locator("[class*=st-key-tile_]").filter(has_text=name)


@pytest.fixture(scope="module")
def enlarged() -> Callable[[bytes], bytes]:
    upscaler = Upscaler.from_weights("edsr_x4", precision="float32", clean_up="auto")

    def enlarge(data: bytes) -> bytes:
        small = decode(data)
        strength = upscaler.choose_clean_up(small).strength
        large = upscaler.upscale(small, clean_up=strength)
        return encode(large, provenance=upscaler.provenance(strength))

    return enlarge


def test_batch_with_a_broken_picture_comes_out_as_a_zip_of_the_librarys_bytes(
    open_app: OpenApp, enlarged: Callable[[bytes], bytes]
):
    page = open_app()
    first, second = photo("guitar.png", 32, 24), photo("skyline.png", 40, 20)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("trip/second.png", second)
        archive.writestr("trip/notes.txt", "no picture")
    upload(
        page,
        payload("first.png", first),
        payload("broken.png", b"nothing"),
        payload("t.zip", packed.getvalue()),
    )

    expect(page.get_by_text("2 done, 1 failed", exact=True)).to_be_visible(timeout=SECONDS)
    expect(row(page, "broken.png")).to_contain_text("The file is not a picture that can be read")
    expect(row(page, "trip/second.png")).to_contain_text("160 × 80 px ·")
    expect(page.get_by_text("notes.txt was left out: it is not a picture.")).to_be_visible()
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    screenshot_both(page, "batch")
    with zipfile.ZipFile(BytesIO(download(page, "Download 2 of 3"))) as archive:
        assert archive.namelist() == ["first_x4.png", "trip/second_x4.png"]
        same = [archive.read("first_x4.png") == enlarged(first)]
        same += [archive.read("trip/second_x4.png") == enlarged(second)]
    assert same == [True, True]


def test_more_can_be_added_shown_and_removed_while_results_stay(open_app: OpenApp):
    page = open_app()
    upload(page, payload("a.png", photo("guitar.png", 32, 24)))
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)

    upload(page, payload("b.png", photo("skyline.png", 24, 32)))
    expect(page.get_by_text("2 done", exact=True)).to_be_visible(timeout=SECONDS)
    row(page, "a.png").get_by_role("button", name="a.png").first.click()
    expect(page.locator("[data-testid=compare-after] img").first).to_have_js_property(
        "naturalHeight", 96, timeout=SECONDS
    )
    row(page, "b.png").get_by_role("button", name="b.png").first.click()
    expect(page.locator("[data-testid=compare-after] img").first).to_have_js_property(
        "naturalHeight", 128, timeout=SECONDS
    )
    button(page, "Remove a.png").click()

    expect(page.get_by_text("24 × 32 px → 96 × 128 px")).to_be_visible()
    expect(page.get_by_text("a.png", exact=True)).to_have_count(0)


@pytest.mark.parametrize("arriving", [0, 12])
def test_page_whose_redraw_is_lost_is_drawn_again(app_server: str, browser: Browser, arriving: int):
    page, left = browser.new_page(), [10_000]

    def is_lost(message: str | bytes) -> bool:
        left[0] -= 1
        return left[0] < 0

    lost = drop_messages(page, is_lost)
    page.goto(app_server)
    expect(page.get_by_role("navigation", name="Pages")).to_be_attached(timeout=SECONDS)
    upload(
        page,
        payload("a.png", photo("guitar.png", 32, 24)),
        payload("b.png", photo("skyline.png", 24, 32)),
    )
    expect(page.get_by_text("2 done", exact=True)).to_be_visible(timeout=SECONDS)
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    left[0] = arriving
    row(page, "b.png").get_by_role("button", name="b.png").first.click()
    page.wait_for_timeout(4_000)  # until nothing else would draw the page
    left[0] = 10_000

    expect(page.locator("[data-testid=compare-after] img").first).to_have_js_property(
        "naturalHeight", 128, timeout=SECONDS
    )

    assert lost
    expect(page.get_by_text("2 done", exact=True)).to_be_visible(timeout=SECONDS)
    page.close()


def test_cancel_in_the_middle_keeps_what_is_done_and_lets_the_rest_go_on(open_app: OpenApp):
    page = open_app()
    large = photo("guitar.png", 700, 700)
    upload(
        page,
        payload("first.png", photo("guitar.png", 32, 24)),
        payload("large.png", large),
        payload("last.png", photo("skyline.png", 24, 32)),
    )
    expect(page.get_by_text(re.compile(r"Enlarging, about [\d.]+ \w+ left"))).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", "0", timeout=SECONDS)
    expect(row(page, "last.png")).to_contain_text("Waiting")
    screenshot(page, "batch-busy")

    row(page, "large.png").get_by_role("button", name="Cancel").click()

    expect(row(page, "large.png")).to_contain_text("Cancelled")
    expect(page.get_by_text("2 done", exact=True)).to_be_visible(timeout=SECONDS)
    row(page, "large.png").get_by_role("button", name="Start again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    row(page, "large.png").get_by_role("button", name="Cancel").click()
    expect(row(page, "large.png")).to_contain_text("Cancelled")


def test_two_people_at_once_each_get_their_own_picture(open_app: OpenApp, enlarged: Callable[[bytes], bytes]):
    pages = [open_app(), open_app()]
    photos = [photo("guitar.png", 32, 24), photo("skyline.png", 32, 24)]

    for page, data in zip(pages, photos, strict=True):
        upload(page, payload("same.png", data))

    for page, data in zip(pages, photos, strict=True):
        expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
        assert download(page, "Download PNG") == enlarged(data)


def test_batch_fits_a_phone(open_app: OpenApp):
    page = open_app("?size=Exact&px=60&format=JPEG", width=390, height=844, is_mobile=True, has_touch=True)
    upload(page, payload(f"{'long' * 40}.png", photo("guitar.png", 32, 24)), payload("bad.png", b"nothing"))

    expect(page.get_by_text("1 done, 1 failed", exact=True)).to_be_visible(timeout=SECONDS)
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in page.locator("[data-testid=stMain] :is(button, p, .compare)").all():
        area = part.bounding_box()
        assert area is None or area["x"] + area["width"] <= 391
    screenshot(page, "batch-phone")
