"""ESRGAN's discriminator: a VGG-like network that distinguishes HR from SR pictures, for training only.

Wang, Yu, Wu, Gu, Liu, Dong, Loy, Qiao, Tang, "ESRGAN: Enhanced Super-Resolution Generative Adversarial
Networks", ECCV Workshops 2018 (https://arxiv.org/abs/1809.00219); the layers are those of the authors' code.
"""

import keras
from keras import layers

from sr_core.errors import OptionError

STAGES = 5
_SLOPE = 0.2  # of leaky ReLU
_MOST = 8  # times the first stage's channels


def discriminator(*, size: int = 128, channels: int = 64, dtype: str = "float32") -> keras.Model:
    """Build the discriminator; the defaults are the paper's, with 14.5 million parameters.

    Five stages, each of a convolution and one that halves the sides; channels double up to eight times those
    of the first; batch normalization after all but the first convolution; then a dense layer of 100 units and
    one logit.

    Parameters
    ----------
    size : int
        Side of the pictures in HR px, a multiple of 32.
    channels : int
        Feature channels of the first stage.
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, size, size, 3)`` RGB in [0, 1] to logits ``(n, 1)``: above 0 for "an original".

    Raises
    ------
    OptionError
        `size` is not a multiple of 32.
    """
    if size < 2**STAGES or size % 2**STAGES:
        raise OptionError(
            f"The discriminator halves its pictures {STAGES} times; its HR patches need a side that is a "
            f"multiple of {2**STAGES} px; received {size} px."
        )

    def block(x, filters: int, name: str, *, normalized: bool, **kwargs):
        settings = {"padding": "same", "use_bias": not normalized, "dtype": dtype, **kwargs}
        x = layers.Conv2D(filters, name=f"{name}_conv", **settings)(x)
        if normalized:
            x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm", dtype=dtype)(x)
        return layers.LeakyReLU(_SLOPE, name=f"{name}_leaky", dtype=dtype)(x)

    inputs = x = keras.Input((size, size, 3), name="hr")
    for stage in range(1, STAGES + 1):
        filters = channels * min(2 ** (stage - 1), _MOST)
        first = stage == 1
        # The first convolution in float32: bfloat16 would round the picture to grey levels.
        precision = {"dtype": "float32"} if first else {}
        x = block(x, filters, f"stage{stage}", normalized=not first, kernel_size=3, **precision)
        x = block(x, filters, f"stage{stage}_down", normalized=True, kernel_size=4, strides=2)
    x = layers.Flatten(name="flatten", dtype=dtype)(x)
    x = layers.Dense(100, name="dense", dtype="float32")(x)
    x = layers.LeakyReLU(_SLOPE, name="dense_leaky", dtype="float32")(x)
    logit = layers.Dense(1, name="logit", dtype="float32")(x)
    return keras.Model(inputs, logit, name="discriminator")


def with_features(network: keras.Model) -> keras.Model:
    """Return a model that shares a discriminator's layers and returns its feature maps and the logit.

    Returns
    -------
    keras.Model
        Maps a batch of pictures to a list: ``STAGES`` maps ``(n, h, w, c)``, then the logits ``(n, 1)``.
    """
    features = [network.get_layer(f"stage{stage}_down_leaky").output for stage in range(1, STAGES + 1)]
    return keras.Model(network.input, [*features, network.output], name="discriminator_features")
