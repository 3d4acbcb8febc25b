"""Everything that uses Streamlit: the pages, the session, the server and the components."""
