"""Photos of people, as prospects see them."""

from uuid import UUID

from quart import Response, request, send_file

from app.accounts.access import open_to_all
from app.accounts.blueprint import accounts
from app.accounts.photos import photo_path
from app.accounts.queries import find_photo
from app.db import reading
from app.errors import NotFoundError


@accounts.get("/people/<uuid:user_id>/photo")
@open_to_all("shown to prospects on their sites")
async def show_photo(user_id: UUID) -> Response:
    """Serve a photo; the address changes with the photo, so browsers may keep it."""
    async with reading() as db:
        name = await find_photo(db, user_id)
    if not name or not photo_path(name).is_file():
        raise NotFoundError
    response = await send_file(photo_path(name), mimetype="image/webp", conditional=True)
    is_lasting = request.args.get("v") == name.partition(".")[0]
    age = "max-age=31536000, immutable" if is_lasting else "max-age=300"
    response.headers["Cache-Control"] = f"public, {age}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    return response
