"""The page "Upscale" without a browser: real bytes in, results or one sentence out."""

import gc
import html
import re
import struct
import time
import weakref
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from service.batch import Batch
from service.networks import NetworkPool
from service.runner import Runner
from service.task import shared_resources
from sr_core import Upscaler, decode, encode, engines
from tests.conftest import ROOT
from tests.ui.conftest import downloads
from ui.pages import upscale

PHOTO = ROOT / "tests" / "data" / "guitar.png"
SECONDS = 300  # the first run waits for TensorFlow


@pytest.fixture
def page() -> AppTest:
    return open_page()


def open_page() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploader = app.file_uploader[0]
    for name, data in files:
        uploader = uploader.upload(name, data, "application/octet-stream")
    uploader.run()
    return settle(app)


def batch(app: AppTest) -> Batch:
    return app.session_state["upscale_batch"]


def settle(app: AppTest) -> AppTest:
    """Wait until nothing is left to do, as a browser would by looking again and again."""
    end = time.monotonic() + SECONDS
    while batch(app).runner.active(batch(app)):
        assert time.monotonic() < end, [(item.status, item.snapshot.message) for item in batch(app).items]
        time.sleep(0.02)
    app.run()
    assert not app.exception
    return app


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    return settle(app)


def choose(app: AppTest, label: str, value: str) -> AppTest:
    groups: Any = app.get("button_group")  # the checker only knows that they are parts of the page
    control = next(group for group in groups if group.label == label)
    control.set_value(value).run()
    return settle(app)


def headings(app: AppTest) -> list[str]:
    """What the page is called, as text."""
    bodies: list[Any] = [element.proto.body for element in app.get("html")]
    return [
        html.unescape(found[1])
        for body in bodies
        if (found := re.match(r"<h1[^>]*>(.*?)(?: <small|</h1>)", body))
    ]


def tiles(app: AppTest) -> list[str]:
    """What stands below each picture of a batch."""
    bodies: list[Any] = [element.proto.body for element in app.get("html")]
    return [
        html.unescape(found[1]) for body in bodies if (found := re.match(r'<p class="said">(.*)</p>', body))
    ]


def views(app: AppTest) -> int:
    return len([one for one in app.get("bidi_component") if "compare" in one.proto.component_name])


def said(app: AppTest) -> list[str]:
    return [caption.value.replace("\N{NO-BREAK SPACE}", " ") for caption in app.caption]


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 32), form: str = "png", **options) -> bytes:
    rows, columns = np.mgrid[: size[1], : size[0]]  # smooth: noise would be cleaned up
    waves = np.stack([np.sin((rows * (c + 1) + columns) / 9) for c in range(3)], axis=2)
    buffer = BytesIO()
    Image.fromarray((128 + 100 * waves).astype(np.uint8)).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


def transparent() -> bytes:
    buffer = BytesIO()
    image = Image.new("RGB", (40, 32), "red")
    image.putalpha(Image.linear_gradient("L").resize((40, 32)))
    image.save(buffer, "png")
    return buffer.getvalue()


def animation() -> bytes:
    frames = [Image.new("P", (32, 32), colour) for colour in (0, 1, 2)]
    buffer = BytesIO()
    frames[0].save(buffer, "gif", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def huge_header() -> bytes:
    """A PNG of a few bytes that claims to be 3,600 megapixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + picture()[33:]


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "text": ("notes.png", lambda: b"Not a picture at all, but long enough to be one." * 9),
    "empty": ("empty.png", lambda: b""),
    "truncated": ("half.jpg", lambda: picture(form="jpeg", size=(200, 160))[:900]),
    "huge": ("huge.png", huge_header),
    "animated": ("moving.png", animation),
}
TAKEN: dict[str, tuple[str, Callable[[], bytes]]] = {
    "photo": ("guitar.png", PHOTO.read_bytes),
    "CMYK": ("print.jpg", lambda: picture("CMYK", form="jpeg")),
    "palette": ("logo.png", lambda: picture("P", transparency=0)),
    "grey": ("grey.webp", lambda: picture("L", form="webp")),
    "misnamed": ("really a jpeg.png", lambda: picture(form="jpeg")),
    "odd": ("**odd** [name](x) $y$.bmp", lambda: picture(size=(37, 23), form="bmp")),
}


def test_work_that_ends_while_the_page_is_drawn_is_shown(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    def draw_slowly() -> None:
        while upscale._batch().active:
            time.sleep(0.01)

    monkeypatch.setattr(upscale, "_ask", lambda _: draw_slowly())

    page.file_uploader[0].upload("guitar.png", PHOTO.read_bytes(), "image/png").run()

    assert downloads(page) == ["Download PNG"]


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_gets_one_sentence_and_a_way_on(page: AppTest, case: str):
    name, make = REFUSED[case]

    upload(page, (name, make()))

    assert len(page.error) == 1
    assert "our side" not in page.error[0].value
    assert name not in page.error[0].value
    assert "eceived" not in page.error[0].value
    assert views(page) == 0
    assert [button.label for button in page.button] == ["Start over"]


@pytest.mark.parametrize("case", TAKEN)
def test_picture_of_every_kind_gets_a_result(page: AppTest, case: str):
    name, make = TAKEN[case]

    upload(page, (name, make()))

    assert not page.error
    assert views(page) == 1
    assert headings(page) == [name]
    assert downloads(page) == ["Download PNG"]


def test_one_pixel_is_enlarged():
    enlarged = upload(open_page(), ("dot.png", picture(size=(1, 1))))

    assert "1 × 1 px → **4 × 4 px**" in said(enlarged)[0]


@pytest.mark.parametrize("size", [(400, 4), (4, 400)])
def test_a_strip_has_its_row_beside_another_picture(page: AppTest, size: tuple[int, int]):
    upload(page, ("strip.png", picture(size=size)), ("dot.png", picture(size=(1, 1))))

    assert not page.error
    assert len(batch(page).items) == 2


def test_bug_is_apologised_for_and_not_shown(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    def decode(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("service.upscaling.decode", decode)

    upload(page, ("guitar.png", PHOTO.read_bytes()))

    assert len(page.error) == 1
    assert "Something went wrong on our side" in page.error[0].value


@pytest.mark.parametrize("others", [[], [("b.png", b"no picture")]])
def test_what_failed_can_be_tried_again(
    page: AppTest, others: list[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch
):
    def decode(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    with monkeypatch.context() as broken:
        broken.setattr("service.upscaling.decode", decode)
        upload(page, ("guitar.png", PHOTO.read_bytes()), *others)
    assert not downloads(page)

    click(page, "Try again")

    assert downloads(page) == (["Download 1 of 2", "Download"] if others else ["Download PNG"])


def test_result_is_drawn_without_any_network(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    upload(page, ("a.png", picture(size=(24, 20))))
    batch(page).items[0].preview = None
    monkeypatch.setattr(NetworkPool, "get", lambda *_, **__: pytest.fail("a network was loaded"))

    page.run()
    settle(page)

    preview = batch(page).items[0].preview
    assert preview is not None
    assert (preview.after[0].label, preview.after[0].caption) == ("SuperRes", "EDSR ×4")


def test_sample_is_one_click_away_and_another_picture_leads_back(page: AppTest):
    click(page, "Dog")
    assert headings(page) == ["dog.png"]

    click(page, "Start over")

    assert page.title[0].value == "Make a small picture big"
    assert views(page) == 0
    assert batch(page).nbytes == 0


def test_other_picture_under_the_same_name_replaces_the_result():
    app = upload(open_page(), ("same.png", picture(size=(40, 32))))
    click(app, "Start over")

    upload(app, ("same.png", picture(size=(24, 20))))

    assert "24 × 20 px → **96 × 80 px**" in said(app)[0]


def test_sessions_never_see_each_others_picture():
    upload(open_page(), ("guitar.png", PHOTO.read_bytes()))

    other = open_page()

    assert not other.text
    assert views(other) == 0
    assert batch(other).items == ()


def test_bad_file_among_good_ones_gets_its_sentence_and_stops_nothing(page: AppTest):
    files = [("a.png", picture(size=(24, 20))), ("bad.png", b"no picture"), ("b.png", picture(size=(20, 24)))]

    upload(page, *files)

    assert headings(page) == ["3 pictures"]
    names = [button.label for button in page.button if (button.key or "").startswith("show_")]
    assert names == ["bad.png", "a.png", "b.png"]
    assert "The file is not a picture" in tiles(page)[0]
    assert tiles(page)[1].startswith("96 × 80 px · ")
    assert downloads(page) == ["Download 2 of 3", *["Download"] * 2]


def test_zip_comes_out_in_the_folders_it_came_in(page: AppTest):
    photo = PHOTO.read_bytes()
    files = {"trip/a.png": photo, "trip/a.bmp": picture(form="bmp"), "../up.png": photo, "trip/no.txt": b""}

    upload(page, ("trip.zip", zipped(files)))

    assert "no.txt was left out: it is not a picture." in [text.value for text in page.text]
    with zipfile.ZipFile(BytesIO(b"".join(batch(page).archive.content()))) as archive:
        assert archive.namelist() == ["trip/a_x4.png", "trip/a_x4 (2).png", "up_x4.png"]
        upscaler = Upscaler.from_weights("edsr_x4")
        expected = encode(upscaler.upscale(decode(photo)), provenance=upscaler.provenance())
        assert archive.read("trip/a_x4.png") == archive.read("up_x4.png") == expected


def test_damaged_zip_is_a_sentence_and_other_files_are_taken(page: AppTest):
    upload(page, ("bad.zip", zipped({"a.png": b""})[:-30]), ("good.png", picture()))

    assert any(text.value.startswith("bad.zip: The ZIP file") for text in page.text)
    assert views(page) == 1


def test_picture_that_was_added_is_seen_when_it_is_done_and_results_stay(page: AppTest):
    upload(page, ("a.png", picture(size=(24, 20))))
    before = batch(page).items[0].result

    upload(page, ("b.png", picture(size=(20, 24))))

    assert [item.name for item in batch(page).done] == ["a.png", "b.png"]
    assert batch(page).items[0].result is before
    assert batch(page).shown is batch(page).items[1]
    assert views(page) == 1


def test_pictures_that_are_done_with_do_not_pile_up_in_memory(page: AppTest):
    left = []
    for seed in range(3):
        upload(page, (f"{seed}.png", picture(size=(24, 20 + seed))))
        left += [weakref.ref(batch(page).items[0])]
        click(page, "Start over")

    gc.collect()

    # Streamlit itself holds what the buttons of the last run were made with.
    assert [item() for item in left[:-1]] == [None] * 2


def test_any_result_can_be_shown_and_removed(page: AppTest):
    upload(page, ("a.png", picture(size=(24, 20))), ("b.png", picture(size=(20, 24))))
    first, second = batch(page).items

    page.button(key=f"show_{second.id}").click().run()
    settle(page)
    assert batch(page).shown is second
    page.button(key=f"remove_{second.id}").click().run()

    assert batch(page).items == (first,)
    assert headings(page) == ["a.png"]
    assert batch(page).shown is first


def test_exact_width_is_exact(page: AppTest):
    choose(page, "Size", "Exact")
    page.number_input[0].set_value(100).run()

    upload(page, ("a.png", picture(size=(40, 32))))

    assert "40 × 32 px → **100 × 80 px**" in said(page)[0]
    result = batch(page).items[0].result
    assert result is not None
    assert (decode(result.data).width, batch(page).items[0].file_name(batch(page).request)) == (
        100,
        "a_w100.png",
    )


def test_other_size_is_made_on_request(page: AppTest):
    upload(page, ("a.png", picture(size=(40, 32))))
    choose(page, "Size", "×2")
    assert "**160 × 128 px**" in said(page)[0]

    click(page, "Enlarge again")

    assert "40 × 32 px → **80 × 64 px**" in said(page)[0]


def test_jpeg_comes_with_its_size_and_says_beforehand_what_it_loses(page: AppTest):
    choose(page, "Save as", "JPEG")

    upload(page, ("logo.png", transparent()))

    assert any("JPEG keeps no transparency" in caption for caption in said(page))
    result = batch(page).items[0].result
    assert result is not None
    assert result.data.startswith(b"\xff\xd8\xff")
    assert "JPEG" in said(page)[0]
    assert f"· {len(result.data) / 1e3:.1f} kB ·" in said(page)[0]
    assert downloads(page) == ["Download JPEG"]


def test_format_chosen_afterwards_needs_no_network(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    upload(page, ("logo.png", transparent()))
    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))

    choose(page, "Save as", "JPEG")

    assert ":material/warning: JPEG keeps no transparency" in " ".join(said(page))
    assert downloads(page) == ["Download JPEG"]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WebP"])
def test_picture_for_paper_says_how_large_it_is_printed(page: AppTest, form: str):
    choose(page, "Size", "Screen or print")
    choose(page, "For", "Print 10 × 15 cm")
    choose(page, "Save as", form)
    camera = Image.Exif()
    camera[0x011A], camera[0x011B], camera[0x0128] = 72.0, 72.0, 2

    upload(page, ("a.jpg", picture(form="jpeg", exif=camera)))

    result = batch(page).items[0].result
    assert result is not None
    image = Image.open(BytesIO(result.data))
    assert any("the result is as large as it can be" in caption for caption in said(page))
    expected = 128 / (10 / 2.54)
    assert f"{expected:.0f} dpi" in said(page)[0]
    assert image.info.get("dpi", (expected,))[0] == pytest.approx(expected, abs=0.6)
    assert float(image.getexif()[0x011A]) == pytest.approx(expected, abs=0.01)


def test_too_large_a_picture_is_refused_with_the_way_out_and_made_that_way(page: AppTest):
    wide = picture(size=(1200, 20))
    choose(page, "Save as", "WebP")
    choose(page, "Size", "Exact")
    page.number_input[0].set_value(4801).run()
    upload(page, ("wide.png", wide))
    assert "choose a smaller size" in page.error[0].value

    page.number_input[0].set_value(2400).run()
    settle(page)

    assert not page.error
    assert "→ **2,400 × 40 px**" in said(page)[0]


def test_memory_that_is_not_there_is_refused_before_the_run(monkeypatch: pytest.MonkeyPatch):
    shared_resources.cache_clear()  # what the pages of other tests keep counts too
    monkeypatch.setattr("service.memory.attainable_mib", lambda: engines.base_memory() / 2**20 + 1)

    page = upload(open_page(), ("a.png", picture()))

    assert "GiB of memory, and this server has 0." in page.error[0].value
    assert "GiB; choose ×2" in page.error[0].value


def test_long_work_is_announced_and_waits(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("service.batch.ASK_ABOVE", 0.0)
    upload(page, ("a.png", picture(size=(40, 32))))
    assert "This will take about 1 s on this server." in page.info[0].value
    assert "40 × 32 px → 160 × 128 px · about 1 s" in said(page)[0]

    click(page, "Start")

    assert views(page) == 1


def test_normal_photo_is_made_smaller_than_asked_for_and_that_is_said(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("service.request.MAX_ENLARGED", 10_000)

    upload(page, ("a.png", picture(size=(40, 32))))

    assert "×2 · PNG · 40 × 32 px → **80 × 64 px**" in said(page)[0]
    assert "×4 would be 0 megapixels: ×2 was used instead." in said(page)[1]
    download = batch(page).items[0].download
    assert download is not None
    assert download.file_name == "a_x2.png"


def test_skipped_files_are_named_until_that_is_closed(page: AppTest):
    upload(page, ("trip.zip", zipped({"a.png": picture(), "no.txt": b""})))
    assert [text.value for text in page.text] == ["no.txt was left out: it is not a picture."]

    page.button(key="upscale_close").click().run()

    assert not page.text
    assert views(page) == 1


def test_zip_of_part_of_a_batch_is_offered_beside_what_is_at_work(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
):
    upload(page, ("a.png", picture(size=(24, 20))))
    monkeypatch.setattr("service.batch.ASK_ABOVE", 0.0)
    upload(page, ("b.png", picture(size=(20, 24))))

    assert downloads(page)[0] == "Download 1 of 2"
    assert batch(page).items[0].result is not None


def test_pages_say_that_nothing_is_stored(page: AppTest):
    assert any("Your picture is never stored" in caption for caption in said(page))
    upload(page, ("a.png", picture()))
    assert any("Your picture is never stored" in caption for caption in said(page))


def test_progress_does_not_fall_back_when_the_task_has_ended(monkeypatch: pytest.MonkeyPatch):
    def page(runner, store):
        import streamlit as st

        from ui.components.progress import follow

        drawn = runner.version
        if "ended" not in st.session_state:
            st.session_state.ended = True
            runner.changed()  # as at the end of a task, after the page has read the version
            follow(runner, store, drawn)
        st.text("result")

    bars: list[float] = []
    monkeypatch.setattr("streamlit.progress", lambda share, text: bars.append(share))
    runner = Runner(shared_resources())

    app = AppTest.from_function(page, kwargs={"runner": runner, "store": Batch(runner)}).run()

    assert not app.exception
    assert [text.value for text in app.text] == ["result"]
    assert bars == []
