"""Choose pictures: drop some, browse for some, or click a sample; and where a page is drawn."""

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


def drop(page: str, label: str, add: Add, *, key: str = "choose") -> None:
    """Draw where pictures are chosen, any number at once.

    Whatever is chosen is taken: what cannot be read gets its sentence from `sr_core.files`, where Streamlit
    would only colour its name.

    Parameters
    ----------
    page : str
        Tells the choosers of different pages apart.
    label : str
        What to choose, for a screen reader.
    add : callable
        Called before the next run with what was chosen.
    key : str
        How it looks, see page.css: a zone to "choose" the first picture, or a button to "add" more.
    """
    # A key of its own each time: an uploader of the same key would come back with the old files.
    name = f"{page}_file_{st.session_state.get(f'{page}_uploads', 0)}"
    with st.container(key=f"{key}_{page}", width="content" if key == "add" else "stretch"):
        st.file_uploader(
            label,
            accept_multiple_files=True,
            key=name,
            on_change=_take_uploads,
            args=(page, name, add),
            label_visibility="collapsed",
        )


def first_of(uploads: Sequence[Upload]) -> tuple[Upload, str | None]:
    """Return the one that is taken where there is room for one, and what to say if more were dropped."""
    # The browser could refuse the others itself, but would say so on a page that is gone a moment later.
    left_out = len(uploads) - 1
    said = f"Only one picture fits here, so the first was taken; left out: {left_out}." if left_out else None
    return uploads[0], said


def offer_samples(page: str, add: Add) -> None:
    """Draw the sample pictures: each is a button."""
    st.caption("No picture at hand? Try one of these:")
    with st.container(horizontal=True, gap="small", key="samples"):
        for file in sorted(SAMPLES.glob("*.png")):
            st.button(
                file.stem.capitalize(),
                key=f"{page}_sample_{file.stem}",
                on_click=_take_sample,
                args=(file, add),
            )


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
