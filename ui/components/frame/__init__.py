"""What stands around every page, and what the browser does for all of them."""

from ui.components.frame.frame import attend, draw_footer, draw_menu

__all__ = ["attend", "draw_footer", "draw_menu"]
