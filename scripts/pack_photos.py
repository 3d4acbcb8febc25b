#!/usr/bin/env python3
"""Pack photos as square crops that are rich in detail, in folders of about 18 MB each.

    python scripts/pack_photos.py PHOTOS --to PACKED

For training on a remote machine: it can train on the first part while the others are transferred.
"""

import argparse
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sr_core import resize
from sr_core.errors import SuperResError
from sr_core.files import write_bytes
from training.data.datasets import read_opaque
from training.data.detail import Cells
from training.data.folders import picture_files

# That of the packed photos; saved as 4:4:4, so that colours keep their resolution.
QUALITY = 97
# Detail is measured at a quarter of the size, the LR of a x4 network.
REDUCTION = 4


def richest(pixels: np.ndarray, *, side: int, share: float) -> list[tuple[int, int]]:
    """Return top and left of the crops with most detail, not overlapping, for a share of the picture."""
    reduced = resize.downscale(resize.crop_to_multiple(pixels, REDUCTION), REDUCTION)
    if min(reduced.shape[:2]) < side // REDUCTION:
        return []
    cells = Cells.by_detail(reduced, side // REDUCTION)
    wanted = max(1, int(share * pixels.shape[0] * pixels.shape[1] / side**2))
    chosen: list[tuple[int, int]] = []
    for place in np.argsort(-cells.weights, axis=None, kind="stable"):
        row, column = np.unravel_index(place, cells.weights.shape)
        top, left = int(row) * cells.step * REDUCTION, int(column) * cells.step * REDUCTION
        if all(abs(top - above) >= side or abs(left - beside) >= side for above, beside in chosen):
            chosen.append((top, left))
        if len(chosen) == wanted:
            break
    return chosen


def crops(file: Path, *, side: int, share: float) -> list[tuple[str, bytes]]:
    """Return the crops of a photo as JPEG files: names and contents."""
    pixels = read_opaque(file)
    files = []
    for top, left in richest(pixels, side=side, share=share):
        content = BytesIO()
        crop = Image.fromarray(pixels[top : top + side, left : left + side])
        crop.save(content, "JPEG", quality=QUALITY, subsampling=0)
        files.append((f"{file.stem}_{top}_{left}.jpg", content.getvalue()))
    return files


def pack(folders: list[Path], to: Path, *, side: int, share: float, part_bytes: float) -> list[Path]:
    """Write the crops of all photos in random order; return the folders of the parts."""
    packed = [crop for file in picture_files(folders) for crop in crops(file, side=side, share=share)]
    parts: list[Path] = []
    size = part_bytes
    for i in np.random.default_rng(1).permutation(len(packed)):
        name, content = packed[i]
        if size + len(content) > part_bytes:
            parts.append(to / f"part{len(parts) + 1}")
            parts[-1].mkdir(parents=True)
            size = 0
        write_bytes(parts[-1] / name, content)
        size += len(content)
    return parts


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="a folder that does not exist yet"
    )
    parser.add_argument("--side", type=int, default=320, help="of the crops in px (default 320)")
    parser.add_argument("--share", type=float, default=0.4, help="of each photo at most (default 0.4)")
    parser.add_argument("--megabytes", type=float, default=18.0, help="of a part (default 18)")
    options = parser.parse_args()
    if options.to.exists():
        parser.error(f"this folder already exists: {options.to}")
    try:
        parts = pack(
            options.folders,
            options.to,
            side=options.side,
            share=options.share,
            part_bytes=options.megabytes * 1e6,
        )
    except SuperResError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for part in parts:
        sizes = [crop.stat().st_size for crop in part.iterdir()]
        print(f"{part}: {len(sizes)} crops, {sum(sizes) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
