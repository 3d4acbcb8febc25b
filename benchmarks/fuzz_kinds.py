"""The cases of `benchmarks.fuzz`: valid files of each kind, ways to damage them, and their readers.

A case is a few files by name. The readers are imported with the first case, in its own process.
"""

import functools
import hashlib
import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import cv2
import h5py
import numpy as np
from PIL import Image, ImageCms

from sr_core import cards, networks, weights
from sr_core.files import decode

Files = dict[str, bytes]
Random = np.random.Generator
T = TypeVar("T")

_LARGE_SHARE = 0.02  # of the cases: a large one takes as long as a hundred small ones
_PNG = b"\x89PNG\r\n\x1a\n"
_NETWORK: dict[str, Any] = {"blocks": 1, "channels": 2}


# --- damage ----------------------------------------------------------------------------------------------


def damaged(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Return `data` with one to four faults."""
    for _ in range(random.integers(1, 5)):
        data = _one_of(_FAULTS, random)(data, random, others)
    return _with_checksums(data) if data.startswith(_PNG) and random.random() < 0.7 else data


def _one_of(items: Sequence[T], random: Random) -> T:
    return items[int(random.integers(len(items)))]


def _place(data: bytes, random: Random) -> int:
    # Headers decide more than pixels do.
    return int(random.integers(0, 1 + min(len(data), 600 if random.random() < 0.6 else len(data))))


def _other_bytes(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.integers(1, 9)):
        at = _place(data, random)
        changed[at : at + 1] = random.bytes(1)
    return bytes(changed)


def _cut(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    return data[: _place(data, random)]


def _gap(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    at, length = _place(data, random), int(random.integers(1, 40))
    return data[:at] + data[at + length :]


def _twice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    at, length = _place(data, random), int(random.integers(1, 200))
    return data[: at + length] + data[at : at + length] * int(random.integers(1, 20)) + data[at + length :]


def _extreme(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    at, size = _place(data, random), _one_of((1, 2, 4, 8), random)
    number = [bytes(size), b"\xff" * size, b"\x7f" + b"\xff" * (size - 1), b"\x00" * (size - 1) + b"\x80"]
    value = _one_of(number, random)
    return data[:at] + (value if random.random() < 0.5 else value[::-1]) + data[at + size :]


def _graft(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    other = _one_of(others, random)
    start = _place(other, random)
    at = _place(data, random)
    return data[:at] + other[start : start + int(random.integers(1, 400))] + data[at:]


_FAULTS = (_other_bytes, _cut, _gap, _twice, _extreme, _extreme, _graft)


def _with_checksums(data: bytes) -> bytes:
    """Correct the checksums of a PNG, so that the damage gets past them."""
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        body = data[at + 4 : at + 8 + length]
        if len(body) < 4 + length:
            break
        parts += [data[at : at + 4], body, struct.pack(">I", zlib.crc32(body))]
        at += 12 + length
    return b"".join([*parts, data[at:]])


# --- pictures --------------------------------------------------------------------------------------------


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def _noise(height: int, width: int, channels: int, depth: type = np.uint8) -> np.ndarray:
    # Noise on gradients: not flat, but smaller than pure noise when compressed.
    rows, columns, planes = np.mgrid[:height, :width, :channels]
    levels = (rows * 3 + columns * 5 + planes * 40 + (rows * columns) % 7) % 256
    return (levels * (257 if depth is np.uint16 else 1)).astype(depth)


@functools.cache
def small_pictures() -> Mapping[str, bytes]:
    """Return valid pictures of every format and kind, a few hundred bytes to a few kB each."""
    from pillow_heif import from_bytes

    rgb, grey, rgba = (_noise(24, 32, channels) for channels in (3, 1, 4))
    image, profile = Image.fromarray(rgb), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    extras = {"exif": exif, "icc_profile": profile}
    deep = _noise(24, 32, 3, np.uint16)
    heic, deep_heic = io.BytesIO(), io.BytesIO()
    from_bytes("RGB", (32, 24), rgb.tobytes()).save(heic)
    from_bytes("RGB;16", (32, 24), deep.tobytes()).save(deep_heic)
    return {
        "png": _saved(image, "PNG"),
        "png_metadata": _saved(image, "PNG", dpi=(300, 300), **extras),
        "png_grey": _saved(Image.fromarray(grey[..., 0]), "PNG"),
        "png_bits": _saved(image.convert("1"), "PNG"),
        "png_palette": _saved(image.convert("P"), "PNG", transparency=3),
        "png_alpha": _saved(Image.fromarray(rgba), "PNG"),
        "png_16": cv2.imencode(".png", deep)[1].tobytes(),
        "jpeg": _saved(image, "JPEG"),
        "jpeg_metadata": _saved(image, "JPEG", comment=b"text", xmp=b"<x:xmpmeta/>", **extras),
        "jpeg_progressive": _saved(image, "JPEG", progressive=True),
        "jpeg_grey": _saved(image.convert("L"), "JPEG"),
        "jpeg_cmyk": _saved(image.convert("CMYK"), "JPEG"),
        "webp": _saved(image, "WEBP", quality=60),
        "webp_metadata": _saved(Image.fromarray(rgba), "WEBP", lossless=True, xmp=b"<x:xmpmeta/>", **extras),
        "avif": _saved(Image.fromarray(rgba), "AVIF", speed=10, **extras),
        "avif_deep": cv2.imencode(".avif", deep // 64, [cv2.IMWRITE_AVIF_DEPTH, 10])[1].tobytes(),
        "heic": heic.getvalue(),
        "heic_deep": deep_heic.getvalue(),
        "bmp": _saved(image, "BMP"),
        "bmp_palette": _saved(image.convert("P"), "BMP"),
        "tiff": _saved(image, "TIFF", dpi=(300, 300)),
        "tiff_lzw": _saved(Image.fromarray(rgba), "TIFF", compression="tiff_lzw"),
        "tiff_deflate": _saved(image.convert("L"), "TIFF", compression="tiff_adobe_deflate"),
        "tiff_cmyk": _saved(image.convert("CMYK"), "TIFF", **extras),
        "tiff_bits": _saved(image.convert("1"), "TIFF", compression="group4"),
        "tiff_16": cv2.imencode(".tiff", deep)[1].tobytes(),
    }


@functools.cache
def large_pictures() -> Mapping[str, bytes]:
    """Return valid pictures of 6 megapixels."""
    pixels = _noise(2000, 3000, 3)
    image = Image.fromarray(pixels)
    deep = pixels.astype(np.uint16) * 257
    return {
        "png": _saved(image, "PNG", compress_level=1),
        "png_16": cv2.imencode(".png", deep, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes(),
        "jpeg": _saved(image, "JPEG"),
        "webp": _saved(image, "WEBP", method=0),
        "tiff_16": cv2.imencode(".tiff", deep)[1].tobytes(),
    }


def make_picture(random: Random) -> Files:
    """Return one damaged picture."""
    valid = large_pictures() if random.random() < _LARGE_SHARE else small_pictures()
    name = _one_of(list(valid), random)
    return {name: damaged(valid[name], random, list(small_pictures().values()))}


def read_picture(files: Mapping[str, bytes]) -> None:
    """Decode the picture."""
    for data in files.values():
        decode(data)


# --- ZIP files -------------------------------------------------------------------------------------------


@functools.cache
def _archives() -> Sequence[bytes]:
    made = []
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", packing) as archive:
            for number, (name, data) in enumerate(small_pictures().items()):
                archive.writestr(f"ö{number % 3}/{name}.png", data)
            archive.writestr("__MACOSX/._a.png", b"")
            archive.writestr("notes.txt", b"none")
            archive.writestr("zeros.png", bytes(10**6))
        made.append(stream.getvalue())
    return made


def make_archive(random: Random) -> Files:
    """Return one damaged ZIP file."""
    data = _one_of(_archives(), random)
    if random.random() < 0.5:  # damage the central directory at its end, which is read first
        at = data.rindex(b"PK\x01\x02")
        return {"case.zip": data[:at] + damaged(data[at:], random, _archives())}
    return {"case.zip": damaged(data, random, _archives())}


def read_archive(files: Mapping[str, bytes]) -> None:
    """Unpack the ZIP file."""
    from service import archive

    for data in files.values():
        archive.unpack(data)


# --- weights ---------------------------------------------------------------------------------------------


@functools.cache
def _network() -> Files:
    """Return a tiny EDSR as Keras stores it, and its card."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        shapes = networks.outline("edsr", scale=2, **_NETWORK).kernels.values()
        for number, shape in enumerate(shapes):
            variables: Any = file.create_group(f"layers/conv2d{f'_{number}' if number else ''}/vars")
            variables["0"], variables["1"] = np.ones(shape, np.float32), np.zeros(shape[-1:], np.float32)
    card = {
        **{"name": "case", "title": "Case", "architecture": "edsr", "scale": 2, "licence": "CC0"},
        **{"hyperparameters": _NETWORK, "sha256": "", "parameters": 1, "multiply_adds": 1},
        **{"receptive_radius": 6, "halo": 6, "training": {"before": [{}]}, "scores": [{"psnr": 30.0}]},
    }
    return {"case.h5": stream.getvalue(), "case.json": json.dumps(card).encode()}


def make_weights(random: Random) -> Files:
    """Return weights and their card, one of them damaged; the card has the right checksum."""
    files = dict(_network())
    name = "case.json" if random.random() < 0.4 else "case.h5"
    files[name] = damaged(files[name], random, list(_network().values()))
    digest = hashlib.sha256(files["case.h5"]).hexdigest().encode()
    files["case.json"] = files["case.json"].replace(b'"sha256": ""', b'"sha256": "' + digest + b'"')
    return files


def read_weights(files: Mapping[str, bytes]) -> None:
    """Read the card and the weights."""
    with _folder(files) as folder:
        cards.catalogue(Path(folder))
        weights.load_numbers(weights.find("case", folder=Path(folder)))


# --- LR/HR datasets --------------------------------------------------------------------------------------


@functools.cache
def _dataset() -> Files:
    files = {}
    for number in range(1, 5):
        pixels = _noise(64 + 4 * number, 80, 3)
        for part in ("train", "valid"):
            hr, lr = Image.fromarray(pixels), Image.fromarray(pixels).resize((20, 16 + number))
            files[f"DIV2K_{part}_HR/{number:04}.png"] = _saved(hr, "PNG")
            files[f"DIV2K_{part}_LR_bicubic/X4/{number:04}x4.png"] = _saved(lr, "PNG")
    return files


def make_dataset(random: Random) -> Files:
    """Return a dataset in DIV2K's layout with files damaged, missing, or swapped."""
    files = dict(_dataset())
    for _ in range(random.integers(1, 4)):
        names = sorted(files)
        name, other = _one_of(names, random), _one_of(names, random)
        match random.integers(5):
            case 0:
                files[name] = damaged(files[name], random, list(small_pictures().values()))
            case 1:
                del files[name]
            case 2:
                files[name] = files[other]
            case 3:
                files[name.replace("000", _one_of(("00", "x", "000", "9990", "ü"), random))] = files.pop(name)
            case _:
                files[name] = _one_of(list(small_pictures().values()), random)
    return files


def read_dataset(files: Mapping[str, bytes]) -> None:
    """Load the dataset."""
    from training.data import layouts

    with _folder(files) as folder, tempfile.TemporaryDirectory() as cache:
        layouts.load("div2k", [Path(folder)], scale=4, cache=Path(cache), log=lambda _: None)


def _folder(files: Mapping[str, bytes]) -> "tempfile.TemporaryDirectory[str]":
    """Write the files to a temporary folder."""
    folder = tempfile.TemporaryDirectory()
    for name, data in files.items():
        path = Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class Kind(NamedTuple):
    """Makes a case from a random generator, and reads it."""

    make: Callable[[Random], Files]
    read: Callable[[Mapping[str, bytes]], None]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "pictures": Kind(make_picture, read_picture),
        "archives": Kind(make_archive, read_archive),
        "weights": Kind(make_weights, read_weights),
        "datasets": Kind(make_dataset, read_dataset),
    }
)
