"""The page "Upscale" in a real browser with one picture: what a person does, and what comes out."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from sr_core import Upscaler, decode, encode
from tests.browser.screenshots import screenshot, screenshot_both
from tests.conftest import ROOT, SERVER_LOGS
from ui.components.uploader import SAMPLES

PHOTO = ROOT / "tests" / "data" / "guitar.png"
PHONE = {"width": 360, "height": 740, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
SECONDS = 120_000  # in ms: on a busy machine the first picture also waits for TensorFlow

REMEMBER_SOCKETS = """
    globalThis.sockets = [];
    globalThis.WebSocket = class extends WebSocket {
      constructor(...options) { super(...options); sockets.push(this); }
    };
"""

OpenApp = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def quiet_log(app_server: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """What the server logs names no file, no error and nothing deprecated."""
    yield
    log = request.config.stash[SERVER_LOGS]["app.py"].read_text()
    assert "You can now view your Streamlit app" in log
    assert re.findall(r"(?i)traceback|deprecat|guitar|noted\.png|large\.png", log) == []


def upload(page: Page, file: Path | FilePayload) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True)


def measure_page(page: Page) -> Page:
    page.get_by_role("link", name="Measure").click()
    expect(page.get_by_role("heading", name="How good is it?")).to_be_visible(timeout=SECONDS)
    return page


def result(page: Page) -> Locator:
    view = page.locator(".compare[data-state=ready]")
    expect(view).to_be_visible(timeout=SECONDS)
    expect(button(page, "Cancel")).to_have_count(0)
    return view


def begin(page: Page) -> None:
    """Give the word where the server asks for it, because it is slow, and wait until there is progress."""
    working, start = page.get_by_text(re.compile(r"Enlarging, about [\d.]+ \w+ left")), button(page, "Start")
    expect(working.or_(start)).to_be_visible(timeout=SECONDS)
    if start.is_visible():
        start.click()
    expect(working).to_be_visible(timeout=SECONDS)


def download(page: Page, name: str) -> tuple[str, bytes]:
    with page.expect_download(timeout=SECONDS) as download:
        link(page, name).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def another_picture(page: Page) -> None:
    button(page, "Start over").click()
    expect(page.get_by_role("heading", name="Make a small picture big")).to_be_visible()
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_have_count(1)


def large_photo(side: int = 800) -> FilePayload:
    """Many tiles, so that there is time to cancel."""
    buffer = BytesIO()
    with Image.open(SAMPLES / "city.png") as image:
        image.resize((side, side)).save(buffer, "png", compress_level=1)
    return {"name": "large.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in page.locator("[data-testid=stMain] :is(button, h1, p, table, .compare)").all():
        area = part.bounding_box()
        assert area is None or area["x"] + area["width"] <= page.evaluate("innerWidth") + 1


def test_photo_goes_in_and_exactly_the_networks_picture_comes_out(open_app: OpenApp):
    page = open_app()
    upload(page, PHOTO)
    view = result(page)
    handle = page.get_by_role("slider", name="Slider between Original and SuperRes")
    handle.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")

    name, data = download(page, "Download PNG")

    assert name == "guitar_x4.png"
    upscaler = Upscaler.from_weights("edsr_x4", precision="float32")
    expected = encode(upscaler.upscale(decode(PHOTO.read_bytes())), provenance=upscaler.provenance())
    same = data == expected
    assert same, "other bytes; pytest would need minutes to say which"
    expect(page.get_by_text("×4 · PNG · 128 × 96 px → 512 × 384 px")).to_be_visible()
    expect(page.get_by_text(f"· {len(expected) / 1e6:.1f} MB ·")).to_be_visible()
    expect(view).to_be_visible()


def test_settings_are_kept_in_the_address_and_used(open_app: OpenApp):
    page = open_app("?size=×2&format=JPEG&quality=60&best=nonsense&px=-3")
    expect(page.get_by_text("×2 · JPEG")).to_be_visible()
    upload(page, PHOTO)
    result(page)

    name, data = download(page, "Download JPEG")

    assert name == "guitar_x2.jpg"
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (256, 192))
    button(page, "Change").click()
    page.get_by_role("radio", name="WebP").click()
    page.keyboard.press("Escape")
    name, data = download(page, "Download WebP")
    assert name == "guitar_x2.webp"
    assert data[8:12] == b"WEBP"
    page.wait_for_url("**format=WebP**")
    assert "nonsense" not in page.url


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_result_can_be_copied_and_shared(open_app: OpenApp, form: str):
    page = open_app(f"?format={form}", permissions=["clipboard-read", "clipboard-write"])
    # What the system would be handed. Set before the result is there, which asks whether it can be shared.
    page.evaluate(
        """() => {
            navigator.canShare = () => true;
            navigator.share = async ({ files: [file] }) => {
                globalThis.shared = [file.name, file.type, [...new Uint8Array(await file.arrayBuffer())]];
            };
        }"""
    )
    upload(page, PHOTO)
    name, data = download(page, f"Download {form}")

    page.get_by_role("button", name="Copy the picture").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate(
        """async () => {
            const [item] = await navigator.clipboard.read();
            const file = await item.getType("image/png");
            return [...new Uint8Array(await file.arrayBuffer())];
        }"""
    )
    pixels = np.asarray(Image.open(BytesIO(bytes(copied))).convert("RGB"), np.int16)
    # Two decoders of JPEG may round differently.
    tolerance = 0 if form == "PNG" else 2
    assert np.abs(pixels - np.asarray(Image.open(BytesIO(data)), np.int16)).max() <= tolerance
    page.get_by_role("button", name="Share the picture").click()
    page.wait_for_function("globalThis.shared")
    file_name, mime, content = page.evaluate("globalThis.shared")
    assert (file_name, mime, bytes(content)) == (name, f"image/{form.lower()}", data)


def test_sample_is_enlarged_by_one_click_and_seen_without_scrolling(open_app: OpenApp):
    page = open_app()
    expect(page.get_by_text("Your picture is never stored")).to_be_visible()
    screenshot_both(page, "empty")

    button(page, "Dog").click()

    area = result(page).bounding_box()
    assert area is not None
    assert area["y"] + area["height"] <= 900
    screenshot_both(page, "upscale")


def test_result_is_still_there_after_a_visit_to_the_other_page(open_app: OpenApp):
    page = open_app("?format=JPEG")
    upload(page, PHOTO)
    result(page)

    measure_page(page).get_by_role("link", name="Upscale").click()

    result(page)
    expect(page.get_by_text("guitar.png", exact=True)).to_be_visible()
    expect(link(page, "Download JPEG")).to_be_visible()


def test_keyboard_alone_leads_from_a_sample_to_the_download(open_app: OpenApp):
    page = open_app()

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText").strip().endswith(name):
                return
        pytest.fail(f"Tab never reached {name}")

    tab_to("Dog")
    page.keyboard.press("Enter")
    result(page)
    tab_to("Download PNG")
    with page.expect_download(timeout=SECONDS) as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename == "dog_x4.png"


def test_fits_a_phone_even_with_a_long_file_name(open_app: OpenApp):
    page = open_app(**PHONE)
    assert_fits(page)
    upload(page, {"name": f"{'holiday' * 20}.png", "mimeType": "image/png", "buffer": PHOTO.read_bytes()})
    result(page)
    assert_fits(page)
    another_picture(page)
    button(page, "Dog").click()
    expect(page.get_by_text("288 × 288 px → 1,152 × 1,152 px")).to_be_visible(timeout=SECONDS)
    result(page)
    assert_fits(page)
    screenshot(page, "upscale-phone")


def test_what_is_no_picture_gets_a_sentence_and_a_way_on(open_app: OpenApp):
    page = open_app()

    upload(page, {"name": "noted.png", "mimeType": "image/png", "buffer": b"Dear diary, today was fine."})

    error = page.get_by_test_id("stAlertContentError")
    expect(error).to_contain_text("The file is not a picture that can be read", timeout=SECONDS)
    expect(button(page, "Cancel")).to_have_count(0)
    screenshot(page, "error")
    another_picture(page)


def test_part_is_tried_before_minutes_are_spent(open_app: OpenApp):
    page = open_app("?best=true")
    upload(page, large_photo(1600))
    region = button(page, "Try a part of the picture")
    expect(region).to_be_visible(timeout=SECONDS)
    expect(button(page, "Start")).to_be_visible()

    area = region.bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + 5, area["y"] + area["height"] - 5)

    view = page.locator(".compare[data-state=ready]")
    expect(view).to_be_visible(timeout=SECONDS)
    expect(view.get_by_test_id("compare-after").locator("> img")).to_have_js_property("naturalWidth", 512)
    region.press("ArrowRight")
    region.press("Enter")
    expect(page.get_by_text("Trying a part ...").or_(view)).to_be_visible()
    expect(view).to_be_visible(timeout=SECONDS)


def test_cancel_stops_the_work_and_offers_to_begin_again(open_app: OpenApp):
    page = open_app()
    upload(page, large_photo())
    begin(page)
    expect(page.get_by_text(re.compile(r"800\s×\s800\spx → 3,200\s×\s3,200\spx · about"))).to_be_visible()
    bar = page.get_by_role("progressbar")
    expect(bar).not_to_have_attribute("aria-valuenow", "0", timeout=SECONDS)
    screenshot(page, "busy")

    button(page, "Cancel").click()
    expect(page.get_by_text("Cancelled. Nothing of it was kept.")).to_be_visible()
    expect(bar).to_have_count(0)

    button(page, "Start again").click()
    begin(page)
    another_picture(page)


def test_other_pictures_result_is_gone_while_the_next_is_worked_on(open_app: OpenApp):
    page = open_app()
    upload(page, PHOTO)
    result(page)

    another_picture(page)
    upload(page, large_photo())
    expect(page.get_by_text("large.png", exact=True)).to_be_visible()
    begin(page)

    expect(page.locator(".compare")).to_have_count(0)
    expect(page.locator("a.download")).to_have_count(0)
    expect(page.get_by_text("512 × 384 px")).to_have_count(0)
    expect(button(page, "Cancel")).to_be_visible()


def test_connection_that_drops_for_a_moment_costs_no_progress(page: Page, app_server: str):
    page.add_init_script(REMEMBER_SOCKETS)
    page.goto(app_server)
    upload(page, large_photo(1200))
    bar, view = page.get_by_role("progressbar"), page.locator(".compare[data-state=ready]")
    begin(page)
    expect(bar).not_to_have_attribute("aria-valuenow", "0", timeout=SECONDS)

    page.context.set_offline(True)
    page.evaluate("sockets.at(-1).close()")
    page.wait_for_timeout(4000)  # ms, in which more than one batch of tiles is done
    page.context.set_offline(False)
    seen: list[float] = []
    while not view.count():
        seen += bar.evaluate_all("bars => bars.map(bar => Number(bar.ariaValueNow))")
        page.wait_for_timeout(50)

    assert page.evaluate("sockets.length") > 1
    assert seen == sorted(seen)


def test_second_person_waits_in_line_until_the_first_leaves(open_app: OpenApp):
    # In best quality, so that it would take longer than anybody waits below.
    first, second = open_app("?best=true"), open_app()
    upload(first, large_photo(1600))
    begin(first)

    upload(second, PHOTO)
    expect(second.get_by_text("1 picture is ahead of yours ...")).to_be_visible(timeout=SECONDS)
    first.close()

    result(second)
    expect(second.get_by_text("guitar.png", exact=True)).to_be_visible()
    expect(second.get_by_text("large.png")).to_have_count(0)
