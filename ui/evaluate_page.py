"""How good is it? Shrink known originals, restore them, and measure what came back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from service.inference_queue import BusyError
from service.sample import Sample
from ui import session
from ui.chooser import promise_privacy, stage, turn
from ui.measuring import originals, restoring, scores_table, shown
from ui.measuring.closer_look import ORIGINAL, Look, Looks
from ui.measuring.measurements import Measurements, Method
from ui.measuring.originals import Halves
from ui.measuring.settings import Settings, choose_settings
from ui.measuring.shown import LookedAt

PAGE = "measure"

_SHRINK = (
    "Take a picture that is sharp already. It is shrunk, enlarged again in several ways, and each result is "
    "**compared with your original**, number by number."
)
_PAIR = (
    "Take a small picture and the original it was made from. The small one is enlarged in several ways, and "
    "each result is **compared with your original**, number by number."
)


@dataclass
class Bench:
    """What this page keeps of one person.

    Attributes
    ----------
    measurements : Measurements
    looks : Looks
    halves : dict
        What there is of a pair while it is not complete.
    said : str or None
        What is to be told once, such as that there were too many files.
    stopped : str or None
        Why nothing is measured just now.
    """

    measurements: Measurements = field(default_factory=Measurements)
    looks: Looks = field(default_factory=Looks)
    halves: Halves = field(default_factory=dict)
    said: str | None = None
    stopped: str | None = None

    def forget(self) -> None:
        """Forget everything."""
        self.measurements, self.looks = Measurements(), Looks()
        # The choosers of the page last drawn still refer to it.
        self.halves.clear()
        self.said = self.stopped = None

    def lacks_look(self, sample: Sample, method: Method) -> bool:
        """Whether the pictures of a method are still to be made; where it failed, they are not."""
        failed = (sample.key, method.name) in self.measurements.failed
        return not failed and method.name not in self.looks.known


def render() -> None:
    """Draw the page."""
    with session.friendly_errors():
        bench = _bench()
        # What is said and asked before there is a picture is narrower than the results: see page.css.
        with st.container(key="measure" if bench.measurements.samples else "intro"):
            st.title("How good is it?", anchor=False)
            explanation = st.empty()
            settings = choose_settings(changed=_begin_again)
            explanation.markdown(_PAIR if settings.pair else _SHRINK)
            with stage(PAGE):
                if bench.measurements.samples:
                    _measure_and_show(bench, settings)
                else:
                    _introduce(bench, settings)


def _bench() -> Bench:
    return session.keep(f"{PAGE}_bench", Bench)


def _introduce(bench: Bench, settings: Settings) -> None:
    _complain(bench)
    _choose(settings)
    if not settings.pair and settings.scale > 1:
        originals.offer_samples(PAGE, _add)
    promise_privacy()


def _choose(settings: Settings) -> None:
    if settings.pair:
        originals.drop_pair(PAGE, _bench().halves, _add)
    else:
        originals.drop_originals(PAGE, _add)


def _measure_and_show(bench: Bench, settings: Settings) -> None:
    """Draw what is known, then find out what is missing next, and draw again."""
    _draw_header(bench, settings)
    work = st.container()
    shown.complain(bench.measurements, settings.methods, try_again=_try_again)
    looked_at = shown.show(bench.measurements, bench.looks, settings)
    nothing = looked_at is None
    # Another key where it shall be open: an expander of the same key would stay as it was.
    with st.expander(
        "Add pictures",
        icon=":material/add_photo_alternate:",
        expanded=nothing,
        key=f"{PAGE}_add_{'first' if nothing else 'more'}",
    ):
        _choose(settings)
    job = _next(bench, settings, looked_at)
    if job is None:
        return
    with work:
        if bench.stopped is None:
            _work(bench, settings, *job, looked_at=looked_at)
            st.rerun()
        st.info(bench.stopped, icon=":material/pause:")
        st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=_begin_again)


def _draw_header(bench: Bench, settings: Settings) -> None:
    samples = list(bench.measurements.samples.values())
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            # As plain text: a file may be named like Markdown.
            st.text(samples[0].name if len(samples) == 1 else f"{len(samples)} pictures")
            if len(samples) == 1 and (said := shown.how(bench.measurements, samples[0], settings.scale)):
                st.caption(said)
        with st.container(horizontal=True, width="content"):
            text = scores_table.as_csv(bench.measurements, settings.methods)
            if text.count("\n") > 1:
                st.download_button(
                    "Download CSV",
                    text,
                    file_name=f"superres_x{settings.scale}.csv",
                    mime="text/csv",
                    on_click="ignore",
                    icon=":material/download:",
                    key=f"{PAGE}_csv",
                    help="A row for each picture, method and protocol, with all digits.",
                )
            st.button("Start over", key=f"{PAGE}_another", icon=":material/replay:", on_click=_forget)
    _complain(bench)


def _complain(bench: Bench) -> None:
    if bench.said is not None:
        st.warning(bench.said, icon=":material/warning:")


def _next(bench: Bench, settings: Settings, looked_at: LookedAt | None) -> tuple[Sample, list[Method]] | None:
    """Return the next picture with what it lacks: numbers, or pictures to look at."""
    for sample in bench.measurements.accepted(settings.scale):
        missing = bench.measurements.missing(sample, settings.methods)
        if looked_at is not None and sample == looked_at.sample:
            missing += [m for m in looked_at.methods if m not in missing and bench.lacks_look(sample, m)]
        if missing:
            return sample, missing
    return None


def _work(
    bench: Bench, settings: Settings, sample: Sample, methods: list[Method], *, looked_at: LookedAt | None
) -> None:
    """Restore and measure one picture, with a progress bar and a button to cancel."""
    measurements = bench.measurements
    samples = list(measurements.samples.values())
    total = len(samples) * len(settings.methods)
    done = total - sum(len(measurements.missing(other, settings.methods)) for other in samples)
    which = f"Picture {samples.index(sample) + 1} of {len(samples)}. " if len(samples) > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.container(width="stretch").progress(0.0, text="Starting ...")
        st.button("Cancel", key=f"{PAGE}_cancel", icon=":material/close:", on_click=_cancel)

    def tell(share: float, text: str) -> None:
        bar.progress(min((done + share * len(methods)) / total, 1.0), text=which + text)

    def keep(name: str, look: Callable[[], Look]) -> None:
        if looked_at is not None and sample == looked_at.sample:
            bench.looks.keep(name, look(), shown=[ORIGINAL, *(method.name for method in looked_at.methods)])

    try:
        restoring.restore_and_measure(measurements, sample, methods, tell=tell, keep=keep)
    except BusyError as error:
        bench.stopped = str(error)


def _add(samples: Sequence[Sample], said: str | None = None) -> None:
    bench = _bench()
    bench.said = bench.measurements.add(samples) or said
    if samples:
        _begin_again()


def _begin_again() -> None:
    _bench().stopped = None
    turn(PAGE)


def _try_again() -> None:
    _bench().measurements.try_again()
    _begin_again()


def _cancel() -> None:
    _bench().stopped = "Cancelled. What was measured before is kept."


def _forget() -> None:
    _bench().forget()
    turn(PAGE)
