"""Choosing pictures by upload or from samples; and the slots in which a page is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    name: str
    data: bytes


Add = Callable[[Sequence[Upload]], None]
"""Callback for chosen files."""


def page_slot(page: str) -> DeltaGenerator:
    """Return the container to draw a page in; the container used before `switch_slot` is emptied at once.

    Streamlit keeps what an earlier run drew until the new run has ended. While a picture is being enlarged,
    that would be the result of another one, with its download. So a page alternates between two containers.
    """
    slot = _switches(page) % 2
    return [st.container() if index == slot else st.empty() for index in range(2)][slot]


def switch_slot(page: str) -> None:
    """Draw the page in its other container from the next run on."""
    st.session_state[f"{page}_switches"] = _switches(page) + 1


def _switches(page: str) -> int:
    return st.session_state.get(f"{page}_switches", 0)


def draw_uploader(page: str, label: str, add: Add, *, key: str = "choose") -> None:
    """Draw an uploader for any number of files.

    It accepts every file: for one that cannot be read, `sr_core.files` explains why, while Streamlit would
    only colour its name.

    Parameters
    ----------
    page : str
        Distinguishes the uploaders of different pages.
    label : str
        What to choose, for screen readers.
    add : callable
        Called with the chosen files before the next run.
    key : str
        Its style, see page.css: an area to "choose" the first picture, or a button to "add" more.
    """
    # A new key each time: an uploader with the same key would still hold the old files.
    name = f"{page}_file_{st.session_state.get(f'{page}_uploads', 0)}"
    with st.container(key=f"{key}_{page}", width="content" if key == "add" else "stretch"):
        st.file_uploader(
            label,
            accept_multiple_files=True,
            key=name,
            on_change=_add_uploads,
            args=(page, name, add),
            label_visibility="collapsed",
        )


def first_of(uploads: Sequence[Upload]) -> tuple[Upload, str | None]:
    """Return the first upload, for a page that takes only one, and a warning if there were more."""
    # The browser could refuse the others itself, but its message would vanish with the page a moment later.
    left_out = len(uploads) - 1
    if not left_out:
        return uploads[0], None
    return uploads[0], f"Only one picture fits here, so the first was taken; left out: {left_out}."


def offer_samples(page: str, add: Add) -> None:
    """Draw the sample pictures as buttons."""
    st.caption("No picture at hand? Try one of these:")
    with st.container(horizontal=True, gap="small", key="samples"):
        for file in sorted(SAMPLES.glob("*.png")):
            st.button(
                file.stem.capitalize(),
                key=f"{page}_sample_{file.stem}",
                on_click=_add_sample,
                args=(file, add),
            )


def _add_sample(file: Path, add: Add) -> None:
    add([Upload(file.name, file.read_bytes())])


def _add_uploads(page: str, key: str, add: Add) -> None:
    files = [file for file in st.session_state[key] if isinstance(file, UploadedFile)]
    # Removing the files below, while their widget still exists, triggers another call without any files.
    if not files:
        return
    add([Upload(file.name, file.getvalue()) for file in files])
    st.session_state[f"{page}_uploads"] = st.session_state.get(f"{page}_uploads", 0) + 1
    # Streamlit would keep a second copy of every file until the session ends.
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
