"""The study's networks trained as it wrote, as tuned here, and as it claims."""

from collections.abc import Sequence

from sr_core import networks
from sr_core.weights import WeightsCard
from training.report import curves, document
from training.study.claims import CLAIMS


def markdown(
    as_written: Sequence[WeightsCard],
    tuned: Sequence[WeightsCard],
    runs_as_written: Sequence[curves.Run],
    runs_tuned: Sequence[curves.Run],
) -> str:
    """Return a Markdown table with a row for each network; empty if nothing ran as written.

    Parameters
    ----------
    as_written, tuned : sequence of WeightsCard
        With scores on the study's test pictures.
    runs_as_written, runs_tuned : sequence of Run
        Their runs with a known history, for the over-fitting gap.
    """
    if not as_written:
        return ""
    lines = []
    for title, claim in CLAIMS.items():
        cells = [title]
        for cards, runs in ((as_written, runs_as_written), (tuned, runs_tuned)):
            of_network = [card for card in cards if networks.architecture(card.architecture).title == title]
            cells += [_score(of_network), _gap(of_network, runs)]
        cells.append(f"{claim.least:g}-{claim.most:g} dB / {claim.ssim:.2f}")
        lines.append(cells)
    return document.table(["network", "as written", "gap", "tuned", "gap", "claimed"], lines)


def _score(cards: Sequence[WeightsCard]) -> str:
    for card in cards:
        for score in card.scores:
            if score["protocol"].startswith("RGB") and not score["self_ensemble"]:
                return f"{score['network']['psnr']:.2f} dB / {score['network']['ssim']:.4f}"
    return "not run"


def _gap(cards: Sequence[WeightsCard], runs: Sequence[curves.Run]) -> str:
    titles = {card.title.split(" ×")[0] for card in cards}
    for run in runs:
        if run.history.title in titles and run.chosen is not None:
            gap = curves.overfitting_gap(run.chosen)
            return "" if gap is None else f"{gap:+.2f}"
    return ""
