"""Everything that touches Streamlit: the pages, the session and the before/after view."""
