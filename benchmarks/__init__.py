"""How fast and how small: ``python -m benchmarks --help``."""
