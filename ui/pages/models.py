"""The page "Models": scores, training curves, samples and cards of the networks, and which one to choose."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from service import report
from service.advice import advice
from service.report import Report, Row
from sr_core import WeightsCard, catalogue
from ui import session
from ui.components import card
from ui.components.figures import draw_curves, draw_samples
from ui.components.markup import table
from ui.components.settings import choose_scale

# The key of a widget, and the name of a URL parameter.
SCALE = "of"
_FIRST_PICTURES = "Set5"

_SCALE_HELP = "Same size is the task of the original study: to repair a blurred picture without enlarging it."
_CURVES = (
    "The mean error, in grey levels of 255, falls as a network learns. Where the curve of pictures it has "
    "never seen lies far above that of its own, it has begun to overfit. The dotted line marks the weights "
    "that were kept; at a grey line, another run continued from the one before."
)
_SAMPLES = (
    "One detail of each picture, restored in every way. Below it stand the PSNR of the whole picture, in dB, "
    "and its sharpness: that of the original is 1. No network was trained on these pictures."
)

_COLUMNS: Mapping[str, Callable[[Row], str]] = {
    "PSNR, dB": lambda row: f"{row.psnr:.2f}",
    "SSIM": lambda row: f"{row.ssim:.4f}",
    "MSE": lambda row: f"{row.mse:.2f}",
    "MAE": lambda row: f"{row.mae:.3f}",
    "Above 30 dB": lambda row: "" if row.above_30 is None else f"{row.above_30:.0%}",
    "Parameters": lambda row: f"{row.parameters:,}" if row.parameters else "",
    "Multiply-adds per px": lambda row: f"{row.multiply_adds:,}" if row.multiply_adds else "",
    "s per megapixel": lambda row: f"{row.seconds_per_megapixel:.2f}" if row.seconds_per_megapixel else "",
    "Published PSNR / SSIM": lambda row: row.published,
    "The study claims": lambda row: row.claimed,
}
_FEW = ("PSNR, dB", "SSIM", "s per megapixel")


def render(folder: Path = report.FOLDER) -> None:
    """Draw the page.

    Parameters
    ----------
    folder : Path
        Folder of the report.
    """
    with session.friendly_errors(), st.container(key="models"):
        st.title("The networks, side by side", anchor=False)
        st.markdown(
            "Every network of this app, measured in the same way: what each is good for, and where its "
            "numbers come from."
        )
        read = report.read(folder)
        cards = [*catalogue().values(), *read.study]
        scales = sorted({one.scale for one in (*read.rows, *cards)}, reverse=True)
        scale = choose_scale("Size", scales, key=SCALE, help=_SCALE_HELP)
        _show_scores(read, cards, scale)
        curves, samples = read.curves(scale), read.samples(scale)
        if curves:
            st.header("Training curves", anchor=False)
            st.caption(_CURVES)
            draw_curves(curves)
        if samples:
            st.header("What they make of a detail", anchor=False)
            st.caption(_SAMPLES)
            draw_samples(samples)
        st.header("Each network", anchor=False)
        for one in cards:
            if one.scale == scale:
                card.draw(one)
        missing = read.missing(scale, curves, samples)
        if missing:
            st.caption(f"Not there yet for this choice: {', '.join(missing)}.")


def _show_scores(read: Report, cards: Sequence[WeightsCard], scale: int) -> None:
    rows = [row for row in read.rows if row.scale == scale]
    if not rows:
        return
    every = _choose_table(rows, scale)
    rows = [row for row in every if row.input == "clean"]
    caption = f"{rows[0].pictures}, mean of {rows[0].count} pictures."
    protocol = report.describe(rows[0].protocol)
    words, numbers = st.columns(2, gap="large")
    with words:
        st.header("Which model should I choose?", anchor=False)
        st.markdown("\n".join(f"- {line}" for line in advice(every, cards)))
    with numbers:
        st.html(_table(caption, [row for row in rows if not row.self_ensemble], _FEW, protocol))
        if read.machine and any(row.seconds_per_megapixel for row in rows):
            st.caption(f"Seconds for a megapixel of the result, on {read.machine}.")
    with st.expander("All columns, and self-ensemble"):
        st.html(_table(f"{caption} All columns.", rows, tuple(_COLUMNS), protocol))


def _choose_table(rows: Sequence[Row], scale: int) -> list[Row]:
    """Let the set of pictures and the protocol be chosen, and return the rows of that table."""
    sets = list(dict.fromkeys(row.pictures for row in rows))
    with st.container(horizontal=True, gap="medium"):
        first = sets.index(_FIRST_PICTURES) if _FIRST_PICTURES in sets else 0
        pictures = st.segmented_control(
            "Pictures", sets, default=sets[first], required=True, key=f"models_pictures_{scale}"
        )
        pictures = pictures if pictures in sets else sets[first]
        # Papers measure on luma; the study, whose task keeps the size, most plausibly measured on RGB.
        preferred = "luma" if scale > 1 else "RGB"
        protocols = list(dict.fromkeys(row.protocol for row in rows if row.pictures == pictures))
        protocols.sort(key=lambda protocol: not protocol.startswith(preferred))
        protocol = st.segmented_control(
            "Measured on",
            protocols,
            default=protocols[0],
            required=True,
            key=f"models_protocol_{scale}_{pictures}",
            help="Luma is the brightness alone, RGB all three colours; shave is the border left out, in px.",
        )
    protocol = protocol if protocol in protocols else protocols[0]
    return report.table_of(rows, scale=scale, pictures=pictures, protocol=protocol)


def _table(caption: str, rows: Sequence[Row], columns: Sequence[str], protocol: str) -> str:
    filled = [name for name in columns if any(_COLUMNS[name](row) for row in rows)]
    cells = [
        (
            row.method + (" + self-ensemble" if row.self_ensemble else ""),
            *(_COLUMNS[name](row) or "–" for name in filled),
        )
        for row in rows
    ]
    return table(caption, ("Network", *filled), cells, more=protocol)
