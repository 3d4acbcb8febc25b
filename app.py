"""SuperRes: the web app. Run with ``streamlit run app.py``.

Streamlit finds the server at the end, and imports this file for it, with all that the pages need. For each
look at a page it then runs the file as a script.
"""

from pathlib import Path

import streamlit as st

from ui import server
from ui.pages import compare, measure, models, upscale

UI = Path(server.__file__).parent


def main() -> None:
    """Draw the page that is asked for."""
    # An icon by its name would be fetched from another server.
    st.set_page_config(page_title="SuperRes", page_icon=str(UI / "icon.svg"), layout="wide")
    st.html(UI / "page.css")
    pages = [
        st.Page(upscale.render, title="Upscale", icon=":material/zoom_in:", url_path="upscale", default=True),
        st.Page(compare.render, title="Compare", icon=":material/grid_view:", url_path="compare"),
        st.Page(measure.render, title="Measure", icon=":material/straighten:", url_path="measure"),
        st.Page(models.render, title="Models", icon=":material/leaderboard:", url_path="models"),
    ]
    # Streamlit's own menu hides behind a button on a phone, and stays open over the page.
    page = st.navigation(pages, position="hidden")
    with st.container(horizontal=True, key="menu"):
        for entry in pages:
            st.page_link(entry)
    page.run()


if __name__ == "__main__":
    main()
else:
    app = st.App(__file__, lifespan=server.lifespan, routes=server.routes(), middleware=server.middleware())
