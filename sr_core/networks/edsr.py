"""EDSR: enhanced deep residual network for super-resolution.

Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution",
CVPR Workshops 2017 (https://arxiv.org/abs/1707.02921).
"""

import math

import keras
from keras import layers

from sr_core.errors import OptionError
from sr_core.networks.folded_tail import FoldedTail, Tail
from sr_core.networks.layers import CropLike, PixelShuffle, UndoBilinear, shift

# Mean colour of DIV2K's training pictures, as in the paper's code. It only centres the numbers.
RGB_MEAN = (0.4488, 0.4371, 0.4040)

# Pixel shuffles that make up each scale: x4 is twice x2, so that x2 weights can start a x4 network.
SHUFFLES = {1: (), 2: (2,), 3: (3,), 4: (2, 2)}


def edsr(
    *,
    scale: int = 4,
    blocks: int = 16,
    channels: int = 64,
    residual_scaling: float = 1.0,
    enlarged_before: int = 1,
    dtype: str = "float32",
) -> keras.Model:
    """Build EDSR; the defaults are the paper's baseline with 1.5 million parameters.

    Parameters
    ----------
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    blocks, channels : int
        Residual blocks and feature channels. The paper's large network has 32 and 256.
    residual_scaling : float
        Factor on each block's residual; the paper uses 0.1 for the large network, to keep it stable.
    enlarged_before : {1, 2}
        How many times the picture was enlarged before, by bilinear interpolation. It holds no more than its
        LR picture did; 2 undoes that enlargement, and what follows is the network for `scale` times 2.
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, h, w, 3)`` RGB in [0, 1] to ``(n, h*scale, w*scale, 3)``; not clipped.

    Raises
    ------
    OptionError
        `enlarged_before` is another number, or no upsampling is known for `scale` times that.
    """
    if enlarged_before not in (1, UndoBilinear.FACTOR):
        raise OptionError(f"EDSR can undo an enlargement by 2, or by 1: none. Received: {enlarged_before!r}")
    if scale * enlarged_before not in SHUFFLES:
        raise OptionError(
            f"EDSR's scale times the enlargement before is at most {max(SHUFFLES)}; "
            f"received {scale} times {enlarged_before}."
        )

    def conv(filters: int, name: str, **kwargs) -> layers.Conv2D:
        return layers.Conv2D(filters, 3, padding="same", name=name, dtype=dtype, **kwargs)

    # A tenth of the usual size lets every block begin near the identity: faster to a given PSNR.
    near_zero = keras.initializers.VarianceScaling(0.01, mode="fan_avg", distribution="uniform")

    inputs = keras.Input((None, None, 3), name="lr")
    lr = UndoBilinear(name="undo_bilinear")(inputs) if enlarged_before > 1 else inputs
    centred = shift([-mean for mean in RGB_MEAN], name="subtract_mean")(lr)
    head = x = conv(channels, "head")(centred)
    for i in range(1, blocks + 1):
        residual = conv(channels, f"block{i}_conv1", activation="relu")(x)
        residual = conv(channels, f"block{i}_conv2", kernel_initializer=near_zero)(residual)
        if residual_scaling != 1.0:
            residual = layers.Rescaling(residual_scaling, name=f"block{i}_scale", dtype=dtype)(residual)
        x = layers.Add(name=f"block{i}_add", dtype=dtype)([x, residual])
    x = conv(channels, "body_end")(x)
    x = layers.Add(name="body_add", dtype=dtype)([x, head])
    for i, s in enumerate(SHUFFLES[scale * enlarged_before], start=1):
        x = conv(channels * s * s, f"upsample{i}_conv")(x)
        x = PixelShuffle(s, name=f"upsample{i}_shuffle", dtype=dtype)(x)  # (n, h*s, w*s, channels)
    x = conv(3, "tail")(x)
    outputs = shift(list(RGB_MEAN), name="add_mean")(x)
    if enlarged_before > 1:  # which need not divide the picture's sides
        outputs = CropLike(scale, name="crop")([outputs, inputs])
    return keras.Model(inputs, outputs, name=f"edsr_x{scale}")


def ends_block(layer: str) -> bool:
    """Whether a residual block is the identity where all weights of the layer of that name are zero."""
    return layer.startswith("block") and layer.endswith("_conv2")


def folded(network: keras.Model, *, frozen: bool = True, exact_border: bool = True) -> keras.Model:
    """Return a network that computes what `network` does, with its linear tail folded (`sr_core.folding`).

    Parameters
    ----------
    network : keras.Model
        Made by `edsr`; its layers are shared.
    frozen, exact_border : bool
        See `FoldedTail`.

    Returns
    -------
    keras.Model
        `network` itself where there is nothing to fold: at the same size.
    """
    tail = _tail(network)
    if len(tail) == 1:
        return network
    fold = FoldedTail(tail, frozen=frozen, exact_border=exact_border, name="folded_tail")
    x = fold(network.get_layer("body_add").output)
    outputs = network.get_layer("add_mean")(x)
    crops = [layer for layer in network.layers if isinstance(layer, CropLike)]
    for crop in crops:
        outputs = crop([outputs, network.input])
    return keras.Model(network.input, outputs, name=f"{network.name}_folded")


def _tail(network: keras.Model) -> Tail:
    convolutions = [
        layer
        for layer in network.layers
        if layer.name.startswith("upsample") and layer.name.endswith("_conv")
    ]
    shuffles = [layer for layer in network.layers if isinstance(layer, PixelShuffle)]
    return [*zip(convolutions, shuffles, strict=True), (network.get_layer("tail"), None)]


def receptive_radius(*, scale: int = 4, blocks: int = 16, enlarged_before: int = 1, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see (36 for the baseline at x4)."""
    radius = (2 * blocks + 2.0) * enlarged_before  # head, blocks, body_end
    resolution = 1 / enlarged_before
    for s in SHUFFLES[scale * enlarged_before]:
        radius += 1 / resolution
        resolution *= s
    return math.ceil(radius + 1 / resolution) + (UndoBilinear.REACH if enlarged_before > 1 else 0)  # tail


def grid(*, enlarged_before: int = 1, **_: object) -> int:
    """Return what windows must begin at multiples of, in LR px: the pixels that one was enlarged to."""
    return enlarged_before
