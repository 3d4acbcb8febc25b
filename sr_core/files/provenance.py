"""How a picture was made: written into its file, so that nobody mistakes it for a camera original."""

from dataclasses import dataclass

from sr_core.version import __version__


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which network enlarged a picture.

    Attributes
    ----------
    model : str
        Name of the weights.
    scale : int
        Scale of the network. The picture may have been reduced to an exact size afterwards.
    clean_up : float
        Clean-up strength, in [0, 1].
    software, version : str
        The program.
    """

    model: str
    scale: int
    clean_up: float = 0.0
    software: str = "SuperRes"
    version: str = __version__

    def __str__(self) -> str:
        cleaned = f", clean-up {self.clean_up:g}" if self.clean_up else ""
        return f"{self.software} {self.version} (model {self.model}, scale x{self.scale}{cleaned})"
