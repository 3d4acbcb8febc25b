import asyncio
import gc
import logging
import platform
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from service.networks import NetworkPool
from service.process import keep_uploads_in_memory, start_tensorflow
from service.session_reaper import SessionReaper
from sr_core import EngineError, OptionError, WeightsError
from tests.conftest import ROOT
from ui import session


def failing_page(error: Exception) -> None:
    from ui import session

    with session.friendly_errors():
        raise error


def test_own_errors_are_shown_as_they_are(caplog: pytest.LogCaptureFixture):
    app = AppTest.from_function(failing_page, kwargs={"error": EngineError("The memory is too small.")}).run()

    assert [error.value for error in app.error] == ["The memory is too small."]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_bugs_are_logged_without_what_the_person_sent(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        app = AppTest.from_function(failing_page, kwargs={"error": KeyError("holiday.png")}).run()

    assert len(app.error) == 1
    assert not app.exception
    assert "failing_page" in caplog.text
    assert "KeyError" in caplog.text
    assert "holiday" not in caplog.text + app.error[0].value


def test_leaving_the_page_is_no_error():
    with pytest.raises(StopException), session.friendly_errors():
        raise StopException


def test_network_that_could_not_be_loaded_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    tries = []

    def fail(name: str) -> None:
        tries.append(name)
        raise WeightsError("The weights are damaged.")

    monkeypatch.setattr("service.networks._load", fail)
    networks = NetworkPool()

    for _ in range(2):
        with pytest.raises(WeightsError, match="damaged"):
            networks.get("edsr_x4")
    assert tries == ["edsr_x4", "edsr_x4"]


def test_operator_fixes_the_precision_of_all_processes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SUPERRES_PRECISION", "float32")
    assert NetworkPool().get("edsr_x4").engine.precision == "float32"

    monkeypatch.setenv("SUPERRES_PRECISION", "float64")
    with pytest.raises(OptionError, match="one of auto, float32 and bfloat16; received 'float64'"):
        NetworkPool().get("edsr_x4")


def test_who_gives_up_waiting_for_a_network_leaves_it_loading(monkeypatch: pytest.MonkeyPatch):
    released = threading.Event()
    monkeypatch.setattr("service.networks._load", lambda name: released.wait(60) and name)
    networks = NetworkPool()

    with pytest.raises(StopException):
        networks.get("edsr_x4", on_wait=stop)
    released.set()

    assert networks.load("edsr_x4").result(timeout=60) == "edsr_x4"


def stop() -> None:
    raise StopException


def test_page_is_drawn_without_any_network(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("service.networks._load", lambda name: pytest.fail("a network was loaded"))

    app = AppTest.from_file(str(ROOT / "app.py")).run()

    assert app.title[0].value == "Make a small picture big"


def test_connection_that_drops_for_a_moment_stops_no_work(monkeypatch: pytest.MonkeyPatch):
    here = {"somebody"}
    server = SimpleNamespace(is_active_session=here.__contains__)
    monkeypatch.setattr(session, "runtime", SimpleNamespace(exists=lambda: True, get_instance=lambda: server))
    reaper = SessionReaper(session._present, poll_interval=60)
    reaper.on_leave("somebody", "runner", lambda: None)
    assert reaper.should_continue("somebody")

    here.clear()

    assert reaper.should_continue("somebody")


def test_run_of_a_page_neither_clears_keras_nor_collects_all_of_tensorflow():
    start_tensorflow()
    from keras.src.backend.common import global_state

    before = global_state.GLOBAL_STATE_TRACKER

    script_runner._clean_problem_modules()  # a server calls it after every run, and AppTest does not

    assert global_state.GLOBAL_STATE_TRACKER is before
    assert gc.get_freeze_count() > 100_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators need no configuration")
def test_threads_share_two_heaps_and_large_blocks_stay_out_of_them(tmp_path: Path):
    code = """if True:
        import ctypes, sys, threading
        from service.process import configure_malloc
        configure_malloc()
        start, libc = threading.Barrier(9), ctypes.CDLL(None)
        libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
        libc.free(ctypes.c_void_p(libc.malloc(20_000_000)))
        libc.malloc(10_000_000)
        work = lambda: (start.wait(), libc.malloc(1000), start.wait())
        threads = [threading.Thread(target=work) for _ in range(8)]
        [thread.start() for thread in threads], start.wait(), start.wait()
        file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
        libc.malloc_info(0, file), libc.fclose(file)
    """
    report = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", code, report], cwd=ROOT, check=True)
    heaps = ElementTree.fromstring(report.read_text())
    assert 1 <= len(heaps.findall("heap")) <= 2
    own = heaps.find("./total[@type='mmap']")
    assert own is not None
    assert int(own.attrib["size"]) >= 10_000_000


def test_large_uploads_are_received_in_memory():
    keep_uploads_in_memory()
    body = b"--x\r\n" + b'Content-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
    body += bytes(3 * 2**20) + b"\r\n--x--\r\n"

    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    async def rolled_to_disk() -> bool:
        headers = [(b"content-type", b"multipart/form-data; boundary=x")]
        async with Request({"type": "http", "headers": headers}, receive).form() as form:
            upload = form["f"]
            assert isinstance(upload, UploadFile)
            assert upload.size == 3 * 2**20
            return bool(getattr(upload.file, "_rolled"))  # noqa: B009 - private, so unknown to the checker

    assert not asyncio.run(rolled_to_disk())
