"""Choosing a part of a picture by clicking on it."""

from ui.components.region.region import choose_region

__all__ = ["choose_region"]
