"""Pictures of one size under one zoom: two before and after each other, or any number in a grid."""

from ui.compare_view.grid import compare_grid
from ui.compare_view.layers import Layer, layer_of, nearest_layer
from ui.compare_view.view import compare_layers, compare_view

__all__ = ["Layer", "compare_grid", "compare_layers", "compare_view", "layer_of", "nearest_layer"]
