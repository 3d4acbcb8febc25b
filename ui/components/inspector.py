"""A closer look at one picture: its restorations and error maps, two at a time under a slider."""

from collections.abc import Mapping, Sequence

import streamlit as st

from service.evaluation import ORIGINAL
from service.heat_map import HeatMap, legend
from service.measuring import Rendering
from service.methods import Method
from ui.components.compare_view import compare_view


def choose_network(networks: Sequence[Method]) -> Method | None:
    """Let the network to display be chosen, if there is more than one."""
    if len(networks) < 2:
        return networks[0] if networks else None
    titles = {method.title: method for method in networks}
    # The key contains the networks, so that the choice is reset when they change.
    key = "measure_look_" + "_".join(method.name for method in networks)
    chosen = st.segmented_control(
        "Network", list(titles), default=networks[0].title, required=True, key=key, wrap=True
    )
    return titles.get(chosen, networks[0])


def draw(renderings: Mapping[str, Rendering], baseline: Method, network: Method | None) -> None:
    """Draw two pictures or error maps under a slider.

    Parameters
    ----------
    renderings : mapping
        Renderings by name: `ORIGINAL`, and the names of `baseline` and `network`.
    baseline : Method
    network : Method or None
        None if no network is chosen.
    """
    pairs = _pairs(renderings, baseline, network)
    labels = list(pairs)
    chosen = st.segmented_control(
        "Compare", labels, default=labels[0], required=True, key=f"measure_pair_{len(labels)}", wrap=True
    )
    (before, picture), (after, other) = pairs.get(chosen, pairs[labels[0]])
    compare_view(picture, other, before_label=before, after_label=after, key="measure_view", height=600)
    if chosen == labels[-1]:
        _explain_errors([(m.title, renderings[m.name].heat) for m in (baseline, network) if m is not None])


def _pairs(
    renderings: Mapping[str, Rendering], baseline: Method, network: Method | None
) -> dict[str, tuple[tuple[str, bytes], tuple[str, bytes]]]:
    """Return the pairs that can be compared, by label: two pictures with their labels. Errors come last."""
    original = (ORIGINAL, renderings[ORIGINAL].picture)
    plain = (baseline.title, renderings[baseline.name].picture)
    if network is None:
        return {
            f"{baseline.title} and original": (plain, original),
            "Original and error": (original, _error(renderings, baseline)),
        }
    restored = (network.title, renderings[network.name].picture)
    return {
        f"{baseline.title} and {network.title}": (plain, restored),
        f"{network.title} and original": (restored, original),
        f"{baseline.title} and original": (plain, original),
        "Errors of both": (_error(renderings, baseline), _error(renderings, network)),
    }


def _error(renderings: Mapping[str, Rendering], method: Method) -> tuple[str, bytes]:
    heat = renderings[method.name].heat
    assert heat is not None  # only the original has none
    return f"Error of {method.title}", heat.png


def _explain_errors(maps: Sequence[tuple[str, HeatMap | None]]) -> None:
    st.html(legend())
    st.caption("How far the brightness of each pixel is from the original's, in grey levels of 255.")
    for title, heat in maps:
        if heat is not None:
            st.markdown(f"**{title}.** {heat.describe()}")
