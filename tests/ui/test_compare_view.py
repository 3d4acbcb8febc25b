import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from streamlit import config
from streamlit.testing.v1 import AppTest

import ui.components.compare_view
from sr_core.errors import MeasurementError, OptionError, PictureTooLargeError, UnreadablePictureError
from ui.components.compare_view import compare_view, view

ASSETS = sorted(
    path
    for path in Path(ui.components.compare_view.__file__).parent.iterdir()
    if path.suffix in {".html", ".css", ".js"}
)


def png(width: int, height: int, *, mode: str = "RGB", colour: int = 0) -> bytes:
    buffer = BytesIO()
    Image.new("L", (width, height), colour).convert(mode).save(buffer, "png")
    return buffer.getvalue()


def show(
    before: bytes,
    after: bytes,
    *,
    before_label: str = "Bicubic",
    after_label: str = "EDSR",
    height: int = 560,
) -> None:
    compare_view(before, after, before_label=before_label, after_label=after_label, key="view", height=height)


@pytest.fixture
def one_megabyte_messages() -> Iterator[None]:
    limit = config.get_option("server.maxMessageSize")
    config.set_option("server.maxMessageSize", 1)
    yield
    config.set_option("server.maxMessageSize", limit)


def test_pictures_of_different_size_are_refused_with_both_sizes():
    with pytest.raises(MeasurementError, match=r"Bicubic 8x6, EDSR 8x7 px"):
        show(png(8, 6), png(8, 7))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff\xe0 a JPEG file, which is long enough to hold a header", png(8, 6)[:20]]
)
def test_what_is_no_png_is_refused_and_named(data):
    with pytest.raises(UnreadablePictureError, match="after picture is not a PNG"):
        show(png(8, 6), data)


def test_blank_label_is_refused():
    with pytest.raises(OptionError, match="label=' '"):
        show(png(8, 6), png(8, 6), before_label=" ")


def test_view_too_low_to_show_anything_is_refused():
    with pytest.raises(OptionError, match="height=100"):
        show(png(8, 6), png(8, 6), height=100)


@pytest.mark.usefixtures("one_megabyte_messages")
def test_pictures_that_exceed_the_message_limit_are_refused_before_they_are_sent():
    with pytest.raises(PictureTooLargeError, match="Received: 0 MB"):
        show(png(8, 6), png(8, 6))


@pytest.mark.parametrize(("mode", "alpha"), [("L", False), ("RGB", False), ("LA", True), ("RGBA", True)])
def test_files_reach_the_browser_as_raw_bytes_behind_a_header(mode, alpha):
    def page(before: bytes, after: bytes) -> None:
        from ui.components.compare_view import compare_view

        compare_view(before, after, before_label="naïve <b>", after_label="EDSR ×4", key="view", height=480)

    # Of different content: one file is not sent twice.
    before, after = png(8, 6, mode=mode, colour=90), png(8, 6)
    app = AppTest.from_function(page, kwargs={"before": before, "after": after}, default_timeout=300).run()

    assert not app.exception
    message = app.get("bidi_component")[0].proto.bytes
    start = 4 + int.from_bytes(message[:4], "big")
    header = json.loads(message[4:start])
    assert message[start:] == before + after
    assert [length for _, length in header["parts"]] == [len(before), len(after)]
    assert (header["width"], header["height"], header["maxHeight"]) == (8, 6, 480)
    [first], [second] = header["before"], header["after"]
    assert (first["label"], first["alpha"]) == ("naïve <b>", alpha)
    assert (second["label"], second["alpha"]) == ("EDSR ×4", False)


def test_every_asset_is_used():
    used = {*view.SCRIPTS, "view.css", "grid.css", "view.html", "grid.html", "tiles.html", "zooms.html"}
    assert {path.name for path in ASSETS} == used


@pytest.mark.parametrize("path", ASSETS, ids=lambda path: path.name)
def test_assets_ask_no_other_server_and_never_read_text_as_markup(path):
    source = path.read_text("utf-8")
    # "//" followed by a space opens a comment; anything else would be an address.
    assert re.findall(r"//(?! )|@import|url\(|\bimport\b|\bfetch\(|XMLHttpRequest|WebSocket", source) == []
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source)
        == []
    )
