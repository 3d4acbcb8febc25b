"""Visitors of the app with a real browser, for the benchmarks."""

import asyncio
import functools
import io
import multiprocessing
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
from playwright.async_api import Browser, Error, FilePayload, Locator, Page, async_playwright

from benchmarks.memory import clouds
from sr_core import Picture, Upscaler, decode, encode
from sr_core.engines.processor import cpu_has_bfloat16

TIMEOUT = 600_000  # ms
_RETRY_DELAY = 10.0  # s
_BROWSER = Path("scripts") / "browser.py"
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

PRECISION: Literal["float32", "bfloat16"] = "bfloat16" if cpu_has_bfloat16() else "float32"
"""Used by the servers and the library, because choosing it by measurement may give different answers."""


def picture(seed: int, height: int, width: int) -> bytes:
    """Return a PNG that depends on the seed."""
    pixels = clouds(max(height, width))[:height, :width].astype(np.int16)
    tint = np.random.default_rng(seed).integers(-40, 40, 3)
    return encode(Picture(np.clip(pixels + tint, 0, 255).astype(np.uint8)))


def enlarged(pictures: Mapping[str, bytes], *, scale: int = 4) -> dict[str, bytes]:
    """Return the library's results for pictures with the settings of the app, computed in another process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        results = pool.map(functools.partial(_enlarged, scale=scale), pictures.values())
        return dict(zip(pictures, results, strict=True))


def _enlarged(data: bytes, *, scale: int) -> bytes:
    upscaler = _upscaler(f"edsr_x{scale}")
    small = decode(data)
    strength = upscaler.choose_clean_up(small).strength
    large = upscaler.upscale(small, clean_up=strength)
    return encode(large, provenance=upscaler.provenance(strength))


@functools.cache
def _upscaler(name: str) -> Upscaler:
    return Upscaler.from_weights(name, precision=PRECISION, clean_up="auto")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start a browser."""
    found = subprocess.run([sys.executable, str(_BROWSER)], capture_output=True, text=True, check=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found.stdout.strip(), args=_ARGUMENTS)
        yield browser
        await browser.close()


class Visitor:
    """A visitor with their own cookies, who leaves at the end of the ``with`` block.

    Parameters
    ----------
    browser : Browser
    url : str
    timeout : float
        ms that anything on the page may take.

    Attributes
    ----------
    errors : list of str
        Errors of the browser or the page.
    refusals : int
        How often the page asked to try again later.
    """

    page: Page

    def __init__(self, browser: Browser, url: str, *, timeout: float = TIMEOUT):
        self._browser, self._url, self._timeout = browser, url, timeout
        self.errors: list[str] = []
        self.refusals = 0

    async def __aenter__(self) -> "Visitor":
        self._context = await self._browser.new_context(viewport={"width": 1000, "height": 800})
        self._context.set_default_timeout(self._timeout)
        self.page = await self._context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(f"a script failed: {error}"))
        await self.page.goto(self._url)
        await self._uploader.wait_for(state="attached")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._context.close()

    @property
    def _uploader(self) -> Locator:
        return self.page.get_by_test_id("stFileUploaderDropzoneInput").first

    def button(self, name: str) -> Locator:
        """Return the first button with this name."""
        return self.page.get_by_role("button", name=name, exact=True).first

    def link(self, name: str) -> Locator:
        """Return the first link with this name."""
        return self.page.get_by_role("link", name=name, exact=True).first

    async def upload(self, files: Mapping[str, bytes]) -> None:
        """Upload files once the page is ready for them."""
        await self._uploader.wait_for(state="attached")
        chosen: Sequence[FilePayload] = [
            {"name": name, "mimeType": "image/png", "buffer": data} for name, data in files.items()
        ]
        await self._uploader.set_input_files(chosen)

    async def download(self, name: str) -> bytes:
        """Wait for the link with this name and download its file; start or retry if the page asks for it."""
        link, start = self.link(name), self.button("Start")
        again = self.button("Try again").or_(self.button("Go on")).first
        while True:
            try:
                await link.or_(again).or_(start).first.wait_for()
            except Error as error:
                text = " ".join((await self.page.inner_text("body")).split())
                raise Error(f"no {name} came; the page says: {text[:600]}") from error
            if await start.count():
                await start.click()
                await start.wait_for(state="detached")
                continue
            if not await again.count():
                break
            self.refusals += 1
            await asyncio.sleep(_RETRY_DELAY)
            await again.click()
            await again.wait_for(state="detached")
        async with self.page.expect_download() as started:
            await link.click()
        path = await (await started.value).path()
        return await asyncio.to_thread(path.read_bytes)

    async def download_all(self) -> dict[str, bytes]:
        """Wait for the ZIP file of a batch, and return its contents."""
        with zipfile.ZipFile(io.BytesIO(await self.download("Download all"))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    async def target(self) -> tuple[str, dict[str, str]]:
        """Return the URL and headers with which this page would upload a file, without uploading it."""
        request: asyncio.Future[tuple[str, dict[str, str]]] = asyncio.get_running_loop().create_future()

        async def keep(route: Any) -> None:
            if not request.done():
                request.set_result((route.request.url, await route.request.all_headers()))
            await route.abort()

        await self.page.route("**/_stcore/upload_file/**", keep)
        await self.upload({"never.png": b"never sent"})
        return await request
