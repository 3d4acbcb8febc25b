"""What is measured: at which scale, with which networks, and what the person has. Kept in the address."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from service.methods import Method, networks_by_scale
from ui.components.settings import REMEMBERED, choose_scale

# Each is the key of a widget and the name of a parameter of the page's address.
SCALE, NETWORKS, TASK = "scale", "networks", "task"
_CHOSEN, _LAST_SCALE = "measure_chosen", "measure_last_scale"

SHRINK, PAIR = "Sharp pictures", "A pair"

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


def choose_settings(changed: Callable[[], None], other_task: Callable[[], None]) -> Settings:
    """Draw the settings and return them.

    Parameters
    ----------
    changed : callable
        Called before the page is drawn anew with another setting.
    other_task : callable
        Called instead where the person has something else, which the results so far are not of.

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
            on_change=other_task,
            help="Sharp pictures are shrunk first. A pair is a small picture and its original.",
            **REMEMBERED,
        )
        scale = choose_scale("Size", list(offered), key=SCALE, help=_SCALE_HELP, changed=changed)
        titles = {method.title: method for method in offered[scale]}
        chosen = _choose_networks(scale, list(titles), changed)
    networks = tuple(method for title, method in titles.items() if title in chosen)
    return Settings(scale, networks, task == PAIR)


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
