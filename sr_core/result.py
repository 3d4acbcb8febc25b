"""How the command line turns each picture into its result."""

from collections.abc import Callable
from dataclasses import dataclass

from sr_core import files, sizing
from sr_core.cleaning import Choice
from sr_core.estimate import Progress
from sr_core.files import OutputFormat
from sr_core.picture import Picture
from sr_core.sizing import Size, TargetSize
from sr_core.upscaler import Upscaler


@dataclass(frozen=True, slots=True)
class Result:
    """The settings shared by all results of a run; see `Upscaler.upscale` and `sr_core.encode`."""

    target_size: TargetSize
    output: OutputFormat
    self_ensemble: bool
    keep_metadata: bool
    keep_provenance: bool

    def check(self, small: Picture, *, reach: int) -> tuple[Size, tuple[str, ...]]:
        """Return the size of the result, and a message for each thing that it will lose.

        Raises
        ------
        SuperResError
            If it cannot be made or written: known before the work begins.
        """
        size = sizing.fit(small.height, small.width, self.target_size, reach=reach)
        kept = small.exif if self.keep_metadata else None
        files.check_encodable(*size, self.output.format, exif_bytes=len(kept or b""))
        return size, files.losses(small, self.output, keep_metadata=self.keep_metadata)

    def make(
        self,
        small: Picture,
        size: Size,
        upscaler: Upscaler,
        progress: Callable[[Progress], object] | None = None,
    ) -> tuple[bytes, Choice]:
        """Enlarge and encode a picture; return the file's bytes and the clean-up that was applied.

        Raises
        ------
        SuperResError
        """
        choice = upscaler.choose_clean_up(small)
        large = upscaler.upscale(
            small,
            size=size,
            clean_up=choice.strength,
            self_ensemble=self.self_ensemble,
            progress=progress,
        )
        provenance = upscaler.provenance(choice.strength) if self.keep_provenance else None
        data = files.encode(large, self.output, keep_metadata=self.keep_metadata, provenance=provenance)
        return data, choice
