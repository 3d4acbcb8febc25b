"""Weights are what their card says, or they are refused; and nothing in a file is ever run."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from sr_core import networks, weights
from sr_core.errors import PictureError, WeightsError

TINY: dict[str, Any] = {"blocks": 2, "channels": 8}


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny weights that a test may damage."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "weights"))


def edit(card: Path, **changes: Any) -> None:
    """Change fields of a card; None removes one."""
    content = {**json.loads(card.read_text(encoding="utf-8")), **changes}
    card.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def numbers(network: keras.Model) -> dict[str, np.ndarray]:
    paths = [variable.path for variable in network.weights]
    return dict(zip(paths, network.get_weights(), strict=True))


def assert_same(one: keras.Model, other: keras.Model) -> None:
    first, second = numbers(one), numbers(other)
    assert first.keys() == second.keys()
    for path in first:
        np.testing.assert_array_equal(first[path], second[path])


def full_model(card: weights.WeightsCard, file: Path, *, lambda_layer: Any = None) -> keras.Model:
    """Save the card's network as other programs do, architecture and all."""
    network = weights.load_network(card)
    outputs = network.output
    if lambda_layer is not None:
        outputs = keras.layers.Lambda(lambda_layer, name="code")(outputs)
    keras.Model(network.input, outputs).save(file)
    return network


# --- the catalogue ---------------------------------------------------------------------------------------


def test_catalogue_lists_the_cards_of_a_folder_by_name(folder):
    cards = weights.catalogue(folder)
    assert list(cards) == ["tiny_x2", "tiny_x4"]
    assert [card.scale for card in cards.values()] == [2, 4]


def test_the_projects_own_weights_are_what_their_cards_say():
    cards = weights.catalogue()
    assert "edsr_x4" in cards
    for card in cards.values():
        network = weights.load_network(card)  # also compares the sha256
        architecture = networks.architecture(card.architecture)
        outline = networks.outline(card.architecture, scale=card.scale, **card.hyperparameters)
        assert card.parameters == network.count_params() == outline.parameters
        assert card.multiply_adds == outline.multiply_adds
        radius = architecture.receptive_radius(scale=card.scale, **card.hyperparameters)
        assert card.receptive_radius == radius >= card.halo >= 0


def test_the_projects_own_weights_say_what_they_score_and_where_they_come_from():
    for card in weights.catalogue().values():
        assert card.licence
        assert card.training
        assert card.scores


def test_weights_are_found_by_name_and_by_path(folder):
    by_name = weights.find("tiny_x4", folder=folder)
    assert by_name.file == folder / "tiny_x4.h5"
    assert weights.find(folder / "tiny_x4.h5") == weights.find(str(folder / "tiny_x4.json")) == by_name


@pytest.mark.parametrize("damage", ["{", '"edsr"', "[" * 200_000])
def test_a_damaged_card_stops_its_own_weights_alone(folder, caplog, damage):
    (folder / "tiny_x2.json").write_text(damage)
    assert weights.find("tiny_x4", folder=folder).scale == 4
    assert list(weights.catalogue(folder)) == ["tiny_x4"]
    assert caplog.messages[0].startswith("The card tiny_x2.json cannot be read; restore it or export again. ")
    with pytest.raises(WeightsError, match=r"^The card tiny_x2\.json cannot be read; restore it"):
        weights.find("tiny_x2", folder=folder)


def test_an_unknown_name_is_answered_with_those_there_are(folder):
    with pytest.raises(WeightsError, match=r"choose one of: tiny_x2, tiny_x4; received edsr_x9\.$"):
        weights.find("edsr_x9", folder=folder)


def test_an_unknown_name_in_an_empty_folder_is_answered_too(tmp_path):
    with pytest.raises(WeightsError, match="choose one of: none"):
        weights.find("edsr_x4", folder=tmp_path)


# --- cards -----------------------------------------------------------------------------------------------


def test_a_card_is_read_as_it_was_saved(folder):
    card = weights.read_card(folder / "tiny_x4.json")
    changed = replace(card, scores=({"psnr": 30.5, "data": "Sét5"},), training={"steps": 7})
    changed.save()
    assert weights.read_card(folder / "tiny_x4.json") == changed
    assert str(folder) not in (folder / "tiny_x4.json").read_text(encoding="utf-8")


def test_fields_that_a_later_version_may_add_are_passed_over(folder):
    edit(folder / "tiny_x4.json", colour="green")
    assert weights.read_card(folder / "tiny_x4.h5").scale == 4


def test_weights_without_a_card_are_told_what_is_missing(folder):
    (folder / "tiny_x4.json").unlink()
    with pytest.raises(WeightsError, match=r"have no card; a NAME\.json is expected.*tiny_x4\.h5\.$"):
        weights.find(folder / "tiny_x4.h5")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"card"',
        "{}",
        b"\xff\xfe\x00",
        '{"scores": 3}',
        "[" * 200_000,
        " " * 10**7,
    ],
)
def test_a_malformed_card_is_refused(folder, text):
    (folder / "tiny_x4.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WeightsError, match=r"^The card tiny_x4\.json cannot be read; restore it"):
        weights.read_card(folder / "tiny_x4.json")


@pytest.mark.parametrize("key", ["name", "architecture", "scale", "sha256", "halo", "hyperparameters"])
def test_a_card_that_lacks_something_is_refused_by_its_name(folder, key):
    edit(folder / "tiny_x4.json", **{key: None})
    with pytest.raises(WeightsError, match=f"cannot be read.*'{key}'"):
        weights.read_card(folder / "tiny_x4.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scale", "4"),
        ("scale", True),
        ("halo", 8.5),
        ("hyperparameters", ["blocks"]),
        ("sha256", 5),
        ("training", "long"),
        ("training", {"before": "long ago"}),
        ("scores", [28.4]),
    ],
)
def test_a_card_with_a_value_of_another_type_is_refused_by_its_name(folder, key, value):
    edit(folder / "tiny_x4.json", **{key: value})
    with pytest.raises(WeightsError, match=f"cannot be read.*{key}.* should be of type"):
        weights.read_card(folder / "tiny_x4.json")


def test_a_card_of_other_weights_is_refused(folder):
    (folder / "tiny_x4.json").rename(folder / "mine.json")
    with pytest.raises(WeightsError, match=r"mine\.json describes other weights; .*tiny_x4\.json"):
        weights.read_card(folder / "mine.json")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hyperparameters": {"dtype": "float16"}}, "no such hyper-parameter; it has blocks, channels,"),
        ({"hyperparameters": {"name": "mine"}}, "received 'name'"),
        ({"hyperparameters": {"scale": 4}}, "received 'scale'"),
        ({"hyperparameters": {"lr": 4}}, "received 'lr'"),
        ({"hyperparameters": {"blocks": 3_000}}, "at most 1,000 convolutions"),
        ({"hyperparameters": {"blocks": 10**4_000}}, "at most 1,000 convolutions"),
        ({"hyperparameters": {"channels": 100_000}}, "at most .* 100,000,000 parameters"),
        ({"hyperparameters": {"blocks": "many"}}, "blocks of edsr is something like 16, and above 0"),
        ({"hyperparameters": {"blocks": True}}, "received True"),
        ({"hyperparameters": {"blocks": 0}}, "received 0"),
        ({"hyperparameters": {"blocks": [16]}}, r"received \[16\]"),
        ({"hyperparameters": {"residual_scaling": float("nan")}}, "received nan"),
        ({"architecture": "srcnn", "hyperparameters": {"kernels": [9, 5]}}, r"something like \(9, 5, 5\)"),
        ({"architecture": "srcnn", "hyperparameters": {"kernels": [9, 5, [5]]}}, "received"),
        ({"architecture": "autoencoder", "hyperparameters": {"channels": 1}}, "would have no channels"),
        ({"architecture": "resnet"}, "choose one of: srcnn, .*edsr.*received 'resnet'"),
        ({"scale": 5}, "scale is one of 1, 2, 3 and 4; received 5"),
    ],
)
def test_a_card_of_a_network_that_cannot_be_is_refused_at_once(folder, change, told):
    edit(folder / "tiny_x4.json", **change)
    with pytest.raises(WeightsError, match=rf"^The card tiny_x4\.json cannot be read; .*{told}"):
        weights.read_card(folder / "tiny_x4.json")


# --- loading ---------------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(tmp_path, save_tiny):
    card = save_tiny(tmp_path / "new" / "folder", seed=3)
    assert card.sha256 == hashlib.sha256(card.file.read_bytes()).hexdigest()
    assert sorted(file.name for file in card.folder.iterdir()) == ["tiny_x4.h5", "tiny_x4.json"]
    first, second = (weights.load_network(weights.read_card(card.file)) for _ in range(2))
    assert_same(first, second)
    assert all(array.any() for array in numbers(first).values())


def test_a_changed_byte_is_noticed(folder):
    file = folder / "tiny_x4.h5"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(WeightsError, match=r"tiny_x4\.h5 are not those that their card describes; download"):
        weights.load_network(weights.read_card(file))


@pytest.mark.parametrize("share", [0, 0.1, 0.9])
def test_a_file_cut_short_is_refused_with_and_without_a_card(folder, share):
    file = folder / "tiny_x4.h5"
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match="not those that their card describes"):
        weights.load_network(weights.read_card(file))
    with pytest.raises(WeightsError, match=r"tiny_x4\.h5 do not fit.*or the file is damaged"):
        weights.load_foreign(file, architecture="edsr", scale=4, **TINY)


def test_a_file_whose_addresses_lie_beyond_any_file_is_refused(folder):
    file = folder / "tiny_x4.h5"
    data = file.read_bytes()
    file.write_bytes(data[:48] + b"\x7f" + 7 * b"\xff" + data[56:])
    with pytest.raises(WeightsError, match=r"tiny_x4\.h5 do not fit.*or the file is damaged"):
        weights.load_foreign(file, architecture="edsr", scale=4, **TINY)


def test_a_missing_file_is_told(folder):
    (folder / "tiny_x4.h5").unlink()
    with pytest.raises(WeightsError, match=r"cannot be read; check that the file is there; .*tiny_x4\.h5"):
        weights.load_network(weights.read_card(folder / "tiny_x4.json"))


def test_a_file_larger_than_any_weights_is_refused_unread(folder):
    with (folder / "tiny_x4.h5").open("r+b") as file:
        file.truncate(10**12)  # of which nothing is stored
    with pytest.raises(WeightsError, match=r"at most 1,500,000,000 bytes; .*tiny_x4\.h5 with 1,0"):
        weights.load_network(weights.read_card(folder / "tiny_x4.json"))


@pytest.mark.parametrize(
    "change", [{"scale": 2}, {"scale": 1}, {"blocks": 1}, {"blocks": 3}, {"channels": 7}, {"channels": 16}]
)
@pytest.mark.parametrize("whole_model", [False, True])
# Keras says this of a file of numbers before it raises.
@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_numbers_that_do_not_fit_the_network_are_refused(tiny_x4, tmp_path, change, whole_model):
    file = tiny_x4.file
    if whole_model:
        file = tmp_path / "foreign.h5"
        full_model(tiny_x4, file)
    with pytest.raises(WeightsError, match=r"do not fit the network edsr ×\d with {.*check the settings"):
        weights.load_foreign(file, **{"architecture": "edsr", "scale": 4, **TINY, **change})


# --- files from elsewhere --------------------------------------------------------------------------------


def test_a_file_without_a_card_opens_when_it_is_said_what_it_is(tiny_x4):
    network = weights.load_foreign(tiny_x4.file, architecture="edsr", scale=4, **TINY)
    assert_same(network, weights.load_network(tiny_x4))


def test_a_whole_keras_model_opens_bit_for_bit(tiny_x4, tmp_path):
    original = full_model(tiny_x4, tmp_path / "model.h5")
    opened = weights.load_foreign(tmp_path / "model.h5", architecture="edsr", scale=4, **TINY)
    assert_same(opened, original)
    lr = np.random.default_rng(0).random((1, 9, 7, 3), np.float32)
    np.testing.assert_array_equal(opened(lr), original(lr))


def test_code_inside_a_file_is_never_run(tiny_x4, tmp_path):
    marker, file = tmp_path / "ran", tmp_path / "model.h5"

    path = str(marker)
    # Only a lambda is stored as its bytecode.
    original = full_model(
        tiny_x4, file, lambda_layer=lambda x: (__import__("pathlib").Path(path).touch(), x)[1]
    )
    marker.unlink()
    keras.models.load_model(file, safe_mode=False, compile=False)  # a way that runs it
    assert marker.exists(), "the file is harmless, so this test would prove nothing"
    marker.unlink()

    opened = weights.load_foreign(file, architecture="edsr", scale=4, **TINY)

    assert not marker.exists()
    assert_same(opened, original)


def rewritten(card: weights.WeightsCard, file: Path, change: Callable[[h5py.File], Any]) -> Path:
    """Copy the card's weights and change the copy."""
    shutil.copy(card.file, file)
    with h5py.File(file, "r+") as h5:
        change(h5)
    return file


def test_weights_of_keras_2_open(tiny_x4, tmp_path):
    old = "_layer_checkpoint_dependencies"
    file = rewritten(tiny_x4, tmp_path / "two.h5", lambda h5: h5.move("layers", old))
    opened = weights.load_foreign(file, architecture="edsr", scale=4, **TINY)
    assert_same(opened, weights.load_network(tiny_x4))


def test_names_of_layers_that_keras_cuts_into_parts_are_put_together(tiny_x4, tmp_path):
    file = tmp_path / "model.h5"
    original = full_model(tiny_x4, file)
    with h5py.File(file, "r+") as h5:
        attributes = h5["model_weights"].attrs
        names = list(np.asarray(attributes["layer_names"]))
        del attributes["layer_names"]
        attributes["layer_names0"], attributes["layer_names1"] = names[:4], names[4:]
    assert_same(weights.load_foreign(file, architecture="edsr", scale=4, **TINY), original)


KERNEL = "layers/conv2d_1/vars/0"


def replace_kernel(create: Callable[[h5py.File, str, tuple[int, ...]], Any]) -> Callable[[h5py.File], None]:
    def change(h5: h5py.File) -> None:
        kernel: Any = h5.pop(KERNEL)
        shape = kernel.shape
        create(h5, KERNEL, shape)

    return change


@pytest.mark.parametrize(
    "create",
    [
        lambda h5, name, shape: h5.create_dataset(name, (2**40, *shape), chunks=(1, *shape), dtype="f4"),
        lambda h5, name, shape: h5.create_dataset(name, shape, "f4", external=[(b"elsewhere.raw", 0, 2**20)]),
        lambda h5, name, shape: h5.__setitem__(name, h5py.ExternalLink("elsewhere.h5", "kernel")),
        lambda h5, name, shape: h5.create_dataset(name, shape, h5py.string_dtype()),
        lambda h5, name, shape: h5.create_group(name),
    ],
    ids=["huge", "external", "link", "text", "group"],
)
def test_a_file_that_claims_too_much_or_points_elsewhere_is_refused(tiny_x4, tmp_path, monkeypatch, create):
    monkeypatch.chdir(tmp_path)
    Path("elsewhere.raw").write_bytes(bytes(2**20))
    with h5py.File("elsewhere.h5", "w") as h5:
        h5["kernel"] = np.zeros((3, 3, 8, 8), np.float32)
    file = rewritten(tiny_x4, tmp_path / "odd.h5", replace_kernel(create))
    with pytest.raises(WeightsError, match=r"odd\.h5 do not fit.*or the file is damaged"):
        weights.load_foreign(file, architecture="edsr", scale=4, **TINY)


def test_a_picture_is_no_weights(tmp_path):
    file = tmp_path / "photo.h5"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(WeightsError, match=r"photo\.h5 do not fit"):
        weights.load_foreign(file, architecture="edsr", scale=4, **TINY)


# --- saving ----------------------------------------------------------------------------------------------


def test_when_saving_fails_the_old_weights_stay_whole(folder, monkeypatch):
    card = weights.read_card(folder / "tiny_x4.json")
    before = weights.load_network(card)
    changed = weights.load_network(card)
    changed.set_weights([weight + 1 for weight in changed.get_weights()])

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        with pytest.raises(PictureError, match="No space left"):
            weights.save_network(changed, card)

    assert_same(weights.load_network(weights.read_card(card.file)), before)
    assert len(list(folder.iterdir())) == 4


def test_new_numbers_beside_an_old_card_are_noticed(folder):
    card = weights.read_card(folder / "tiny_x4.json")
    old = (folder / "tiny_x4.json").read_bytes()
    network = weights.load_network(card)
    network.set_weights([weight + 1 for weight in network.get_weights()])
    saved = weights.save_network(network, card)
    assert_same(weights.load_network(saved), network)

    (folder / "tiny_x4.json").write_bytes(old)

    with pytest.raises(WeightsError, match="not those that their card describes"):
        weights.load_network(weights.read_card(card.file))
