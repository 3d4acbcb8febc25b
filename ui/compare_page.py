"""Which network is best on this picture? Several networks, one picture, one zoom."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sr_core import catalogue
from sr_core.files import READABLE_NAMES
from ui import session
from ui.batch import ASK_ABOVE
from ui.batch_list import duration
from ui.chooser import Upload, drop, first_of, offer_samples, promise_privacy, stage, turn
from ui.comparing import shown
from ui.comparing.comparison import MAX_RESULT, Candidate, Comparison, Subject
from ui.comparing.expectation import expected_seconds
from ui.comparing.making import set_to_work
from ui.comparing.settings import Settings, choose_settings

PAGE = "compare"


@dataclass
class Desk:
    """What this page keeps of one person.

    Attributes
    ----------
    upload : Upload or None
        The picture.
    comparison : Comparison or None
        Of that picture, under the scale that is chosen.
    said : str or None
        What is to be told of the files that were dropped.
    """

    upload: Upload | None = None
    comparison: Comparison | None = None
    said: str | None = None

    def forget(self) -> None:
        """Forget everything."""
        if self.comparison is not None:
            self.comparison.close()
        self.upload = self.comparison = self.said = None


def render() -> None:
    """Draw the page."""
    with session.friendly_errors():
        desk = _desk()
        # What is said and asked before there is a picture is narrower than the results: see page.css.
        with st.container(key="compare" if desk.upload else "intro"):
            st.title("Which network is best?", anchor=False)
            if desk.upload is None:
                st.markdown(
                    "Every network sees a picture differently. Let several enlarge **the same picture**, and "
                    "zoom into all of them at once."
                )
            settings = choose_settings()
            cost = st.empty()
            with stage(PAGE):
                if desk.upload is None:
                    _introduce(settings)
                else:
                    if desk.said is not None:
                        st.warning(desk.said, icon=":material/warning:")
                    _compare(_comparison(desk, desk.upload, settings), settings, cost)


def _desk() -> Desk:
    return session.keep(f"{PAGE}_desk", Desk)


def _introduce(settings: Settings) -> None:
    megapixels = MAX_RESULT / (1 if settings.shrink else settings.scale**2) / 1e6
    unit = "megapixel" if megapixels == 1 else "megapixels"
    side = int((megapixels * 1e6) ** 0.5)
    what = "Drop a sharp picture here" if settings.shrink else "Drop a picture here"
    drop(
        PAGE,
        f"{what}, or press Upload",
        _take,
        limits=f"One picture of up to {int(megapixels * 10) / 10:g} {unit}, for example {side} × {side} px. "
        f"{READABLE_NAMES}.",
    )
    offer_samples(PAGE, _take)
    promise_privacy()


def _comparison(desk: Desk, upload: Upload, settings: Settings) -> Comparison:
    """Return the comparison of this picture under these settings."""
    subject = Subject(upload.name, upload.data, settings.scale, settings.shrink)
    if desk.comparison is None or desk.comparison.subject != subject:
        if desk.comparison is not None:
            desk.comparison.close()
        desk.comparison = Comparison(subject)
    desk.comparison.want(settings.candidates)
    return desk.comparison


def _compare(comparison: Comparison, settings: Settings, cost: DeltaGenerator) -> None:
    """Draw what is known, and see to it that the rest is made."""
    _draw_header(comparison)
    if comparison.refused is not None:
        st.error(comparison.refused, icon=":material/error:")
        _offer_again(comparison)
        return
    # Things may change while the page is drawn, also to the last; then it is drawn again.
    drawn = comparison.version
    _ask(comparison)
    set_to_work(comparison, session.tools())
    cost.caption(_cost(comparison, settings))
    slot = _draw_work(comparison)
    for candidate, why in comparison.failures:
        st.error(f"{candidate.method.title}: {why}", icon=":material/error:")
    if comparison.failures:
        _offer_again(comparison)
    shown.draw_results(comparison)
    promise_privacy()
    if comparison.version != drawn or comparison.at_work:
        with slot:
            shown.follow(comparison, drawn)


def _offer_again(comparison: Comparison) -> None:
    st.button("Try again", key=f"{PAGE}_again", on_click=comparison.go_on)


def _draw_header(comparison: Comparison) -> None:
    subject, facts = comparison.subject, comparison.facts
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            # As plain text: a file may be named like Markdown.
            st.text(subject.name)
            if facts is not None:
                width, height, scale = facts.small_width, facts.small_height, subject.scale
                how = f"{width} × {height} px → **{width * scale} × {height * scale} px**"
                if subject.shrink:
                    how = f"Shrunk to {width} × {height} px with antialiased bicubic, then enlarged ×{scale}."
                st.caption(" ".join([how, *facts.notes]))
        st.button("Another picture", key=f"{PAGE}_another", icon=":material/replay:", on_click=_forget)


def _ask(comparison: Comparison) -> None:
    """Let what is missing begin, or ask for the person's word where it takes long."""
    if comparison.stopped is not None:
        st.info(comparison.stopped, icon=":material/pause:")
        st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=comparison.go_on)
        return
    if comparison.facts is None:
        return
    asked = [candidate for candidate in comparison.missing if not comparison.allows(candidate)]
    seconds = _expected(asked, comparison)
    if seconds is None or seconds <= ASK_ABOVE:
        comparison.allow(asked)
        return
    st.info(f"This will take about {duration(seconds)} on this server.", icon=":material/schedule:")
    st.button("Start", key=f"{PAGE}_start", type="primary", on_click=comparison.allow, args=(asked,))


def _draw_work(comparison: Comparison) -> DeltaGenerator:
    """Return where to tell how far it is, beside a button to cancel."""
    if not comparison.at_work:
        return st.container()
    with st.container(horizontal=True, vertical_alignment="center", key="work"):
        slot = st.container(width="stretch")
        st.button("Cancel", key=f"{PAGE}_cancel", icon=":material/close:", on_click=comparison.cancel)
    return slot


def _cost(comparison: Comparison, settings: Settings) -> str:
    """Say what best quality takes, or would take, on this picture."""
    plain = _expected([Candidate(chosen.method) for chosen in settings.candidates], comparison)
    best = _expected([Candidate(chosen.method, True) for chosen in settings.candidates], comparison)
    if not plain or not best:
        return ""
    return f"On this picture, best quality takes about {duration(best)} instead of {duration(plain)}."


def _expected(candidates: Sequence[Candidate], comparison: Comparison) -> float | None:
    return expected_seconds(candidates, comparison, session.networks(), catalogue())


def _take(uploads: Sequence[Upload]) -> None:
    _forget()
    desk = _desk()
    desk.upload, desk.said = first_of(uploads)


def _forget() -> None:
    _desk().forget()
    turn(PAGE)
