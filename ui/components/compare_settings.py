"""The settings of the page "Compare", kept in its URL."""

from dataclasses import dataclass

import streamlit as st

from service.comparing import Candidate
from service.methods import Method, networks_by_scale
from ui.components.settings import REMEMBERED, choose_scale

# Each is the key of a widget and the name of a URL parameter.
FACTOR, MODELS, SHRINK, ENSEMBLE = "factor", "models", "original", "ensemble"

_SHRINK_HELP = (
    "For a picture that is sharp already: it is made smaller first, so that each result can be measured "
    "against your original."
)
_ENSEMBLE_HELP = (
    "Each network looks at eight turned and mirrored copies and averages what it sees (self-ensemble). A "
    "little better, and it takes **eight times as long**."
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the page.

    Attributes
    ----------
    scale : int
    offered : tuple of Method
        The networks available at that scale, at least one.
    candidates : tuple of Candidate
        The chosen networks.
    shrink : bool
        See `service.comparing.Subject`.
    """

    scale: int
    offered: tuple[Method, ...]
    candidates: tuple[Candidate, ...]
    shrink: bool


def choose_settings() -> Settings:
    """Draw the settings and return them.

    Raises
    ------
    WeightsError
        A card is damaged, or there are no cards.
    """
    # Networks of scale 1 do not enlarge.
    offered = {scale: methods for scale, methods in networks_by_scale().items() if scale > 1}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="compare_settings"):
        scale = choose_scale("Size", list(offered), key=FACTOR)
        titles = {method.title: method for method in offered[scale]}
        chosen = st.multiselect(
            "Networks",
            list(titles),
            default=list(titles),
            # Every scale has its own networks.
            key=f"{MODELS}_x{scale}",
            placeholder="Only bicubic",
            help="All work on the same picture, one after the other. Bicubic is always there.",
            **REMEMBERED,
        )
        with st.container(width="content", gap="xsmall"):
            shrink = st.toggle(
                "I have the original: shrink it first and measure",
                key=SHRINK,
                help=_SHRINK_HELP,
                **REMEMBERED,
            )
            ensemble = st.toggle(
                "Best quality, 8 times slower", key=ENSEMBLE, help=_ENSEMBLE_HELP, **REMEMBERED
            )
    candidates = tuple(Candidate(method, ensemble) for title, method in titles.items() if title in chosen)
    return Settings(scale, tuple(titles.values()), candidates, shrink)
