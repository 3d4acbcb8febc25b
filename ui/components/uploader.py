"""Choose pictures: drop some, browse for some, or click a sample; and where a page is drawn."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from service.thumbnail import thumbnail
from sr_core.files import READABLE_EXTENSIONS

SAMPLES = Path(__file__).parents[1] / "samples"

_THUMBNAIL = 96  # px of the page


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was uploaded."""

    name: str
    data: bytes


Add = Callable[[Sequence[Upload]], None]
"""What takes the files that were chosen."""


def stage(page: str) -> DeltaGenerator:
    """Return where to draw a page, and empty at once what it showed before `turn` was called.

    Streamlit leaves what an earlier run drew until the new run has ended. While a picture is worked on, that
    would be the result of another one, with its download. So a page has two places, and uses them in turns.
    """
    place = _turns(page) % 2
    return [st.container() if index == place else st.empty() for index in range(2)][place]


def turn(page: str) -> None:
    """Have the page drawn elsewhere from the next run on."""
    st.session_state[f"{page}_turns"] = _turns(page) + 1


def _turns(page: str) -> int:
    return st.session_state.get(f"{page}_turns", 0)


def drop(page: str, label: str, add: Add, *, limits: str, more: Sequence[str] = ()) -> None:
    """Draw where pictures are dropped, any number at once.

    Parameters
    ----------
    page : str
        Tells the choosers of different pages apart.
    label : str
        What to drop.
    add : callable
        Called before the next run with what was dropped.
    limits : str
        What is accepted, in words.
    more : sequence of str
        Extensions that are accepted besides those of pictures.
    """
    # A key of its own each time: an uploader of the same key would come back with the old files.
    key = f"{page}_file_{st.session_state.get(f'{page}_uploads', 0)}"
    st.file_uploader(
        label,
        type=[extension.removeprefix(".") for extension in (*READABLE_EXTENSIONS, *more)],
        accept_multiple_files=True,
        key=key,
        on_change=_take_uploads,
        args=(page, key, add),
    )
    st.caption(limits)


def first_of(uploads: Sequence[Upload]) -> tuple[Upload, str | None]:
    """Return the one that is taken where there is room for one, and what to say if more were dropped."""
    # The browser could refuse the others itself, but would say so on a page that is gone a moment later.
    left_out = len(uploads) - 1
    said = f"Only one picture fits here, so the first was taken; left out: {left_out}." if left_out else None
    return uploads[0], said


def offer_samples(page: str, add: Add) -> None:
    """Draw the sample pictures, each one click away."""
    st.caption("No picture at hand? Try one of these:")
    with st.container(horizontal=True, gap="small", key="samples"):
        for file in sorted(SAMPLES.glob("*.png")):
            with st.container(width=_THUMBNAIL, gap="xsmall"):
                st.image(_thumbnail(file), width=_THUMBNAIL, alt=f"Sample: {file.stem}")
                st.button(
                    file.stem.capitalize(),
                    key=f"{page}_sample_{file.stem}",
                    on_click=_take_sample,
                    args=(file, add),
                    width="stretch",
                )


def promise_privacy() -> None:
    """Say what becomes of a picture: `service.session_reaper` and `service.process` keep the promise."""
    st.caption(
        ":material/lock: Your picture is never stored: it is worked on in memory, never written to disk or "
        "logged, and forgotten when you leave."
    )


@functools.cache
def _thumbnail(file: Path) -> str:
    with Image.open(file) as image:
        # Twice the size: screens show two pixels and more for one of the page.
        return thumbnail(image, 2 * _THUMBNAIL)


def _take_sample(file: Path, add: Add) -> None:
    add([Upload(file.name, file.read_bytes())])


def _take_uploads(page: str, key: str, add: Add) -> None:
    files = [file for file in st.session_state[key] if isinstance(file, UploadedFile)]
    # Called again, with what are no files, once those below are removed while their widget is still there.
    if not files:
        return
    add([Upload(file.name, file.getvalue()) for file in files])
    st.session_state[f"{page}_uploads"] = st.session_state.get(f"{page}_uploads", 0) + 1
    # Streamlit would keep a second copy, of these and of every later file, until the session ends.
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
