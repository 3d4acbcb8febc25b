"""JPEG blocks and grain are found, cleaned up as much as asked for, and told."""

import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_core import OptionError, Picture, WeightsError, decode, weights
from sr_core.cleaning import Choice, choose, inspect
from sr_core.upscaler import Upscaler

DATA = Path(__file__).parent.parent / "data"


def photo() -> np.ndarray:
    return np.array(Image.open(DATA / "guitar.png").convert("RGB"))


def saved(pixels: np.ndarray, kind: str, **options) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def noisy(pixels: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


# --- what is found ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [30, 50, 75, 80, 95])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(quality, subsampling):
    picture = decode(saved(photo(), "JPEG", quality=quality, subsampling=subsampling))
    assert picture.compression is not None
    assert picture.compression.format == "JPEG"
    assert abs(picture.compression.quality - quality) <= 1


@pytest.mark.parametrize("quality", [30, 60, 75, 90])
def test_the_quality_of_a_lossy_webp_is_read_from_its_frame(quality):
    plain = decode(saved(photo(), "WEBP", quality=quality))
    extended = decode(saved(photo(), "WEBP", quality=quality, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"))
    assert plain.compression == extended.compression
    assert plain.compression is not None
    assert abs(plain.compression.quality - quality) <= 8


def test_lossless_files_say_nothing_of_a_loss():
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {}), ("TIFF", {})):
        assert decode(saved(photo(), kind, **options)).compression is None


def test_a_webp_cut_within_its_header_is_refused_in_a_sentence():
    whole = saved(photo(), "WEBP", quality=60)
    for length in range(12, 60, 3):
        with pytest.raises(Exception, match=r"cannot be read|not a picture"):
            decode(whole[:length])


@pytest.mark.parametrize("sigma", [2, 3, 8, 15])
def test_noise_is_measured_and_a_clean_photo_has_none(sigma):
    assert inspect(Picture(photo())).noise < 1
    assert inspect(Picture(noisy(photo(), sigma))).noise == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("sigma", [8, 15])
def test_noise_that_is_alike_in_all_channels_or_was_saved_as_jpeg_is_found_too(sigma):
    grey = np.random.default_rng(0).normal(0, sigma, (*photo().shape[:2], 1))
    grey = np.clip(np.rint(photo() + grey), 0, 255).astype(np.uint8)
    once = np.array(Image.open(BytesIO(saved(noisy(photo(), sigma), "JPEG", quality=95))))

    assert inspect(Picture(photo())).grain < 1.5
    for pixels in (grey, once):
        assert sigma / 2 < inspect(Picture(pixels)).grain < 1.2 * sigma
        assert inspect(Picture(pixels)).strength == 1


def test_fine_detail_is_not_taken_for_noise():
    rows, columns = np.mgrid[:96, :96] / 2.3
    weave = 128 + 40 * np.sin(rows * 3.1) * np.sin(columns * 2.7) + 30 * np.sin(rows + 2 * columns)
    assert inspect(Picture(np.repeat(weave[..., None], 3, 2).astype(np.uint8))).noise < 1.7


def test_noise_is_found_on_a_white_page_too_where_half_of_it_is_clipped():
    page = np.full((90, 120, 3), 255, np.uint8)
    page[20:24, 10:110] = page[50:54, 10:80] = 0
    assert inspect(Picture(page)).strength == 0
    assert inspect(Picture(noisy(page, 12))).strength == 1


def test_the_blocks_of_an_old_jpeg_are_found_wherever_the_picture_was_cropped():
    clean = inspect(Picture(photo())).blockiness
    once = np.array(Image.open(BytesIO(saved(photo(), "JPEG", quality=50))))
    for crop in (once, once[3:, 5:]):
        assert inspect(Picture(crop)).blockiness > clean + 0.1


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (9, 9), (30, 2000), (3000, 3000)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_picture_of_any_size_and_depth_is_looked_at(shape, dtype):
    faults = inspect(Picture(np.full((*shape, 3), np.iinfo(dtype).max // 2, dtype)))
    assert faults.strength == 0
    assert (faults.noise, faults.grain, faults.blockiness) == pytest.approx((0, 0, 0), abs=1e-4)


def test_what_is_chosen_follows_from_what_was_found_and_is_told():
    assert choose(Picture(photo())) == Choice(0.0, "")
    jpeg = choose(decode(saved(photo(), "JPEG", quality=80)))
    assert (jpeg.strength, str(jpeg)) == (1.0, "JPEG, quality about 80: cleaned up")
    good = choose(decode(saved(photo(), "JPEG", quality=90)))
    assert (good.strength, str(good)) == (0.5, "JPEG, quality about 90: cleaned up lightly")
    grain = choose(Picture(noisy(photo(), 10)))
    assert (grain.strength, str(grain)) == (1.0, "grain: cleaned up")
    assert str(Choice(0.5)) == "cleaned up lightly"


# --- what is done ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(tmp_path_factory, save_tiny) -> weights.WeightsCard:
    """A clean network and its counterpart, as they lie in the catalogue."""
    folder = tmp_path_factory.mktemp("pair")
    save_tiny(folder, name="edsr_photo_x2", scale=2, seed=1)
    return save_tiny(folder, name="edsr_x2", scale=2, seed=0)


def test_a_strength_is_a_network_between_the_two(pair):
    other = weights.counterpart(pair)
    assert other is not None
    clean, photo_ = (weights.load_network(card).get_weights() for card in (pair, other))
    for strength in (0.0, 0.5, 1.0):
        mixed = weights.load_network(pair, clean_up=strength).get_weights()
        for a, b, c in zip(clean, photo_, mixed, strict=True):
            np.testing.assert_allclose(c, (1 - strength) * a + strength * b, atol=1e-7)


def test_the_upscaler_uses_the_strength_of_its_picture(pair):
    options = {"precision": "float32", "gpu": -1}
    by_itself = Upscaler(pair, **options, clean_up="auto")
    for data in (saved(photo()[:40, :40], "PNG"), saved(photo()[:40, :40], "JPEG", quality=40)):
        picture = decode(data)
        choice = by_itself.choose_clean_up(picture)
        fixed = Upscaler(pair, **options, clean_up=choice.strength)
        np.testing.assert_array_equal(by_itself.upscale(picture).pixels, fixed.upscale(picture).pixels)
        assert fixed.choose_clean_up(picture).strength == choice.strength
    assert choice.strength == 1
    plain = Upscaler(pair, **options)
    assert not np.array_equal(plain.upscale(picture).pixels, fixed.upscale(picture).pixels)
    np.testing.assert_array_equal(plain.upscale(picture, clean_up=1).pixels, fixed.upscale(picture).pixels)


def test_the_strength_stands_in_the_file(pair):
    upscaler = Upscaler(pair, precision="float32", gpu=-1)
    assert "clean-up 0.5" in str(upscaler.provenance(0.5))
    assert "clean-up" not in str(upscaler.provenance())


def test_only_a_network_with_a_counterpart_cleans_up(pair, tiny_x2, tmp_path, save_tiny):
    assert weights.counterpart(tiny_x2) is None
    with pytest.raises(OptionError, match="no counterpart"):
        Upscaler(tiny_x2, clean_up=0.5)
    with pytest.raises(OptionError, match=r"from 0.* to 1.*received 1\.5"):
        Upscaler(pair, clean_up=1.5)
    assert Upscaler(tiny_x2, clean_up="auto").choose_clean_up(Picture(noisy(photo(), 20))).strength == 0

    clean = save_tiny(tmp_path, name="edsr_x2", scale=2)
    other = replace(clean, name="edsr_photo_x2", hyperparameters={"blocks": 3, "channels": 8})
    other.save()
    with pytest.raises(WeightsError, match="not of the same network"):
        weights.counterpart(clean)


@pytest.mark.parametrize(("file", "content"), [("edsr_photo_x2.json", "{"), ("edsr_photo_x2.h5", "cut")])
def test_a_network_goes_on_without_a_counterpart_that_is_damaged(pair, tmp_path, caplog, file, content):
    folder = shutil.copytree(pair.folder, tmp_path / "damaged")
    (folder / file).write_text(content)
    card = weights.read_card(folder / f"{pair.name}.json")
    upscaler = Upscaler(card, precision="float32", gpu=-1, clean_up="auto")
    assert upscaler.choose_clean_up(Picture(noisy(photo(), 20))).strength == 0
    assert file in caplog.text
    with pytest.raises(WeightsError, match="photo"):
        Upscaler(card, precision="float32", gpu=-1, clean_up=0.5)
