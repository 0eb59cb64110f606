"""Built files for browsers: content-hashed, immutable, compressed once when first asked for."""

import gzip
import json
from functools import cache
from mimetypes import guess_type
from pathlib import Path

from quart import Blueprint, Response, request

from app.accounts.access import open_to_all
from app.errors import NotFoundError
from app.web.compression import takes_gzip

DIST = Path(__file__).parent.parent.parent / "static" / "dist"
IMAGES = DIST.parent / "images"
LONGEST_NAME = 200
TEXT = {"text/css", "text/javascript", "image/svg+xml", "text/plain"}

assets = Blueprint("assets", __name__)


@cache
def _manifest() -> dict[str, str]:
    """Return what the build called each bundle. Raises RuntimeError before the first build."""
    path = DIST / "manifest.json"
    if not path.exists():
        raise RuntimeError("The front end is not built: run `make build`.")
    names: dict[str, str] = json.loads(path.read_text())
    return names


def asset(name: str) -> str:
    """Return the address of a bundle ("rep.css") or of a picture in static/images."""
    return f"/static/{_manifest().get(name, name)}"


@cache
def _read(name: str) -> tuple[bytes, bytes | None, str]:
    """Return a file's bytes, its gzip where that helps, and its type; names hold no folders."""
    is_name = len(name) <= LONGEST_NAME
    path = next((p for p in (DIST / name, IMAGES / name) if is_name and p.is_file()), None)
    if path is None:
        raise NotFoundError
    kind = guess_type(name)[0] or "application/octet-stream"
    content = path.read_bytes()
    return content, gzip.compress(content, 9, mtime=0) if kind in TEXT else None, kind


@assets.get("/static/<name>")
@open_to_all("the same files for everybody")
async def show_asset(name: str) -> Response:
    """Serve a built file; `name` never holds a slash."""
    content, zipped, kind = _read(name)
    if not takes_gzip(request.headers.get("Accept-Encoding", "")):
        zipped = None
    response = Response(zipped or content, content_type=kind)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    hashed = name in _manifest().values() or name.startswith("chunk-") or name.endswith(".woff2")
    age = "max-age=31536000, immutable" if hashed else "max-age=3600"
    response.headers["Cache-Control"] = f"public, {age}"
    return response


@assets.get("/favicon.ico")
@open_to_all("browsers ask for it")
async def show_favicon() -> Response:
    """Serve the icon under its old name too."""
    return await show_asset("icon.svg")
