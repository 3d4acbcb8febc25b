"""EDSR for the study's pictures, which were enlarged by bilinear interpolation: it undoes that first.

Such a picture holds no more information than the one of half its size it was made from. So what follows is
EDSR for ×2, which can begin with weights for ×2. No shipped network needs this, so it is not in `sr_core`.
"""

from typing import Any

from sr_core import networks
from sr_core.errors import OptionError
from sr_core.networks import edsr
from sr_core.networks.builder import Builder, Outline

NAME = "edsr_undo_bilinear"

_ENLARGED = 2  # times, in each direction
_REACH = 2  # LR px beyond a pixel that undoing reads


def edsr_undo_bilinear(
    build: Builder,
    lr: Any,
    *,
    scale: int = 1,
    blocks: int = 16,
    channels: int = 64,
    residual_scaling: float = 1.0,
) -> Any:
    """Describe the network; the parameters are those of `sr_core.networks.edsr.edsr`, at scale 1.

    Raises
    ------
    OptionError
        Another scale.
    """
    if scale != 1:
        raise OptionError(
            f"A network that undoes an enlargement restores at the same size: scale 1. Received: {scale}"
        )
    settings = {"blocks": blocks, "channels": channels, "residual_scaling": residual_scaling}
    if isinstance(build, Outline):
        small = lr._replace(resolution=lr.resolution / _ENLARGED)
        return edsr.edsr(build, small, scale=_ENLARGED, **settings)
    from training.study.layers import CropLike, UndoBilinear

    sr = edsr.edsr(build, UndoBilinear(name="undo_bilinear")(lr), scale=_ENLARGED, **settings)
    # The picture's sides need not be even.
    return CropLike(name="crop")([sr, lr])


def receptive_radius(*, blocks: int = 16, **_: object) -> int:
    """Return the receptive radius in LR px."""
    return _ENLARGED * (2 * blocks + 2) + _ENLARGED + 1 + _REACH  # body, upsampling, tail, undoing


class _WithCrop(networks.Architecture):
    def folded(self, network: Any, **options: bool) -> Any:
        import keras

        folded = networks.Architecture.folded(self, network, **options)
        cropped = network.get_layer("crop")([folded.output, network.input])
        return keras.Model(network.input, cropped, name=folded.name)


def register() -> None:
    """Register the network with `sr_core.networks` for this process."""
    networks.register(
        NAME,
        _WithCrop(
            "EDSR",
            edsr_undo_bilinear,
            receptive_radius,
            grid=_ENLARGED,  # patches begin where an enlarged pixel does
            has_linear_tail=True,
            keras_only=True,
        ),
    )
