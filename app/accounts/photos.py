"""Photos of the people who sell: decoded, cut square and written anew, so nothing else gets in.

Files have names of our own, lie in VAR_DIR/photos and are never executed or served as anything
but WebP.
"""

import asyncio
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from app.config import settings
from app.errors import InvalidError
from app.tokens import make_token

LARGEST_BYTES = 2_000_000
MOST_PIXELS = 24_000_000
SIDE_PX = 256
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


async def keep_photo(content: bytes) -> str:
    """Store an uploaded picture as a 256 px square; returns its file name.

    Raises InvalidError for anything that is too large or not a picture.
    """
    if len(content) > LARGEST_BYTES:
        raise InvalidError({"photo": "Please choose a picture of at most 2 MB."})
    square = await asyncio.to_thread(_make_square, content)
    return await asyncio.to_thread(_write, square)


async def drop_photo(name: str) -> None:
    """Delete a stored photo; none and a missing file are fine."""
    if name:
        await asyncio.to_thread(photo_path(name).unlink, missing_ok=True)


def photo_path(name: str) -> Path:
    """Return where a photo lies; only the last part of a name counts."""
    return settings().var_dir / "photos" / Path(name).name


def _make_square(content: bytes) -> bytes:
    """Return the picture as WebP, without its metadata."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise InvalidError({"photo": "This picture has too many pixels."})
            picture.draft("RGB", (SIDE_PX * 2, SIDE_PX * 2))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            square = ImageOps.fit(upright, (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    except Image.DecompressionBombError as refusal:
        raise InvalidError({"photo": "This picture has too many pixels."}) from refusal
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as refusal:
        raise InvalidError({"photo": "This file is not a picture we can read."}) from refusal
    written = BytesIO()
    square.save(written, "WEBP", quality=85)
    return written.getvalue()


def _write(square: bytes) -> str:
    """Write the bytes under a new name."""
    name = f"{make_token()}.webp"
    path = photo_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(square)
    return name
