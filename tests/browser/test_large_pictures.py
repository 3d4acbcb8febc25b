"""The before/after view with pictures that are too large to be decoded as a whole."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.compare_page import LARGE, large
from tests.browser.views import PHONE, SECONDS, OpenView, box, middle, one_to_one, pinch, screenshot, toggle

TILE = 512

# What the issue allows a picture of 64 megapixels. Measured: 0.5 GB and 0.35 s; decoded as a whole, two of
# them take 1.0 GB and stop the page for 7.5 s.
HUGE_MEMORY = 800  # MB, of the process that draws the page
HUGE_PAUSE = 2_000  # ms
HUGE_SECONDS = 300_000  # ms: the pictures are made first

LONG_TASKS = """
    globalThis.pauses = [];
    new PerformanceObserver(list => list.getEntries().forEach(entry => pauses.push(entry.duration)))
        .observe({ type: "longtask" });
"""


def tiles(page: Page, side: str) -> Locator:
    return page.get_by_test_id(f"compare-{side}").locator(".sheet img")


def overview(page: Page, side: str) -> Locator:
    return page.get_by_test_id(f"compare-{side}").locator("> img")


def place(page: Page, side: str) -> tuple[float, float]:
    """Where the picture begins on the screen."""
    area = box(overview(page, side))
    return area["x"], area["y"]


def see(page: Page, side: str, *, clip: tuple[float, float, float, float], ratio: float) -> None:
    """Check that the screen shows the very pixels of the picture."""
    shown = screenshot(page, clip)
    left, top = place(page, side)
    column, row = round((clip[0] - left) * ratio), round((clip[1] - top) * ratio)
    pixels = large(seed=("before", "after").index(side)).pixels
    np.testing.assert_array_equal(shown, pixels[row : row + shown.shape[0], column : column + shown.shape[1]])


def test_overview_is_shown_first_and_says_so(open_view: OpenView):
    page = open_view("large", width=500)
    expect(page.get_by_test_id("compare-detail")).to_have_text(
        re.compile(r"^Overview, reduced \d+ times\. 1:1 shows real pixels\.$"), timeout=SECONDS
    )
    natural = overview(page, "after").evaluate("image => [image.naturalHeight, image.naturalWidth]")
    assert natural[0] * natural[1] < LARGE[0] * LARGE[1] / 10

    one_to_one(page)

    expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.")


@pytest.mark.parametrize("device_scale_factor", [1, 1.25, 2])
@pytest.mark.parametrize(("side", "key"), [("before", "End"), ("after", "Home")])
def test_real_pixels_are_the_pictures_own_across_tiles(
    open_view: OpenView, device_scale_factor: float, side: str, key: str
):
    page = open_view("large", device_scale_factor=device_scale_factor)
    page.get_by_role("slider").press(key)
    one_to_one(page)
    viewport = page.get_by_test_id("compare-viewport")
    for corner in ("Home", "End"):
        viewport.press(corner)
        expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.", timeout=SECONDS)
        area = box(viewport)
        # Multiples of 4 CSS px are whole device px at all three factors; this clip holds a border of tiles.
        left, top = (area["x"] + 40) // 4 * 4, (area["y"] + 60) // 4 * 4
        width = area["x"] + area["width"] - left - 60

        see(page, side, clip=(left, top, width // 4 * 4, 200), ratio=device_scale_factor)


def test_only_what_is_in_view_is_decoded(open_view: OpenView):
    page = open_view("large")
    one_to_one(page)
    viewport = page.get_by_test_id("compare-viewport")
    area = box(viewport)
    most = (area["width"] // TILE + 2) * (area["height"] // TILE + 2)
    viewport.press("Home")
    expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.", timeout=SECONDS)
    first = [tiles(page, "after").nth(n).get_attribute("src") for n in range(tiles(page, "after").count())]

    viewport.press("End")
    expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.", timeout=SECONDS)

    now = [tiles(page, "after").nth(n).get_attribute("src") for n in range(tiles(page, "after").count())]
    assert len(first) <= most
    assert len(now) <= most
    assert set(now) - set(first)
    assert len({*now, *first}) > len(now), "nothing left the view"
    # The bytes stay; the addresses under which they were decoded do not.
    assert page.evaluate("urls => urls.every(url => revoked.has(url))", now)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_tiles_meet_without_gap_or_overlap_at_any_zoom(open_view: OpenView, steps: int):
    page = open_view("large", device_scale_factor=1.25)
    one_to_one(page)
    for _ in range(steps):
        page.get_by_test_id("compare-viewport").press("+")
    expect(page.get_by_test_id("compare-detail")).to_have_attribute("data-complete", "true", timeout=SECONDS)

    edges = tiles(page, "after").evaluate_all(
        "all => all.map(tile => tile.getBoundingClientRect()).map(r => [r.left, r.right, r.top, r.bottom])"
    )

    for low, high in ((0, 1), (2, 3)):
        begins = sorted({round(edge[low], 2) for edge in edges})
        ends = sorted({round(edge[high], 2) for edge in edges})
        assert begins[1:] == pytest.approx(ends[:-1], abs=0.02)


def test_overview_does_not_shine_through_transparent_tiles(open_view: OpenView):
    page = open_view("large-transparent")
    page.get_by_role("slider").press("Home")
    one_to_one(page)
    expect(overview(page, "after")).to_be_hidden()

    area = box(page.get_by_test_id("compare-viewport"))
    left, top = area["x"] + 100, area["y"] + 100
    shown = screenshot(page, (left, top, 120, 80))

    alpha = large(seed=1, transparent=True).alpha
    assert alpha is not None
    origin = place(page, "after")
    row, column = round(top - origin[1]), round(left - origin[0])
    holes = shown[alpha[row : row + 80, column : column + 120] == 0]
    assert {tuple(pixel) for pixel in holes.tolist()} == {(187, 187, 187), (255, 255, 255)}


def test_rerun_keeps_zoom_and_real_pixels(open_view: OpenView):
    page = open_view("large")
    page.get_by_role("slider").press("Home")
    one_to_one(page)
    page.get_by_test_id("compare-viewport").press("Home")

    toggle(page, "Line above")

    expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.", timeout=SECONDS)
    area = box(page.get_by_test_id("compare-viewport"))
    see(page, "after", clip=(area["x"] + 100, area["y"] + 100, 200, 100), ratio=1)


def test_view_that_comes_back_finds_its_tiles_again(open_view: OpenView):
    page = open_view("large")
    toggle(page, "Hide")
    expect(page.get_by_test_id("compare-view")).to_have_count(0)

    toggle(page, "Hide")

    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    one_to_one(page)


def test_phone_pinches_into_real_pixels(open_view: OpenView):
    page = open_view("large", **PHONE)
    viewport = page.get_by_test_id("compare-viewport")

    pinch(page, middle(viewport), spreads=(15, 60, 120, 170))

    expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.", timeout=SECONDS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_64_megapixels_neither_freeze_the_page_nor_fill_its_memory(open_view: OpenView, view_server: str):
    page = open_view("wide")
    page.add_init_script(LONG_TASKS)
    page.goto(f"{view_server}/?picture=huge")
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=HUGE_SECONDS)
    began = time.perf_counter()
    page.goto(f"{view_server}/?picture=huge")
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=HUGE_SECONDS)
    interactive = time.perf_counter() - began
    one_to_one(page)
    viewport = page.get_by_test_id("compare-viewport")
    for key in ["Home", *["PageDown"] * 8, *["ArrowRight"] * 40, "End"]:
        viewport.press(key)
        expect(page.get_by_test_id("compare-detail")).to_have_text("Real pixels.", timeout=SECONDS)

    memory = max(renderer_memory())
    pauses = page.evaluate("pauses")
    print(f"interactive after {interactive:.1f} s, {memory:.0f} MB, longest pause {max(pauses):.0f} ms")  # noqa: T201
    assert memory < HUGE_MEMORY
    assert max(pauses) < HUGE_PAUSE


def renderer_memory() -> list[float]:
    """MB of each process that draws a page, memory that it shares divided among those that do."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and b"--type=renderer" in (folder / "cmdline").read_bytes():
                text = (folder / "smaps_rollup").read_text()
                found.append(int(re.findall(r"^Pss: +(\d+)", text, re.MULTILINE)[0]) / 1000)
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found
