"""Everything that can go wrong in a way a person can act on.

    SuperResError                    the message is one sentence, safe to show to anybody
    ├── PictureError                 the picture cannot be read or written
    │   ├── UnreadablePictureError   not a picture, or damaged
    │   ├── UnsupportedPictureError  a picture of a kind that is refused (animation, float TIFF, ...)
    │   └── PictureTooLargeError     over a limit on bytes, sides or pixels
    ├── MeasurementError             two pictures that cannot be compared
    ├── WeightsError                 a weights file or its card is missing, damaged or does not fit
    ├── EngineError                  the network could not be executed, or gave something that is no picture
    ├── OptionError                  an option has a value that makes no sense
    └── DatasetError                 a folder of training pictures is not what it should be

The app and the command line show the message of a ``SuperResError`` as it is. Any other exception is a
bug: it is logged, and the person sees a general apology.
"""


class SuperResError(Exception):
    """Base class: the message says what happened, what was expected, and what to do."""


class PictureError(SuperResError):
    """The picture cannot be read or written."""


class UnreadablePictureError(PictureError):
    """The bytes are not a picture in a supported format, or they are damaged."""


class UnsupportedPictureError(PictureError):
    """The picture is of a kind that is refused on purpose."""


class PictureTooLargeError(PictureError):
    """The picture is over a limit on bytes, sides or pixels."""


class MeasurementError(SuperResError):
    """Two pictures cannot be compared with each other."""


class WeightsError(SuperResError):
    """A weights file or its card is missing, damaged, or does not fit its network."""


class EngineError(SuperResError):
    """The network could not be executed, or its output is no picture."""


class OptionError(SuperResError):
    """An option has a value that makes no sense."""


class DatasetError(SuperResError):
    """A folder of training pictures is not what it should be."""
