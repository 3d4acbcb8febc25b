"""Load test: twenty people use the app at once, some of them impatient or malicious.

For ten minutes they upload small pictures and batches, cancel, close the tab and reload; two of them bring
16 megapixels. One client sends a byte a second, and one 150 MB. Everybody must get the same bytes as from the
library for their own pictures, and the server must stay within the memory that docs/deploy.md promises, and
free it afterwards.

  python -m benchmarks.load                 # a quarter of an hour; writes to docs/results/reliability.md
  python -m benchmarks.load --minutes 2 --people 6 --large 0
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, Error

from benchmarks import reliability, visitors
from benchmarks.servers import Server, running
from benchmarks.visitors import Visitor
from sr_core import engines

PROMISED = 3072 * 2**20 / 1e6  # MB, as in docs/deploy.md
GROWTH = 1.10  # relative to the level after the warm-up
AFTER = 120.0  # s after the last visitor has left
_RESPONSE_TIMEOUT = 60.0  # s for the server to refuse an upload that is too large
_SMALL, _MEDIUM, _LARGE = (96, 120), (560, 640), (4000, 4000)  # px of a picture
_LARGE_SCALE = 2  # what the page chooses for 16 megapixels
_LARGE_TIMEOUT = 2 * visitors.TIMEOUT  # minutes of work, with half the time for others, and one after another

Action = Callable[[Visitor, Sequence[str]], Awaitable[None]]


class Load:
    """The visitors' actions, and what is measured of them."""

    def __init__(
        self,
        server: Server,
        browser: Browser,
        pictures: Mapping[str, bytes],
        results: Mapping[str, bytes],
    ):
        self.server, self.browser, self.pictures, self.results = server, browser, pictures, results
        self.done: Counter[str] = Counter()
        self.waits: dict[str, list[float]] = {"small": [], "large": []}
        self.faults: list[str] = []
        self.levels: list[float] = []
        self.warm = self.seconds = 0.0

    async def person(self, number: int, until: float) -> None:
        """Visit, do one thing and leave, again and again."""
        random = np.random.default_rng([1, number])
        names = [name for name in self.pictures if name.startswith("small")]
        actions = [self._one, self._batch, self._cancelled, self._closed, self._reloaded]
        while time.monotonic() < until:
            mine = [str(name) for name in random.choice(names, 3, replace=False)]
            action = actions[random.choice(len(actions), p=(0.4, 0.15, 0.15, 0.15, 0.15))]
            await self._visit(action, mine)
            await asyncio.sleep(random.uniform(0, 4))

    async def bring(self, name: str, after: float) -> None:
        """Upload one large picture."""
        await asyncio.sleep(after)
        await self._visit(self._one, [name], timeout=_LARGE_TIMEOUT)

    async def load_large_network(self) -> None:
        """Load the network for large pictures, which then stays loaded."""
        async with Visitor(self.browser, f"{self.server.url}/?size=×{_LARGE_SCALE}") as visitor:
            await visitor.upload({"medium.png": self.pictures["medium.png"]})
            await visitor.download("Download PNG")

    async def _visit(
        self, action: Action, names: Sequence[str], *, timeout: float = visitors.TIMEOUT
    ) -> None:
        what = getattr(action, "__name__", "").strip("_")
        try:
            async with Visitor(self.browser, self.server.url, timeout=timeout) as visitor:
                await action(visitor, names)
                if await visitor.page.get_by_test_id("stException").count():
                    visitor.errors.append("the page shows an exception")
            self.faults += [f"{what}: {error}" for error in visitor.errors]
            self.done[what] += 1
            self.done["asked to wait"] += visitor.refusals
        except (Error, OSError) as error:
            self.faults.append(f"{what}: {str(error)[:800]}")

    async def _one(self, visitor: Visitor, names: Sequence[str]) -> None:
        name, began = names[0], time.monotonic()
        await visitor.upload({name: self.pictures[name]})
        self._compare(name, await visitor.download("Download PNG"))
        self.waits["large" if name.startswith("large") else "small"].append(time.monotonic() - began)

    async def _batch(self, visitor: Visitor, names: Sequence[str]) -> None:
        await visitor.upload({name: self.pictures[name] for name in names})
        got = await visitor.download_all()
        if len(got) != len(names):
            self.faults.append(f"batch: {len(got)} of {len(names)} pictures")
        for name, data in got.items():
            self._compare(name.replace("_x4", ""), data)

    async def _cancelled(self, visitor: Visitor, names: Sequence[str]) -> None:
        await visitor.upload({"medium.png": self.pictures["medium.png"]})
        await self._at_work(visitor)
        if await visitor.button("Cancel").count():  # else it was quicker
            await visitor.button("Cancel").click()
        await visitor.button("Start over").click()
        await visitor.button("Start over").wait_for(state="detached")
        await self._one(visitor, names)

    async def _closed(self, visitor: Visitor, names: Sequence[str]) -> None:
        await visitor.upload({"medium.png": self.pictures["medium.png"]})
        await self._at_work(visitor)

    async def _at_work(self, visitor: Visitor) -> None:
        expected = visitor.button("Cancel")
        for end in (visitor.link("Download PNG"), visitor.button("Try again"), visitor.button("Start")):
            expected = expected.or_(end)
        await expected.first.wait_for()

    async def _reloaded(self, visitor: Visitor, names: Sequence[str]) -> None:
        await self._closed(visitor, names)
        visitor.page.on("dialog", lambda dialog: dialog.accept())
        await visitor.page.reload()
        await self._one(visitor, names)

    def _compare(self, name: str, got: bytes) -> None:
        self.done["pictures that came back"] += 1
        if got != self.results[name]:
            self.faults.append(f"{name} has different bytes")

    async def send_slowly(self, until: float) -> None:
        """Send the body of an upload at a byte a second."""
        async with Visitor(self.browser, self.server.url) as visitor:
            _, writer = await self._begin(visitor, 10**6)
            try:
                while time.monotonic() < until:
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(1)
                self.done["bytes sent slowly"] += 1
            except OSError:
                self.done["sent slowly, and cut off"] += 1
            finally:
                writer.close()

    async def send_too_much(self, after: float) -> None:
        """Send 150 MB, which the page itself would refuse."""
        await asyncio.sleep(after)
        async with Visitor(self.browser, self.server.url) as visitor:
            reader, writer = await self._begin(visitor, 150 * 10**6)
            # Read while sending, as browsers do: a server that has refused stops reading.
            sending = asyncio.create_task(_send(writer, 150))
            response = b""
            with suppress(TimeoutError, OSError):
                response = await asyncio.wait_for(reader.read(100), _RESPONSE_TIMEOUT)
            sending.cancel()
            writer.close()
            if b" 413 " not in response.partition(b"\r\n")[0]:
                self.faults.append(f"the response to 150 MB was {response[:60]!r}")
            else:
                self.done["150 MB refused"] += 1

    async def _begin(
        self, visitor: Visitor, length: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url, headers = await visitor.target()
        headers = {name: value for name, value in headers.items() if not name.startswith(":")}
        headers |= {"content-length": str(length), "host": f"127.0.0.1:{self.server.port}"}
        lines = [
            f"PUT {url.removeprefix(self.server.url)} HTTP/1.1",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()
        return reader, writer

    def rows(self) -> list[str]:
        """Return the rows of the table, after recording faults in memory and log."""
        peak, left = max(self.levels), self.levels[-1]
        tracebacks = self.server.log.read_text(errors="replace").count("Traceback")
        if peak > PROMISED:
            self.faults.append(f"{peak:,.0f} MB at the peak, where {PROMISED:,.0f} are promised")
        if left > GROWTH * self.warm:
            self.faults.append(f"{left:,.0f} MB at the end, where it was {self.warm:,.0f} after the warm-up")
        if tracebacks:
            self.faults.append(f"{tracebacks} tracebacks in the server's log")
        half, most, all_ = np.percentile(self.waits["small"], (50, 95, 100))
        rows = {name: f"{count:,}" for name, count in sorted(self.done.items())}
        rows |= {
            "minutes": f"{self.seconds / 60:.1f}",
            "s for a small picture: median, 95th percentile, longest": f"{half:.1f}, {most:.1f}, {all_:.1f}",
            "s for 16 megapixels": ", ".join(f"{wait:.0f}" for wait in self.waits["large"]) or "none",
            "memory after the warm-up, MB": f"{self.warm:,.0f}",
            f"peak (promised: {PROMISED:,.0f})": f"{peak:,.0f}",
            f"{AFTER:.0f} s after the last visitor has left": f"{left:,.0f}",
            "faults": str(len(self.faults)),
        }
        return [f"| {name} | {value} |" for name, value in rows.items()]

    async def watch(self) -> None:
        """Sample the memory of the server twice a second."""
        while True:
            self.levels.append(self.server.memory())
            await asyncio.sleep(0.5)


async def _send(writer: asyncio.StreamWriter, megabytes: int) -> None:
    with suppress(OSError):
        for _ in range(megabytes):
            writer.write(bytes(10**6))
            await writer.drain()


async def _run(server: Server, options: argparse.Namespace) -> Load:
    """Run the load test, after a warm-up by three visitors."""
    pictures = {
        f"small{number}.png": visitors.picture(number, *_SMALL) for number in range(3 * options.people)
    }
    pictures["medium.png"] = visitors.picture(1000, *_MEDIUM)
    large = {"large.png": visitors.picture(2000, *_LARGE)} if options.large else {}
    results = await asyncio.to_thread(visitors.enlarged, pictures)
    async with visitors.chromium() as browser:
        warming = Load(server, browser, pictures, results)
        await asyncio.gather(*(warming.person(1000 + number, time.monotonic() + 20) for number in range(3)))
        if large:
            await warming.load_large_network()
        _, more = await asyncio.gather(
            asyncio.sleep(AFTER),
            asyncio.to_thread(visitors.enlarged, large, scale=_LARGE_SCALE),
        )
        load = Load(server, browser, pictures | large, results | more)
        load.warm, began = server.memory(), time.monotonic()
        until, watching = began + 60 * options.minutes, asyncio.create_task(load.watch())
        crowd = [load.person(number, until) for number in range(options.people - options.large)]
        crowd += [load.bring("large.png", 6 * options.minutes * (1 + n)) for n in range(options.large)]
        await asyncio.gather(*crowd, load.send_slowly(until), load.send_too_much(30 * options.minutes))
        load.seconds = time.monotonic() - began
        await asyncio.sleep(AFTER)
        watching.cancel()
    return load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if there were faults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--people", type=int, default=20, help="at once (default 20)")
    parser.add_argument(
        "--large", type=int, default=2, help="how many of them upload 16 megapixels (default 2)"
    )
    parser.add_argument("--engine", choices=engines.KINDS, default="auto")
    options = parser.parse_args(arguments)
    os.environ["SUPERRES_ENGINE"] = engine = engines.choose(options.engine)  # for the library, too
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log", SUPERRES_PRECISION=visitors.PRECISION)
        with running(server):
            load = asyncio.run(_run(server, options))
            rows, faults = load.rows(), load.faults
    table = "\n".join(["| | |", "| --- | ---: |", f"| engine | {engine}, {visitors.PRECISION} |", *rows])
    print(table, *faults, sep="\n", flush=True)
    command = " ".join(["python -m benchmarks.load", *(arguments if arguments is not None else sys.argv[1:])])
    reliability.record(f"Load, {engine}", command, f"{table}\n\n{_NOTE}")
    return 1 if faults else 0


_NOTE = """\
All use one process. Each person visits, does one thing, leaves, and comes back as a new visitor; results are
compared with the library's, byte for byte. The times are those from the upload to the downloaded file,
including the queue. A fault is a different byte, an error on a page or in the server's log,
more memory than promised, or, two minutes after the last visitor has left, more than 10 % above the level
after the warm-up."""


if __name__ == "__main__":
    sys.exit(main())
