"""Several networks on one picture, in a real browser: the grid alone, and the page "Compare"."""

import re
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from sr_core import decode, encode, resize
from tests.browser.compare_page import HOSTILE_LABEL, SIZES, large, noise
from tests.browser.conftest import drop_messages
from tests.browser.screenshots import FOLDER, screenshot_both
from tests.browser.screenshots import screenshot as document
from tests.browser.views import PHONE, SECONDS, OpenView, box, one_to_one, pinch, screenshot, toggle, zoom
from tests.conftest import ROOT

PHOTO = ROOT / "tests" / "data" / "guitar.png"
NETWORKS = ["EDSR", "Autoencoder", "ESRGAN", "SRCNN", "VDSR"]
LONG = 240_000  # ms: TensorFlow has to be loaded, and five networks after it

OpenSite = Callable[..., Page]


def panes(page: Page) -> Locator:
    return page.locator(".cell .pane")


def spots(page: Page) -> list[tuple[float, float, float]]:
    """Where each picture begins in its pane, and how large it is drawn."""
    found = []
    for pane in panes(page).all():
        area, frame = box(pane.locator("> img")), box(pane)
        found += [(area["x"] - frame["x"], area["y"] - frame["y"], area["width"])]
    return found


def agree(page: Page) -> bool:
    first, *others = spots(page)
    return all(spot == pytest.approx(first, abs=1) for spot in others)


# ---------------------------------------------------------------------- the grid


def test_all_pictures_follow_wheel_and_drag_over_one_of_them(open_view: OpenView):
    page = open_view("grid")
    area = box(panes(page).nth(1))
    left, top = area["x"] + 0.7 * area["width"], area["y"] + 0.4 * area["height"]
    start, fitted = spots(page), zoom(page)

    page.mouse.move(left, top)
    page.get_by_test_id("compare-viewport").focus()
    page.mouse.wheel(0, -300)
    expect(page.get_by_test_id("compare-zoom")).not_to_have_text(f"{fitted}%")
    assert agree(page)
    zoomed = spots(page)
    page.mouse.down()
    page.mouse.move(left - 30, top - 10, steps=4)
    page.mouse.up()

    assert agree(page)
    assert zoomed != start
    assert spots(page) != zoomed


def test_same_spot_is_marked_in_the_other_pictures(open_view: OpenView):
    page = open_view("grid")
    area = box(panes(page).first)

    page.mouse.move(area["x"] + 50, area["y"] + 30)

    marks = page.locator(".spot[data-on]")
    expect(marks).to_have_count(2)
    for index in (1, 2):
        mark, pane = box(panes(page).nth(index).locator(".spot")), box(panes(page).nth(index))
        middle = mark["x"] + mark["width"] / 2 - pane["x"], mark["y"] + mark["height"] / 2 - pane["y"]
        assert middle == pytest.approx((50, 30), abs=1)
    page.mouse.move(5, 5)
    expect(marks).to_have_count(0)


def test_keys_move_all_pictures(open_view: OpenView):
    page = open_view("grid")
    viewport = page.get_by_role("group", name="Comparison of Original, Bicubic, SRCNN ×4")
    fitted = zoom(page)

    viewport.press("1")
    assert zoom(page) == 100
    start = spots(page)
    viewport.press("ArrowRight")
    assert spots(page)[2][0] == pytest.approx(start[2][0] - 60, abs=1)
    viewport.press("Home")
    assert spots(page)[2][:2] == pytest.approx((0, 0), abs=1)
    assert agree(page)
    viewport.press("0")
    assert zoom(page) == fitted


@pytest.mark.parametrize(("picture", "size"), [("grid", SIZES["wide"]), ("grid-large", None)])
def test_real_pixels_are_exact_in_every_cell(open_view: OpenView, picture: str, size: tuple[int, int] | None):
    page = open_view(picture)
    one_to_one(page)

    for index, (left, top, _) in enumerate(spots(page)):
        area = box(panes(page).nth(index))
        shown = screenshot(page, (area["x"] + 20, area["y"] + 20, 120, 80))
        pixels = noise(*(size or large(seed=0).pixels.shape[:2]), seed=index)
        row, column = round(20 - top), round(20 - left)
        np.testing.assert_array_equal(shown, pixels[row : row + 80, column : column + 120])


def test_one_more_picture_keeps_zoom_and_sends_nothing_again(open_view: OpenView, view_server: str):
    page = open_view("grid")
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    page.goto(f"{view_server}/?picture=grid")
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="1:1").click()
    one = len(encode(large(seed=0))) * SIZES["wide"][0] * SIZES["wide"][1] / large(seed=0).pixels[..., 0].size
    frames.clear()

    toggle(page, "One more")

    expect(page.locator(".cell[data-state=ready]")).to_have_count(4)
    assert zoom(page) == 100
    assert agree(page)
    assert 0.8 * one < sum(frames) < 1.5 * one


def test_labels_and_captions_are_text_whatever_they_contain(open_view: OpenView):
    page = open_view("grid")
    expect(page.locator(".facts")).to_have_text(["0.5 s", "1.5 s", "2.5 s"])

    toggle(page, "Hostile label")

    expect(page.locator(".title").last).to_have_text(HOSTILE_LABEL)
    expect(page.locator(".cell[data-state=ready]")).to_have_count(3)
    assert page.title() != "owned"
    assert page.locator(".cell img").count() == 3


def test_grid_fits_a_phone_and_pinches(open_view: OpenView):
    page = open_view("grid", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in page.locator(".cell, .group:visible").all():
        assert box(part)["x"] + box(part)["width"] <= 360
    assert box(panes(page).nth(0))["y"] == box(panes(page).nth(1))["y"], "two in a row"
    pane = panes(page).first
    assert pane.evaluate("pane => getComputedStyle(pane).touchAction") == "pan-y"

    area = box(pane)
    pinch(page, (area["x"] + 80, area["y"] + 60), spreads=(10, 20, 40))

    expect(page.locator(".viewport[data-pannable]")).to_be_visible()
    assert agree(page)
    assert pane.evaluate("pane => getComputedStyle(pane).touchAction") == "none"


# ---------------------------------------------------------------------- the page


@pytest.fixture
def open_site(serve: Callable[[str], str], browser: Browser) -> Iterator[OpenSite]:
    """Open the page "Compare" with five tiny networks."""
    url = serve("tests/browser/compare_site.py")
    contexts, complaints = [], []

    def opened(query: str = "", *, width: int = 1280, height: int = 900, **options) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/{query}")
        expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible(timeout=LONG)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def upload(page: Page, data: bytes) -> None:
    file: FilePayload = {"name": "guitar.png", "mimeType": "image/png", "buffer": data}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def photo(width: int, height: int) -> bytes:
    buffer = BytesIO()
    with Image.open(PHOTO) as image:
        image.resize((width, height)).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def finished(page: Page, cells: list[str]) -> None:
    expect(page.locator(".cell[data-state=ready] .title")).to_have_text(cells, timeout=LONG)
    expect(button(page, "Cancel")).to_have_count(0, timeout=LONG)


def test_five_networks_are_measured_side_by_side_and_downloaded(open_site: OpenSite):
    page = open_site("?original=true")
    upload(page, PHOTO.read_bytes())
    finished(page, ["Original", "Bicubic", *NETWORKS])

    table = page.get_by_role("table", name="In numbers: luma, shave 4.")
    expect(table.get_by_role("rowheader")).to_have_text(["Bicubic", *NETWORKS])
    expect(page.get_by_text("as research papers do, leaving out a border of 4 px")).to_be_visible()
    expect(page.locator(".facts").last).to_have_text(re.compile(r"^[<\d. ]+ s · [\d.]+ dB · -?0\.\d{4}$"))
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("link", name="Download Bicubic", exact=True).click()
    assert download.value.suggested_filename == "guitar_x4_bicubic.png"
    received = decode(Path(download.value.path()).read_bytes()).pixels
    original = decode(PHOTO.read_bytes()).pixels
    np.testing.assert_array_equal(received, resize.upscale(resize.downscale(original, 4), 4))


def test_any_two_are_compared_under_one_slider(open_site: OpenSite):
    page = open_site("?models_x4=SRCNN&models_x4=EDSR")
    upload(page, PHOTO.read_bytes())
    finished(page, ["Bicubic", "EDSR", "SRCNN"])

    page.get_by_role("radio", name="Two at a time").click()
    expect(page.locator(".compare[data-kind=compare][data-state=ready]")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("slider", name="Slider between Bicubic and EDSR")).to_be_visible()
    page.get_by_label("Before").select_option("Pixels")
    page.get_by_label("After").select_option("SRCNN")

    expect(page.get_by_role("slider", name="Slider between Pixels and SRCNN")).to_be_visible()
    assert "view=Two" in page.url


def test_two_pictures_are_never_the_same_one_while_networks_are_at_work(open_site: OpenSite):
    page = open_site("?view=Two+at+a+time&models_x4=EDSR")
    upload(page, PHOTO.read_bytes())

    slider = page.get_by_role("slider", name="Slider between")
    expect(slider).to_have_attribute(
        "aria-label", re.compile("Pixels and Bicubic|Bicubic and EDSR"), timeout=LONG
    )
    expect(slider).to_have_attribute("aria-label", "Slider between Bicubic and EDSR", timeout=LONG)
    page.get_by_text("I have the original").click()

    expect(page.get_by_text("Shrunk to")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("slider", name="Slider between Bicubic and EDSR")).to_be_visible(timeout=LONG)


def test_picture_that_is_lost_on_the_way_still_arrives(serve: Callable[[str], str], browser: Browser):
    page = browser.new_page()
    end: list[float] = []

    def is_lost(message: str | bytes) -> bool:
        """The pictures, which are not in the message of their view, until nothing else will draw the page."""
        if len(message) <= 100_000:
            return False
        end[:] = end or [time.monotonic() + 8]
        return time.monotonic() < end[0]

    lost = drop_messages(page, is_lost)
    page.goto(f"{serve('tests/browser/compare_site.py')}/?view=Two+at+a+time&models_x4=EDSR")
    upload(page, PHOTO.read_bytes())

    expect(page.get_by_role("slider", name="Slider between Bicubic and EDSR")).to_be_visible(timeout=LONG)

    assert lost
    page.close()


def test_cancel_frees_the_queue_and_keeps_what_was_done(open_site: OpenSite):
    first, second = open_site("?models_x4=EDSR&models_x4=VDSR"), open_site("?models_x4=EDSR")
    upload(first, photo(500, 500))
    expect(
        first.get_by_text(re.compile(r"VDSR \(2 of 2\): enlarging, about \d+ (s|min) left"))
    ).to_be_visible(timeout=LONG)
    upload(second, PHOTO.read_bytes())
    expect(second.get_by_text("1 picture is ahead of yours ...")).to_be_visible(timeout=LONG)

    button(first, "Cancel").click()

    expect(first.get_by_text("Cancelled. What was finished before is kept.")).to_be_visible(timeout=SECONDS)
    finished(second, ["Bicubic", "EDSR"])
    expect(first.locator(".cell[data-state=ready] .title")).to_have_text(["Bicubic", "EDSR"])
    button(first, "Go on").click()
    expect(first.get_by_text(re.compile(r"VDSR \(2 of 2\): enlarging"))).to_be_visible(timeout=LONG)
    button(first, "Start over").click()
    expect(first.get_by_test_id("stFileUploaderDropzone")).to_be_visible(timeout=SECONDS)


def test_looking_around_does_not_begin_the_work_anew(open_site: OpenSite):
    page = open_site("?models_x4=VDSR")
    upload(page, photo(900, 900))
    bar = page.get_by_role("progressbar")
    expect(page.get_by_text(re.compile("VDSR .*enlarging, about"))).to_be_visible(timeout=LONG)
    before = float(bar.get_attribute("aria-valuenow") or 0)

    page.get_by_role("radio", name="Two at a time").click()
    expect(page.locator(".compare[data-kind=compare][data-state=ready]")).to_be_visible(timeout=SECONDS)

    expect(page.get_by_text(re.compile("VDSR .*enlarging, about"))).to_be_visible(timeout=LONG)
    assert float(bar.get_attribute("aria-valuenow") or 0) >= before
    button(page, "Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible(timeout=SECONDS)


def test_page_fits_a_phone(open_site: OpenSite):
    page = open_site("?original=true", **(PHONE | {"width": 390, "height": 844}))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    upload(page, PHOTO.read_bytes())
    finished(page, ["Original", "Bicubic", *NETWORKS])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.skipif(not FOLDER, reason="takes pictures only, with the real networks; `make screenshots`")
def test_pictures_of_the_documentation(open_app: Callable[..., Page]):
    page = open_app()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Which network is best?")).to_be_visible(timeout=LONG)
    page.get_by_text("I have the original").click()
    expect(page.get_by_text("A sharp picture of up to")).to_be_visible(timeout=SECONDS)
    button(page, "Dog").click()
    expect(page.get_by_role("link", name=re.compile("Download EDSR"))).to_be_visible(timeout=LONG)
    expect(button(page, "Cancel")).to_have_count(0, timeout=LONG)
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    screenshot_both(page, "compare")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    document(page, "compare-phone")
