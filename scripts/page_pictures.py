"""Make the pictures in ui/assets that the page shows before a photo is chosen.

    python -m scripts.page_pictures

The slider shows a real result: a sample from ui/samples, enlarged by the default network, cropped where that
differs most from plain enlargement.
"""

from pathlib import Path

from PIL import Image

from service.request import FIRST_NETWORK
from service.result import most_different, subsample
from sr_core import Upscaler, bicubic, decode
from ui.components.uploader import SAMPLES
from ui.server import ASSETS

SAMPLE = SAMPLES / "flowers.png"
PROOF = (640, 480)  # px, width and height
SOCIAL = (1200, 630)  # px, what social networks show of a link
THUMBNAIL = 192  # px: twice the size on the page
QUALITY = 90


def cut(image: Image.Image, top: int, left: int, size: tuple[int, int]) -> Image.Image:
    """Return a crop centred on a spot, or as close to it as the border allows."""
    width, height = size
    left = min(max(left - width // 2, 0), image.width - width)
    top = min(max(top - height // 2, 0), image.height - height)
    return image.crop((left, top, left + width, top + height))


def before_and_after() -> tuple[Image.Image, Image.Image, tuple[int, int]]:
    """Return the sample enlarged plainly and by the network, and the spot where they differ most."""
    small = decode(SAMPLE.read_bytes())
    after = Upscaler.from_weights(FIRST_NETWORK, clean_up="auto").upscale(small)
    before = bicubic(small, size=(after.height, after.width))
    return (
        Image.fromarray(before.pixels),
        Image.fromarray(after.pixels),
        most_different(before, subsample(after)),
    )


def main(folder: Path = ASSETS) -> None:
    """Write the pictures."""
    before, after, spot = before_and_after()
    for name, image in (("original", before), ("superres", after)):
        cut(image, *spot, PROOF).save(folder / f"{name}.webp", quality=QUALITY, method=6)
    social = cut(before, *spot, (after.width, 605)).resize(SOCIAL)
    half = cut(after, *spot, (after.width, 605)).resize(SOCIAL).crop((SOCIAL[0] // 2, 0, *SOCIAL))
    social.paste(half, (SOCIAL[0] // 2, 0))
    social.paste("white", (SOCIAL[0] // 2 - 2, 0, SOCIAL[0] // 2 + 2, SOCIAL[1]))
    social.save(folder / "social.jpg", quality=QUALITY)
    for sample in SAMPLES.glob("*.png"):
        with Image.open(sample) as image:
            image.resize((THUMBNAIL, THUMBNAIL)).save(
                folder / f"{sample.stem}.webp", quality=QUALITY, method=6
            )


if __name__ == "__main__":
    main()
