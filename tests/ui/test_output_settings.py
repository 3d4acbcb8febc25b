from collections.abc import Mapping

import pytest
from streamlit.testing.v1 import AppTest

from sr_core import OutputFormat
from sr_core.sizing import Wanted
from ui.order import Order


def settings_page() -> None:
    import streamlit as st

    from ui.output_settings import choose_order

    st.session_state["order"] = choose_order()


def ordered(address: Mapping[str, str]) -> tuple[Order, AppTest]:
    app = AppTest.from_function(settings_page)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app.session_state["order"], app


def test_nothing_chosen_is_four_times_as_png_with_all_metadata():
    assert ordered({})[0] == Order()


@pytest.mark.parametrize(
    ("address", "order"),
    [
        ({"size": "×2"}, Order(wanted=Wanted(scale=2))),
        ({"size": "×3"}, Order(wanted=Wanted(scale=3))),
        ({"size": "Width", "px": "800"}, Order(wanted=Wanted(width=800))),
        ({"size": "Longest side"}, Order(wanted=Wanted(longest=1920))),
        ({"format": "JPEG", "quality": "80"}, Order(output=OutputFormat("jpeg", quality=80))),
        ({"format": "WebP", "lossless": "true"}, Order(output=OutputFormat("webp", lossless=True))),
        ({"best": "true"}, Order(self_ensemble=True)),
        ({"strip": "true", "unsigned": "true"}, Order(keep_metadata=False, signed=False)),
    ],
)
def test_address_holds_the_settings(address: dict[str, str], order: Order):
    assert ordered(address)[0] == order


@pytest.mark.parametrize(
    "address",
    [
        {"size": "×5"},
        {"size": "<script>"},
        {"format": "GIF"},
        {"best": "perhaps"},
        {"px": "7", "quality": "3"},  # of controls that are not there
    ],
)
def test_what_makes_no_sense_in_the_address_is_ignored(address: dict[str, str]):
    assert ordered(address)[0] == Order()


@pytest.mark.parametrize("px", ["0", "-4", "many", "1e99"])
def test_size_that_makes_no_sense_in_the_address_is_ignored(px: str):
    assert ordered({"size": "Height", "px": px})[0] == Order(wanted=Wanted(height=1920))
