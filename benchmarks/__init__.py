"""Speed, memory and reliability: ``python -m benchmarks --help``."""
