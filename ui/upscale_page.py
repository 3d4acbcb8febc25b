"""Drop pictures, get them two, three or four times as large, or of an exact size."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from sr_core.files import READABLE_NAMES
from ui import session
from ui.batch import Batch
from ui.batch_list import draw_many, draw_one, duration, follow
from ui.chooser import Upload, drop, offer_samples, promise_privacy, stage, turn
from ui.intake import take_in
from ui.order import Order
from ui.output_settings import choose_order
from ui.result_view import View, draw_view, make_view
from ui.worker import set_to_work

PAGE = "upscale"

_LIMITS = (
    f"One picture or many, or a ZIP file of them: {READABLE_NAMES}. Up to 4 megapixels each for "
    "×4, for example 2000 × 2000 px, and 16 megapixels for ×2."
)


@dataclass
class Desk:
    """What this page keeps of one person.

    Attributes
    ----------
    batch : Batch
    said : list of str
        What is to be told of the files that came last.
    view : View or None
        Of the picture on show.
    """

    batch: Batch = field(default_factory=lambda: Batch(Order()))
    said: list[str] = field(default_factory=list)
    view: View | None = None

    def forget(self) -> None:
        """Forget everything."""
        self.batch.clear()
        self.said, self.view = [], None


def render() -> None:
    """Draw the page."""
    desk = _desk()
    with stage(PAGE), session.friendly_errors():
        if desk.batch.jobs:
            _work(desk)
        else:
            _introduce(desk)


def _desk() -> Desk:
    return session.keep(f"{PAGE}_desk", Desk)


def _introduce(desk: Desk) -> None:
    """Say what this is, and ask for pictures."""
    with st.container(key="intro"):
        st.title("Make a small picture big", anchor=False)
        st.markdown(
            "Get a photo **four times as wide and high**, with detail restored by EDSR, a neural network."
        )
        _complain(desk)
        drop(PAGE, "Drop pictures here, or press Upload", _add, limits=_LIMITS, more=(".zip",))
        desk.batch.set_order(choose_order())
        offer_samples(PAGE, _add)
        promise_privacy()


def _work(desk: Desk) -> None:
    """Draw the batch, and see to it that it goes on."""
    batch = desk.batch
    batch.set_order(choose_order())
    set_to_work(batch, session.tools())
    # States may change while the page is drawn, also to the last; then it is drawn again.
    drawn, jobs = batch.version, batch.jobs
    _complain(desk)
    slot = draw_one(batch, jobs[0], forget=_forget) if len(jobs) == 1 else draw_many(batch, forget=_forget)
    _ask(batch)
    _show(desk)
    with st.expander("Add pictures", icon=":material/add_photo_alternate:", key=f"{PAGE}_add"):
        drop(PAGE, "Drop more pictures here, or press Upload", _add, limits=_LIMITS, more=(".zip",))
    promise_privacy()
    if batch.version != drawn or (batch.at_work and batch.stopped is None):
        with slot or st.container():
            follow(batch, drawn)


def _complain(desk: Desk) -> None:
    if desk.said:
        # As plain text, a line each: files may be named like Markdown.
        with st.container(border=True, key="left_out"):
            st.markdown(":material/warning: **Not everything could be taken.**")
            st.text("\n".join(desk.said))


def _ask(batch: Batch) -> None:
    """Ask for what needs a person's word."""
    if batch.stopped is not None:
        st.info(batch.stopped, icon=":material/pause:")
        st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=batch.start)
    ready, outdated = batch.ready, batch.outdated
    if ready and not batch.at_work:
        seconds = sum(job.seconds for job in ready)
        st.info(f"This will take about {duration(seconds)} on this server.", icon=":material/schedule:")
        st.button("Start", key=f"{PAGE}_start", type="primary", on_click=batch.start)
    if outdated:
        which = "The result was" if len(outdated) == 1 else f"{len(outdated)} results were"
        with st.container(horizontal=True, vertical_alignment="center", key="outdated"):
            st.info(f"{which} made with other settings than those above.", icon=":material/update:")
            st.button(
                "Enlarge again", key=f"{PAGE}_renew", type="primary", on_click=batch.again, args=(outdated,)
            )


def _show(desk: Desk) -> None:
    """Draw the picture on show."""
    job = desk.batch.shown
    if job is None or job.result is None:
        desk.view = None
        return
    if len(desk.batch.jobs) > 1:
        st.text(job.name)
    if desk.view is None or desk.view.result is not job.result:
        desk.view = None  # its memory is needed
        with st.spinner("Drawing ..."):
            desk.view = make_view(job, job.result)
    draw_view(desk.view)


def _add(uploads: Sequence[Upload]) -> None:
    desk = _desk()
    desk.said = take_in(desk.batch, uploads)
    turn(PAGE)


def _forget() -> None:
    _desk().forget()
    turn(PAGE)
