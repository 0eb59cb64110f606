"""The logo a company uploads: read with suspicion and written anew; only pixels get through."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from app.errors import InvalidError

MOST_BYTES = 1_000_000
MOST_PIXELS = 16_000_000
SIZE = (640, 240)
FORMATS = ("PNG", "JPEG", "WEBP")


def redraw_logo(upload: bytes) -> bytes:
    """Return the logo as PNG, at most 640 x 240, with nothing of the file but its pixels.

    Raises InvalidError under the name `logo` for anything but a PNG, JPEG or WebP of modest size.
    """
    if len(upload) > MOST_BYTES:
        raise InvalidError({"logo": "The logo may have at most 1 MB."})
    try:
        with Image.open(BytesIO(upload), formats=FORMATS) as picture:
            return _redrawn(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidError({"logo": TOO_MANY_PIXELS}) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise InvalidError({"logo": "This is not a PNG, JPEG or WebP picture."}) from None


TOO_MANY_PIXELS = "The picture has too many pixels. 640 x 240 is all that is shown."


def _redrawn(picture: Image.Image) -> bytes:
    """Scale down and write; the size is known before a single pixel is unpacked."""
    if picture.width * picture.height > MOST_PIXELS:
        raise InvalidError({"logo": TOO_MANY_PIXELS})
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail(SIZE)
    written = BytesIO()
    upright.save(written, "PNG", optimize=True)
    return written.getvalue()
