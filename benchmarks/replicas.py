"""Twenty people use two replicas behind deploy/nginx.conf; one replica is drained, then killed.

Everybody must get the same bytes as from the library for their own picture. While a replica is drained, its
current picture is finished and downloaded. When it is killed, its visitors are told and start again on the
other; nobody else notices.

  python -m benchmarks.replicas             # a few minutes; writes to docs/results/reliability.md
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http.cookies import SimpleCookie
from pathlib import Path

from playwright.async_api import expect

from benchmarks import reliability, visitors
from benchmarks.servers import Balancer, Server, running
from benchmarks.visitors import Visitor

_SMALL, _LONG = (96, 120), (1200, 1200)  # px of a picture
_AT_ONCE = 3  # arrivals: deploy/nginx.conf limits requests per address, and all of these have the same one
_COOKIE = "superres_replica"
_NEW = 20  # visitors while a replica is drained


class Crowd:
    """Visitors who stay, each with their own picture."""

    def __init__(self, count: int):
        self.pictures = {f"{number}.png": visitors.picture(number, *_SMALL) for number in range(count)}
        self.long = {"long.png": visitors.picture(1000, *_LONG)}
        self.results = visitors.enlarged(self.pictures | self.long)
        self.visitors: dict[str, Visitor] = {}
        self.homes: dict[str, str] = {}
        self.faults: list[str] = []
        self.rows: dict[str, str] = {}

    async def arrive(self, stack: AsyncExitStack, browser: visitors.Browser, url: str) -> None:
        """Arrive, a few at once, and have a picture enlarged each."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> None:
            async with turns:
                self.visitors[name] = await stack.enter_async_context(Visitor(browser, url))
                await self.enlarge(name)
                self.homes[name] = await home(self.visitors[name])

        await asyncio.gather(*map(one, self.pictures))
        self.rows["people, by replica"] = ", ".join(map(str, sorted(Counter(self.homes.values()).values())))

    async def enlarge(self, name: str) -> None:
        """Have the picture of one visitor enlarged, and check the result."""
        await self.visitors[name].upload({name: self.pictures[name]})
        self.compare(name, await self.visitors[name].download("Download PNG"))

    def compare(self, name: str, got: bytes) -> None:
        """Record a fault if a result differs from the library's."""
        if got != self.results[name]:
            self.faults.append(f"{name} has different bytes")

    async def drain(self, stack: AsyncExitStack, browser: visitors.Browser, balancer: Balancer) -> None:
        """Assign new visitors to app2 only while app1 enlarges a large picture."""
        while True:
            worker = await stack.enter_async_context(Visitor(browser, balancer.url))
            if await home(worker) == "app1":
                break
        await worker.upload(self.long)
        await worker.button("Cancel").or_(worker.link("Download PNG")).first.wait_for()
        balancer.assign("*   app2;")
        await asyncio.sleep(2)
        new = [await asyncio.to_thread(assigned, balancer.url) for _ in range(_NEW)]
        if not await worker.button("Cancel").count():
            self.faults.append("the large picture was done before the new visitors came")
        self.compare("long.png", await worker.download("Download PNG"))
        if set(new) != {"app2"}:
            self.faults.append(f"new visitors went to {new}")
        self.rows["new visitors during draining; at the drained replica"] = f"{_NEW}; {new.count('app1')}"
        self.rows["its current picture was downloaded afterwards"] = "yes"

    async def lose(self, server: Server) -> None:
        """Kill app1, and let everybody continue."""
        lost = [name for name, where in self.homes.items() if where == "app1"]
        kept = [name for name in self.visitors if name not in lost]
        server.stop(signal.SIGKILL)
        for name in lost:
            page = self.visitors[name].page
            await expect(page.get_by_role("alert")).to_contain_text("your pictures were not kept")
            await page.get_by_role("alert").get_by_role("button").click()
            await page.get_by_role("button", name="Choose a photo").wait_for()
            await self.enlarge(name)
            if (where := await home(self.visitors[name])) != "app2":
                self.faults.append(f"{name} is at {where} afterwards")
        for name in kept:
            self.compare(name, await self.visitors[name].download("Download PNG"))
            if await self.visitors[name].page.get_by_role("alert").filter(visible=True).count():
                self.faults.append(f"{name} saw an alert")
        self.rows["visitors of the killed replica, told and started again on the other"] = str(len(lost))
        self.rows["visitors of the other, still with their result"] = str(len(kept))


def assigned(url: str) -> str:
    """Return the replica that a new visitor is assigned to."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return SimpleCookie("; ".join(answer.headers.get_all("Set-Cookie")))[_COOKIE].value


async def home(visitor: Visitor) -> str:
    """Return the replica of a visitor."""
    cookies = {one.get("name"): one.get("value", "") for one in await visitor.page.context.cookies()}
    return cookies[_COOKIE]


async def _run(crowd: Crowd, balancer: Balancer, first: Server) -> None:
    expect.set_options(timeout=120_000)
    async with visitors.chromium() as browser, AsyncExitStack() as stack:
        await crowd.arrive(stack, browser, balancer.url)
        await crowd.drain(stack, browser, balancer)
        await crowd.lose(first)
        crowd.faults += [error for visitor in crowd.visitors.values() for error in visitor.errors]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if there were faults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.replicas",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--people", type=int, default=20, help="at once (default 20)")
    options = parser.parse_args(arguments)
    settings = {"SUPERRES_PRECISION": visitors.PRECISION, "STREAMLIT_SERVER_COOKIE_SECRET": "alike"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        servers = {one: Server(folder / f"{one}.log", **settings) for one in ("app1", "app2")}
        with running(*servers.values()):
            crowd = Crowd(options.people)
            balancer = Balancer(folder, {one: server.port for one, server in servers.items()})
            try:
                asyncio.run(_run(crowd, balancer, servers["app1"]))
            finally:
                balancer.stop()
            for one, server in servers.items():
                if "Traceback" in server.log.read_text(errors="replace"):
                    crowd.faults.append(f"there is a traceback in the log of {one}")
    rows = crowd.rows | {"faults": str(len(crowd.faults))}
    table = "\n".join(["| | |", "| --- | ---: |", *(f"| {what} | {value} |" for what, value in rows.items())])
    print(table, *crowd.faults, sep="\n", flush=True)
    given = arguments if arguments is not None else sys.argv[1:]
    command = " ".join(["python -m benchmarks.replicas", *given])
    reliability.record("Two replicas behind nginx", command, table)
    return 1 if crowd.faults else 0


if __name__ == "__main__":
    sys.exit(main())
