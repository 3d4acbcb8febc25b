"""A page with nothing but one of the views, for ``test_compare_view.py`` and ``test_compare_models.py``.

The query parameter ``picture`` picks what is shown: a key of ``SIZES``, ``transparent``, ``damaged``,
``choices``, ``spot``, ``large``, ``large-transparent``, ``grid`` or ``grid-large``. For the large ones the
limit above which pictures are cut into tiles is lowered; ``huge`` is really large.
"""

from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image, ImageCms

from service.layers import Layer, layer_of, nearest_layer
from sr_core import Picture
from ui.components.compare_view import compare_grid, compare_layers, compare_view

SIZES = {"wide": (900, 1200), "tall": (1100, 500), "small": (60, 80)}  # height, width
LARGE = (1300, 2090)  # no multiple of a tile
HUGE = (8192, 8192)
LIMIT = 600_000  # pixels: three levels for LARGE
NEAREST_SCALE = 4
HOSTILE_LABEL = "<img src=x onerror=\"document.title='owned'\"> & “Ünïcode” photo of my holidays.png"


def noise(height: int, width: int, *, seed: int, channels: int = 3) -> np.ndarray:
    """Every pixel differs from its neighbours, so that a shift by one pixel shows."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def pictures(name: str, *, seed: int = 0) -> tuple[bytes, bytes]:
    """The two PNG files of a picture by its name."""
    height, width = SIZES.get(name, SIZES["wide"])
    channels = 4 if name == "transparent" else 3
    before, after = (noise(height, width, seed=2 * seed + n, channels=channels) for n in range(2))
    return _png(before), _damage(_png(after)) if name == "damaged" else _png(after)


def large(*, seed: int, transparent: bool = False) -> Picture:
    """A picture that is cut into tiles, with a colour profile; a transparent one has holes."""
    pixels = noise(*LARGE, seed=seed, channels=4)
    alpha = np.where(pixels[..., 3] > 99, 255, 0).astype(np.uint8) if transparent else None
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return Picture(np.ascontiguousarray(pixels[..., :3]), alpha, icc=profile)


def huge(*, seed: int) -> Picture:
    """A picture of 64 megapixels that takes as many bytes as a photo would: smooth, with faint noise."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((HUGE[1], HUGE[0]), Image.Resampling.BICUBIC)) & 0xF8
    return Picture(pixels | generator.integers(0, 8, (*HUGE, 1), dtype=np.uint8))


def nearest() -> Picture:
    """A small picture whose pixels are drawn as squares."""
    height, width = SIZES["wide"]
    return Picture(noise(height // NEAREST_SCALE, width // NEAREST_SCALE, seed=7))


def choices() -> tuple[list[Layer], list[Layer]]:
    """Two pictures to choose from on each side, one of them small, with its pixels as squares."""
    height, width = SIZES["wide"]
    first, second, third = (Picture(noise(height, width, seed=seed)) for seed in range(3))
    before = [layer_of(first, "Bicubic"), nearest_layer(nearest(), "Nearest", height=height, width=width)]
    return before, [layer_of(second, "EDSR ×4"), layer_of(third, "SRCNN ×4")]


def grid(names: list[str], *, limit: int, size: tuple[int, int]) -> list[Layer]:
    """One picture for each name."""
    return [
        layer_of(Picture(noise(*size, seed=seed)), name, caption=f"{seed}.5 s", largest_whole=limit)
        for seed, name in enumerate(names)
    ]


def _png(pixels: np.ndarray) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _damage(png: bytes) -> bytes:
    """Name a bit depth that does not exist: the file still looks like PNG until a browser decodes it."""
    return png[:24] + b"\x07" + png[25:]


@st.cache_resource
def huge_layers() -> list[Layer]:
    """Made once: it takes seconds."""
    return [layer_of(huge(seed=seed), label) for seed, label in enumerate(("Bicubic", "EDSR ×4"))]


def show(picture: str, *, seed: int, hostile: bool, more: bool) -> None:
    """Draw the view that is asked for."""
    before_label = HOSTILE_LABEL if hostile else "Bicubic"
    if picture == "choices":
        compare_layers(*choices(), key="compare")
    elif picture == "spot":
        before, after = choices()
        # What is seen is another one with other pictures.
        compare_layers(before, after, key="compare", subject=str(seed), spot=(700, 300 + 600 * seed))
    elif picture.startswith("large"):
        labels = before_label, "EDSR ×4"
        before, after = (
            layer_of(
                large(seed=n, transparent=picture == "large-transparent"), labels[n], largest_whole=LIMIT
            )
            for n in range(2)
        )
        compare_layers([before], [after], key="compare")
    elif picture == "huge":
        before, after = huge_layers()
        compare_layers([before], [after], key="compare")
    elif picture.startswith("grid"):
        names = ["Original", "Bicubic", before_label if hostile else "SRCNN ×4"] + ["EDSR ×4"] * more
        limit, size = (LIMIT, LARGE) if picture == "grid-large" else (10**9, SIZES["wide"])
        compare_grid(grid(names, limit=limit, size=size), key="compare")
    else:
        before, after = pictures(picture, seed=seed)
        compare_view(before, after, before_label=before_label, after_label="EDSR ×4", key="compare")


def main() -> None:
    """Show the view and the controls that rerun the page with the same or other data."""
    st.set_page_config(layout="wide")
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("Rerun")
    if st.checkbox("Line above"):
        st.write("This line moves the view down.")
    seed = int(st.checkbox("Other pictures"))
    hostile = st.checkbox("Hostile label")
    more = st.checkbox("One more")
    if not st.checkbox("Hide"):
        show(st.query_params.get("picture", "wide"), seed=seed, hostile=hostile, more=more)
    st.write(f"Run {st.session_state['runs']}")
    st.html("<div style='height: 100vh'></div>")


if __name__ == "__main__":
    main()
