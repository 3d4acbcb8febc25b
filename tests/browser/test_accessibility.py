"""What axe-core, the checker behind most tools for accessibility, says of each page in light and dark."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.screenshots import themes
from tests.conftest import ROOT

PICTURES = ROOT / "tests" / "data"
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
SECONDS = 240_000  # in ms: on a busy machine the first picture also waits for TensorFlow
# Every rule of axe-core is asked for, and everything it finds counts, however small, but this:
EXCUSED = {
    # Streamlit's own dropzone is a section without a role that can have the focus of a script. The button
    # in it does the same, and is what a keyboard or a screen reader reaches.
    ("presentation-role-conflict", "stFileUploaderDropzone"),
}

OpenApp = Callable[..., Page]


@pytest.fixture(scope="module")
def axe() -> Axe:
    return Axe()


def objections(axe: Axe, page: Page) -> list[str]:
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['impact']}: {rule['help']} ({rule['id']}) at {node['target']}: {node['html'][:200]}"
        for rule in found
        for node in rule["nodes"]
        if not any(rule["id"] == name and part in node["html"] for name, part in EXCUSED)
    ]


def check(axe: Axe, page: Page) -> None:
    for scheme in themes(page):
        assert (scheme, objections(axe, page)) == (scheme, [])


def show(page: Page, link: str) -> None:
    page.get_by_role("link", name=link).click()
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible(timeout=SECONDS)


def upload(page: Page, *files: Path | FilePayload) -> None:
    payloads = [payload(file) if isinstance(file, Path) else file for file in files]
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(payloads)


def payload(path: Path) -> FilePayload:
    return {"name": path.name, "mimeType": "image/png", "buffer": path.read_bytes()}


def wait_for_view(page: Page) -> None:
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=SECONDS)


def test_checker_finds_what_is_wrong(axe: Axe, page: Page):
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=''><button></button></main>")

    said = " ".join(objections(axe, page))

    assert "image-alt" in said
    assert "button-name" in said


def test_upscale_page(axe: Axe, open_app: OpenApp):
    page = open_app("?size=Exact&format=JPEG&px=300")
    check(axe, page)
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("Say in the file that it was enlarged")).to_be_visible()
    check(axe, page)
    page.keyboard.press("Escape")

    upload(page, PICTURES / "guitar.png")
    wait_for_view(page)

    check(axe, page)


def test_upscale_page_with_a_batch_on_a_phone(axe: Axe, open_app: OpenApp):
    page = open_app(**PHONE)
    bad: FilePayload = {"name": "bad.png", "mimeType": "image/png", "buffer": b"nothing"}

    upload(page, PICTURES / "guitar.png", bad)
    expect(page.get_by_text("1 done, 1 failed", exact=True)).to_be_visible(timeout=SECONDS)
    wait_for_view(page)

    check(axe, page)


def test_compare_page(axe: Axe, open_app: OpenApp):
    page = open_app()
    show(page, "Compare")
    check(axe, page)
    page.get_by_text("I have the original").click()
    expect(page.get_by_text("A sharp picture of up to")).to_be_visible(timeout=SECONDS)

    upload(page, PICTURES / "guitar.png")
    expect(page.get_by_role("link", name="Download EDSR", exact=True)).to_be_visible(timeout=SECONDS)
    wait_for_view(page)
    check(axe, page)
    page.get_by_role("radio", name="Two at a time").click()
    expect(page.locator(".compare[data-kind=compare][data-state=ready]")).to_be_visible(timeout=SECONDS)

    check(axe, page)


def test_measure_page(axe: Axe, open_app: OpenApp):
    page = open_app()
    show(page, "Measure")
    check(axe, page)

    upload(page, PICTURES / "guitar.png")
    wait_for_view(page)
    check(axe, page)
    page.get_by_role("radio", name="Errors of both").click()
    expect(page.get_by_role("img", name="Colours of the error")).to_be_visible(timeout=SECONDS)
    wait_for_view(page)

    check(axe, page)


def test_models_page(axe: Axe, open_app: OpenApp):
    page = open_app()
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Each network")).to_be_visible(timeout=SECONDS)

    for card in page.locator("summary").all():
        card.click()

    check(axe, page)


def test_models_page_with_every_table_and_figure(axe: Axe, serve: Callable[[str], str], page: Page):
    page.goto(serve("tests/browser/models_site.py"))
    expect(page.get_by_role("heading", name="Each network")).to_be_visible(timeout=SECONDS)

    page.get_by_text("All columns, and self-ensemble").click()
    expect(page.get_by_role("region", name="All columns")).to_be_visible(timeout=SECONDS)

    check(axe, page)
