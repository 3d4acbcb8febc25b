"""The page "Compare": one picture enlarged by several networks, under one zoom."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from service.batch import ASK_ABOVE
from service.comparing import MAX_RESULT, Candidate, Subject
from service.comparison import Comparison
from service.methods import networks_by_scale
from service.runner import Runner
from sr_core import catalogue
from ui import session
from ui.components import compare_results
from ui.components.compare_settings import Settings, choose_settings
from ui.components.download import download_address
from ui.components.progress import duration, follow
from ui.components.uploader import (
    Upload,
    draw_uploader,
    first_of,
    offer_samples,
    page_slot,
    switch_slot,
)

PAGE = "compare"

_FEW = 2


class Visit:
    """What this page keeps for one person.

    Attributes
    ----------
    upload : Upload or None
        The picture.
    comparison : Comparison or None
        Comparison of that picture at the chosen scale.
    skipped : str or None
        Warning about files that were skipped.
    """

    def __init__(self, runner: Runner):
        self.runner = runner
        self.upload: Upload | None = None
        self.comparison: Comparison | None = None
        self.skipped: str | None = None

    def forget(self) -> None:
        """Drop everything."""
        if self.comparison is not None:
            self.comparison.forget()
        self.upload = self.comparison = self.skipped = None


def render() -> None:
    """Draw the page."""
    with session.friendly_errors():
        visit = _visit()
        # The page is narrower before a picture is chosen: see page.css.
        with st.container(key="compare" if visit.upload else "intro"):
            st.title("Which network is best?", anchor=False)
            about = st.empty()
            settings = choose_settings()
            if visit.upload is None:
                about.markdown(_about(settings))
            cost = st.empty()
            with page_slot(PAGE):
                if visit.upload is None:
                    _draw_intro(settings)
                else:
                    if visit.skipped is not None:
                        st.warning(visit.skipped, icon=":material/warning:")
                    _compare(_comparison(visit, visit.upload, settings), settings, cost)


def _about(settings: Settings) -> str:
    """Return an introduction to the page that fits the number of networks at this scale."""
    count = len(settings.offered)
    if count > _FEW:
        return (
            "Every network sees a picture differently. Let several enlarge **the same picture**, and zoom "
            "into all of them at once."
        )
    scale, most = max(networks_by_scale().items(), key=lambda pair: len(pair[1]))
    there = "there is one network" if count == 1 else f"there are {count} networks"
    return (
        f"At ×{settings.scale} {there}, to be compared with plain enlargement on **the same picture**; "
        f"×{scale} has {len(most)}."
    )


def _visit() -> Visit:
    return session.keep(f"{PAGE}_visit", Visit)


def _draw_intro(settings: Settings) -> None:
    megapixels = MAX_RESULT / (1 if settings.shrink else settings.scale**2) / 1e6
    draw_uploader(PAGE, "Choose a photo", _add)
    what = "A sharp picture" if settings.shrink else "A picture"
    unit = "megapixel" if megapixels == 1 else "megapixels"
    st.caption(f"{what} of up to {int(megapixels * 10) / 10:g} {unit}.")
    offer_samples(PAGE, _add)


def _comparison(visit: Visit, upload: Upload, settings: Settings) -> Comparison:
    """Return the comparison of this picture under these settings."""
    subject = Subject(upload.name, upload.data, settings.scale, settings.shrink)
    if visit.comparison is None or visit.comparison.subject != subject:
        if visit.comparison is not None:
            visit.comparison.forget()
        visit.comparison = Comparison(visit.runner, subject)
    visit.comparison.want(settings.candidates)
    return visit.comparison


def _compare(comparison: Comparison, settings: Settings, cost: DeltaGenerator) -> None:
    """Draw the results so far, and start what is missing."""
    runner = comparison.runner
    _draw_header(comparison)
    if comparison.error:
        st.error(comparison.error, icon=":material/error:")
        _draw_retry(comparison)
        return
    _ask(comparison)
    runner.wake()
    # State may change while the page is drawn, even for the last time; then it is redrawn.
    drawn = runner.version
    cost.caption(_cost(comparison, settings))
    slot = _draw_work(comparison)
    for candidate, why in comparison.errors:
        st.error(f"{candidate.method.title}: {why}", icon=":material/error:")
    if comparison.errors:
        _draw_retry(comparison)
    compare_results.draw_results(comparison)
    session.set_page_state(_page_state(comparison))
    if runner.version != drawn or runner.active(comparison):
        current, done = comparison.current, len(comparison.outcomes)
        which = ""
        if current is not None:
            which = f"{current.method.title} ({done + 1} of {done + len(comparison.missing)}): "
        with slot:
            follow(runner, comparison, drawn, which=which, promptly=True)


def _page_state(comparison: Comparison) -> session.PageState:
    done, failed = comparison.outcomes, comparison.errors
    status = f"{len(done)} of {len(done) + len(comparison.missing)} networks are done."
    status += "".join(f" {candidate.method.title} failed." for candidate, _ in failed)
    results = [download_address(outcome.download) for outcome in done]
    return session.PageState(comparison.error or status, tuple(results))


def _draw_retry(comparison: Comparison) -> None:
    st.button("Try again", key=f"{PAGE}_again", on_click=comparison.resume)


def _draw_header(comparison: Comparison) -> None:
    subject, material = comparison.subject, comparison.material
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            # As plain text: a file name may contain Markdown.
            st.text(subject.name)
            if material is not None:
                width, height, scale = material.small.width, material.small.height, subject.scale
                small = f"{width:,} × {height:,} px"
                how = f"{small} → **{width * scale:,} × {height * scale:,} px**"
                if subject.shrink:
                    how = f"Shrunk to {small} with antialiased bicubic, then enlarged ×{scale}."
                st.caption(" ".join([how, *material.notes]))
        st.button("Start over", key=f"{PAGE}_another", icon=":material/restart_alt:", on_click=_forget)


def _ask(comparison: Comparison) -> None:
    """Start the missing candidates, or ask for confirmation if they take long."""
    paused = comparison.runner.paused(comparison)
    if paused is not None:
        st.info(paused, icon=":material/pause:")
        st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=comparison.resume)
        return
    asked = [candidate for candidate in comparison.missing if not comparison.allows(candidate)]
    if comparison.material is None or not asked:
        return
    seconds = _expected(asked, comparison)
    if seconds is None or seconds <= ASK_ABOVE:
        comparison.allow(asked)
        return
    st.info(f"This will take about {duration(seconds)} on this server.", icon=":material/schedule:")
    st.button("Start", key=f"{PAGE}_start", type="primary", on_click=comparison.allow, args=(asked,))


def _draw_work(comparison: Comparison) -> DeltaGenerator:
    """Draw a button to cancel, and return the container for the progress beside it."""
    if not comparison.runner.active(comparison):
        return st.container()
    with st.container(horizontal=True, vertical_alignment="center", key="work"):
        slot = st.container(width="stretch")
        st.button("Cancel", key=f"{PAGE}_cancel", icon=":material/close:", on_click=comparison.cancel)
    return slot


def _cost(comparison: Comparison, settings: Settings) -> str:
    """Return how long best quality takes on this picture, in words."""
    plain = _expected([Candidate(chosen.method) for chosen in settings.candidates], comparison)
    best = _expected([Candidate(chosen.method, True) for chosen in settings.candidates], comparison)
    if not plain or not best:
        return ""
    return f"On this picture, best quality takes about {duration(best)} instead of {duration(plain)}."


def _expected(candidates: Sequence[Candidate], comparison: Comparison) -> float | None:
    return comparison.expected_seconds(candidates, catalogue())


def _add(uploads: Sequence[Upload]) -> None:
    _forget()
    visit = _visit()
    visit.upload, visit.skipped = first_of(uploads)


def _forget() -> None:
    _visit().forget()
    switch_slot(PAGE)
