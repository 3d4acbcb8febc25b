"""The commands of ``python -m training``, one a file: its options, and what it does."""
