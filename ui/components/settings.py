"""The settings of the page "Upscale", and what the settings of all pages share. All are kept in the URL."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypedDict, TypeVar

import streamlit as st

from service.presets import PRESETS, Preset
from service.request import MAX_ENLARGED, X4, Look, Request
from sr_core import OutputFormat
from sr_core.files import WRITTEN, Format
from sr_core.files.formats import FORMATS
from sr_core.sizing import TargetSize
from sr_core.upscaler import CleanUp

# Each is the key of a widget and the name of a URL parameter.
SIZE, SIDE, PX, PRESET = "size", "side", "px", "preset"
FORMAT, QUALITY, LOSSLESS, BEST = "format", "quality", "lossless", "best"
CLEAN_UP, LOOK, SMALLER = "cleanup", "look", "smaller"
DETAILS, SIGNED = "details", "signed"

Choice = TypeVar("Choice")

_SIDES = {"Width": "width", "Height": "height", "Longest side": "longest"}
_SCALES = {"×2": 2, "×3": 3, "×4": 4}
_EXACT, _FRAME = "Exact", "Screen or print"
_FORMATS: dict[str, Format] = {FORMATS[name].name: name for name in WRITTEN}
_LOSSLESS = OutputFormat("webp", lossless=True)

_SIZE_HELP = (
    "×4 makes a picture four times as wide and high. Or give the exact width, height or longest side in "
    "pixels, or the screen or paper that it is for: the network enlarges, and the result is then reduced "
    "with care to just that size. For paper, the file says how large it is to be printed."
)
_FORMAT_HELP = (
    "PNG keeps every pixel and makes large files. JPEG and WebP make small files by leaving out what is hard "
    "to see. Transparency is kept by PNG and WebP."
)
_STRENGTHS: dict[str, CleanUp] = {"Auto": "auto", "Off": 0.0, "Light": 0.5, "Strong": 1.0}
_CLEAN_UP_HELP = (
    "Removes JPEG blocks and grain, and a little fine detail with them. Auto looks at each picture: a clean "
    "one is left as it is."
)
_LOSSLESS_HELP = "Keeps every pixel, in a smaller file than PNG; it takes longer to write."
_QUALITY_HELP = "100 looks best and takes the most space. Below 80 the loss begins to show."
_BEST_HELP = (
    "The network looks at eight turned and mirrored copies and averages what it sees (self-ensemble). A "
    "little better, and it takes **eight times as long**."
)
_DETAILS_HELP = (
    "What the camera wrote into the file: date, place, camera, author. The colour profile stays in any case, "
    "because without it the colours would change."
)
_SIGNED_HELP = (
    "The file says in its metadata that it was enlarged, and by which network, so that nobody takes it for "
    "the camera's own picture."
)
_SMALLER_HELP = (
    f"Results have at most {MAX_ENLARGED / 1e6:g} megapixels. If one would have more, a smaller scale is "
    "used, and the page says so."
)
_LOOKS: dict[str, Look] = {"Faithful": "faithful", "Sharper": "sharp"}
_LOOK_HELP = (
    "Faithful (EDSR) comes closest to the truth. Sharper (ESRGAN) **invents** texture that looks real and "
    "need not be true; it goes by way of ×4, and cleans nothing up."
)


class _Remembered(TypedDict):
    bind: Literal["query-params"]
    persist_state: Literal["session"]


# For every control: its value is kept in the URL, so that it survives links and reloads, and in the session,
# so that it survives a visit to another page.
REMEMBERED: _Remembered = {"bind": "query-params", "persist_state": "session"}

_FIRST_SCALE = 4


def choose_scale(
    label: str,
    scales: Sequence[int],
    *,
    key: str,
    help: str | None = None,  # noqa: A002 -- Streamlit's name
    on_change: Callable[[], None] | None = None,
) -> int:
    """Draw a choice of scales and return the chosen one.

    Parameters
    ----------
    label : str
        Label of the control.
    scales : sequence of int
        At least one, in display order. The default is ×4, or else the largest.
    key : str
        Key of the control, and name of the URL parameter.
    help : str, optional
        Tooltip.
    on_change : callable, optional
        Called when another scale is chosen.
    """
    labels = {f"×{scale}" if scale > 1 else "Same size": scale for scale in scales}
    first = _FIRST_SCALE if _FIRST_SCALE in scales else max(scales)
    chosen = st.segmented_control(
        label,
        list(labels),
        default=next(title for title, scale in labels.items() if scale == first),
        required=True,
        key=key,
        on_change=on_change,
        help=help,
        **REMEMBERED,
    )
    return labels.get(chosen or "", first)


def choose_request() -> Request:
    """Draw a button that opens the settings, and return the request they make up."""
    with st.popover("Change", icon=":material/tune:", key="settings"):
        file, picture = st.columns([6, 5], gap="medium")
        with file:
            target, preset = _choose_size()
            smaller = _toggle("Smaller where that is too large", key=SMALLER, help=_SMALLER_HELP)
            output = _choose_format()
        with picture:
            look = _choose("Look", _LOOKS, key=LOOK, help=_LOOK_HELP)
            clean_up = _choose("Clean up", _STRENGTHS, key=CLEAN_UP, help=_CLEAN_UP_HELP)
            best = _toggle("Best quality, 8 times slower", key=BEST, help=_BEST_HELP, value=False)
            details = _toggle(
                "Keep the photo's details: date, camera, place", key=DETAILS, help=_DETAILS_HELP
            )
            signed = _toggle("Say in the file that it was enlarged", key=SIGNED, help=_SIGNED_HELP)
    return Request(target, best, clean_up, output, details, signed, look, smaller, preset)


def _toggle(label: str, *, key: str, help: str, value: bool = True) -> bool:  # noqa: A002
    return st.toggle(label, value=value, key=key, help=help, **REMEMBERED)


def summary(request: Request) -> str:
    """Return a short summary of a request, as Markdown."""
    target, output = request.target, request.output
    size = f"×{target.scale}" if target.scale else f"{target.longest or target.width or target.height:,} px"
    if request.preset is not None:
        size = next(name for name, preset in PRESETS.items() if preset == request.preset)
    kind = FORMATS[output.format].name
    parts = [
        size,
        f"{kind} lossless" if output.lossless else kind,
        "sharper look" if request.look == "sharp" else "",
        "best quality" if request.self_ensemble else "",
    ]
    return " · ".join(filter(None, parts))


def _choose(
    label: str,
    options: Mapping[str, Choice],
    *,
    key: str,
    help: str | None = None,  # noqa: A002
) -> Choice:
    """Draw a choice of options, with the first as default, and return the chosen one."""
    first = next(iter(options))
    title = st.segmented_control(
        label, list(options), default=first, required=True, key=key, help=help, wrap=True, **REMEMBERED
    )
    return options.get(title or first, options[first])


def _choose_size() -> tuple[TargetSize, Preset | None]:
    size = st.segmented_control(
        "Size",
        [*_SCALES, _EXACT, _FRAME],
        default="×4",
        required=True,
        key=SIZE,
        help=_SIZE_HELP,
        wrap=True,
        **REMEMBERED,
    )
    if size == _FRAME:
        return X4, _choose("For", PRESETS, key=PRESET)
    if size != _EXACT:
        return TargetSize(scale=_SCALES.get(size or "", 4)), None
    side = _choose("Side", _SIDES, key=SIDE)
    px = st.number_input(
        "Length in px",
        min_value=1,
        max_value=MAX_ENLARGED,
        value=1920,
        step=1,
        key=PX,
        width=150,
        **REMEMBERED,
    )
    return TargetSize(**{side: int(px)}), None


def _choose_format() -> OutputFormat:
    name = _choose("Save as", _FORMATS, key=FORMAT, help=_FORMAT_HELP)
    if name == "png":
        return OutputFormat()
    if name == "webp" and _toggle("Lossless", key=LOSSLESS, help=_LOSSLESS_HELP, value=False):
        return _LOSSLESS
    quality = st.slider(
        "Quality",
        min_value=1,
        max_value=100,
        value=95,
        key=QUALITY,
        help=_QUALITY_HELP,
        width=180,
        **REMEMBERED,
    )
    return OutputFormat(name, quality=int(quality))
