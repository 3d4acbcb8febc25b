"""A picture in, the enlarged picture out: seamless, whole, and with everything it came with."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sr_core import bicubic, files, metrics, resize, weights
from sr_core.errors import EngineError, OptionError, WeightsError
from sr_core.estimate import Clock, Progress
from sr_core.picture import Picture
from sr_core.pixels import Pixels
from sr_core.upscaler import Upscaler
from training.measures import sharpness

DATA = Path(__file__).parents[1] / "data"
SIDES = st.integers(1, 45)
TILE = 20  # LR px


def noise(height: int, width: int, dtype: npt.DTypeLike = np.uint8, *, channels: int = 3) -> np.ndarray:
    generator = np.random.default_rng(height * 1000 + width)
    return generator.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)


@pytest.fixture(scope="module")
def tiled(tiny_x2) -> Upscaler:
    """Cuts into tiles of `TILE` px whose halo is the network's receptive radius."""
    return Upscaler(tiny_x2, precision="float32", gpu=-1, tile=TILE, halo=tiny_x2.receptive_radius)


@pytest.fixture
def runs(tiled, monkeypatch) -> list[tuple[int, ...]]:
    """The shapes of the batches that `tiled` gives to its engine during the test."""
    shapes: list[tuple[int, ...]] = []
    run = tiled.engine.run

    def counted(tiles: np.ndarray) -> np.ndarray:
        shapes.append(tiles.shape)
        return run(tiles)

    monkeypatch.setattr(tiled.engine, "run", counted)
    return shapes


def apart(one: Picture, other: Picture) -> float:
    """The largest difference between two pictures' pixels, in [0, 1]."""
    difference = one.pixels.astype(np.int64) - other.pixels
    return np.abs(difference).max() / np.iinfo(one.pixels.dtype).max


# --- tiles -----------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(SIDES, SIDES)
@example(1, 1)
@example(1, 45)
@example(45, 1)
@example(TILE, TILE + 1)
@example(2 * TILE + 3, 2 * TILE + 1)
def test_tiled_equals_whole_once_halo_reaches_receptive_radius(whole, tiled, height, width):
    lr = Picture(noise(height, width, np.uint16))
    assert apart(tiled.upscale(lr), whole.upscale(lr)) <= 1e-4


def test_below_the_receptive_radius_tiles_differ_from_the_whole(whole, tiny_x2):
    lr = Picture(noise(60, 60, np.uint16))
    seamed = Upscaler(tiny_x2, precision="float32", gpu=-1, tile=TILE, halo=0)
    assert apart(seamed.upscale(lr), whole.upscale(lr)) > 1e-2


def test_every_tile_of_a_picture_has_one_shape(tiled, runs):
    tiled.upscale(Picture(noise(45, 41)))
    assert len(runs) == len(tiled.plan(45, 41)) > 4
    assert set(runs) == {(1, TILE, TILE, 3)}


def test_tile_and_halo_are_chosen_where_none_are_given(whole, tiny_x2):
    assert whole.halo == tiny_x2.halo
    plan = whole.plan(1000, 300)
    assert {plan.tile_height, plan.tile_width} <= set(whole.engine.tile_sizes)


# --- the picture and what comes with it --------------------------------------------------------------------


@settings(max_examples=10)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([2, 4]))
def test_the_result_is_scale_times_as_large_and_the_same_each_time(tiny_x2, tiny_x4, height, width, scale):
    upscaler = Upscaler({2: tiny_x2, 4: tiny_x4}[scale], gpu=-1)
    lr = Picture(noise(height, width))
    first, second = upscaler.upscale(lr), upscaler.upscale(lr)
    assert (first.height, first.width) == (height * scale, width * scale)
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_the_original_is_left_alone(tiled):
    pixels = noise(30, 30)
    before = pixels.copy()
    tiled.upscale(Picture(pixels))
    np.testing.assert_array_equal(pixels, before)


def test_16_bits_stay_16_bits_that_are_used(tiled):
    ramp = np.linspace(0, 65535, 40 * 40).reshape(40, 40, 1).repeat(3, axis=2).astype(np.uint16)
    sr = tiled.upscale(Picture(ramp))
    assert sr.bit_depth == 16
    assert len(np.unique(sr.pixels)) > 256


def test_8_and_16_bits_of_one_picture_are_enlarged_alike(tiled):
    pixels = noise(25, 25)
    eight = tiled.upscale(Picture(pixels))
    sixteen = tiled.upscale(Picture(pixels.astype(np.uint16) * 257))
    assert eight.bit_depth == 8
    assert np.abs(sixteen.pixels / 257 - eight.pixels).max() <= 0.51


def test_grey_stays_grey(tiled):
    grey = noise(24, 26, channels=1).repeat(3, axis=2)
    for sr in (tiled.upscale(Picture(grey, grey=True)), bicubic(Picture(grey, grey=True), size=(48, 52))):
        assert sr.grey
        assert (sr.pixels == sr.pixels[..., :1]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparency_goes_through_the_network_as_a_grey_picture(whole, dtype):
    alpha = noise(23, 31, dtype, channels=1)[..., 0]
    enlarged = np.asarray(whole.upscale(Picture(noise(23, 31, dtype), alpha)).alpha)
    white = float(np.iinfo(dtype).max)
    grey = (alpha / white).astype(np.float32)[np.newaxis, ..., np.newaxis].repeat(3, axis=3)
    grey = whole.engine.run(grey)[0].mean(axis=2)
    assert enlarged.dtype == dtype
    np.testing.assert_allclose(enlarged / white, grey.clip(0, 1), atol=0.51 / white + 1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [(50, 54), (37, 41)])
def test_what_lies_under_transparency_changes_nothing(tiled, dtype, size):
    pixels, hidden = noise(25, 27, dtype), noise(27, 25, dtype).swapaxes(0, 1)
    alpha = (noise(25, 27, channels=1)[..., 0] > 128).astype(dtype) * np.iinfo(dtype).max
    lr, other = (Picture(np.where(alpha[..., None] > 0, pixels, under), alpha) for under in (pixels, hidden))
    assert not np.array_equal(lr.pixels, other.pixels)
    for enlarge in (tiled.upscale, bicubic):
        one, another = (enlarge(picture, size=size) for picture in (lr, other))
        np.testing.assert_array_equal(one.pixels, another.pixels)


@pytest.mark.parametrize("level", [0, 100, 255])
def test_transparency_that_is_the_same_everywhere_takes_no_second_pass(tiled, runs, level):
    lr = Picture(noise(30, 20), np.full((30, 20), level, np.uint8))
    sr = tiled.upscale(lr)
    assert len(runs) == len(tiled.plan(30, 20))
    assert (sr.alpha == level).all()
    np.testing.assert_array_equal(sr.pixels, tiled.upscale(Picture(lr.pixels)).pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_with_transparency_comes_out_as_grey_with_transparency_of_the_same_depth(tiled, dtype):
    ramp = np.linspace(0, np.iinfo(dtype).max, 900).reshape(30, 30).astype(dtype)
    lr = Picture(np.dstack([ramp] * 3), ramp.T.copy(), grey=True)
    sr = files.decode(files.encode(tiled.upscale(lr)))
    assert (sr.grey, sr.bit_depth) == (True, lr.bit_depth)
    assert dtype == np.uint8 or min(len(np.unique(sr.pixels)), len(np.unique(np.asarray(sr.alpha)))) > 256


def test_colour_profile_and_exif_are_kept(tiled):
    lr = Picture(noise(3, 4), icc=b"profile", exif=b"MM\x00*\x00\x00\x00\x08\x00\x00")
    for sr in (tiled.upscale(lr), bicubic(lr, size=(6, 8))):
        assert (sr.icc, sr.exif) == (lr.icc, lr.exif)


def test_what_made_a_picture_can_be_told(tiled, tiny_x2):
    assert (tiled.provenance().model, tiled.provenance().scale) == (tiny_x2.name, 2)


# --- exact sizes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_exact_size_is_the_networks_result_reduced(tiled, dtype):
    lr = Picture(noise(20, 30, dtype))
    sr = tiled.upscale(lr, size=(33, 50))
    np.testing.assert_array_equal(sr.pixels, resize.bicubic(tiled.upscale(lr).pixels, 33, 50))
    assert sr.bit_depth == lr.bit_depth


def test_the_full_size_may_be_said(tiled):
    lr = Picture(noise(20, 30), noise(20, 30, channels=1)[..., 0])
    said, unsaid = tiled.upscale(lr, size=(40, 60)), tiled.upscale(lr)
    np.testing.assert_array_equal(said.pixels, unsaid.pixels)
    np.testing.assert_array_equal(said.alpha, unsaid.alpha)


def test_the_baseline_is_bicubic_at_any_size():
    lr, alpha = noise(20, 30), noise(20, 30, channels=1)[..., 0]
    np.testing.assert_array_equal(bicubic(Picture(lr), size=(40, 60)).pixels, resize.upscale(lr, 2))
    baseline = bicubic(Picture(lr, alpha), size=(33, 50))
    assert baseline.pixels.shape == (33, 50, 3)
    np.testing.assert_array_equal(baseline.alpha, resize.bicubic(alpha, 33, 50))


@pytest.mark.parametrize("size", [(41, 60), (40, 61), (0, 10)])
def test_a_size_beyond_the_network_is_refused_before_any_work(tiled, runs, size):
    tiled.estimate(20, 30)  # warms up, if nobody has
    runs.clear()
    lr = Picture(noise(20, 30))
    for refuse in (tiled.upscale, lambda lr, size: tiled.estimate(20, 30, size=size)):
        with pytest.raises(OptionError, match=rf"received {size[0]} x {size[1]}( px)?\.$"):
            refuse(lr, size=size)
    assert not runs


# --- self-ensemble -----------------------------------------------------------------------------------------


def transform(array: np.ndarray, number: int) -> np.ndarray:
    """One of the eight flips and rotations of a square; 0 leaves it as it is."""
    turned = np.rot90(array, number % 4)
    return np.fliplr(turned) if number >= 4 else turned


def undo(array: np.ndarray, number: int) -> np.ndarray:
    """The inverse of `transform`, found by trying: one of the eight is."""
    probe = np.arange(6).reshape(2, 3)
    inverse = next(n for n in range(8) if np.array_equal(transform(transform(probe, number), n), probe))
    return transform(array, inverse)


def test_self_ensemble_is_the_mean_over_eight_transforms(whole):
    lr = noise(9, 14, np.uint16)
    each = [undo(run_unit(whole, transform(lr, number)), number) for number in range(8)]
    expected = np.clip(np.mean(each, axis=0), 0, 1)
    made = whole.upscale(Picture(lr), self_ensemble=True).pixels
    np.testing.assert_allclose(made / 65535, expected, atol=2e-5)


def run_unit(upscaler: Upscaler, pixels: np.ndarray) -> np.ndarray:
    """What the network says of a picture, before it is clipped and rounded."""
    return upscaler.engine.run(np.ascontiguousarray(pixels[np.newaxis] / np.float32(65535)))[0]


@pytest.mark.parametrize("number", range(8))
def test_self_ensemble_turns_with_the_picture(whole, number):
    lr, turned = noise(11, 7, np.uint16), transform(noise(11, 7, np.uint16), number)

    def difference(*, self_ensemble: bool) -> float:
        first, then = (
            whole.upscale(Picture(pixels), self_ensemble=self_ensemble).pixels for pixels in (lr, turned)
        )
        return apart(Picture(then), Picture(transform(first, number)))

    assert difference(self_ensemble=True) < 1e-4
    assert number == 0 or difference(self_ensemble=False) > 1e-2  # a network alone does not


# --- progress, cancel, estimate ----------------------------------------------------------------------------


def test_progress_begins_at_nothing_rises_and_ends_at_all(tiled):
    seen: list[Progress] = []
    tiled.upscale(Picture(noise(45, 38)), progress=seen.append)
    total = len(tiled.plan(45, 38))
    assert (seen[0].done, seen[0].seconds, seen[0].remaining) == (0, 0.0, None)
    assert [step.done for step in seen] == list(range(total + 1))
    assert {step.total for step in seen} == {total}
    assert [step.seconds for step in seen] == sorted(step.seconds for step in seen)
    assert all(step.remaining is not None and step.remaining > 0 for step in seen[1:-1])
    assert seen[-1].remaining == 0


def test_time_that_the_callback_takes_says_nothing_of_the_speed():
    seen: list[Progress] = []

    def rest(step: Progress) -> None:
        seen.append(step)
        time.sleep(0.3)

    clock = Clock(3, rest)
    for _ in range(3):
        clock.advance(1)

    assert seen[-1].seconds < 0.3


def test_progress_and_estimate_count_the_pass_of_the_transparency(tiled):
    seen: list[Progress] = []
    lr = Picture(noise(45, 38), noise(45, 38, channels=1)[..., 0])
    tiled.upscale(lr, progress=seen.append)
    opaque, expected = tiled.estimate(45, 38), tiled.estimate_for(lr)
    assert [step.done for step in seen] == list(range(expected.tiles + 1))
    assert {step.total for step in seen} == {expected.tiles} == {2 * opaque.tiles}
    assert expected.seconds == pytest.approx(2 * opaque.seconds)
    assert tiled.estimate_for(Picture(lr.pixels, np.full((45, 38), 9, np.uint8))).tiles == opaque.tiles


@pytest.mark.parametrize("tiles", [0, 1, 3])
def test_an_exception_from_progress_stops_at_once_and_the_next_picture_works(tiled, runs, tiles):
    class CancelledError(Exception):
        pass

    def cancel(step: Progress) -> None:
        if step.done == tiles:
            raise CancelledError

    lr = Picture(noise(45, 45))
    with pytest.raises(CancelledError):
        tiled.upscale(lr, progress=cancel)
    assert len(runs) == tiles
    assert tiled.upscale(lr).width == 90


def test_the_estimate_has_the_size_of_the_result_and_grows_with_it(tiled):
    small, large = tiled.estimate(30, 40), tiled.estimate(300, 400)
    assert (small.height, small.width, large.height, large.width) == (60, 80, 600, 800)
    assert small.tiles == len(tiled.plan(30, 40)) < large.tiles == len(tiled.plan(300, 400))
    assert 0 < small.seconds < large.seconds
    assert 100 < small.memory_mib < large.memory_mib


def test_the_estimate_has_the_exact_size_that_was_asked_for(tiled):
    estimate = tiled.estimate(300, 400, size=(450, 600))
    assert (estimate.height, estimate.width) == (450, 600)
    assert estimate.tiles == tiled.estimate(300, 400).tiles


def test_the_estimate_of_memory_counts_transparency_and_depth(tiled):
    def arrays(**options) -> float:
        return tiled.estimate(2000, 2000, **options).memory_mib - tiled.estimate(1, 1).memory_mib

    assert arrays(bit_depth=16) > 1.7 * arrays()
    assert arrays(alpha=True) > 1.2 * arrays()
    # At the least, the result and its baseline are in memory together.
    assert arrays(alpha=True, bit_depth=16) > 2 * 4000 * 4000 * 8 / 2**20


def test_the_estimate_is_near_the_truth(tiny_x2):
    upscaler = Upscaler(tiny_x2, precision="float32", gpu=-1)
    lr = Picture(noise(200, 200))
    expected = upscaler.estimate(200, 200).seconds
    taken: list[float] = []
    for _ in range(4):  # the first one traces
        began = time.perf_counter()
        upscaler.upscale(lr)
        taken.append(time.perf_counter() - began)
    assert expected / 10 < min(taken) < expected * 10


def test_a_tiny_picture_does_not_spoil_the_estimate(tiny_x2):
    upscaler = Upscaler(tiny_x2, precision="float32", gpu=-1)
    before = upscaler.estimate(1000, 1000).seconds
    upscaler.upscale(Picture(noise(1, 1)))
    assert upscaler.estimate(1000, 1000).seconds <= before


def test_self_ensemble_is_estimated_at_eight_times_the_work(tiny_x2):
    upscaler = Upscaler(tiny_x2, precision="float32", gpu=-1)
    once, eight = (upscaler.estimate(100, 100, self_ensemble=best).seconds for best in (False, True))
    assert eight == pytest.approx(8 * once)


# --- what can go wrong -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill", [np.nan, np.inf])
def test_a_broken_network_is_told_rather_than_shown(tmp_path, save_tiny, fill):
    upscaler = Upscaler(save_tiny(tmp_path, fill=fill), precision="float32", gpu=-1)
    with pytest.raises(EngineError, match=r"values that are no numbers.*try again in float32"):
        upscaler.upscale(Picture(noise(5, 5)))


def test_a_result_that_fits_no_memory_is_told(whole):
    endless = np.broadcast_to(np.uint8(0), (2**23, 2**23, 3))
    with pytest.raises(EngineError, match=r"memory is too small.*16,777,216 x 16,777,216 px"):
        whole.upscale(Picture(endless))


def test_options_that_make_no_sense_are_told_before_any_picture(tiny_x2):
    with pytest.raises(OptionError, match=r"0 to choose; received -1\.$"):
        Upscaler(tiny_x2, tile=-1)
    with pytest.raises(OptionError, match=r"received tile 16 px, halo 8 px\.$"):
        Upscaler(tiny_x2, tile=16)
    with pytest.raises(OptionError, match=r"received tile \d+ px, halo 500 px\.$"):
        Upscaler(tiny_x2, halo=500)
    with pytest.raises(OptionError, match=r"received tile \d+ px, halo -1 px\.$"):
        Upscaler(tiny_x2, halo=-1)


def test_weights_are_taken_by_path_and_unknown_names_refused(tiny_x2):
    upscaler = Upscaler.from_weights(tiny_x2.file, gpu=-1)
    assert (upscaler.card, upscaler.scale) == (tiny_x2, 2)
    with pytest.raises(WeightsError, match="no weights of that name"):
        Upscaler.from_weights("nothing_x4")


# --- the weights of the project ----------------------------------------------------------------------------


ADVERSARIAL = [
    name
    for name, card in weights.catalogue().items()
    if card.training.get("recipe", {}).get("adversarial_weight")
]


def restored(name: str) -> Iterator[tuple[Pixels, Pixels, Pixels, metrics.Protocol]]:
    """The original photos, and what bicubic and the network make of them when they have been shrunk."""
    upscaler = Upscaler.from_weights(name, gpu=-1)
    photos = sorted(DATA.glob("*.png"))
    assert photos
    for file in photos:
        hr = resize.crop_to_multiple(files.read(file).pixels, upscaler.scale)
        lr = Picture(resize.downscale(hr, upscaler.scale))
        plain, ours = resize.upscale(lr.pixels, upscaler.scale), upscaler.upscale(lr).pixels
        yield hr, plain, ours, metrics.standard(upscaler.scale)


@pytest.mark.parametrize("name", sorted({*weights.catalogue()} - {*ADVERSARIAL}))
def test_our_weights_restore_photos_better_than_bicubic(name):
    for hr, plain, ours, protocol in restored(name):
        assert metrics.psnr(hr, ours, protocol) > metrics.psnr(hr, plain, protocol) + 0.3


@pytest.mark.parametrize("name", weights.catalogue())
def test_our_weights_restore_the_border_too_which_no_score_includes(name):
    errors = []
    for hr, plain, ours, protocol in restored(name):
        border = np.ones(hr.shape[:2], bool)
        border[protocol.shave : -protocol.shave, protocol.shave : -protocol.shave] = False
        errors.append([np.mean((sr[border] - hr[border].astype(float)) ** 2) for sr in (ours, plain)])
    of_ours, of_plain = np.mean(errors, axis=0)
    assert of_ours < of_plain


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_our_adversarial_weights_are_sharper_than_bicubic_and_nearer_in_structure(name):
    # They give up PSNR for it, even against bicubic.
    for hr, plain, ours, protocol in restored(name):
        assert sharpness(hr, plain) + 0.1 < sharpness(hr, ours) < 1.2
        assert metrics.ssim(hr, ours, protocol) > metrics.ssim(hr, plain, protocol)
