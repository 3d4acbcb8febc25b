"""Buttons that copy a result to the clipboard, and hand it to other programs."""

from ui.components.share.share import draw_share

__all__ = ["draw_share"]
