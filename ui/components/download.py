"""Links to files that are fetched from a route of our own: see `service.downloads` for why."""

import html

import streamlit as st

from service.downloads import Download, shared_downloads
from ui.server import VISITOR, download_address


def draw_download(
    download: Download,
    label: str,
    *,
    primary: bool = False,
    help: str = "",  # noqa: A002 -- Streamlit's name
    name: str = "",
) -> None:
    """Draw a link that looks like a button.

    Parameters
    ----------
    download : Download
        Of this person.
    label : str
        On the link.
    primary : bool
        Whether it is what a person most likely wants.
    help : str
        What is shown when it is pointed at.
    name : str
        What a screen reader says, where there are several of one label.
    """
    shared_downloads().offer(download, st.context.cookies.get(VISITOR))
    kind = "download primary" if primary else "download"
    said = {
        "class": kind,
        "href": download_address(download),
        "download": download.file_name,
        "title": help,
        "aria-label": name,
    }
    attributes = " ".join(f'{key}="{html.escape(value)}"' for key, value in said.items() if value)
    st.html(f"<a {attributes}>{html.escape(label)}</a>")
