"""What all pages share: menu, footer, and a script in the browser."""

from ui.components.frame.frame import draw_footer, draw_frame, draw_menu

__all__ = ["draw_footer", "draw_frame", "draw_menu"]
