"""The exceptions that a person can act on.

    SuperResError                    the message is safe to show to anybody
    ├── PictureError                 the picture cannot be read or written
    │   ├── UnreadablePictureError   not a picture, or damaged
    │   ├── UnsupportedPictureError  a kind of picture that is refused (animation, float TIFF, ...)
    │   └── PictureTooLargeError     over a limit on bytes, sides or pixels
    ├── MeasurementError             two pictures cannot be compared
    ├── WeightsError                 a weights file or its card is missing, damaged or does not fit
    ├── EngineError                  the network could not be executed, or its output is not a picture
    ├── OptionError                  an option has a value that makes no sense
    └── DatasetError                 a folder of training pictures is invalid

The app and the command line show the message of a ``SuperResError``. Any other exception is a bug: the app
logs it and shows a general apology.
"""


class SuperResError(Exception):
    """Base class: the message says what happened, what was expected, and what to do."""


class PictureError(SuperResError):
    """The picture cannot be read or written."""


class UnreadablePictureError(PictureError):
    """The bytes are not a picture in a supported format, or they are damaged."""


class UnsupportedPictureError(PictureError):
    """The picture is of a kind that is deliberately refused."""


class PictureTooLargeError(PictureError):
    """The picture is over a limit on bytes, sides or pixels."""


class MeasurementError(SuperResError):
    """Two pictures cannot be compared with each other."""


class WeightsError(SuperResError):
    """A weights file or its card is missing, damaged, or does not fit its network."""


class EngineError(SuperResError):
    """The network could not be executed, or its output is not a picture."""


class OptionError(SuperResError):
    """An option has a value that makes no sense."""


class DatasetError(SuperResError):
    """A folder of training pictures is invalid."""
