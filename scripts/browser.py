"""Find a Chromium for the browser tests, or install one.

    python scripts/browser.py

prints the path of an executable that starts. It tries, in this order: SUPERRES_CHROMIUM, the PATH, the build
that Playwright downloads, and Debian's package if run as root. If there is none, it says why on standard
error and exits with 1.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "SUPERRES_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DOWNLOAD_SECONDS = 300


def say(reason: str) -> None:
    print(reason, file=sys.stderr)


def run(command: list[str], *, seconds: float, **variables: str) -> str | None:
    """Run a command; return None on success, otherwise a line that says what went wrong."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            env=os.environ | variables,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"gave up after {seconds:.0f} s"
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or line.startswith("E:")]
    return (errors or lines or [f"exit status {done.returncode}"])[-1]


def starts(executable: str) -> bool:
    """Return whether it runs: Ubuntu's chromium-browser may be a stub, and libraries may be missing."""
    problem = run([executable, "--version"], seconds=30)
    if problem:
        say(f"{executable} does not start: {problem}")
    return problem is None


def installed() -> str | None:
    """Return the first Chromium on this machine that starts."""
    found = [shutil.which(name) for name in NAMES] + [path for path in MAC_APPS if Path(path).exists()]
    return next((path for path in found if path and starts(path)), None)


def from_playwright() -> str | None:
    """Return the build for the installed Playwright, downloading it if necessary."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        executable = playwright.chromium.executable_path
    if not Path(executable).exists():
        problem = run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            seconds=DOWNLOAD_SECONDS,
            PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="20000",
        )
        if problem:
            say(f"Playwright could not download Chromium: {problem}")
            return None
    return executable if starts(executable) else None


def from_debian() -> str | None:
    """Install Debian's package; needs root."""
    if not shutil.which("apt-get"):
        say("There is no apt-get to install Chromium with.")
        return None
    if os.geteuid() != 0:
        say("Installing Chromium with apt-get needs root: sudo apt-get install chromium")
        return None
    for command in (
        ["apt-get", "update", "--quiet"],
        ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", "chromium"],
    ):
        problem = run(command, seconds=DOWNLOAD_SECONDS, DEBIAN_FRONTEND="noninteractive")
        if problem:
            say(f"{' '.join(command)}: {problem}")
            return None
    return installed()


def find_or_install() -> str | None:
    """Return a Chromium that starts, installing it if necessary; None if that fails."""
    named = os.environ.get(VARIABLE)
    if named:
        return named if starts(named) else None
    return installed() or from_playwright() or from_debian()


def main() -> int:
    executable = find_or_install()
    if executable is None:
        say(f"No Chromium was found. Install one, or set {VARIABLE} to its path.")
        return 1
    print(executable)
    return 0


if __name__ == "__main__":
    sys.exit(main())
