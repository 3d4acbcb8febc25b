"""Starts the app in its own process, and nginx in front of several (Linux)."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
_CONFIGURATION = Path(__file__).resolve().parent.parent / "deploy" / "nginx.conf"
_START_SECONDS = 300.0


def free_port() -> int:
    """Return an unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The app in a process, on its own port, until `stop`."""

    def __init__(self, log: Path, **environment: str):
        self.port, self.log = free_port(), log
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self.start()

    def start(self) -> None:
        """Start it, or start it again on the same port."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(self.port)]
        command += ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it responds.

        Raises
        ------
        RuntimeError
            It does not start.
        """
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"The app does not start: {self.log.read_text(errors='replace')}")

    def memory(self, field: str = "VmRSS") -> float:
        """Return its resident memory in MB; "VmHWM" is the peak."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{field}:")[2].split()[0]) * 1024 / 1e6

    def stop(self, ending: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and its child processes."""
        for each in (ending, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, each)
                try:
                    self.process.wait(20)
                except subprocess.TimeoutExpired:
                    continue


class Balancer:
    """deploy/nginx.conf in front of replicas on this machine, until `stop`.

    Parameters
    ----------
    folder : Path
        For its files; ``access.log`` there has cookie, replica and status of each request.
    replicas : mapping of str to int
        The port of each replica by its name in the configuration.
    split : str, optional
        The entries of ``split_clients``, which assign new visitors; by default those of the file.
    """

    def __init__(self, folder: Path, replicas: Mapping[str, int], *, split: str = ""):
        if NGINX is None:
            raise RuntimeError("nginx is not installed; `apt-get install nginx-light` does that.")
        self._folder, self._replicas, self.port = folder, replicas, free_port()
        self.url, self.log = f"http://127.0.0.1:{self.port}", folder / "access.log"
        self._command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g"]
        self._command.append(f"daemon off; pid {folder}/pid; error_log {folder}/log;")
        self._configure(split)
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)
        raise RuntimeError(f"nginx does not start: {(folder / 'log').read_text()}")

    def assign(self, split: str) -> None:
        """Assign new visitors to other replicas, without interrupting present ones."""
        self._configure(split)
        self._process.send_signal(signal.SIGHUP)

    def _configure(self, split: str) -> None:
        text = _CONFIGURATION.read_text(encoding="utf-8").replace("8080", f"127.0.0.1:{self.port}")
        for name, port in self._replicas.items():
            text = text.replace(f"{name}:8501", f"127.0.0.1:{port}")
        if split:
            text = re.sub(r"50% app1;\s*\*\s*app2;", split, text)
        logged = "log_format short '$cookie_superres_replica $upstream_addr $status';"
        text = text.replace("http {", f"http {{ {logged} access_log {self.log} short;", 1)
        (self._folder / "nginx.conf").write_text(text, encoding="utf-8")

    def stop(self) -> None:
        """Stop nginx."""
        self._process.terminate()
        self._process.wait(60)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Wait until the servers respond, and stop them at the end of the block."""
    try:
        for server in servers:
            server.wait()
        yield
    finally:
        for server in servers:
            server.stop()
