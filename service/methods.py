"""The ways to enlarge that pages offer: the networks of the catalogue, and what they must beat."""

from collections import Counter
from dataclasses import dataclass, replace

from service.request import NETWORKS
from sr_core import WeightsCard, catalogue
from sr_core.errors import WeightsError

# The networks that the page "Upscale" uses come first, then others of their kind.
_FIRST, _FIRST_ARCHITECTURE = frozenset(NETWORKS["faithful"].values()), "edsr"


@dataclass(frozen=True, slots=True)
class Method:
    """One way to enlarge: `name` is the weights' or the baseline's, `title` what people call it."""

    name: str
    title: str
    scale: int

    @classmethod
    def baseline(cls, scale: int) -> "Method":
        """What a network must beat: bicubic, or at scale 1 the small picture as it is."""
        return cls(f"bicubic_x{scale}", "Bicubic" if scale > 1 else "As it is", scale)

    @classmethod
    def of(cls, card: WeightsCard) -> "Method":
        """The network of a card."""
        return cls(card.name, card.title.replace(f" ×{card.scale}", ""), card.scale)


def networks_by_scale() -> dict[int, list[Method]]:
    """Return the networks of the catalogue, by scale.

    Raises
    ------
    WeightsError
        A card is damaged, or there is none.
    """
    cards = list(catalogue().values())
    if not cards:
        raise WeightsError("There is no network to measure: the folder of the weights is empty.")
    return {
        scale: _named_apart(
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


def _named_apart(cards: list[WeightsCard]) -> list[Method]:
    """Return methods of one scale, no two of the same title."""
    methods = [Method.of(card) for card in cards]
    times = Counter(method.title for method in methods)
    return [
        method if times[method.title] == 1 else replace(method, title=f"{method.title} ({method.name})")
        for method in methods
    ]
