"""Network interpolation: weights between those trained for PSNR and those trained adversarially.

Wang et al., ESRGAN (https://arxiv.org/abs/1809.00219), section 3.4: as a GAN's weights approach those it
began with, its false textures fade, and its sharpness with them.
"""

from dataclasses import replace
from pathlib import Path

from sr_core import weights
from sr_core.errors import OptionError
from sr_core.weights import WeightsCard
from training import storage


def between(
    psnr: WeightsCard, gan: WeightsCard, alpha: float, *, name: str, folder: Path, licence: str = ""
) -> WeightsCard:
    """Interpolate two weights and write the result, with a card that names both.

    Parameters
    ----------
    psnr, gan : WeightsCard
        Of one architecture, scale and hyper-parameters; the second should have begun with the first.
    alpha : float
        0 for the first, 1 for the second; the paper shows 0.8.
    name : str
        In the catalogue.
    folder : Path
        Where to write.
    licence : str
        Of the new weights; by default that of both.

    Returns
    -------
    WeightsCard
        As written, without scores.

    Raises
    ------
    OptionError
        The two are of different networks, have different licences and none is given, or would be overwritten.
    WeightsError
        One of them cannot be read.
    """
    for what in ("architecture", "scale", "hyperparameters"):
        first, second = getattr(psnr, what), getattr(gan, what)
        if first != second:
            raise OptionError(
                f"Only weights of one network can be interpolated, and these differ in {what}; received "
                f"{first} ({psnr.name}) and {second} ({gan.name})."
            )
    if not licence and psnr.licence != gan.licence:
        raise OptionError(
            "The two weights have different licences; say with --licence which one holds for both; received "
            f"{psnr.licence!r} ({psnr.name}) and {gan.licence!r} ({gan.name})."
        )
    if (folder / f"{name}.h5").resolve() in (psnr.file.resolve(), gan.file.resolve()):
        raise OptionError(f"The new weights would overwrite these; choose another --name; received {name}.")
    network, other = weights.load_network(psnr), weights.load_network(gan)
    network.set_weights(weights.interpolate(network.get_weights(), other.get_weights(), alpha))
    data = [card.training.get("data", "") for card in (psnr, gan)]
    training = {
        "data": data[0] if data[0] == data[1] else "; ".join(data),
        "interpolation": {
            "alpha": alpha,
            "psnr": {"name": psnr.name, "sha256": psnr.sha256},
            "gan": {"name": gan.name, "sha256": gan.sha256},
        },
    }
    card = replace(
        gan,
        name=name,
        halo=max(psnr.halo, gan.halo),
        licence=licence or gan.licence,
        training=training,
        scores=(),
        folder=folder,
    )
    with storage.writing(folder, option="--to"):
        return weights.save_network(network, card)
