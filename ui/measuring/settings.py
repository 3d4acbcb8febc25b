"""What is measured: at which scale, with which networks, and what the person has. Kept in the address."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from sr_core import WeightsCard, catalogue
from sr_core.errors import WeightsError
from ui.controls import REMEMBERED, choose_scale
from ui.measuring.measurements import Method

# Each is the key of a widget and the name of a parameter of the page's address.
SCALE, NETWORKS, TASK = "scale", "networks", "task"
_CHOSEN, _LAST_SCALE = "measure_chosen", "measure_last_scale"

SHRINK, PAIR = "Sharp pictures", "A pair"

# What is measured at first where it exists.
_FIRST_ARCHITECTURE = "edsr"
_SCALE_HELP = "How many times smaller the picture is made, and then enlarged again."


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured.

    Attributes
    ----------
    scale : int
    networks : tuple of Method
        Those chosen, of that scale, in the catalogue's order.
    pair : bool
        Whether small pictures come with their originals, instead of being made of them.
    """

    scale: int
    networks: tuple[Method, ...]
    pair: bool

    @property
    def methods(self) -> tuple[Method, ...]:
        """The baseline and the networks."""
        return (Method.baseline(self.scale), *self.networks)


def choose_settings(changed: Callable[[], None]) -> Settings:
    """Draw the settings and return them.

    Parameters
    ----------
    changed : callable
        Called before the page is drawn anew with another setting.

    Raises
    ------
    WeightsError
        A card is damaged, or there is none.
    """
    offered = networks_by_scale()
    with st.container(horizontal=True, gap="medium", key="measure_settings_row"):
        task = st.segmented_control(
            "What I have",
            [SHRINK, PAIR],
            default=SHRINK,
            required=True,
            key=TASK,
            on_change=changed,
            help="Sharp pictures are shrunk first. A pair is a small picture and its original.",
            **REMEMBERED,
        )
        scale = choose_scale("Scale", list(offered), key=SCALE, help=_SCALE_HELP, changed=changed)
        titles = {method.title: method for method in offered[scale]}
        chosen = _choose_networks(scale, list(titles), changed)
    networks = tuple(method for title, method in titles.items() if title in chosen)
    return Settings(scale, networks, task == PAIR)


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
        scale: _named_apart(sorted((card for card in cards if card.scale == scale), key=_preference))
        for scale in sorted({card.scale for card in cards})
    }


def _preference(card: WeightsCard) -> tuple[bool, str]:
    """What to sort cards by: the kind of network that the page "Upscale" uses comes first."""
    return card.architecture != _FIRST_ARCHITECTURE, card.name


def _named_apart(cards: list[WeightsCard]) -> list[Method]:
    """Return methods of one scale, no two of the same title."""
    methods = [Method.of(card) for card in cards]
    times = Counter(method.title for method in methods)
    return [
        method if times[method.title] == 1 else replace(method, title=f"{method.title} ({method.name})")
        for method in methods
    ]


def _choose_networks(scale: int, titles: list[str], changed: Callable[[], None]) -> list[str]:
    # Every scale has its own networks, and remembers which of them were chosen.
    chosen: dict[int, list[str]] = st.session_state.setdefault(_CHOSEN, {})
    default: list[str] | None = titles[:1]
    before = st.session_state.get(NETWORKS)
    if before is not None and st.session_state.get(_LAST_SCALE, scale) != scale:
        st.session_state[NETWORKS] = chosen.get(scale) or [t for t in titles if t in before] or default
        default = None  # Streamlit complains of a default beside a value that was just set
    st.session_state[_LAST_SCALE] = scale
    chosen[scale] = st.multiselect(
        "Networks",
        titles,
        default=default,
        key=NETWORKS,
        on_change=changed,
        placeholder="Only the baseline",
        help="All are measured on the same pictures. Each one more takes its time.",
        **REMEMBERED,
    )
    return chosen[scale]
