"""Small copies of pictures, for pages that show many."""

import base64
import io

from PIL import Image


def thumbnail(image: Image.Image, side: int) -> str:
    """Return a small copy of an image as an address that holds it.

    Streamlit forgets a file as soon as the page is drawn without it: a slow browser may ask for it later.

    Parameters
    ----------
    image : Image
        It becomes the small copy itself.
    side : int
        At most, in px of the screen.
    """
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "webp", quality=90)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
