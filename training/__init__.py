"""Reproduces the networks behind SuperRes: datasets, recipes, training, evaluation and export.

``python -m training --help`` lists the commands.
"""

from training.study import undo_bilinear

undo_bilinear.register()
