"""The layers of `training.study.undo_bilinear`."""

from typing import Any, cast

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="superres")
class UndoBilinear(keras.layers.Layer):
    """Undo a bilinear enlargement by two, in float32.

    ``(n, h, w, c)`` becomes ``(n, ceil(h/2), ceil(w/2), c)``. Such an enlargement has the pixels
    ``(x[i-1] + 3 x[i]) / 4`` and ``(3 x[i] + x[i+1]) / 4`` for each pixel ``x[i]``. Two of them on the same
    side determine ``x[i]``; the mean of both sides is taken. Outside of the picture its border is repeated,
    as in the enlargement. Only rounding errors remain.
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs):
        return self._along(self._along(inputs, axis=1), axis=2)

    def _along(self, inputs, axis: int):
        x: Any = ops.moveaxis(inputs, axis, 0)
        x = ops.concatenate([x[:1], x, x[-1:], x[-1:]])
        before, left, right, after = x[:-3:2], x[1:-2:2], x[2:-1:2], x[3::2]
        return ops.moveaxis((3 * (left + right) - before - after) / 4, 0, axis)

    def compute_output_shape(self, input_shape):
        n, h, w, c = input_shape
        return (n, h and (h + 1) // 2, w and (w + 1) // 2, c)


@keras.saving.register_keras_serializable(package="superres")
class CropLike(keras.layers.Layer):
    """Cut the first of ``[(n, H, W, c), (n, h, w, 3)]`` to the height and width of the second."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs):
        restored, original = inputs
        _, height, width, _ = cast(tuple[int, int, int, int], ops.shape(original))
        return restored[:, :height, :width]

    def compute_output_shape(self, input_shape):
        (n, _, _, c), (_, h, w, _) = input_shape
        return (n, h, w, c)
