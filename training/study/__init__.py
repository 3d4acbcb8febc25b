"""Code that only the comparison with the original study needs."""
