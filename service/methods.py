"""The methods that pages offer: the networks of the catalogue, and the baseline they are compared with."""

from collections import Counter
from dataclasses import dataclass, replace

from service.request import NETWORKS
from sr_core import WeightsCard, catalogue
from sr_core.errors import WeightsError

# The networks that the page "Upscale" uses come first, then others of the same architecture.
_FIRST, _FIRST_ARCHITECTURE = frozenset(NETWORKS["faithful"].values()), "edsr"


@dataclass(frozen=True, slots=True)
class Method:
    """One way to enlarge: `name` identifies the weights or the baseline, `title` is for display."""

    name: str
    title: str
    scale: int

    @classmethod
    def baseline(cls, scale: int) -> "Method":
        """Return the baseline: bicubic interpolation, or at scale 1 the picture as it is."""
        return cls(f"bicubic_x{scale}", "Bicubic" if scale > 1 else "As it is", scale)

    @classmethod
    def of(cls, card: WeightsCard) -> "Method":
        """Return the method of a card."""
        return cls(card.name, card.title.replace(f" ×{card.scale}", ""), card.scale)


def networks_by_scale() -> dict[int, list[Method]]:
    """Return the networks of the catalogue, by scale.

    Raises
    ------
    WeightsError
        A card is damaged, or there are no cards.
    """
    cards = list(catalogue().values())
    if not cards:
        raise WeightsError("There is no network to measure: the weights folder is empty.")
    return {
        scale: _with_unique_titles(
            sorted(
                (card for card in cards if card.scale == scale),
                key=lambda card: (
                    card.name not in _FIRST,
                    card.architecture != _FIRST_ARCHITECTURE,
                    card.name,
                ),
            )
        )
        for scale in sorted({card.scale for card in cards})
    }


def _with_unique_titles(cards: list[WeightsCard]) -> list[Method]:
    methods = [Method.of(card) for card in cards]
    counts = Counter(method.title for method in methods)
    return [
        method if counts[method.title] == 1 else replace(method, title=f"{method.title} ({method.name})")
        for method in methods
    ]
