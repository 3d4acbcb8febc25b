"""The SuperRes library: pictures, networks with saved weights, and quality metrics.

>>> from sr_core import Upscaler, read, write
>>> upscaler = Upscaler.from_weights("edsr_x4")
>>> write("big.png", upscaler.upscale(read("small.jpg")))

Importing it is cheap: the engine is loaded with the first `Upscaler`.
"""

from sr_core.errors import (
    DatasetError,
    EngineError,
    MeasurementError,
    OptionError,
    PictureError,
    PictureTooLargeError,
    SuperResError,
    UnreadablePictureError,
    UnsupportedPictureError,
    WeightsError,
)
from sr_core.estimate import Estimate, Progress
from sr_core.files import (
    Limits,
    OutputFormat,
    Provenance,
    check_encodable,
    decode,
    encode,
    encoded_size,
    losses,
    read,
    write,
)
from sr_core.metrics import ACCEPTABLE_PSNR, STUDY, Protocol, Scores, mae, measure, mse, psnr, ssim, standard
from sr_core.picture import Picture
from sr_core.transparency import bicubic
from sr_core.upscaler import Upscaler
from sr_core.version import __version__ as __version__
from sr_core.weights import WeightsCard, catalogue

__all__ = [
    "ACCEPTABLE_PSNR",
    "STUDY",
    "DatasetError",
    "EngineError",
    "Estimate",
    "Limits",
    "MeasurementError",
    "OptionError",
    "OutputFormat",
    "Picture",
    "PictureError",
    "PictureTooLargeError",
    "Progress",
    "Protocol",
    "Provenance",
    "Scores",
    "SuperResError",
    "UnreadablePictureError",
    "UnsupportedPictureError",
    "Upscaler",
    "WeightsCard",
    "WeightsError",
    "bicubic",
    "catalogue",
    "check_encodable",
    "decode",
    "encode",
    "encoded_size",
    "losses",
    "mae",
    "measure",
    "mse",
    "psnr",
    "read",
    "ssim",
    "standard",
    "write",
]
