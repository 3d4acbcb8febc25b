"""SuperRes: the web app. Run with ``streamlit run app.py``.

Streamlit imports this file once to find the server, `app`; this also imports everything the pages need. It
then runs the file as a script each time a page is drawn.
"""

import streamlit as st

from ui import server, session
from ui.components.frame import draw_footer, draw_frame, draw_menu
from ui.pages import compare, measure, models, upscale

PAGES = {"Upscale": upscale, "Compare": compare, "Measure": measure, "Models": models}


def main() -> None:
    """Draw the requested page."""
    pages = [
        st.Page(page.render, title=title, url_path=title.lower(), default=page is upscale)
        for title, page in PAGES.items()
    ]
    # On a phone, Streamlit's own menu hides behind a button, and once opened stays over the page.
    page = st.navigation(pages, position="hidden")
    # A named icon would be fetched from another server.
    st.set_page_config(
        page_title=f"{page.title} · SuperRes", page_icon=str(server.ASSETS / "icon.svg"), layout="wide"
    )
    draw_menu(pages)
    session.set_page_state(session.PageState())
    page.run()
    draw_footer()
    draw_frame()


if __name__ == "__main__":
    main()
else:
    titles = {title.lower(): f"{title} · SuperRes" for title in PAGES}
    app = st.App(
        __file__,
        lifespan=server.lifespan,
        routes=server.routes({"": titles["upscale"], **titles}),
        middleware=server.middleware(),
    )
