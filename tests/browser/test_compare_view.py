"""The before/after view alone, in a real browser."""

import hashlib
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.compare_page import HOSTILE_LABEL, NEAREST_SCALE, SIZES, nearest, pictures
from tests.browser.views import (
    PHONE,
    OpenView,
    box,
    is_revoked,
    middle,
    pinch,
    screenshot,
    toggle,
    zoom,
)


def image(page: Page, side: str) -> Locator:
    """The picture, or the overview of a large one; not its tiles."""
    return page.get_by_test_id(f"compare-{side}").locator("> img")


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Slider between")


def split(page: Page) -> float:
    """Where the second picture takes over, as a share of the picture's width, from what is drawn."""
    pane = page.get_by_test_id("compare-after")
    clip = pane.evaluate("pane => getComputedStyle(pane).clipPath")
    inset = re.fullmatch(r"inset\(0px 0px 0px ([\d.]+)px\)", clip)
    assert inset, clip
    area = box(image(page, "after"))
    return (box(pane)["x"] + float(inset[1]) - area["x"]) / area["width"]


def test_browser_holds_exactly_the_bytes_that_python_sent(open_view: OpenView):
    page = open_view()

    for side, sent in zip(("before", "after"), pictures("wide"), strict=True):
        received = image(page, side).evaluate(
            """async image => {
                const bytes = await (await fetch(image.src)).arrayBuffer();
                return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];
            }"""
        )
        assert bytes(received) == hashlib.sha256(sent).digest()


@pytest.mark.parametrize(("picture", "device_scale_factor"), [("wide", 1), ("wide", 1.25), ("large", 1)])
def test_magnifier_shows_both_pictures_at_their_real_pixels(
    open_view: OpenView, picture: str, device_scale_factor: float
):
    page = open_view(picture, device_scale_factor=device_scale_factor)
    assert zoom(page) < 100
    magnifier = page.get_by_test_id("compare-magnifier")
    expect(magnifier).to_be_hidden()
    left, top = middle(page.get_by_test_id("compare-viewport"))

    page.mouse.move(left - 200, top)

    expect(magnifier).to_be_visible()
    if picture == "wide":
        area = box(magnifier)
        for side, offset, sent in zip(("before", "after"), (20, 160), pictures(picture), strict=True):
            lens = magnifier.locator(f".lens.{side} > img")
            expect(lens).to_be_attached()
            # Multiples of 4 CSS px are whole device px.
            begin = (area["x"] + offset) // 4 * 4, (area["y"] + 20) // 4 * 4
            shown = screenshot(page, (*begin, 80, 60))
            at = box(lens)
            column, row = (round((begin[i] - at[axis]) * device_scale_factor) for i, axis in enumerate("xy"))
            source = np.asarray(Image.open(BytesIO(sent)))
            np.testing.assert_array_equal(
                shown, source[row : row + shown.shape[0], column : column + shown.shape[1]]
            )
    else:  # not the overview, but tiles of the whole size
        expect(magnifier.locator(".lens.after .sheet.crisp img").first).to_be_attached()
    page.mouse.move(left, top)  # the handle of the slider is not to be hidden
    expect(magnifier).to_be_hidden()
    page.mouse.move(left - 200, top)
    page.get_by_role("button", name="1:1").click()
    page.mouse.move(left - 210, top)
    expect(magnifier).to_be_hidden()


@pytest.mark.parametrize("device_scale_factor", [1, 1.25, 2])
@pytest.mark.parametrize(("side", "key"), [("before", "End"), ("after", "Home")])
def test_one_to_one_puts_every_picture_pixel_on_one_screen_pixel(
    open_view: OpenView, device_scale_factor: float, side: str, key: str
):
    page = open_view(device_scale_factor=device_scale_factor)
    slider(page).press(key)
    page.get_by_role("button", name="1:1").click()
    assert zoom(page) == 100

    left, top = middle(page.get_by_test_id("compare-viewport"))
    # Multiples of 4 CSS px are whole device px at all three factors.
    left, top = left // 4 * 4, top // 4 * 4
    shown = screenshot(page, (left, top, 120, 80))

    area = box(image(page, side))
    column = round((left - area["x"]) * device_scale_factor)
    row = round((top - area["y"]) * device_scale_factor)
    sent = pictures("wide")[("before", "after").index(side)]
    source = np.asarray(Image.open(BytesIO(sent)))
    np.testing.assert_array_equal(shown, source[row : row + shown.shape[0], column : column + shown.shape[1]])


def test_enlarged_pixels_are_equally_large_squares(open_view: OpenView):
    page = open_view("small")
    slider(page).press("Home")
    assert zoom(page) % 100 == 0
    factor = zoom(page) // 100
    assert factor > 1

    area = box(image(page, "after"))
    shown = screenshot(page, (area["x"] + 10 * factor, area["y"] + 20 * factor, 10 * factor, 10 * factor))

    source = np.asarray(Image.open(BytesIO(pictures("small")[1])))[20:30, 10:20]
    np.testing.assert_array_equal(shown, source.repeat(factor, axis=0).repeat(factor, axis=1))


def test_slider_follows_the_keyboard_and_says_where_it_is(open_view: OpenView):
    page = open_view()
    handle = slider(page)
    expect(handle).to_have_attribute("aria-valuenow", "50")
    assert split(page) == pytest.approx(0.5, abs=0.001)

    for key, value in [
        ("ArrowRight", 51),
        ("Shift+ArrowRight", 61),
        ("ArrowLeft", 60),
        ("PageDown", 50),
        ("End", 100),
        ("Home", 0),
    ]:
        handle.press(key)
        expect(handle).to_have_attribute("aria-valuenow", str(value))
        expect(handle).to_have_attribute("aria-valuetext", f"{value}% Bicubic")
        assert split(page) == pytest.approx(value / 100, abs=0.001)


def test_slider_follows_the_mouse_and_both_pictures_stay_in_place(open_view: OpenView):
    page = open_view()
    place = box(image(page, "after"))
    viewport = box(page.get_by_test_id("compare-viewport"))

    page.mouse.move(*middle(slider(page)))
    page.mouse.down()
    page.mouse.move(place["x"] + 0.2 * place["width"], viewport["y"] + 30, steps=3)
    page.mouse.up()

    assert split(page) == pytest.approx(0.2, abs=0.01)
    left, top = viewport["x"], viewport["y"] + 100
    clips = (left, top, 100, 40), (left + 300, top, 100, 40)  # left of the slider, right of it
    first, second = (screenshot(page, clip) for clip in clips)
    page.get_by_role("button", name="Hold").click()  # the second picture everywhere
    assert not np.array_equal(first, screenshot(page, clips[0]))
    np.testing.assert_array_equal(second, screenshot(page, clips[1]))
    assert box(image(page, "before")) == box(image(page, "after")) == place


def test_dragging_pans_a_zoomed_picture_and_leaves_the_slider(open_view: OpenView):
    page = open_view()
    page.get_by_role("button", name="1:1").click()
    place = box(image(page, "before"))
    viewport = box(page.get_by_test_id("compare-viewport"))

    page.mouse.move(viewport["x"] + 150, viewport["y"] + 150)
    page.mouse.down()
    page.mouse.move(viewport["x"] + 190, viewport["y"] + 120, steps=4)
    page.mouse.up()

    moved = box(image(page, "before"))
    assert (moved["x"] - place["x"], moved["y"] - place["y"]) == (40, -30)
    assert box(image(page, "after")) == moved
    expect(slider(page)).to_have_attribute("aria-valuenow", "50")


@pytest.mark.parametrize("mode", ["Slider", "Side by side", "Hold"])
def test_wheel_zooms_at_the_pointer_in_both_pictures(open_view: OpenView, mode: str):
    page = open_view()
    page.get_by_role("button", name=mode).click()
    pane = box(page.get_by_test_id("compare-after"))
    pointer = pane["x"] + 0.7 * pane["width"], pane["y"] + 0.4 * pane["height"]

    def under_pointer() -> tuple[float, float]:
        area = box(image(page, "after"))
        return (pointer[0] - area["x"]) / area["width"], (pointer[1] - area["y"]) / area["height"]

    page.mouse.move(*pointer)
    page.get_by_role("button", name="Zoom in").press("Enter")  # off the border, where the picture is clamped
    page.get_by_test_id("compare-viewport").focus()
    start, point = zoom(page), under_pointer()
    page.mouse.wheel(0, -200)
    expect(page.get_by_test_id("compare-zoom")).not_to_have_text(f"{start}%")

    assert zoom(page) > start
    assert under_pointer() == pytest.approx(point, abs=0.002)
    first, second = box(image(page, "before")), box(image(page, "after"))
    offset = pane["x"] - box(page.get_by_test_id("compare-before"))["x"]
    assert second["x"] - first["x"] == pytest.approx(offset, abs=1)
    assert (first["y"], first["width"]) == (second["y"], second["width"])


@pytest.mark.parametrize("direction", [-1, 1])
def test_wheel_scrolls_the_page_until_the_picture_has_been_pressed(open_view: OpenView, direction: int):
    page = open_view(height=600)
    viewport = page.get_by_test_id("compare-viewport")
    page.mouse.wheel(0, 60)
    page.wait_for_function("document.querySelector('.stMain').scrollTop > 0")
    area, start = box(viewport), zoom(page)
    page.mouse.move(area["x"] + 100, area["y"] + 50)

    page.mouse.wheel(0, 40 * direction)

    page.wait_for_function(
        "([viewport, top, way]) => (top - viewport.getBoundingClientRect().top) * way > 20",
        arg=[viewport.element_handle(), area["y"], direction],
    )
    assert zoom(page) == start


def test_wheel_zooms_with_ctrl_and_scrolls_when_nothing_is_left_to_zoom_out(open_view: OpenView):
    page = open_view(height=600)
    viewport = page.get_by_test_id("compare-viewport")
    area, start = box(viewport), zoom(page)
    page.mouse.move(area["x"] + 100, area["y"] + 50)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(page.get_by_test_id("compare-zoom")).not_to_have_text(f"{start}%")

    viewport.press("0")
    page.mouse.wheel(0, 120)

    page.wait_for_function(
        "([viewport, top]) => viewport.getBoundingClientRect().top < top - 50",
        arg=[viewport.element_handle(), area["y"]],
    )
    assert zoom(page) == start


def test_view_opens_at_real_pixels_where_the_pictures_differ(open_view: OpenView):
    page = open_view("spot")

    assert zoom(page) == 100
    area, frame = box(image(page, "after")), box(page.get_by_test_id("compare-after"))
    assert frame["x"] + frame["width"] / 2 - area["x"] == pytest.approx(max(300, frame["width"] / 2), abs=1)
    assert frame["y"] + frame["height"] / 2 - area["y"] == pytest.approx(900 - frame["height"] / 2, abs=1)
    page.get_by_role("button", name="Fit the whole picture").click()
    assert zoom(page) < 100

    toggle(page, "Rerun")
    assert zoom(page) < 100
    toggle(page, "Other pictures")

    assert zoom(page) == 100
    assert box(image(page, "after"))["x"] < area["x"] - 100


def test_full_screen_fills_the_window_and_ends(open_view: OpenView):
    page = open_view(height=700)
    before = box(page.get_by_test_id("compare-viewport"))

    page.get_by_role("button", name="Full screen").click()

    expect(page.locator(".compare[data-full]")).to_be_visible()
    page.wait_for_function("document.fullscreenElement !== null")
    assert box(page.get_by_test_id("compare-viewport"))["width"] > before["width"]
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator(".compare[data-full]")).to_have_count(0)
    assert box(page.get_by_test_id("compare-viewport"))["width"] == before["width"]


def test_full_screen_covers_the_page_where_the_browser_has_none(open_view: OpenView):
    page = open_view(**PHONE)
    page.evaluate("delete Element.prototype.requestFullscreen")

    page.get_by_role("button", name="Full screen").click()

    view = box(page.locator(".compare"))
    assert (view["x"], view["y"], view["width"], view["height"]) == (0, 0, 360, 740)
    page.get_by_test_id("compare-viewport").press("Escape")
    expect(page.locator(".compare[data-full]")).to_have_count(0)


def test_zoom_keys_and_arrows_work_on_the_picture(open_view: OpenView):
    page = open_view()
    viewport = page.get_by_test_id("compare-viewport")
    fitted = zoom(page)

    viewport.press("1")
    assert zoom(page) == 100
    viewport.press("+")
    assert zoom(page) == 150
    place = box(image(page, "after"))
    viewport.press("ArrowRight")
    assert box(image(page, "after"))["x"] == place["x"] - 60
    viewport.press("-")
    assert zoom(page) == 100
    viewport.press("0")
    assert zoom(page) == fitted
    expect(page.get_by_role("button", name="Fit the whole picture")).to_have_attribute("aria-pressed", "true")


def test_home_and_end_go_to_the_corners_of_a_zoomed_picture(open_view: OpenView):
    page = open_view()
    viewport = page.get_by_test_id("compare-viewport")
    viewport.press("1")

    viewport.press("Home")
    area, frame = box(image(page, "after")), box(page.get_by_test_id("compare-after"))
    assert (area["x"], area["y"]) == (frame["x"], frame["y"])
    viewport.press("End")
    area = box(image(page, "after"))
    assert area["x"] + area["width"] == pytest.approx(frame["x"] + frame["width"], abs=1)
    assert area["y"] + area["height"] == pytest.approx(frame["y"] + frame["height"], abs=1)


def test_other_picture_is_chosen_without_a_run_of_the_page(open_view: OpenView):
    page = open_view("choices")
    page.get_by_role("button", name="1:1").click()
    old = image(page, "before").get_attribute("src")

    page.get_by_label("Before").select_option("Nearest")
    page.get_by_label("After").select_option("SRCNN ×4")

    expect(page.get_by_role("slider", name="Slider between Nearest and SRCNN ×4")).to_be_visible()
    expect(page.get_by_test_id("compare-before").locator("select.chip")).to_have_attribute("title", "Nearest")
    expect(page.get_by_role("img", name="SRCNN ×4")).to_have_count(1)
    expect(page.get_by_text("Run 1", exact=True)).to_be_visible()
    assert zoom(page) == 100
    assert is_revoked(page, old)


def test_nearest_draws_each_small_pixel_as_an_exact_square(open_view: OpenView):
    page = open_view("choices")
    page.get_by_label("Before").select_option("Nearest")
    expect(page.get_by_test_id("compare-before").locator("select.chip")).to_have_attribute("title", "Nearest")
    slider(page).press("End")
    page.get_by_role("button", name="1:1").click()

    area, frame = box(image(page, "before")), box(page.get_by_test_id("compare-viewport"))
    shown = screenshot(page, (frame["x"] + 200, frame["y"] + 100, 64, 48))

    left, top = round(frame["x"] + 200 - area["x"]), round(frame["y"] + 100 - area["y"])
    enlarged = nearest().pixels.repeat(NEAREST_SCALE, axis=0).repeat(NEAREST_SCALE, axis=1)
    np.testing.assert_array_equal(shown, enlarged[top : top + 48, left : left + 64])


def test_choice_is_kept_when_the_page_runs_again(open_view: OpenView):
    page = open_view("choices")
    page.get_by_label("Before").select_option("Nearest")

    toggle(page, "Line above")

    expect(page.get_by_label("Before")).to_have_value("Nearest")
    expect(page.get_by_test_id("compare-before").locator("select.chip")).to_have_attribute("title", "Nearest")


def test_nothing_is_offered_where_there_is_no_choice(open_view: OpenView):
    page = open_view()
    expect(page.get_by_label("Before")).to_be_hidden()
    expect(page.get_by_label("After")).to_be_hidden()


def test_double_click_toggles_real_pixels(open_view: OpenView):
    page = open_view()
    viewport = page.get_by_test_id("compare-viewport")
    fitted = zoom(page)

    viewport.dblclick(position={"x": 100, "y": 200})
    assert zoom(page) == 100
    viewport.dblclick(position={"x": 100, "y": 200})
    assert zoom(page) == fitted


def test_hold_shows_the_first_picture_while_pressed(open_view: OpenView):
    page = open_view()
    page.get_by_role("button", name="Hold").click()
    viewport, before, after = (
        page.get_by_test_id(f"compare-{name}") for name in ("viewport", "before", "after")
    )
    expect(page.get_by_text("Press and hold to see Bicubic")).to_be_visible()
    expect(before).to_be_hidden()

    page.mouse.move(*middle(viewport))
    page.mouse.down()
    expect(before).to_be_visible()
    expect(after).to_be_hidden()
    expect(page.get_by_test_id("compare-status")).to_have_text("Showing Bicubic")
    page.mouse.up()
    expect(after).to_be_visible()

    viewport.focus()
    page.keyboard.down("Space")
    expect(before).to_be_visible()
    page.keyboard.up("Space")
    expect(before).to_be_hidden()


def test_side_by_side_shows_both_whole_pictures(open_view: OpenView):
    page = open_view()
    page.get_by_role("button", name="Side by side").click()

    panes = [box(page.get_by_test_id(f"compare-{side}")) for side in ("before", "after")]
    assert panes[0]["width"] == panes[1]["width"]
    assert panes[0]["x"] + panes[0]["width"] <= panes[1]["x"]
    for side, pane in zip(("before", "after"), panes, strict=True):
        area = box(image(page, side))
        assert area["x"] >= pane["x"] - 1
        assert area["x"] + area["width"] <= pane["x"] + pane["width"] + 1
    expect(page.get_by_test_id("compare-slider")).to_be_hidden()


@pytest.mark.parametrize("above", ["Rerun", "Line above"])
def test_rerun_with_the_same_pictures_keeps_slider_zoom_and_images(open_view: OpenView, above: str):
    page = open_view()
    slider(page).press("PageUp")
    page.get_by_role("button", name="1:1").click()
    image(page, "after").evaluate("image => { image.marked = true; }")
    source = image(page, "after").get_attribute("src")

    toggle(page, above)

    expect(slider(page)).to_have_attribute("aria-valuenow", "60")
    assert zoom(page) == 100
    assert image(page, "after").get_attribute("src") == source
    assert image(page, "after").evaluate("image => image.marked === true")


def test_rerun_does_not_send_the_pictures_again(open_view: OpenView, view_server: str):
    page = open_view()
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    page.goto(f"{view_server}/?picture=wide")
    expect(page.locator(".compare[data-state=ready]")).to_be_visible()
    sent = sum(map(len, pictures("wide")))
    assert sent < sum(frames) < 1.02 * sent + 200_000

    frames.clear()
    toggle(page, "Rerun")

    assert 0 < sum(frames) < 200_000


def test_other_pictures_of_the_same_size_replace_the_old_ones_at_the_same_spot(open_view: OpenView):
    page = open_view()
    page.get_by_role("button", name="1:1").click()
    old = image(page, "after").get_attribute("src")

    toggle(page, "Other pictures")

    expect(image(page, "after")).not_to_have_attribute("src", old or "")
    assert zoom(page) == 100
    assert page.get_by_test_id("compare-after").locator("img").count() == 1
    assert is_revoked(page, old)


def test_view_that_leaves_the_page_gives_its_memory_back(open_view: OpenView):
    page = open_view()
    old = image(page, "before").get_attribute("src")

    toggle(page, "Hide")
    expect(page.get_by_test_id("compare-view")).to_have_count(0)
    assert is_revoked(page, old)

    toggle(page, "Hide")
    expect(page.locator(".compare[data-state=ready]")).to_be_visible()


def test_label_is_text_whatever_it_contains(open_view: OpenView):
    page = open_view()
    toggle(page, "Hostile label")

    expect(page.get_by_test_id("compare-before").locator("span.chip")).to_have_text(HOSTILE_LABEL)
    expect(slider(page)).to_have_attribute("aria-label", f"Slider between {HOSTILE_LABEL} and EDSR ×4")
    assert page.title() != "owned"
    assert page.get_by_test_id("compare-view").locator("img").count() == 2


def test_picture_that_cannot_be_decoded_gets_a_sentence(open_view: OpenView):
    page = open_view("damaged", state="failed")
    expect(page.get_by_role("alert")).to_have_text(
        "This browser could not show the picture; it may be too large for it."
    )
    expect(page.get_by_test_id("compare-before")).to_be_hidden()


@pytest.mark.parametrize("picture", [*SIZES, "choices", "large"])
def test_fits_a_phone_in_every_mode(open_view: OpenView, picture: str):
    page = open_view(picture, **PHONE)

    for mode in ("Slider", "Side by side", "Hold"):
        page.get_by_role("button", name=mode).click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for part in page.locator(".compare, .compare .group:visible").all():
            assert box(part)["x"] + box(part)["width"] <= 360
        for button in page.locator(".compare :is(button, select):visible").all():
            assert min(box(button)["height"], box(button)["width"]) >= 40
        for side in ("before", "after"):
            area, pane = box(image(page, side)), box(page.get_by_test_id(f"compare-{side}"))
            assert area["width"] <= pane["width"] + 1
            assert area["height"] <= pane["height"] + 1


def test_touch_scrolls_the_page_at_fit_and_pinches_to_zoom(open_view: OpenView):
    page = open_view(**PHONE)
    viewport = page.get_by_test_id("compare-viewport")
    touch_action = "viewport => getComputedStyle(viewport).touchAction"
    assert viewport.evaluate(touch_action) == "pan-y"
    fitted = zoom(page)

    pinch(page, middle(viewport), spreads=(20, 30, 45, 60))

    page.wait_for_function(
        "viewport => viewport.hasAttribute('data-pannable')", arg=viewport.element_handle()
    )
    assert zoom(page) == pytest.approx(3 * fitted, abs=2)
    assert viewport.evaluate(touch_action) == "none"
    expect(slider(page)).to_have_attribute("aria-valuenow", "50")


def test_transparent_pictures_lie_on_a_checkerboard(open_view: OpenView):
    page = open_view("transparent")
    background = "pane => getComputedStyle(pane, '::before').backgroundImage"
    assert "conic-gradient" in page.get_by_test_id("compare-before").evaluate(background)

    page = open_view("wide")
    assert page.get_by_test_id("compare-before").evaluate(background) == "none"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_theme(open_view: OpenView, scheme: str):
    page = open_view(color_scheme=scheme)
    colour = page.locator(".compare").evaluate("view => getComputedStyle(view).color")
    assert colour == page.locator(".stApp").evaluate("app => getComputedStyle(app).color")
