"""Pictures of one size under one zoom: two before and after each other, or any number in a grid."""

from ui.components.compare_view.view import compare_grid, compare_layers, compare_view

__all__ = ["compare_grid", "compare_layers", "compare_view"]
