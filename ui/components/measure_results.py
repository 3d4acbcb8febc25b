"""The results of the page "Measure": one picture in detail, or many with their means."""

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from service.evaluation import ORIGINAL, Evaluation, Selection
from service.measurements import Measurements, passes
from service.methods import Method
from service.sample import Sample, protocols
from sr_core import ACCEPTABLE_PSNR, Scores
from ui.components import inspector, scores_table
from ui.components.markup import facts
from ui.components.measure_settings import Settings

_PSNR_HELP = (
    "Peak signal-to-noise ratio: how close the pixels are to the original's, in decibels (dB). Higher is "
    "better. 1 dB more means a fifth less squared error."
)
_SSIM_HELP = (
    "Structural similarity: how well edges and textures match the original. Higher is better; 1 is identical."
)
_EXPLANATION = (
    f"PSNR and SSIM: higher is better. From {ACCEPTABLE_PSNR:g} dB on a restoration counts as acceptable; "
    "∞ dB is identical to the original. MSE and MAE are the mean squared and the mean absolute difference "
    "between pixels, on a scale of 0 to 255: lower is better."
)


def draw_results(evaluation: Evaluation, settings: Settings) -> Selection | None:
    """Draw the results so far, and return the selection; None if there is no picture to select."""
    measurements, renderings = evaluation.measurements, evaluation.renderings
    samples = measurements.accepted(settings.scale)
    if not samples:
        return None
    many = len(measurements.samples) > 1
    if many:
        _draw_batch(measurements, settings)
        baseline = Method.baseline(settings.scale)
        if not any(measurements.scores(sample, baseline) for sample in samples):
            return Selection(samples[0], baseline, next(iter(settings.networks), None))
        st.header("A closer look", anchor=False)
    pictures, numbers = st.columns([5, 3], gap="medium")
    with pictures:
        selection = _choose_selection(measurements, samples, settings)
        names = [ORIGINAL, *(method.name for method in selection.methods)]
        if evaluation.shows(selection) and all(name in renderings for name in names):
            inspector.draw(renderings, selection.baseline, selection.network)
    with numbers:
        _draw_gain(measurements, selection)
    if measurements.scores(selection.sample, selection.baseline):
        st.header("All numbers", anchor=False)
        _side_by_side(
            scores_table.of_one(measurements, selection.sample, settings.methods, protocol)
            for protocol in protocols(settings.scale)
        )
        if not many:
            st.caption(_EXPLANATION)
    return selection


def describe_sample(measurements: Measurements, sample: Sample, scale: int) -> str:
    """Return how a sample was prepared, in words; empty until it has been."""
    facts = measurements.facts.get((sample.key, scale))
    if facts is None:
        return ""
    width, height = facts.small
    source = f"Shrunk to {width:,} × {height:,} px with antialiased bicubic"
    if sample.small is not None:
        source = f"The small picture of {width:,} × {height:,} px as uploaded"
    return " ".join([f"{source}, then enlarged ×{scale}.", *facts.notes])


def draw_failures(
    measurements: Measurements, methods: Sequence[Method], *, try_again: Callable[[], None]
) -> None:
    """Draw what could not be measured, and why, with a button that calls `try_again`."""
    failures = measurements.failures(methods)
    if len(measurements.samples) == 1:
        for _, why in failures:
            st.error(why, icon=":material/error:")
    elif failures:
        st.error(f"Not everything could be measured: {len(failures)} left out.", icon=":material/error:")
        st.html(facts("Not measured", failures))
    if failures:
        st.button("Try again", key="measure_again", on_click=try_again)


def difference(value: float, other: float, form: str) -> str:
    """Format `value - other` with a sign; either may be infinite."""
    gain = 0.0 if value == other else value - other
    return ("+∞" if gain > 0 else "-∞") if abs(gain) == float("inf") else f"{gain:+{form}}"


def _draw_batch(measurements: Measurements, settings: Settings) -> None:
    methods = measurements.working(settings.methods)
    complete = measurements.complete(methods)
    if complete:
        st.header("Means", anchor=False)
        _side_by_side(
            scores_table.of_means(measurements, complete, methods, protocol)
            for protocol in protocols(settings.scale)
        )
        st.caption(_EXPLANATION)
    st.header("Each picture", anchor=False)
    under = {protocol.short(): protocol for protocol in protocols(settings.scale)}
    with st.container(horizontal=True, gap="medium"):
        number = st.segmented_control(
            "Number", list(scores_table.NUMBERS), default="PSNR", required=True, key="measure_number"
        )
        protocol = st.segmented_control(
            "Measured on", list(under), default=next(iter(under)), required=True, key="measure_protocol"
        )
    st.html(
        scores_table.of_pictures(
            measurements,
            settings.methods,
            under.get(protocol, next(iter(under.values()))),
            number or "PSNR",
        )
    )


def _choose_selection(measurements: Measurements, samples: Sequence[Sample], settings: Settings) -> Selection:
    sample = samples[0]
    if len(samples) > 1:
        # Numbered, because two files may have the same name.
        names = {f"{index}. {sample.name}": sample for index, sample in enumerate(samples, 1)}
        chosen = st.selectbox("Picture", list(names), key="measure_picture")
        sample = names.get(chosen, sample)
        if facts := describe_sample(measurements, sample, settings.scale):
            st.caption(facts)
    networks = [n for n in settings.networks if (sample.key, n.name) not in measurements.failed]
    return Selection(sample, Method.baseline(settings.scale), inspector.choose_network(networks))


def _draw_gain(measurements: Measurements, selection: Selection) -> None:
    """Draw the scores of the network compared with the baseline, and whether it passes the threshold."""
    protocol = protocols(selection.baseline.scale)[0]
    plain = measurements.scores(selection.sample, selection.baseline).get(protocol)
    method = selection.network or selection.baseline
    scores = measurements.scores(selection.sample, method).get(protocol)
    if scores is None or plain is None:
        return
    gain = None if selection.network is None else (scores, plain)
    _metric("PSNR", method, f"{scores_table.decibels(scores.psnr)} dB", gain, selection, _PSNR_HELP)
    _metric("SSIM", method, f"{scores.ssim:.4f}", gain, selection, _SSIM_HELP)
    threshold = f"{ACCEPTABLE_PSNR:g} dB, the threshold of an acceptable restoration."
    if passes(scores):
        st.success(f"{method.title} passes {threshold}", icon=":material/check:")
    else:
        st.warning(f"{method.title} does not pass {threshold}", icon=":material/close:")
    st.caption(protocol.describe())


def _metric(
    name: str,
    method: Method,
    value: str,
    gain: tuple[Scores, Scores] | None,
    selection: Selection,
    explanation: str,
) -> None:
    delta = None
    if gain is not None:
        ours, plain = (getattr(scores, name.lower()) for scores in gain)
        form, unit = (".2f", " dB") if name == "PSNR" else (".4f", "")
        delta = f"{difference(ours, plain, form)}{unit} compared with {selection.baseline.title.lower()}"
    st.metric(f"{name} of {method.title}", value, delta, border=True, help=explanation)


def _side_by_side(tables: Iterable[str]) -> None:
    texts = list(tables)
    for column, text in zip(st.columns(len(texts), gap="medium"), texts, strict=True):
        with column:
            st.html(text)
