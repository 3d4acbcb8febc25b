"""Reproduces the networks behind SuperRes: datasets, recipes, training, evaluation and export.

``python -m training --help`` lists the commands.
"""
