"""What the browser does for all pages, as a person meets it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.conftest import Server, drop_messages
from tests.conftest import ROOT, end_group, start_streamlit, wait_until_healthy

PHOTO = ROOT / "tests" / "data" / "guitar.png"
SECONDS = 120_000  # in ms

OpenApp = Callable[..., Page]

GIVE = """([type, base64, target]) => {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "given.png", { type: "image/png" }));
    const options = { bubbles: true, cancelable: true };
    const event = type === "paste"
        ? new ClipboardEvent(type, { ...options, clipboardData: data })
        : new DragEvent(type, { ...options, dataTransfer: data });
    document.querySelector(target).dispatchEvent(event);
}"""


def give(page: Page, kind: str, target: str) -> None:
    """Paste or drop a small picture on a part of the page."""
    import base64

    buffer = BytesIO()
    with Image.open(PHOTO) as image:
        image.resize((24, 20)).save(buffer, "png")
    page.evaluate(GIVE, [kind, base64.b64encode(buffer.getvalue()).decode(), target])


def upload(page: Page, file: Path) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def result(page: Page) -> None:
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_first_screen_shows_a_before_and_after_and_one_filled_button(
    open_app: OpenApp, width: int, height: int
):
    page = open_app(width=width, height=height)

    slider = page.get_by_role("slider", name="Slider between Original and SuperRes")
    choose = page.get_by_role("button", name="Choose a photo")
    for part in (slider, choose):
        area = part.bounding_box()
        assert area is not None
        assert area["y"] + area["height"] <= height
    divided = "() => document.querySelector('[data-testid=proof]')"
    before = page.get_by_test_id("proof").evaluate(
        "proof => getComputedStyle(proof).getPropertyValue('--split')"
    )
    slider.press("ArrowRight")
    after = page.get_by_test_id("proof").evaluate(
        "proof => getComputedStyle(proof).getPropertyValue('--split')"
    )
    assert before != after, divided
    assert page.title() == "Upscale · SuperRes"


@pytest.mark.parametrize(("kind", "target"), [("paste", "body"), ("drop", ".stMain h1")])
def test_picture_is_taken_from_anywhere_on_the_page_also_beside_a_result(
    open_app: OpenApp, kind: str, target: str
):
    page = open_app()
    give(page, kind, target)
    result(page)
    expect(page.get_by_role("heading", name="given.png")).to_be_visible()

    give(page, kind, target)

    expect(page.get_by_role("heading", name="2 pictures")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("2 done", exact=True)).to_be_visible(timeout=SECONDS)


def test_menu_is_a_landmark_that_says_which_page_is_open(open_app: OpenApp):
    page = open_app()
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu.locator("[aria-current=page]")).to_have_text("Upscale")

    menu.get_by_role("link", name="Models").click()

    expect(menu.locator("[aria-current=page]")).to_have_text("Models", timeout=SECONDS)
    expect(page).to_have_title("Models · SuperRes")


def test_work_is_announced_and_the_focus_stays_on_the_page(open_app: OpenApp):
    page = open_app()
    sample = page.get_by_role("button", name="Dog", exact=True)
    sample.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("status")).to_have_text("dog.png is done.", timeout=SECONDS)
    expect(page.get_by_role("heading", name="dog.png")).to_be_focused()

    page.get_by_role("button", name="Start over").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Make a small picture big")).to_be_focused(timeout=SECONDS)


def test_leaving_with_a_result_that_was_not_saved_asks_first(open_app: OpenApp):
    page = open_app()
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    upload(page, PHOTO)
    result(page)
    page.reload()
    assert asked == ["beforeunload"]

    expect(page.get_by_role("button", name="Choose a photo")).to_be_visible(timeout=SECONDS)
    upload(page, PHOTO)
    result(page)
    with page.expect_download(timeout=SECONDS):
        page.get_by_role("link", name="Download PNG").click()
    page.reload()

    assert asked == ["beforeunload"]


def test_download_of_something_else_saves_no_result(open_app: OpenApp):
    page = open_app()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Which network")).to_be_visible(timeout=SECONDS)
    upload(page, PHOTO)
    result(page)

    with page.expect_download(timeout=SECONDS):
        page.get_by_role("link", name="Download bicubic").first.click()

    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_page_whose_last_messages_are_lost_still_ends_in_the_true_state(app_server: str, browser: Browser):
    page, dropping = browser.new_page(), [False]
    lost = drop_messages(page, lambda message: dropping[0])
    page.goto(app_server)
    expect(page.get_by_test_id("stFileUploaderDropzone").first).to_be_visible(timeout=SECONDS)
    upload(page, PHOTO)
    expect(page.get_by_test_id("stProgress")).to_be_visible(timeout=SECONDS)
    dropping[0] = True
    page.wait_for_timeout(12_000)  # the result is there long before
    dropping[0] = False

    result(page)

    assert lost
    page.close()


def test_file_that_is_too_large_is_named_on_the_page(open_app: OpenApp, tmp_path: Path):
    page = open_app()
    film = tmp_path / "film.png"
    with film.open("wb") as file:
        file.truncate(101 * 2**20)

    upload(page, film)

    expect(page.get_by_text("film.png")).to_be_visible()
    expect(page.get_by_text("File must be 100.0MB or smaller.")).to_be_visible()


def test_results_lost_with_the_server_are_told_with_a_way_on(
    fresh_server: Server, browser: Browser, tmp_path: Path
):
    page = browser.new_page()
    page.goto(fresh_server.url)
    expect(page.get_by_test_id("stFileUploaderDropzoneInput")).to_have_count(1, timeout=SECONDS)
    upload(page, PHOTO)
    result(page)

    import os
    import signal

    os.killpg(fresh_server.pid, signal.SIGKILL)
    expect(page.get_by_role("alert")).to_contain_text("The connection to the server is lost", timeout=SECONDS)
    expect(page.locator(".compare[data-state=ready]")).to_be_visible()
    log = tmp_path / "again.log"
    again = start_streamlit("app.py", fresh_server.url, log)
    try:
        wait_until_healthy(again, fresh_server.url, log)

        expect(page.get_by_role("alert")).to_contain_text("your pictures were not kept", timeout=SECONDS)
        expect(page.get_by_text("yourscript.py")).to_have_count(0)
        page.get_by_role("alert").get_by_role("button").click()
        expect(page.get_by_role("button", name="Choose a photo")).to_be_visible(timeout=SECONDS)
    finally:
        page.close()
        end_group(again)


def test_page_is_described_for_search_engines_and_social_networks(page: Page, app_server: str):
    for address, title in (("", "Upscale"), ("/compare", "Compare"), ("/models", "Models")):
        text = page.request.get(f"{app_server}{address}").text()
        assert f"<title>{title} · SuperRes</title>" in text
        assert '<meta name="description" content="Make a small picture big' in text
        assert f'<meta property="og:image" content="{app_server}/assets/social.jpg">' in text
    assert page.request.get(f"{app_server}/assets/social.jpg").headers["content-type"] == "image/jpeg"
