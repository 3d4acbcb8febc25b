"""Components that the pages are built from."""
