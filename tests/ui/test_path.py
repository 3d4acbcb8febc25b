"""How many files of the app one picture passes, from upload to download, on a warm server."""

import sys
import threading
import time
from pathlib import Path
from types import FrameType

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.ui.test_upscale_page import batch, open_page, picture, upload

MOST_FILES = 22
ROOMS = [str(ROOT / room) for room in ("ui", "service")]


def files_on_the_way(app: AppTest) -> set[str]:
    """Files whose functions run from the click on a file to the bytes of the result."""
    seen: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if threading.current_thread().name == "session reaper":
            return  # another session ends meanwhile
        name = frame.f_code.co_filename
        if event == "call" and frame.f_code.co_name != "<module>" and name.startswith(tuple(ROOMS)):
            seen.add(str(Path(name).relative_to(ROOT)))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        upload(app, ("photo.png", picture(size=(48, 40))))
        download = batch(app).items[0].download
        assert download is not None
        assert b"".join(download.content()).startswith(b"\x89PNG")
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return seen


def test_picture_passes_few_files():
    app = upload(open_page(), ("warm.png", picture(size=(24, 20))))
    next(button for button in app.button if button.label == "Start over").click().run()
    time.sleep(0.1)

    passed = files_on_the_way(app)

    assert len(passed) <= MOST_FILES, sorted(passed)
