"""The settings of the page "Measure", kept in its URL."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from service.methods import Method, networks_by_scale
from ui.components.settings import REMEMBERED, choose_scale

# Each is the key of a widget and the name of a URL parameter.
SCALE, NETWORKS, TASK = "scale", "networks", "task"
_CHOSEN, _LAST_SCALE = "measure_chosen", "measure_last_scale"

SHRINK, PAIR = "Sharp pictures", "A pair"

_SCALE_HELP = "How many times smaller the picture is made, and then enlarged again."


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the page.

    Attributes
    ----------
    scale : int
    networks : tuple of Method
        The chosen networks of that scale, in catalogue order.
    pair : bool
        Whether small pictures are uploaded with their originals, instead of being made from them.
    """

    scale: int
    networks: tuple[Method, ...]
    pair: bool

    @property
    def methods(self) -> tuple[Method, ...]:
        """The baseline and the networks."""
        return (Method.baseline(self.scale), *self.networks)


def choose_settings(on_change: Callable[[], None], on_task_change: Callable[[], None]) -> Settings:
    """Draw the settings and return them.

    Parameters
    ----------
    on_change : callable
        Called before the page is redrawn with another setting.
    on_task_change : callable
        Called instead if the task changes, so that the results so far no longer apply.

    Raises
    ------
    WeightsError
        A card is damaged, or there are no cards.
    """
    offered = networks_by_scale()
    with st.container(horizontal=True, gap="medium", key="measure_settings_row"):
        task = st.segmented_control(
            "What I have",
            [SHRINK, PAIR],
            default=SHRINK,
            required=True,
            key=TASK,
            on_change=on_task_change,
            help="Sharp pictures are shrunk first. A pair is a small picture and its original.",
            **REMEMBERED,
        )
        scale = choose_scale("Size", list(offered), key=SCALE, help=_SCALE_HELP, on_change=on_change)
        titles = {method.title: method for method in offered[scale]}
        chosen = _choose_networks(scale, list(titles), on_change)
    networks = tuple(method for title, method in titles.items() if title in chosen)
    return Settings(scale, networks, task == PAIR)


def _choose_networks(scale: int, titles: list[str], on_change: Callable[[], None]) -> list[str]:
    # Every scale has its own networks; the choice is remembered for each scale.
    chosen: dict[int, list[str]] = st.session_state.setdefault(_CHOSEN, {})
    default: list[str] | None = titles[:1]
    before = st.session_state.get(NETWORKS)
    if before is not None and st.session_state.get(_LAST_SCALE, scale) != scale:
        st.session_state[NETWORKS] = chosen.get(scale) or [t for t in titles if t in before] or default
        default = None  # Streamlit warns about a default for a widget whose value has just been set
    st.session_state[_LAST_SCALE] = scale
    chosen[scale] = st.multiselect(
        "Networks",
        titles,
        default=default,
        key=NETWORKS,
        on_change=on_change,
        placeholder="Only the baseline",
        help="All are measured on the same pictures, one after the other.",
        **REMEMBERED,
    )
    return chosen[scale]
