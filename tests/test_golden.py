"""Ten small pictures of different kinds: the command line and the app make the same files, and as ever.

Both go the whole way, from the bytes of a file to those of another. The hashes are of pixels, because zlib
may pack the same PNG otherwise on another machine.
"""

import hashlib
import io
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from service import networks as network_pool
from service.batch import Batch
from service.memory import MemoryBudget
from service.networks import InferenceQueue, NetworkPool
from service.runner import Runner
from service.task import Resources
from sr_core import Picture, Upscaler, cli, decode, engines, networks, weights
from sr_core.weights import WeightsCard

SETTINGS: dict[str, Any] = {"blocks": 1, "channels": 4}
SECONDS = 900  # of a machine that is busy with other things

# The first 16 digits of the SHA-256 of what each becomes.
GOLDEN = {
    "grey": "1fb63b0be0a58352",
    "rgb": "d95db74aa35af167",
    "rgba": "2be4d0d9677a9384",
    "16-bit": "e4416e14e077127d",
    "16-bit-grey": "a5c131c5a48fda45",
    "photo": "c2c68da7cf224ef0",
    "cmyk": "78810722aa061b04",
    "palette": "9aa9fa36a6f7b527",
    "profile": "1e67f0fdef170814",
    "lossless": "d95db74aa35af167",
}


def waves(channels: int, white: int = 255) -> np.ndarray:
    """A picture of slopes and edges whose numbers are the same on every machine."""
    rows, columns = np.mgrid[:9, :12]
    planes = [
        (7 * (rows - c) ** 2 + 5 * (columns - 2 * c) * rows + 40 * c) % 200 + 20 for c in range(channels)
    ]
    depth = np.uint8 if white == 255 else np.uint16
    return (np.stack(planes, axis=2) * white // 255).astype(depth).squeeze()


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def palette() -> Image.Image:
    image = Image.fromarray(waves(1) // 64, "P")
    image.putpalette([200, 30, 40, 20, 180, 60, 10, 20, 230, 250, 240, 90])
    return image


def pictures() -> dict[str, bytes]:
    rgb = Image.fromarray(waves(3))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter turn
    return {
        "grey.png": saved(Image.fromarray(waves(1)), "PNG"),
        "rgb.png": saved(rgb, "PNG"),
        "rgba.png": saved(Image.fromarray(waves(4)), "PNG"),
        "16-bit.png": cv2.imencode(".png", waves(3, 65535))[1].tobytes(),
        "16-bit-grey.tif": saved(Image.fromarray(waves(1, 65535)), "TIFF"),
        "photo.jpg": saved(rgb, "JPEG", quality=90, exif=turned, dpi=(300, 300)),
        "cmyk.jpg": saved(Image.fromarray(waves(4), "CMYK"), "JPEG", quality=95),
        "palette.png": saved(palette(), "PNG", transparency=2),
        "profile.png": saved(rgb, "PNG", icc_profile=profile, exif=turned),
        "lossless.webp": saved(rgb, "WEBP", lossless=True),
    }


def kernel_of(layer: str, shape: tuple[int, ...]) -> np.ndarray:
    """Copies the three colours; the first of the two enlargements mixes in a third of a neighbour."""
    kernel = np.zeros(shape, np.float32)
    if "block" in layer or layer == "body_end":
        return kernel
    copies = shape[3] // 4 if "upsample" in layer else 1
    for copy in range(copies):  # one for each pixel of a cell of 2 x 2
        for colour in range(3):
            own, row, column = (
                (2 / 3, copy // 2 * 2, copy % 2 * 2) if layer == "upsample1_conv" else (1, 0, 0)
            )
            kernel[1, 1, colour, copy * 4 + colour] = own
            kernel[row, column, colour, copy * 4 + colour] += 1 - own
    return kernel


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> WeightsCard:
    """EDSR ×4 that mixes pixels in thirds.

    So no value comes near the middle between two levels, where a float's last bit would decide.
    """
    network = networks.build("edsr", scale=4, **SETTINGS)
    outline = networks.outline("edsr", scale=4, **SETTINGS)
    for name, shape in outline.kernels.items():
        network.get_layer(name).set_weights([kernel_of(name, shape), np.zeros(shape[3], np.float32)])
    about = WeightsCard(
        name="edsr_x4",
        title="EDSR ×4",
        architecture="edsr",
        scale=4,
        hyperparameters=SETTINGS,
        sha256="",
        parameters=outline.parameters,
        multiply_adds=int(outline.multiply_adds),
        receptive_radius=6,
        halo=6,
        licence="CC0",
        folder=tmp_path_factory.mktemp("weights"),
    )
    return weights.save_network(network, about)


@pytest.fixture(scope="module", params=sorted(engines.installed()))
def engine(request: pytest.FixtureRequest) -> engines.Kind:
    return request.param


def by_command(card: WeightsCard, engine: str, folder: Path) -> dict[str, bytes]:
    """What `python -m sr_core` makes of the pictures in a folder, by the names of these."""
    arguments = ["-n", str(card.file), "-g", "-1", "--fp32", "--engine", engine, "-o", str(folder / "out")]
    assert cli.main([str(folder), *arguments, "--suffix", ""]) == 0
    return {file.stem: file.read_bytes() for file in (folder / "out").iterdir()}


def by_app(data: dict[str, bytes]) -> dict[str, bytes]:
    """What a session of the app makes of them."""
    inference, brief = (InferenceQueue(max_waiting=99) for _ in range(2))
    resources = Resources(NetworkPool(), inference, brief, MemoryBudget(lambda: 8192.0))
    runner = Runner(resources, lambda: True)
    batch = Batch(runner, None)
    for name, content in data.items():
        batch.add("", name, content)
    runner.wake()
    end = time.monotonic() + SECONDS
    while runner.active(batch):
        assert time.monotonic() < end, "the app does not come to an end"
        time.sleep(0.01)
    return {Path(item.name).stem: item.result.data for item in batch.items if item.result is not None}


def digest(picture: Picture) -> str:
    planes = [picture.pixels] if picture.alpha is None else [picture.pixels, picture.alpha]
    content = b"".join(repr((p.shape, p.dtype.str)).encode() + p.tobytes() for p in planes)
    return hashlib.sha256(content).hexdigest()[:16]


def test_command_and_app_make_the_same_files_and_the_same_pixels_as_ever(
    card: WeightsCard, engine: engines.Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pictures()
    for name, content in data.items():
        (tmp_path / name).write_bytes(content)

    def load(_: str) -> Upscaler:
        return Upscaler(card, engine=engine, precision="float32", gpu=-1, clean_up="auto")

    monkeypatch.setattr(network_pool, "_load", load)

    files, served = by_command(card, engine, tmp_path), by_app(data)

    assert files == served
    assert {stem: digest(decode(content)) for stem, content in files.items()} == GOLDEN
