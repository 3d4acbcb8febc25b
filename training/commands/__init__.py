"""The commands of ``python -m training``, one module each: its options, and what it does."""
