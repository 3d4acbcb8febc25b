"""The result of an enlargement: its file, and its preview beside the original."""

from dataclasses import dataclass, replace

import numpy as np

from service.layers import LARGEST_WHOLE, Layer, file_layer, layer_of, nearest_layer
from service.request import MAX_ENLARGED, Plan, Request
from sr_core import Picture, Provenance, bicubic, decode, encode
from sr_core.cleaning import Choice
from sr_core.files import Limits

AFTER = "SuperRes"
"""Label of a result beside the original."""

RESULT_LIMITS = Limits(max_bytes=2**31, max_pixels=MAX_ENLARGED, max_side=MAX_ENLARGED)
"""Limits for decoding our own results."""

# Size in px of the window in which two pictures differ most: about what a browser shows at 1:1.
_HEIGHT, _WIDTH = 400, 640
# Samples along the longer side: more would find no better spot.
_SAMPLES = 512


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """An enlarged picture.

    Attributes
    ----------
    request : Request
        The request that it fulfils.
    plan : Plan
        How it was made.
    data : bytes
        The file.
    height, width : int
        In px.
    seconds : float
        Time the network took, in s.
    title : str
        Title of the network.
    cleaned : Choice
        Strength of the clean-up, and why it was chosen.
    provenance : Provenance
        What files record about how they were made.
    master : bytes or None
        A lossless PNG with all metadata, unless `data` is one; dropped when memory is short.
    """

    request: Request
    plan: Plan
    data: bytes
    height: int
    width: int
    seconds: float
    title: str
    cleaned: Choice
    provenance: Provenance
    master: bytes | None = None

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        return len(self.data) + len(self.master or b"")

    def source_for(self, request: Request) -> bytes | None:
        """Return a lossless file from which to encode another without the network, if there is one."""
        own = self.request
        complete = own.output.format == "png" and (own.keep_metadata or not request.keep_metadata)
        return self.data if complete else self.master

    def can_become(self, request: Request) -> bool:
        """Return whether `request` can be fulfilled by re-encoding this result, without the network."""
        return self.request.same_picture(request) and self.source_for(request) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The layers of the before/after view of one result.

    Attributes
    ----------
    result : Result
        The result it was made from.
    before, after : tuple of Layer
    spot : tuple of int
        Where they differ most: top and left in px.
    """

    result: Result
    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    spot: tuple[int, int]

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes, without the file of the result, which counts there."""
        layers = (*self.before, *self.after)
        return sum(layer.nbytes for layer in layers if layer.base.data is not self.result.data)


def with_file(result: Result, large: Picture) -> Result:
    """Return a result with its encoded file, and a lossless copy if that file cannot be re-encoded."""
    request = result.request
    provenance = result.provenance if request.signed else None
    data = encode(large, request.output, keep_metadata=request.keep_metadata, provenance=provenance)
    result = replace(result, data=data)
    everything = replace(request, keep_metadata=True)
    if replace(result, master=None).source_for(everything) is not None:
        return replace(result, master=None)
    return result if result.master is not None else replace(result, master=encode(large))


def make_preview(result: Result, small: Picture, after: Layer, samples: Picture) -> Preview:
    """Return the preview of a result, beside what ordinary programs make of the same picture.

    Parameters
    ----------
    result : Result
    small : Picture
        The picture that was enlarged.
    after : Layer
        The layer of the result.
    samples : Picture
        The pixels of the result, reduced by `subsample`.
    """
    plain = bicubic(small, size=(result.height, result.width))
    before = (
        layer_of(plain, "Original", caption="Enlarged by bicubic interpolation, as ordinary programs do."),
        nearest_layer(
            small,
            "Original pixels",
            height=result.height,
            width=result.width,
            caption="Each pixel of the original as a square.",
        ),
    )
    return Preview(result, before, (after,), most_different(plain, samples))


def layer_after(result: Result, large: Picture) -> Layer:
    """Return the layer of a result, with exactly the pixels of its file."""
    output = result.request.output
    if output.format == "png" and result.height * result.width <= LARGEST_WHOLE:
        return replace(file_layer(result.data, AFTER, "after"), caption=result.title)
    if output.format != "png":
        large = decode(result.data, limits=RESULT_LIMITS)  # as the format left it
    return layer_of(large, AFTER, caption=result.title)


def subsample(picture: Picture) -> Picture:
    """Return every n-th pixel of a picture, enough to find where it differs from another of the same size."""
    step = _step(picture.height, picture.width)
    alpha = None if picture.alpha is None else picture.alpha[::step, ::step].copy()
    return Picture(picture.pixels[::step, ::step].copy(), alpha, grey=picture.grey)


def most_different(first: Picture, second: Picture) -> tuple[int, int]:
    """Return the centre (top, left) in px of the window in which two pictures of the same size differ most.

    Parameters
    ----------
    first : Picture
    second : Picture
        Reduced by `subsample`.
    """
    step = _step(first.height, first.width)
    one = first.pixels[::step, ::step].astype(np.float32)
    difference = np.abs(one - second.pixels).mean(axis=2)
    if second.alpha is not None:
        difference *= second.alpha
    rows, columns = (
        min(size, max(1, window // step))
        for size, window in zip(difference.shape, (_HEIGHT, _WIDTH), strict=True)
    )
    # Sums over all windows from a summed-area table.
    corner = np.pad(difference.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    below, above = corner[rows:], corner[:-rows]
    sums = below[:, columns:] - above[:, columns:] - below[:, :-columns] + above[:, :-columns]
    top, left = divmod(int(sums.argmax()), sums.shape[1])
    return step * top + step * rows // 2, step * left + step * columns // 2


def _step(height: int, width: int) -> int:
    return max(1, max(height, width) // _SAMPLES)
