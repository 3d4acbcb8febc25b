"""The pictures of a batch on the page: each with what it is, how far it is, and what can be done with it."""

from collections.abc import Callable
from pathlib import PurePosixPath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from service import archive
from ui.batch import MAX_KEPT, Batch
from ui.job import Job, Result, State
from ui.job_list import AT_WORK
from ui.order import TITLES

# Seconds between two looks at the worker.
_LOOK_EVERY = 0.5

# More pictures than these scroll in a box of their own.
_TALL = 6
_BOX_HEIGHT = 460  # px

_AGAIN = {State.CANCELLED: "Start again", State.FAILED: "Try again"}

_MIMES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def duration(seconds: float) -> str:
    """Return seconds as a person says them."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def expectation(job: Job) -> str:
    """Return what will be made of a picture, and what that takes."""
    facts, estimate = job.facts, job.estimate
    if facts is None or estimate is None:
        return "Reading the picture ..."
    return (
        f"{facts.width} × {facts.height} px → {estimate.width} × {estimate.height} px, "
        f"about {duration(estimate.seconds)} and {estimate.memory_mib / 1024:.1f} GiB of memory"
    )


def outcome(job: Job, result: Result) -> str:
    """Return what was made of a picture, as Markdown."""
    small = "" if job.facts is None else f"{job.facts.width} × {job.facts.height} px → "
    kind = TITLES[result.order.output.format]
    return (
        f"{small}**{result.width} × {result.height} px** in {result.seconds:.1f} s, "
        f"{kind}, {_megabytes(len(result.data))}"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} kB"


def draw_one(batch: Batch, job: Job, *, forget: Callable[[], None]) -> DeltaGenerator | None:
    """Draw a batch of one picture; return where to tell how far it is, if it is at work."""
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        facts = st.container(width="stretch", gap=None)
        buttons = st.container(horizontal=True, width="content")
    # As plain text: a file may be named like Markdown.
    facts.text(job.name)
    if job.result is not None:
        facts.caption(outcome(job, job.result))
        with buttons:
            download(job, job.result, primary=True)
    elif job.state in (*AT_WORK, State.READY):
        facts.caption(expectation(job))
    buttons.button("Another picture", key="upscale_another", icon=":material/replay:", on_click=forget)
    slot = None
    if job in batch.at_work:
        with st.container(horizontal=True, vertical_alignment="center", key="work"):
            slot = st.container(width="stretch")
            st.button(
                "Cancel",
                key="upscale_cancel",
                icon=":material/close:",
                on_click=batch.cancel,
                args=([job],),
            )
    _warn(batch, job)
    if job.state is State.FAILED:
        st.error(job.said, icon=":material/error:")
        st.button(_AGAIN[job.state], key="upscale_again", on_click=batch.again, args=([job],))
    if job.state is State.CANCELLED:
        st.info("Cancelled. Nothing of it was kept.", icon=":material/cancel:")
        st.button(_AGAIN[job.state], key="upscale_again", type="primary", on_click=batch.again, args=([job],))
    return slot


def draw_many(batch: Batch, *, forget: Callable[[], None]) -> DeltaGenerator | None:
    """Draw a batch of several pictures; return where to tell how far the one at work is, if one is."""
    jobs = batch.jobs
    _draw_header(batch, forget)
    with st.container(key="batch", height=_BOX_HEIGHT if len(jobs) > _TALL else "content"):
        slots = [_draw_row(batch, job) for job in jobs]
    return next((slot for slot in slots if slot is not None), None)


def _draw_header(batch: Batch, forget: Callable[[], None]) -> None:
    jobs, done, at_work = batch.jobs, batch.done, batch.at_work
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            st.text(f"{len(jobs)} pictures")
            left = sum(job.seconds for job in at_work)
            said = f"{len(done)} done" + (f", about {duration(left)} left" if at_work else "")
            failed = sum(job.state is State.FAILED for job in jobs)
            st.caption(said + (f", {failed} failed" if failed else ""))
        with st.container(horizontal=True, width="content"):
            if done:
                st.download_button(
                    "Download ZIP",
                    lambda: pack(done),
                    file_name="superres.zip",
                    mime="application/zip",
                    on_click="ignore",
                    icon=":material/download:",
                    type="primary",
                    key="download_all",
                    help="All results in one file, in the same folders as they came.",
                )
            if len(at_work) > 1:
                st.button(
                    "Cancel all",
                    key="upscale_cancel_all",
                    icon=":material/close:",
                    on_click=batch.cancel,
                    args=(at_work,),
                )
            st.button("Start over", key="upscale_another", icon=":material/replay:", on_click=forget)


def pack(jobs: list[Job]) -> bytes:
    """Return the results of jobs as a ZIP file, in the folders they came in."""
    finished = [(job, job.result) for job in jobs if job.result is not None]
    paths = archive.apart([str(PurePosixPath(job.folder, job.file_name)) for job, _ in finished])
    # Twice what is kept: the result that passes the limit is kept too.
    return archive.pack(
        ((path, result.data) for path, (_, result) in zip(paths, finished, strict=True)),
        max_bytes=2 * MAX_KEPT,
    )


def _draw_row(batch: Batch, job: Job) -> DeltaGenerator | None:
    """Draw one of several pictures; return where to tell how far it is, if it is at work just now."""
    slot = None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row_{job.id}"):
        if job.thumbnail is not None:
            # The name is text beside it.
            st.image(job.thumbnail, width=48, output_format="PNG", alt="")
        with st.container(width="stretch", gap=None):
            st.text(f"{job.folder}/{job.name}" if job.folder else job.name)
            if job.state is State.FAILED:
                st.error(job.said, icon=":material/error:")
            elif job.state in (State.READING, State.RUNNING) or job.save_again:
                st.caption(expectation(job))
                slot = st.container()
            elif job.state in (State.ADDED, State.WAITING, State.READY):
                st.caption("Waiting." if job.estimate is None else f"Waiting. {expectation(job)}")
            elif job.state is State.CANCELLED:
                st.caption("Cancelled.")
            elif job.result is not None:
                st.caption(outcome(job, job.result))
            _warn(batch, job)
        with st.container(horizontal=True, width="content", gap="small"):
            _draw_buttons(batch, job)
    return slot


def _draw_buttons(batch: Batch, job: Job) -> None:
    if job.result is not None:
        st.button(
            "Show",
            key=f"show_{job.id}",
            on_click=batch.show,
            args=(job,),
            disabled=batch.shown is job,
            help=f"Look at {_quoted(job.name)} below.",
        )
        download(job, job.result)
    if job.state in (*AT_WORK, State.READY):
        st.button("Cancel", key=f"cancel_{job.id}", on_click=batch.cancel, args=([job],))
        return
    if job.state in _AGAIN:
        st.button(_AGAIN[job.state], key=f"again_{job.id}", on_click=batch.again, args=([job],))
    st.button(
        "",
        key=f"remove_{job.id}",
        icon=":material/delete:",
        on_click=batch.remove,
        args=(job,),
        help=f"Remove {_quoted(job.name)} and its result",
    )


def _quoted(name: str) -> str:
    """Return a name for a help text, which is Markdown."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()<>#+-!|$~:" else c for c in name)


def _warn(batch: Batch, job: Job) -> None:
    """Say what the chosen format would lose of a picture."""
    if job.facts is not None and job.state is not State.FAILED:
        for said in job.facts.losses[batch.order.output.format, batch.order.keep_metadata]:
            st.caption(f":material/warning: {said}")


def download(job: Job, result: Result, *, primary: bool = False) -> None:
    """Draw the button that downloads a result."""
    kind = result.order.output.format
    st.download_button(
        f"Download {TITLES[kind]}",
        # Called when it is clicked: bytes would be hashed in every run of the page.
        lambda: result.data,
        file_name=job.file_name,
        mime=_MIMES[kind],
        on_click="ignore",
        icon=":material/download:",
        type="primary" if primary else "secondary",
        key=f"download_{job.id}",
    )


@st.fragment(run_every=_LOOK_EVERY)
def follow(batch: Batch, drawn: int) -> None:
    """Tell how far the picture at work is, again and again; draw the page anew when a state has changed.

    Parameters
    ----------
    batch : Batch
    drawn : int
        The version of the batch that is on the page.
    """
    if batch.version != drawn:
        st.rerun()
    job = next((job for job in batch.jobs if job.state in (State.READING, State.RUNNING)), None)
    if job is None:
        saving = any(job.save_again for job in batch.jobs)
        st.progress(0.0, text="Saving in the other format ..." if saving else "Starting ...")
        return
    progress = job.progress
    if job.note or progress is None:
        st.progress(
            1.0 if progress and progress.done == progress.total else 0.0, text=job.note or "Starting ..."
        )
        return
    left = job.seconds if progress.remaining is None else progress.remaining
    st.progress(progress.done / progress.total, text=f"Enlarging, about {duration(left)} left ...")
