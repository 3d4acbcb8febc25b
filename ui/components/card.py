"""The card of a network: architecture, training and scores."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from service.report import describe
from sr_core import WeightsCard
from ui.components import markup

_HEX_DIGITS = 12  # of the 64 in a SHA-256: enough to compare by eye

KINDS: Mapping[str, str] = {
    "srcnn": "Three convolutions that repair a picture enlarged by bicubic interpolation (Dong et al. 2016).",
    "vdsr": "A deep chain of convolutions that adds what bicubic interpolation lacks (Kim et al. 2016).",
    "esrgan": "Dense blocks of convolutions within residual ones (Wang et al. 2018).",
    "autoencoder": "Convolutions that condense the picture, and as many that unfold it (Mao et al. 2016).",
    "edsr": "A chain of residual blocks at the small picture's size, enlarged at the end (Lim et al. 2017).",
}
"""Description of each architecture, by its name in the cards."""


def draw(card: WeightsCard) -> None:
    """Draw a card, collapsed under the network's title."""
    with st.expander(f"{card.title}: {card.parameters:,} parameters, {card.licence or 'no licence given'}"):
        if card.architecture in KINDS:
            st.markdown(KINDS[card.architecture])
        st.html(markup.facts(card.title, facts(card).items()))
        commands = [training["command"] for training in card.trainings if "command" in training]
        if commands:
            st.caption(
                "Trained by this command:"
                if len(commands) == 1
                else "Trained by these commands, in this order:"
            )
            # Without highlighting, whose colours are too faint on a light background.
            st.code("\n".join(commands), language=None, wrap_lines=True)
        if card.scores:
            st.html(_scores(card))


def facts(card: WeightsCard) -> dict[str, str]:
    """Return the facts on a card, by name; missing ones are left out."""
    training = card.training
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in card.hyperparameters.items())
    versions = ", ".join(f"{name} {value}" for name, value in training.get("versions", {}).items())
    values = {
        "Architecture": f"{card.title.replace(f' ×{card.scale}', '')}, {settings or 'default settings'}",
        "Parameters": f"{card.parameters:,}",
        "Work": f"{card.multiply_adds:,} multiply-adds for each pixel of the small picture",
        "Sees": f"{card.receptive_radius} px around each pixel of the small picture",
        "Trained on": training.get("data"),
        "Began from": training.get("start_from"),
        "Took": "; then ".join(filter(None, map(_duration, card.trainings))),
        "Hardware": training.get("hardware"),
        "Versions": versions,
        "Licence of the weights": card.licence,
        "SHA-256": f"{card.sha256[:_HEX_DIGITS]}…" if card.sha256 else "",
    }
    return {name: str(value) for name, value in values.items() if value}


def _duration(training: Mapping[str, Any]) -> str:
    parts = []
    if training.get("hours") is not None:
        parts.append(f"{training['hours']:g} hours")
    if training.get("steps") is not None:
        parts.append(f"{training['steps']:,} steps")
    if training.get("best_steps") not in (None, training.get("steps")):
        parts.append(f"of which the weights after {training['best_steps']:,} were kept")
    return ", ".join(parts)


def _conditions(score: Mapping[str, Any]) -> list[str]:
    """Return the conditions of a score that differ from those in papers."""
    degradation = score.get("input", "clean")
    conditions = [degradation] if degradation != "clean" else []
    if score.get("clean_up"):
        conditions.append(f"clean-up {score['clean_up']}")
    return [*conditions, "self-ensemble"] if score["self_ensemble"] else conditions


def _scores(card: WeightsCard) -> str:
    rows = [
        (
            ", ".join([score["dataset"], *_conditions(score)]),
            score["protocol"],
            f"{score['bicubic']['psnr']:.2f} → {score['network']['psnr']:.2f}",
            f"{score['bicubic']['ssim']:.4f} → {score['network']['ssim']:.4f}",
        )
        for score in card.scores
    ]
    protocols = dict.fromkeys(score["protocol"] for score in card.scores)
    before = "bicubic" if card.scale > 1 else "the picture as it is"
    return markup.table(
        f"Scores, from {before} to {card.title}.",
        ("Pictures", "Protocol", "PSNR, dB", "SSIM"),
        rows,
        more=" ".join(f"{protocol}: {describe(protocol)}" for protocol in protocols),
    )
