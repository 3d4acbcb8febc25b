from collections.abc import Mapping

import pytest
from streamlit.testing.v1 import AppTest

from service.presets import PRESETS
from service.request import Request
from sr_core import OutputFormat
from sr_core.sizing import TargetSize


def settings_page() -> None:
    import streamlit as st

    from ui.components.settings import choose_request

    st.session_state["request"] = choose_request()


def asked_for(address: Mapping[str, str]) -> tuple[Request, AppTest]:
    app = AppTest.from_function(settings_page, default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app.session_state["request"], app


def test_nothing_chosen_is_four_times_as_png_with_all_metadata():
    assert asked_for({})[0] == Request()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"size": "×2"}, Request(target=TargetSize(scale=2))),
        ({"size": "×3"}, Request(target=TargetSize(scale=3))),
        ({"size": "Exact", "px": "800"}, Request(target=TargetSize(width=800))),
        ({"size": "Exact", "side": "Longest side"}, Request(target=TargetSize(longest=1920))),
        ({"size": "Screen or print"}, Request(preset=PRESETS["4K screen"])),
        ({"size": "Screen or print", "preset": "Print A4"}, Request(preset=PRESETS["Print A4"])),
        ({"format": "JPEG", "quality": "80"}, Request(output=OutputFormat("jpeg", quality=80))),
        ({"format": "WebP", "lossless": "true"}, Request(output=OutputFormat("webp", lossless=True))),
        ({"best": "true"}, Request(self_ensemble=True)),
        ({"cleanup": "Off"}, Request(clean_up=0.0)),
        ({"cleanup": "Strong"}, Request(clean_up=1.0)),
        ({"details": "false", "signed": "false"}, Request(keep_metadata=False, signed=False)),
        ({"look": "Sharper", "smaller": "false"}, Request(look="sharp", smaller=False)),
    ],
)
def test_address_holds_the_settings(address: dict[str, str], expected: Request):
    assert asked_for(address)[0] == expected


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
    assert asked_for(address)[0] == Request()


@pytest.mark.parametrize("px", ["0", "-4", "many", "1e99"])
def test_size_that_makes_no_sense_in_the_address_is_ignored(px: str):
    assert asked_for({"size": "Exact", "side": "Height", "px": px})[0] == Request(
        target=TargetSize(height=1920)
    )
