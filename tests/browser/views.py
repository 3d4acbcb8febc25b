"""What is to be seen of a before/after view or a grid, for the tests of both."""

import re
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, expect

SECONDS = 60_000  # in ms
PHONE = {"width": 360, "height": 740, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}

OpenView = Callable[..., Page]


def zoom(page: Page) -> int:
    return int(page.get_by_test_id("compare-zoom").inner_text().removesuffix("%"))


def one_to_one(page: Page) -> None:
    """Show real pixels, and wait until they are there."""
    page.get_by_role("button", name="1:1").click()
    assert zoom(page) == 100
    expect(page.get_by_test_id("compare-detail")).to_have_text(
        re.compile("^(Real pixels.)?$"), timeout=SECONDS
    )


def box(locator: Locator) -> FloatRect:
    found = locator.bounding_box()
    assert found is not None
    return found


def middle(locator: Locator) -> tuple[float, float]:
    area = box(locator)
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def rerun(page: Page, press: Callable[[], None]) -> None:
    shown = page.get_by_text(re.compile(r"^Run \d+$"))
    run = int(shown.inner_text().removeprefix("Run "))
    press()
    # What an earlier run drew further down is there until this one has ended.
    expect(page.get_by_text(f"Run {run + 1}", exact=True)).to_be_visible(timeout=SECONDS)
    expect(shown).to_have_count(1, timeout=SECONDS)


def toggle(page: Page, label: str) -> None:
    rerun(page, page.get_by_text(label, exact=True).click)


def screenshot(page: Page, clip: tuple[float, float, float, float]) -> np.ndarray:
    """The pixels of the screen at left, top, width, height in CSS px."""
    left, top, width, height = clip
    data = page.screenshot(clip={"x": left, "y": top, "width": width, "height": height}, scale="device")
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def is_revoked(page: Page, url: str | None) -> bool:
    return page.evaluate("url => revoked.has(url)", url)


def pinch(page: Page, at: tuple[float, float], *, spreads: tuple[float, ...]) -> None:
    """Put two fingers down, and move them apart or together."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, spread: float) -> None:
        points = [{"x": at[0] - spread, "y": at[1], "id": 0}, {"x": at[0] + spread, "y": at[1], "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if spread else []})

    touch("touchStart", spreads[0])
    for spread in spreads[1:]:
        touch("touchMove", spread)
    touch("touchEnd", 0)
