"""Starts a Ray cluster of several nodes on this machine, and measures what they take (Linux)."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from sr_core.files import folder

_ATTEMPTS = 3
_OBJECT_STORE = 200_000_000  # bytes per node: only file names go through it


class Nodes:
    """Nodes with the given numbers of cores, until the end of the ``with`` block."""

    def __init__(self, *cores: int):
        self._temporary = tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True)
        self.address = f"127.0.0.1:{_free_port()}"
        self.client = f"ray://127.0.0.1:{_free_port()}"
        self.nodes: list[psutil.Process] = []
        try:
            for count in cores:
                self.add(count)
        except BaseException:
            self.__exit__()
            raise

    def add(self, cores: int) -> None:
        """Start one more node; the first is the head."""
        ports = ("dashboard-agent-listen-port", "dashboard-agent-grpc-port", "runtime-env-agent-port")
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats"]
        # With fixed ports, a node does not wait for its agents to find some, which may time out on a busy
        # machine.
        command += [f"--{port}={_free_port()}" for port in ports]
        command += [f"--num-cpus={cores}", f"--object-store-memory={_OBJECT_STORE}"]
        if self.nodes:
            command += [f"--address={self.address}"]
        else:
            command += ["--head", f"--port={self.address.rpartition(':')[2]}", "--include-dashboard=false"]
            command += [
                f"--ray-client-server-port={self.client.rpartition(':')[2]}",
                f"--temp-dir={self._temporary.name}",
            ]
        # Ray runs its workers at low priority; what they are compared with is not.
        environment = {**os.environ, "RAY_worker_niceness": "0"}
        log = Path(self._temporary.name, f"node{len(self.nodes)}.log")
        # On a busy machine Ray may give up before its own processes are up; a retry finds them cached.
        for _ in range(_ATTEMPTS):
            with log.open("wb") as file:
                process = psutil.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
            started: set[psutil.Process] = set()
            while process.poll() is None:
                started.update(_children(process))
                if b"Ray runtime started" in log.read_bytes():
                    self.nodes.append(process)
                    return
                time.sleep(0.2)
            for left in started:
                _kill(left)
        raise RuntimeError(f"The node did not start: {' '.join(command)}\n{log.read_text()}")

    def workers(self) -> list[psutil.Process]:
        """Return the processes that hold a network."""
        children = [child for node in self.nodes for child in _children(node)]
        return [process for process in children if "MapWorker" in _title(process)]

    def lose(self, number: int) -> None:
        """Kill a node as if its machine had failed: the raylet first, then its dependent processes."""
        children = _children(self.nodes[number])
        for process in sorted(children, key=lambda process: "raylet" not in process.name()):
            _kill(process)

    def __enter__(self) -> "Nodes":
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            for process in [*_children(node), node]:
                _kill(process)
            node.wait()
        self._temporary.cleanup()


class Run:
    """A running command; samples what it and the nodes take until it ends."""

    def __init__(self, command: list[str], output: Path, nodes: Nodes | None = None):
        self.output, self._nodes = output, nodes
        self._used: dict[int, float] = {}
        self.samples: list[tuple[float, float, int, int]] = []
        self._process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def count(self) -> int:
        """Return the number of results so far."""
        return len(results(self.output))

    def wait(self) -> str:
        """Wait for the end; return the standard error."""
        errors = self._process.communicate()[1].decode(errors="replace")
        self._thread.join()
        if self._process.returncode:
            raise RuntimeError(f"The command failed: {errors}")
        return errors

    def kill(self) -> None:
        """Kill the command itself, without a chance to clean up."""
        self._process.kill()
        self._process.communicate()
        self._thread.join()

    def _sample(self) -> None:
        while self._process.poll() is None:
            processes: list[Any] = [self._process]
            workers = self._nodes.workers() if self._nodes else [self._process]
            for node in self._nodes.nodes if self._nodes else []:
                processes += _children(node)
            for process in processes:
                try:
                    times = process.cpu_times()
                    self._used[process.pid] = times.user + times.system
                except psutil.Error:
                    continue
            sizes = [size for size in map(_memory, workers) if size]
            used = sum(self._used.values())
            self.samples.append((time.time(), used, max(sizes, default=0), len(sizes)))
            time.sleep(0.5)


def results(output: Path) -> list[Path]:
    """Return the pictures in the output folder."""
    return list(folder.find(output, recursive=True).pictures) if output.is_dir() else []


def _children(node: psutil.Process) -> list[psutil.Process]:
    try:
        return node.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def repository_on_path() -> None:
    """Let workers import the repository, wherever they are started."""
    root = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
