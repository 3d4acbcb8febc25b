"""What all tests share: settings for hypothesis, a Chromium, and a served page of the app."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVER_START_SECONDS = 180
SERVER_LOGS = pytest.StashKey[dict[str, Path]]()

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The same examples on every run; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def repeatable_weights() -> None:
    """Let a network begin with the same random weights in every run; who has none, loads no Keras."""
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(1)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that starts. Without one: skip, or fail where CI=true."""
    command = [sys.executable, str(ROOT / "scripts" / "browser.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.strip()
    reasons = " ".join(done.stderr.split())
    if os.environ.get("CI") == "true":
        pytest.fail(reasons, pytrace=False)
    pytest.skip(reasons)


@pytest.fixture(scope="session")
def app_server(serve: Callable[[str], str]) -> str:
    """The base URL of the real app."""
    return serve("app.py")


@pytest.fixture(scope="session")
def serve(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """A function from a Streamlit script, relative to the repository, to the base URL that serves it."""
    logs = request.config.stash.setdefault(SERVER_LOGS, {})
    servers: list[subprocess.Popen[bytes]] = []
    urls: dict[str, str] = {}

    def start(script: str) -> str:
        if script not in urls:
            url = f"http://127.0.0.1:{free_port()}"
            logs[script] = tmp_path_factory.mktemp("server") / "server.log"
            servers.append(start_streamlit(script, url, logs[script]))
            wait_until_healthy(servers[-1], url, logs[script])
            urls[script] = url
        return urls[script]

    yield start
    for server in servers:
        end_group(server)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_streamlit(script: str, url: str, log: Path) -> subprocess.Popen[bytes]:
    address, _, port = url.removeprefix("http://").partition(":")
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true"]
    command += ["--server.address", address, "--server.port", port, "--server.fileWatcherType", "none"]
    command += ["--browser.gatherUsageStats", "false"]
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            # What is faster on a busy machine is chance: tests compare bytes with those of another process.
            env={**os.environ, "SUPERRES_PRECISION": "float32"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A process group of its own, so that whatever the server starts ends with it.
            start_new_session=True,
        )


def wait_until_healthy(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + SERVER_START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The page did not come up:\n{log.read_text(errors='replace')}", pytrace=False)


def end_group(server: subprocess.Popen[bytes]) -> None:
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, ending)
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            server.wait(timeout=10)
            return


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add what the servers said to the report of a test that failed with one."""
    report = yield
    if report.failed and "serve" in getattr(item, "fixturenames", ()):
        for script, log in item.config.stash.get(SERVER_LOGS, {}).items():
            report.sections.append((f"log of {script}", log.read_text(errors="replace")[-20_000:]))
    return report
