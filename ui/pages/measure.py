"""How good is it? Shrink known originals, restore them, and measure what came back."""

from collections.abc import Sequence

import streamlit as st

from service.evaluation import Evaluation
from service.sample import Sample
from ui import session
from ui.components import measure_results, originals, scores_table
from ui.components.download import draw_download
from ui.components.measure_settings import Settings, choose_settings
from ui.components.progress import follow
from ui.components.uploader import stage, turn

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
        # What is said and asked before there is a picture is narrower than the results: see page.css.
        with st.container(key="measure" if evaluation.measurements.samples else "intro"):
            st.title("How good is it?", anchor=False)
            explanation = st.empty()
            settings = choose_settings(changed=_begin_again, other_task=_forget)
            explanation.markdown(_PAIR if settings.pair else _SHRINK)
            with stage(PAGE):
                if evaluation.measurements.samples:
                    _measure_and_show(evaluation, settings)
                else:
                    _introduce(settings)


def _evaluation() -> Evaluation:
    return session.keep(f"{PAGE}_evaluation", Evaluation)


def _introduce(settings: Settings) -> None:
    _complain()
    _choose(settings)
    if not settings.pair and settings.scale > 1:
        originals.offer_samples(PAGE, _add)


def _choose(settings: Settings, *, key: str = "choose") -> None:
    if settings.pair:
        originals.drop_pair(PAGE, _evaluation().halves, _add)
    else:
        originals.drop_originals(PAGE, _add, key=key)


def _measure_and_show(evaluation: Evaluation, settings: Settings) -> None:
    """Draw what is known, and have what is missing measured."""
    runner = evaluation.runner
    runner.wake()
    version = runner.version
    _draw_header(evaluation, settings)
    work = st.container()
    if settings.pair:
        with st.expander("Add a pair", icon=":material/add_photo_alternate:", key=f"{PAGE}_add"):
            _choose(settings)
    measure_results.complain(evaluation.measurements, settings.methods, try_again=_try_again)
    selection = measure_results.show(evaluation, settings)
    with runner.lock:
        # States may have changed while the page was drawn, also to the last; then it is drawn again.
        changed = runner.version != version
        missing = evaluation.want(settings.methods, selection)
        drawn = version if changed else runner.version
    session.tell(_told(evaluation, settings))
    paused = runner.paused(evaluation)
    with work:
        if paused is not None and missing:
            st.info(paused, icon=":material/pause:")
            st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=_begin_again)
        elif missing or changed:
            _follow(evaluation, settings, drawn)


def _follow(evaluation: Evaluation, settings: Settings, drawn: int) -> None:
    """Tell how far it is, with a button to cancel."""
    measurements, task = evaluation.measurements, evaluation.current
    samples = list(measurements.samples.values())
    total = len(samples) * len(settings.methods)
    done = total - sum(len(measurements.missing(sample, settings.methods)) for sample in samples)
    which = ""
    if task is not None:
        number = f"Picture {samples.index(task.sample) + 1} of {len(samples)}. " if len(samples) > 1 else ""
        which = f"{number}{task.method.title}: "
    with st.container(horizontal=True, vertical_alignment="center"):
        slot = st.container(width="stretch")
        st.button("Cancel", key=f"{PAGE}_cancel", icon=":material/close:", on_click=evaluation.cancel)
    with slot:
        follow(evaluation.runner, evaluation, drawn, which=which, done=done, total=total)


def _told(evaluation: Evaluation, settings: Settings) -> session.Told:
    """Return what a screen reader says."""
    measurements = evaluation.measurements
    total = len(measurements.samples) * len(settings.methods)
    missing = sum(len(measurements.missing(one, settings.methods)) for one in measurements.samples.values())
    said = f"{total - missing} of {total} measurements are done."
    failed = len(measurements.failures(settings.methods))
    return session.Told(f"{said} {failed} failed." if failed else said)


def _draw_header(evaluation: Evaluation, settings: Settings) -> None:
    measurements = evaluation.measurements
    samples = list(measurements.samples.values())
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            # As plain text: a file may be named like Markdown.
            st.text(samples[0].name if len(samples) == 1 else f"{len(samples)} pictures")
            if len(samples) == 1 and (said := measure_results.how(measurements, samples[0], settings.scale)):
                st.caption(said)
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
                _choose(settings, key="add")
            st.button("Start over", key=f"{PAGE}_another", icon=":material/restart_alt:", on_click=_forget)
    _complain()


def _complain() -> None:
    if skipped := st.session_state.get(_SKIPPED):
        st.warning(skipped, icon=":material/warning:")


def _add(samples: Sequence[Sample], said: str | None = None) -> None:
    st.session_state[_SKIPPED] = _evaluation().add(samples) or said
    if samples:
        _begin_again()


def _begin_again() -> None:
    evaluation = _evaluation()
    evaluation.runner.resume(evaluation)
    turn(PAGE)


def _try_again() -> None:
    _evaluation().try_again()
    turn(PAGE)


def _forget() -> None:
    _evaluation().forget()
    st.session_state[_SKIPPED] = None
    turn(PAGE)
