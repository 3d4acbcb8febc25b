"""Links to files that are fetched from a route of our own: see `service.downloads` for why."""

import html

import streamlit as st

from service.downloads import Download, shared_downloads
from ui.server import VISITOR, download_address


def draw_download(download: Download, label: str, *, primary: bool = False, help: str = "") -> None:  # noqa: A002
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
    """
    shared_downloads().offer(download, st.context.cookies.get(VISITOR))
    kind = "download primary" if primary else "download"
    address, name, title = map(html.escape, (download_address(download), download.file_name, help))
    st.html(f'<a class="{kind}" href="{address}" download="{name}" title="{title}">{html.escape(label)}</a>')
