"""Advice on which network to choose, in plain words, derived from the scores alone."""

from collections.abc import Sequence

from service.report import Row
from sr_core import WeightsCard


def advice(rows: Sequence[Row], cards: Sequence[WeightsCard]) -> list[str]:
    """Return advice based on one table of scores, as Markdown sentences.

    Parameters
    ----------
    rows : sequence of Row
        Rows of one scale, set of pictures and protocol. The choice is based on clean pictures; those with
        JPEG artefacts or noise show what the clean-up gains.
    cards : sequence of WeightsCard
        Cards of the networks, which say how they were trained.
    """
    damaged = [row for row in rows if row.input != "clean"]
    rows = [row for row in rows if row.input == "clean" and not row.clean_up]
    plain = next((row for row in rows if not row.name), None)
    networks = [row for row in rows if row.name and not row.self_ensemble]
    if not networks:
        return []
    best = max(networks, key=lambda row: row.psnr)
    sentences = [_faithful(best, plain, alone=len(networks) == 1)]
    ensemble = next((row for row in rows if row.name == best.name and row.self_ensemble), None)
    if ensemble is not None and ensemble.psnr > best.psnr:
        sentences.append(
            f"With time to spare: self-ensemble, the mean over eight turned copies, gives {best.method} "
            f"another {ensemble.psnr - best.psnr:.2f} dB for eight times the work."
        )
    sentences += _cleaned(damaged, best) + _fast(networks, best) + _small(networks, best)
    sentences += [_invents(row, best) for row in networks if row.name in _adversarial(cards)]
    sentences += [
        f"**{row.method}** stays below {plain.method} here, so there is no reason to choose it for fidelity."
        for row in networks
        if plain is not None and row.psnr < plain.psnr and row.name not in _adversarial(cards)
    ]
    return sentences


def _faithful(best: Row, plain: Row | None, *, alone: bool) -> str:
    gain = "" if plain is None else f", {best.psnr - plain.psnr:+.2f} dB compared with {plain.method}"
    why = "the only network measured so far" if alone else "it comes closest to the original"
    return f"For most pictures: **{best.method}**, {why} ({best.psnr:.2f} dB{gain})."


def _cleaned(damaged: Sequence[Row], best: Row) -> list[str]:
    """Return the largest gain of the clean-up for JPEG artefacts and for noise."""
    of_best = [row for row in damaged if row.name == best.name and not row.self_ensemble]
    without = {row.input: row.psnr for row in of_best if not row.clean_up}
    gains = {
        row.input: row.psnr - without[row.input] for row in of_best if row.clean_up and row.input in without
    }
    most = {}
    for kind in ("JPEG", "noise"):
        of_kind = {name: gain for name, gain in gains.items() if name.startswith(kind) and gain > 0}
        if of_kind:
            name = max(of_kind, key=lambda one: of_kind[one])
            most[name] = of_kind[name]
    if not most:
        return []
    worth = " and ".join(f"{gain:.2f} dB at {name}" for name, gain in most.items())
    return [f"For JPEG files and grainy photos: {best.method} **with clean-up**, worth up to {worth}."]


def _fast(networks: Sequence[Row], best: Row) -> list[str]:
    timed = [(row.seconds_per_megapixel, row) for row in networks if row.seconds_per_megapixel]
    if len(timed) < 2:
        return []
    seconds, fastest = min(timed, key=lambda pair: pair[0])
    if fastest == best:
        return [f"In a hurry: **{best.method}** too, the fastest with {seconds:.2f} s a megapixel."]
    sentence = f"In a hurry: **{fastest.method}**, the fastest with {seconds:.2f} s a megapixel"
    if best.seconds_per_megapixel:
        sentence += f", {best.seconds_per_megapixel / seconds:.1f} times as fast as {best.method}"
    return [f"{sentence}, for {best.psnr - fastest.psnr:.2f} dB less."]


def _small(networks: Sequence[Row], best: Row) -> list[str]:
    sized = [(row.parameters, row) for row in networks if row.parameters]
    if len(sized) < 2:
        return []
    parameters, smallest = min(sized, key=lambda pair: pair[0])
    if smallest == best:
        return []
    return [f"The smallest network: **{smallest.method}**, with {parameters:,} parameters."]


def _invents(row: Row, best: Row) -> str:
    against = f" ({best.psnr - row.psnr:.2f} dB below {best.method})" if row != best else ""
    return (
        f"For looks: **{row.method}** was trained against an adversary that tells restored pictures from "
        f"real ones. It invents texture that looks sharp and need not be true{against}."
    )


def _adversarial(cards: Sequence[WeightsCard]) -> set[str]:
    """Return the names of weights trained with an adversarial loss."""
    return {card.name for card in cards if card.training.get("recipe", {}).get("adversarial_weight")}
