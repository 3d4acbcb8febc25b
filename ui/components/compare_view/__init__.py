"""Pictures of the same size under one zoom: two as before and after, or any number in a grid."""

from ui.components.compare_view.view import compare_grid, compare_layers, compare_view

__all__ = ["compare_grid", "compare_layers", "compare_view"]
