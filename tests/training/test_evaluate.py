"""Scores of whole pictures: protocols, the baseline, and how many pictures are good enough."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sr_core import (
    STUDY,
    DatasetError,
    Picture,
    Protocol,
    Upscaler,
    measure,
    networks,
    resize,
    standard,
    weights,
    write,
)
from training.cli import main
from training.data import datasets
from training.data.conditions import CLEAN, Condition
from training.data.datasets import Pair
from training.evaluate import EXACT_PSNR, baseline, evaluate
from training.measures import gmsd


@pytest.fixture
def upscaler(card):
    return lambda scale: Upscaler(card(scale), precision="float32", gpu=-1)


def degraded(noise: int) -> Pair:
    """A pair of one size whose LR is off by `noise` grey levels everywhere."""
    hr = np.random.default_rng(noise).integers(0, 200, (24, 20, 3), np.uint8)
    return Pair(f"off by {noise}", hr + np.uint8(noise), hr)


def test_enlargement_is_measured_as_papers_do_beside_bicubic(upscaler, pairs):
    result = evaluate(upscaler(4), pairs, dataset="photos")

    assert result.protocols == [standard(4), Protocol("rgb", shave=4)]
    first = result.rows[0]
    assert first.bicubic == measure(pairs[0].hr, resize.upscale(np.asarray(pairs[0].lr), 4), standard(4))
    assert (result.dataset, len(result.rows), baseline(4)) == ("photos", 2 * len(pairs), "bicubic")


def test_same_size_is_measured_as_the_study_did_beside_lr_as_it_is(upscaler):
    pair = degraded(5)

    result = evaluate(upscaler(1), [pair], dataset="study")

    assert result.protocols == [STUDY, standard(1)]
    assert result.rows[0].bicubic == measure(pair.hr, pair.lr, STUDY)
    assert baseline(1) == "as it is"


def test_share_of_pictures_that_reach_30_db_is_in_the_summary(upscaler):
    # 8 grey levels everywhere are 30.07 dB, 9 are 29.05 dB.
    result = evaluate(upscaler(1), [degraded(noise) for noise in (2, 8, 9, 40)], dataset="study")

    summary = result.summary()[0]
    reached = sum(row.network.psnr >= 30 for row in result.rows if row.protocol == STUDY)
    assert summary["share_above_30_bicubic"] == 0.5
    assert summary["share_above_30_network"] == reached / 4
    assert summary["pictures"] == 4
    assert summary["protocol"] == "RGB, shave 0"


def test_both_methods_are_given_lr_in_the_state_asked_for(upscaler, pairs):
    state, network = Condition(quality=30), upscaler(4)

    result = evaluate(network, pairs[:1], dataset="photos", condition=state)

    saved = state.apply(np.asarray(pairs[0].lr))
    [row] = result.rows  # the protocol that is quoted
    assert row.bicubic == measure(pairs[0].hr, resize.upscale(saved, 4), standard(4))
    restored = network.upscale(Picture(saved)).pixels
    assert row.network == measure(pairs[0].hr, restored, standard(4))
    [score] = result.summary()
    assert score["input"] == "JPEG 30"
    assert score["gmsd_network"] == pytest.approx(gmsd(pairs[0].hr, restored), abs=1e-4)


def test_what_cleans_up_by_itself_is_judged_on_pictures_as_the_app_opens_them(card):
    hr = np.tile(np.linspace(40, 200, 256).astype(np.uint8)[:, None, None], (1, 256, 3))
    smooth = Pair("smooth", resize.downscale(hr, 4), hr)
    fresh = [networks.build("edsr", scale=4, blocks=1, channels=4) for _ in range(2)]
    clean, photo = (
        weights.save_network(network, replace(card(4), name=name, sha256=""))
        for network, name in zip(fresh, ("edsr_x4", "edsr_photo_x4"), strict=True)
    )

    def psnr(of, state, **options: Any):
        upscaler = Upscaler(of, precision="float32", gpu=-1, **options)
        result = evaluate(upscaler, [smooth], dataset="photos", condition=state)
        return result.rows[0].network.psnr, result.summary()[0].get("clean_up")

    saved = Condition(quality=40)
    assert psnr(clean, CLEAN, clean_up="auto") == (psnr(clean, CLEAN)[0], "auto")
    assert psnr(clean, saved, clean_up="auto") == (psnr(photo, saved)[0], "auto")
    assert psnr(clean, saved)[0] != psnr(photo, saved)[0]
    assert psnr(clean, CLEAN)[1] is None


def test_mean_counts_each_picture_the_same(upscaler):
    result = evaluate(upscaler(1), [degraded(2), degraded(20)], dataset="study")

    scores = [row.bicubic.psnr for row in result.rows if row.protocol == STUDY]
    assert result.mean(STUDY).bicubic.psnr == pytest.approx(np.mean(scores))


def test_photos_are_scored_one_after_the_other_without_a_cache(upscaler, photos):
    pairs = datasets.whole_pictures([photos], scale=4)

    assert iter(pairs) is pairs
    assert len(evaluate(upscaler(4), pairs, dataset="photos").rows) == 6


def test_no_pictures_give_no_scores(upscaler):
    with pytest.raises(DatasetError, match=r"no picture to score on\. Received: nothing$"):
        evaluate(upscaler(1), [], dataset="nothing")


def test_sharpness_tells_noise_and_blur_which_psnr_does_not(upscaler, pairs):
    noisy = np.random.default_rng(1).normal(0, 20, pairs[0].hr.shape)
    sharp = Pair("noisy", (pairs[0].hr + noisy).clip(0, 255).astype(np.uint8), pairs[0].hr)

    [blurred, *_] = evaluate(upscaler(4), pairs, dataset="photos").summary()
    [over, *_] = evaluate(upscaler(1), [sharp], dataset="study").summary()

    assert blurred["sharpness_bicubic"] < 0.8
    assert over["sharpness_bicubic"] > 1.1
    assert 0 < over["sharpness_network"] < 2


def test_exact_pictures_leave_every_number_finite_and_are_named(upscaler):
    flat = np.full((24, 20, 3), 255, np.uint8)
    white = Pair("white", flat, flat)

    network = upscaler(1)
    some, alone, every = (
        evaluate(network, pairs, dataset="study") for pairs in ([white, degraded(5)], [degraded(5)], [white])
    )

    assert some.exact(STUDY) == ["white"]
    assert some.mean(STUDY).bicubic.psnr == alone.mean(STUDY).bicubic.psnr
    assert some.mean(STUDY).network.psnr == alone.mean(STUDY).network.psnr
    assert [score["exact"] for score in some.summary()] == [["white"], ["white"]]
    assert "exact" not in alone.summary()[0]
    assert every.mean(STUDY).bicubic.psnr == EXACT_PSNR
    for result in (some, every):
        json.dumps(result.summary(), allow_nan=False)


def test_command_tells_exact_pictures(card, photos, capsys):
    write(photos / "white.png", Picture(np.full((64, 64, 3), 255, np.uint8)))
    file = card(4).file

    options = ["--architecture", "edsr", "--scale", "4", "--hyperparameters", '{"blocks": 1, "channels": 4}']
    assert main(["evaluate", "--weights", str(file), "--data", str(photos), *options]) == 0

    said = capsys.readouterr().out
    assert "restored exactly, and left out of the mean PSNR: white.png" in said
    assert "inf" not in said
