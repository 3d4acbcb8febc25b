"""SuperRes: the web app. Run with ``streamlit run app.py``.

Streamlit finds the server at the end, and imports this file for it, with all that the pages need. For each
look at a page it then runs the file as a script.
"""

import streamlit as st

from ui import compare_page, evaluate_page, models_page, server, session, upscale_page
from ui.look import ICON, STYLE


def main() -> None:
    """Draw the page that is asked for."""
    # An icon by its name would be fetched from another server.
    st.set_page_config(page_title="SuperRes", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    session.preload()
    pages = [
        st.Page(
            upscale_page.render, title="Upscale", icon=":material/zoom_in:", url_path="upscale", default=True
        ),
        st.Page(compare_page.render, title="Compare", icon=":material/grid_view:", url_path="compare"),
        st.Page(evaluate_page.render, title="Measure", icon=":material/straighten:", url_path="measure"),
        st.Page(models_page.render, title="Models", icon=":material/leaderboard:", url_path="models"),
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
    app = st.App(__file__, middleware=server.middleware())
