"""SuperRes: the web app. Run with ``streamlit run app.py``.

Streamlit finds the server at the end, and imports this file for it, with all that the pages need. For each
look at a page it then runs the file as a script.
"""

import streamlit as st

from ui import server, session
from ui.components.frame import attend, draw_footer, draw_menu
from ui.pages import compare, measure, models, upscale

PAGES = {"Upscale": upscale, "Compare": compare, "Measure": measure, "Models": models}


def main() -> None:
    """Draw the page that is asked for."""
    pages = [
        st.Page(page.render, title=title, url_path=title.lower(), default=page is upscale)
        for title, page in PAGES.items()
    ]
    # Streamlit's own menu hides behind a button on a phone, and stays open over the page.
    page = st.navigation(pages, position="hidden")
    # An icon by its name would be fetched from another server.
    st.set_page_config(
        page_title=f"{page.title} · SuperRes", page_icon=str(server.ASSETS / "icon.svg"), layout="wide"
    )
    draw_menu(pages)
    session.tell(session.Told())
    page.run()
    draw_footer()
    attend()


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
