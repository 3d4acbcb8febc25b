"""A recipe's learning rate."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr_core import OptionError
from sr_core.networks import NETWORKS, build
from training import recipes
from training.fit.recipe import Phase


@given(progress=st.floats(0, 1), schedule=st.sampled_from(["cosine", "step"]))
def test_rate_stays_between_its_ends(progress, schedule):
    recipe = replace(recipes.recipe("edsr", scale=4), schedule=schedule)

    assert min(recipe.final_rate, recipe.rate / 10) <= recipe.rate_at(progress) <= recipe.rate


def test_cosine_rises_to_its_peak_and_falls_to_its_end(tiny):
    recipe = tiny(warmup=0.1)

    assert recipe.rate_at(0) < recipe.rate_at(0.05) < recipe.rate_at(0.1) == recipe.rate
    assert recipe.rate_at(0.1) > recipe.rate_at(0.5) > recipe.rate_at(1) == pytest.approx(recipe.final_rate)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_has_both_recipes(network):
    best, study = recipes.recipe(network, scale=4), recipes.recipe(network, scale=1, name="study")

    assert (best.network, best.scale) == (network, 4)
    assert best.score_training > 0
    # The study's settings: MAE, Adam at 1e-4, early stopping on the validation loss, its epochs.
    assert (study.loss, study.rate_at(0), study.rate_at(1), study.monitor) == ("mae", 1e-4, 1e-4, "loss")
    assert study.patience > 0
    assert study.steps / study.steps_per_epoch in (5, 10, 15)
    build(study.network, scale=1, **study.hyperparameters)


@pytest.mark.parametrize(
    ("network", "epochs"), [("srcnn", 5), ("vdsr", 5), ("esrgan", 10), ("edsr", 10), ("autoencoder", 15)]
)
def test_the_study_as_written_is_its_own_settings_and_nothing_else(network, epochs):
    recipe = recipes.recipe(network, scale=1, name="as-written")

    assert recipe.steps * recipe.batch == epochs * 700
    assert (recipe.loss, recipe.optimizer, recipe.rate_at(0), recipe.rate_at(1)) == (
        "mae",
        "adam",
        1e-4,
        1e-4,
    )
    assert (recipe.patch, recipe.whole_pictures, recipe.from_noise, recipe.grid) == (256, True, True, 1)
    assert (recipe.ema, recipe.clip_norm, recipe.monitor) == (0, 0, "loss")
    build(network, scale=1, **recipe.hyperparameters)


def test_study_at_another_scale_and_unknown_recipes_are_refused():
    with pytest.raises(OptionError, match="scale 1"):
        recipes.recipe("edsr", scale=4, name="study")
    with pytest.raises(OptionError, match="best, study, as-written"):
        recipes.recipe("edsr", scale=4, name="beast")


def test_phases_begin_one_after_the_other(tiny):
    recipe = tiny(phases=(Phase(0.5, 12, 1), Phase(0.9, 16, 1, "mse")))

    assert recipe.phase_at(0.49) == Phase(0, recipe.patch, recipe.batch, "mae")
    assert recipe.phase_at(0.5).patch == recipe.phase_at(0.89).patch == 12
    assert recipe.phase_at(1.0) == Phase(0.9, 16, 1, "mse")
    with pytest.raises(OptionError, match="share of the run"):
        Phase(1.5, 12, 1)


def test_unknown_network_and_senseless_numbers_are_refused(tiny):
    with pytest.raises(OptionError, match="edsr"):
        recipes.recipe("edsar", scale=4)
    with pytest.raises(OptionError, match="batch"):
        tiny(batch=0)


def test_patches_begin_where_the_pixels_of_an_undone_enlargement_do():
    assert recipes.recipe("edsr", scale=1, name="study").grid == 2
    assert recipes.recipe("edsr", scale=1).grid == recipes.recipe("vdsr", scale=1, name="study").grid == 1
