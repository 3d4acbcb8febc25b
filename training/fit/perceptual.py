"""VGG19's features for the perceptual loss; the weights come from a file or a download by Keras.

Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015
(https://arxiv.org/abs/1409.1556). ESRGAN compares the features of conv5_4 before its activation, where they
are denser than after it.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import h5py
import keras
import numpy as np
from keras import layers

from sr_core.errors import WeightsError
from sr_core.weights_file import DAMAGED

DOWNLOAD = "imagenet"
_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"

# Convolutions and channels of each block.
_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
# Mean colour of ImageNet, RGB in units of 0..255, with which Keras' VGG19 was trained.
_MEAN = (123.68, 116.779, 103.939)
# Brings features of pictures in 0..255 to the scale of a pixel loss: Ledig et al., SRGAN
# (https://arxiv.org/abs/1609.04802), section 3.2.
FEATURE_SCALE = 1 / 12.75

Numbers = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Kernel ``(3, 3, in, out)`` and bias ``(out,)`` of each convolution, by the layer's name in Keras."""


def vgg19(*, dtype: str = "float32") -> keras.Model:
    """Build VGG19 up to conv5_4 before its activation, with random weights that are never trained.

    Parameters
    ----------
    dtype : str
        Keras dtype policy. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, h, w, 3)`` RGB in [0, 1] to features ``(n, h//16, w//16, 512)``, times `FEATURE_SCALE`.
    """
    inputs = keras.Input((None, None, 3), name="rgb")
    # Keras documents one offset a channel but types a single number.
    offset = cast(Any, [-mean for mean in _MEAN])
    x = layers.Rescaling(255.0, offset, name="centre", dtype="float32")(inputs)
    for b, (convolutions, channels) in enumerate(_BLOCKS, start=1):
        for c in range(1, convolutions + 1):
            last = (b, c) == (len(_BLOCKS), _BLOCKS[-1][0])
            x = layers.Conv2D(
                channels,
                3,
                padding="same",
                activation=None if last else "relu",
                name=f"block{b}_conv{c}",
                # The first in float32: bfloat16 would round the picture to grey levels.
                dtype="float32" if (b, c) == (1, 1) else dtype,
            )(x)
        if b < len(_BLOCKS):
            x = layers.MaxPooling2D(2, name=f"block{b}_pool", dtype=dtype)(x)
    outputs = layers.Rescaling(FEATURE_SCALE, name="scale", dtype="float32")(x)
    network = keras.Model(inputs, outputs, name="vgg19_features")
    network.trainable = False
    return network


def load_vgg19(source: str, *, dtype: str = "float32") -> tuple[keras.Model, str]:
    """Build VGG19 with its ImageNet weights.

    Parameters
    ----------
    source : str
        Path of a ``.h5`` with Keras' weights, from which only numbers are read; or ``"imagenet"`` for a
        download by Keras.
    dtype : str
        Keras dtype policy.

    Returns
    -------
    network : keras.Model
        As `vgg19` builds it.
    digest : str
        SHA-256 of the numbers, in hexadecimal, whatever their source.

    Raises
    ------
    WeightsError
        The weights are not available, or do not fit.
    """
    network = vgg19(dtype=dtype)
    numbers = _download() if source == DOWNLOAD else read_vgg19(Path(source))
    digest = hashlib.sha256()
    for name, (kernel, bias) in numbers.items():
        # Keras' VGG19 takes BGR; with its first kernel reversed it takes RGB.
        seen = kernel[:, :, ::-1] if name == "block1_conv1" else kernel
        network.get_layer(name).set_weights([seen, bias])
        digest.update(np.ascontiguousarray(kernel).tobytes() + bias.tobytes())
    return network, digest.hexdigest()


def read_vgg19(file: Path) -> Numbers:
    """Read the convolutions of a VGG19 from a ``.h5`` of Keras 1, 2 or 3, of weights or of a model.

    Raises
    ------
    WeightsError
        The file cannot be read, or lacks a layer.
    """
    found: dict[str, dict[int, np.ndarray]] = {}
    shapes = _shapes()

    def visit(path: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or path.startswith("optimizer"):
            return
        names = *path.split("/"), item.parent.attrs.get("name")  # Keras 3 stores the layer's name there
        layer = next((name for name in names if name in shapes), None)
        # The shape is checked before anything is read: a damaged file may claim any size.
        if layer and item.shape in shapes[layer]:
            found.setdefault(layer, {})[item.ndim] = np.asarray(item[()], np.float32)

    try:
        with h5py.File(file) as h5:
            h5.visititems(visit)  # follows no link to another file
        return {name: (found[name][4], found[name][1]) for name in shapes}
    except DAMAGED as error:
        raise WeightsError(
            f"VGG19's weights cannot be read; give --vgg Keras' file {_FILE}, or choose "
            f"--perceptual discriminator. {error}. Received: {file}"
        ) from error


def _shapes() -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    shapes, channels_in = {}, 3
    for b, (convolutions, channels) in enumerate(_BLOCKS, start=1):
        for c in range(1, convolutions + 1):
            shapes[f"block{b}_conv{c}"] = (3, 3, channels_in, channels), (channels,)
            channels_in = channels
    return shapes


def _download() -> Numbers:
    try:
        whole = keras.applications.VGG19(include_top=False, weights=DOWNLOAD, input_shape=(32, 32, 3))
    except Exception as error:  # Keras' download raises no narrower one
        raise WeightsError(
            f"VGG19's weights could not be downloaded; give the file {_FILE} with --vgg PATH, or choose "
            f"--perceptual discriminator. {error}"
        ) from error
    return {name: tuple(whole.get_layer(name).get_weights()) for name in _shapes()}
