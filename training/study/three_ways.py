"""The study's networks trained as it wrote, as tuned here, and as it claims."""

from collections.abc import Sequence

from sr_core import networks
from sr_core.weights import WeightsCard
from training.report import curves
from training.study.claims import CLAIMS


def markdown(
    as_written: Sequence[WeightsCard],
    tuned: Sequence[WeightsCard],
    runs_as_written: Sequence[curves.Run],
    runs_tuned: Sequence[curves.Run],
) -> str:
    """Return a Markdown table with a row a network; empty where nothing ran as written.

    Parameters
    ----------
    as_written, tuned : sequence of WeightsCard
        With scores on the study's test pictures.
    runs_as_written, runs_tuned : sequence of Run
        Of these, where their histories are known, for the over-fitting gap.
    """
    if not as_written:
        return ""
    lines = [
        "| network | as written | gap | tuned | gap | claimed |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, architecture in networks.NETWORKS.items():
        cells = [architecture.title]
        for cards, runs in ((as_written, runs_as_written), (tuned, runs_tuned)):
            cells += [_score(name, cards), _gap(name, cards, runs)]
        claim = CLAIMS[name]
        cells.append(f"{claim.least:g}-{claim.most:g} dB / {claim.ssim:.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _score(architecture: str, cards: Sequence[WeightsCard]) -> str:
    for card in cards:
        for score in card.scores:
            plain = score["protocol"].startswith("RGB") and not score["self_ensemble"]
            if card.architecture == architecture and plain:
                return f"{score['network']['psnr']:.2f} dB / {score['network']['ssim']:.4f}"
    return "not run"


def _gap(architecture: str, cards: Sequence[WeightsCard], runs: Sequence[curves.Run]) -> str:
    titles = {card.title.split(" ×")[0] for card in cards if card.architecture == architecture}
    for run in runs:
        if run.history.title in titles and run.chosen is not None:
            gap = curves.overfitting_gap(run.chosen)
            return "" if gap is None else f"{gap:+.2f}"
    return ""
