"""The memory of the server through many uploads and many people."""

import statistics
import sys
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from service.session_reaper import TIMEOUT
from tests.browser.conftest import Server

SECONDS = 300_000  # in ms: on a busy machine the first picture also waits for TensorFlow
SIDE = 192  # px of a picture
# What one upload would at least leave if its result and the two pictures of the view stayed, in MiB. Noise
# is not compressed by PNG.
LEFT_BY_ONE = 3 * (4 * SIDE) ** 2 * 1.5 / 2**20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc"),
]


def noise(seed: int) -> FilePayload:
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return {"name": f"{seed}.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def use(page: Page, seed: int) -> None:
    """Upload a picture, look at the result, and download it."""
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_have_count(1, timeout=SECONDS)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(noise(seed))
    expect(page.locator(".compare[data-state=ready]")).to_be_visible(timeout=SECONDS)
    with page.expect_download(timeout=SECONDS):
        page.get_by_role("link", name="Download PNG").click()


def test_fifty_uploads_of_one_person_do_not_pile_up(fresh_server: Server, browser: Browser):
    page = browser.new_page()
    page.goto(fresh_server.url)
    used = []

    for seed in range(50):
        use(page, seed)
        page.get_by_role("button", name="Start over").click()
        expect(page.get_by_role("heading", name="Make a small picture big")).to_be_visible(timeout=SECONDS)
        used.append(fresh_server.rss_mib)

    page.close()
    # The first ones fill buffers of a fixed size.
    before, after = statistics.median(used[5:15]), statistics.median(used[-10:])
    said = f"MiB after 6 to 15 uploads: {before:.0f}, after 41 to 50: {after:.0f}"
    print(f"\n{said}")  # noqa: T201 - seen with -s
    assert after - before < 35 * LEFT_BY_ONE / 2, said


def test_twenty_people_one_after_the_other_do_not_pile_up(fresh_server: Server, browser: Browser):
    once_left, peaks = [], []

    for begin in (0, 10, 20):
        used = []
        for seed in range(begin, begin + 10):
            page = browser.new_page()
            page.goto(fresh_server.url)
            use(page, seed)
            page.close()
            used.append(fresh_server.rss_mib)
        time.sleep(TIMEOUT + 30)
        once_left.append(fresh_server.rss_mib)
        peaks.append(max(used))

    # Ten fill buffers of a fixed size, of TensorFlow and of this process, before the twenty come. The same
    # ten people leave up to 10 MiB more or less.
    first, second, third = once_left
    said = (
        f"MiB once ten people have left: {first:.0f}, ten more: {second:.0f}, and again: {third:.0f}; "
        f"at most {max(peaks):.0f}"
    )
    print(f"\n{said}")  # noqa: T201 - seen with -s
    assert third - first < 20 * LEFT_BY_ONE / 2, said
