"""The page "Measure": restore shrunk originals, and compare the results with them."""

from collections.abc import Sequence

import streamlit as st

from service.evaluation import Evaluation
from service.sample import Sample
from ui import session
from ui.components import measure_results, originals, scores_table
from ui.components.download import draw_download
from ui.components.measure_settings import Settings, choose_settings
from ui.components.progress import follow
from ui.components.uploader import page_slot, switch_slot

PAGE = "measure"

_SKIPPED = f"{PAGE}_skipped"

_SHRINK = (
    "Take a picture that is sharp already. It is shrunk, enlarged again in several ways, and each result is "
    "**compared with your original**, number by number."
)
_PAIR = (
    "Take a small picture and the original it was made from. The small one is enlarged in several ways, and "
    "each result is **compared with your original**, number by number."
)


def render() -> None:
    """Draw the page."""
    with session.friendly_errors():
        evaluation = _evaluation()
        # The page is narrower before a picture is chosen: see page.css.
        with st.container(key="measure" if evaluation.measurements.samples else "intro"):
            st.title("How good is it?", anchor=False)
            explanation = st.empty()
            settings = choose_settings(on_change=_resume, on_task_change=_forget)
            explanation.markdown(_PAIR if settings.pair else _SHRINK)
            with page_slot(PAGE):
                if evaluation.measurements.samples:
                    _measure(evaluation, settings)
                else:
                    _draw_intro(settings)


def _evaluation() -> Evaluation:
    return session.keep(f"{PAGE}_evaluation", Evaluation)


def _draw_intro(settings: Settings) -> None:
    _show_skipped()
    _draw_uploader(settings)
    if not settings.pair and settings.scale > 1:
        originals.offer_samples(PAGE, _add)


def _draw_uploader(settings: Settings, *, key: str = "choose") -> None:
    if settings.pair:
        originals.draw_pair_uploader(PAGE, _evaluation().halves, _add)
    else:
        originals.draw_uploader(PAGE, _add, key=key)


def _measure(evaluation: Evaluation, settings: Settings) -> None:
    """Draw the results so far, and measure what is missing."""
    runner = evaluation.runner
    runner.wake()
    version = runner.version
    _draw_header(evaluation, settings)
    work = st.container()
    if settings.pair:
        with st.expander("Add a pair", icon=":material/add_photo_alternate:", key=f"{PAGE}_add"):
            _draw_uploader(settings)
    measure_results.draw_failures(evaluation.measurements, settings.methods, try_again=_try_again)
    selection = measure_results.draw_results(evaluation, settings)
    with runner.lock:
        # State may have changed while the page was drawn, even for the last time; then it is redrawn.
        changed = runner.version != version
        missing = evaluation.want(settings.methods, selection)
        drawn = version if changed else runner.version
    session.set_page_state(_page_state(evaluation, settings))
    paused = runner.paused(evaluation)
    with work:
        if paused is not None and missing:
            st.info(paused, icon=":material/pause:")
            st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=_resume)
        elif missing or changed:
            _follow(evaluation, settings, drawn)


def _follow(evaluation: Evaluation, settings: Settings, drawn: int) -> None:
    """Draw the progress, with a button to cancel."""
    measurements, task = evaluation.measurements, evaluation.current
    samples = list(measurements.samples.values())
    total = len(samples) * len(settings.methods)
    done = total - sum(len(measurements.missing(sample, settings.methods)) for sample in samples)
    which = ""
    if task is not None and task.sample in samples:  # else it belongs to pictures that were removed
        number = f"Picture {samples.index(task.sample) + 1} of {len(samples)}. " if len(samples) > 1 else ""
        which = f"{number}{task.method.title}: "
    with st.container(horizontal=True, vertical_alignment="center"):
        slot = st.container(width="stretch")
        st.button("Cancel", key=f"{PAGE}_cancel", icon=":material/close:", on_click=evaluation.cancel)
    with slot:
        follow(evaluation.runner, evaluation, drawn, which=which, done=done, total=total)


def _page_state(evaluation: Evaluation, settings: Settings) -> session.PageState:
    measurements = evaluation.measurements
    total = len(measurements.samples) * len(settings.methods)
    missing = sum(len(measurements.missing(one, settings.methods)) for one in measurements.samples.values())
    status = f"{total - missing} of {total} measurements are done."
    failed = len(measurements.failures(settings.methods))
    return session.PageState(f"{status} {failed} failed." if failed else status)


def _draw_header(evaluation: Evaluation, settings: Settings) -> None:
    measurements = evaluation.measurements
    samples = list(measurements.samples.values())
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            # As plain text: a file name may contain Markdown.
            st.text(samples[0].name if len(samples) == 1 else f"{len(samples)} pictures")
            facts = measure_results.describe_sample(measurements, samples[0], settings.scale)
            if len(samples) == 1 and facts:
                st.caption(facts)
        with st.container(horizontal=True, width="content"):
            if any(measurements.scores(sample, one) for sample in samples for one in settings.methods):
                draw_download(
                    evaluation.offer(
                        f"superres_x{settings.scale}.csv", settings.methods, scores_table.as_csv
                    ),
                    "Download CSV",
                    help="A row for each picture, method and protocol, with all digits.",
                )
            if not settings.pair:
                _draw_uploader(settings, key="add")
            st.button("Start over", key=f"{PAGE}_another", icon=":material/restart_alt:", on_click=_forget)
    _show_skipped()


def _show_skipped() -> None:
    if skipped := st.session_state.get(_SKIPPED):
        st.warning(skipped, icon=":material/warning:")


def _add(samples: Sequence[Sample], skipped: str | None = None) -> None:
    st.session_state[_SKIPPED] = _evaluation().add(samples) or skipped
    if samples:
        _resume()


def _resume() -> None:
    evaluation = _evaluation()
    evaluation.runner.resume(evaluation)
    switch_slot(PAGE)


def _try_again() -> None:
    _evaluation().try_again()
    switch_slot(PAGE)


def _forget() -> None:
    _evaluation().forget()
    st.session_state[_SKIPPED] = None
    switch_slot(PAGE)
