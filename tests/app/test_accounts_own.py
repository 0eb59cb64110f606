import struct
import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from quart.datastructures import FileStorage
from sqlalchemy import select

from app import bus, clock
from app.accounts.commands import open_session
from app.accounts.models import SignInSession, User
from app.accounts.photos import photo_path
from app.db import reading, transaction
from tests.app.accounts_door import (
    ANOTHER,
    PASSWORD,
    make_person,
    post,
    read_mails,
    sign_in_with,
    text_of,
)
from tests.make import make_workspace


@pytest.fixture
async def rita(client):
    """A rep who is signed in to `client`."""
    async with transaction() as db:
        user = await make_person(db)
    await sign_in_with(client)
    return user


def picture(kind="PNG", size=(400, 300), **options):
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **options)
    return written.getvalue()


def png_bomb(side):
    """Return a tiny file that says it is `side` pixels square."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


async def upload(client, content, name="me.png"):
    files = {"photo": FileStorage(BytesIO(content), filename=name)}
    return await post(client, "/account/photo", files=files, wish="keep")


async def photo_of(user):
    async with reading() as db:
        return (await db.get_one(User, user.id)).photo_url


async def test_a_new_password_ends_all_other_sessions_and_is_told_by_mail(client, rita, web_app):
    heard, elsewhere = [], web_app.test_client()
    await sign_in_with(elsewhere)
    async with reading() as db:
        older, newer = (
            await db.scalars(select(SignInSession).order_by(SignInSession.seen_at))
        ).all()

    def listener(announcement):
        if announcement.name == "session-ended":
            heard.append(announcement.subject)

    bus.listen(listener)
    changed = await post(client, "/account/password", old_password=PASSWORD, password=ANOTHER)
    assert changed.headers["Location"] == "/account?done=password"
    assert heard == [newer.id]
    assert older.id not in heard
    assert (await elsewhere.get("/account")).status_code == 303
    assert (await client.get("/account")).status_code == 200
    assert [mail["Subject"] for mail in await read_mails()] == ["Your password was changed"]
    assert (await sign_in_with(elsewhere)).status_code == 422
    assert (await sign_in_with(elsewhere, password=ANOTHER)).status_code == 303


async def test_a_password_is_changed_only_by_who_knows_it(client, rita):
    wrong = await post(client, "/account/password", old_password="guess", password=ANOTHER)
    assert wrong.status_code == 422
    weak = await post(client, "/account/password", old_password=PASSWORD, password="ritasellers")
    assert weak.status_code == 422
    assert "not your name" in await text_of(weak)
    for _ in range(8):
        await post(client, "/account/password", old_password="guess", password=ANOTHER)
    locked = await post(client, "/account/password", old_password=PASSWORD, password=ANOTHER)
    assert locked.status_code == 429
    assert (await sign_in_with(client)).status_code == 303


async def test_a_person_signs_out_elsewhere_one_by_one_or_all_at_once(client, rita):
    async with transaction() as db:
        for _ in range(3):
            await open_session(db, user_id=rita.id, browser="Old phone", now=clock.now())
        other = await db.scalar(select(SignInSession).where(SignInSession.browser == "Old phone"))
    assert (await text_of(await client.get("/account"))).count("Old phone") == 3
    await post(client, f"/account/sessions/{other.id}/end")
    assert (await text_of(await client.get("/account"))).count("Old phone") == 2
    await post(client, "/account/sessions/end")
    assert "Old phone" not in await text_of(await client.get("/account"))


async def test_nobody_ends_the_session_of_another(client, rita):
    async with transaction() as db:
        other = await make_person(db, email="other@seller.example")
        await open_session(db, user_id=other.id, browser="Hers", now=clock.now())
        session = await db.scalar(select(SignInSession).where(SignInSession.browser == "Hers"))
    assert (await post(client, f"/account/sessions/{session.id}/end")).status_code == 303
    async with reading() as db:
        assert await db.get(SignInSession, session.id) is not None


async def test_dead_sessions_are_not_listed(client, rita):
    async with transaction() as db:
        past = clock.now() - timedelta(days=30)
        await open_session(db, user_id=rita.id, browser="Long ago", now=past)
    assert "Long ago" not in await text_of(await client.get("/account"))


async def test_hostile_details_are_shown_as_text(client, rita):
    form = {"name": "<script>alert(1)</script>", "title": "{{ 7*7 }}", "phone": '" onfocus="x'}
    assert (await post(client, "/account", **form)).status_code == 303
    page = await text_of(await client.get("/account"))
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    assert "&#34; onfocus=&#34;x" in page


async def test_details_with_mistakes_are_kept_on_the_page(client, rita):
    response = await post(client, "/account", name="", title="Chief <b>", phone="1" * 61)
    page = await text_of(response)
    assert response.status_code == 422
    assert "Please fill this in." in page
    assert "60 characters" in page
    assert "Chief &lt;b&gt;" in page


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_photo_becomes_a_small_square_for_everybody(client, rita, web_app, kind):
    assert (await upload(client, picture(kind))).status_code == 303
    address = await photo_of(rita)
    assert address in await text_of(await client.get("/account"))
    response = await web_app.test_client().get(address)
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]
    with Image.open(BytesIO(await response.get_data())) as shown:
        assert (shown.format, shown.size) == ("WEBP", (256, 256))
    old = await client.get(address.partition("?")[0])
    assert "max-age=300" in old.headers["Cache-Control"]


async def test_a_photo_loses_what_the_camera_wrote_into_it(client, rita):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    await upload(client, picture("JPEG", exif=exif))
    content = await (await client.get(await photo_of(rita))).get_data()
    assert b"taken at home" not in content


async def test_a_new_photo_replaces_the_old_file_and_can_be_removed(client, rita):
    await upload(client, picture())
    async with reading() as db:
        first = photo_path((await db.get_one(User, rita.id)).photo)
    assert first.is_file()
    await upload(client, picture("JPEG"))
    assert not first.exists()
    await post(client, "/account/photo", wish="remove")
    assert await photo_of(rita) == ""
    assert (await client.get(f"/people/{rita.id}/photo")).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?php echo 1;", picture()[:60], b"GIF89a" + b"\xff" * 50, b"\x00" * 1000,
        png_bomb(5_000), png_bomb(10_000), png_bomb(60_000), b"x" * 2_000_001,
    ],
    ids=["empty", "svg", "php", "cut", "broken", "zeros", "25MP", "100MP", "3.6GP", "large"],
)  # fmt: skip
async def test_what_is_no_picture_is_refused_and_nothing_is_stored(client, rita, content):
    response = await upload(client, content)
    assert response.status_code == 422
    assert "field-problem" in await text_of(response)
    assert await photo_of(rita) == ""


async def test_a_photo_of_nobody_is_nothing(client):
    async with transaction() as db:
        workspace = await make_workspace(db)
    assert (await client.get(f"/people/{workspace.id}/photo")).status_code == 404
    assert (await client.get("/people/../../etc/passwd/photo")).status_code == 404


def test_a_photo_never_lies_outside_its_folder():
    assert photo_path("../../secret").parent == photo_path("x").parent
