"""Colour profiles."""

from io import BytesIO

from PIL import Image


def icc_for(icc: bytes | None, *, grey: bool) -> bytes | None:
    """Return the colour profile if it is one for such a picture (grey or RGB), else None."""
    return icc if icc and colour_space(icc) == ("GRAY" if grey else "RGB") else None


def colour_space(icc: bytes) -> str | None:
    """Return the colour space that an ICC profile describes, such as "RGB"; None if it is no profile."""
    if len(icc) < 128 or icc[36:40] != b"acsp":
        return None
    return icc[16:20].decode("ascii", errors="replace").strip()


def to_srgb(cmyk: Image.Image, icc: bytes | None) -> Image.Image:
    """Convert a CMYK picture to sRGB through its profile; without a usable one, by Pillow's plain formula."""
    if icc and colour_space(icc) == "CMYK":
        from PIL import ImageCms

        try:
            profile = ImageCms.ImageCmsProfile(BytesIO(icc))
            converted = ImageCms.profileToProfile(
                cmyk, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (OSError, ImageCms.PyCMSError):
            pass  # A damaged profile costs exact colours, not the picture.
    return cmyk.convert("RGB")
