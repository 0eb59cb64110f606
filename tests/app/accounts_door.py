"""What the tests of accounts share: people with passwords, and browsers that post forms."""

import re
from email import message_from_bytes, policy

from sqlalchemy import select

from app.accounts.commands import create_user
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.models import Role
from app.accounts.passwords import hash_password
from app.db import reading
from app.mail.models import Mail
from tests.make import NOW, make_workspace

PASSWORD = "plenty of green tea"
ANOTHER = "rather more black coffee"


HASHES = {}


async def make_person(
    db, *, workspace=None, email="rita@seller.example", password=PASSWORD, **fields
):
    """Create somebody through the front door; each password is hashed once per run."""
    workspace = workspace or await make_workspace(db)
    defaults = {"name": "Rita Sellers", "role": Role.REP, "now": NOW}
    user = await create_user(db, workspace_id=workspace.id, email=email, **defaults | fields)
    if password is not None and password not in HASHES:
        HASHES[password] = await hash_password(password)
    user.password_hash = HASHES.get(password)
    await db.flush()
    return user


async def post(client, path, *, headers=None, files=None, **form):
    return await client.post(
        path, form=form, files=files, headers={"Sec-Fetch-Site": "same-origin"} | (headers or {})
    )


async def sign_in_with(client, email="rita@seller.example", password=PASSWORD, **form):
    return await post(client, "/sign-in", email=email, password=password, **form)


async def text_of(response):
    return await response.get_data(as_text=True)


def has_cookie(client):
    return any(cookie.name == SESSION_COOKIE and cookie.value for cookie in client.cookie_jar)


async def read_mails():
    async with reading() as db:
        mails = (await db.scalars(select(Mail).order_by(Mail.created_at, Mail.id))).all()
    return [message_from_bytes(mail.content, policy=policy.default) for mail in mails]


async def mailed_path(kind):
    """Return the path of the newest mailed link of a kind ("reset", "invitation", ...)."""
    texts = [mail.get_body(("plain",)).get_content() for mail in await read_mails()]
    found = [link for text in texts for link in re.findall(rf"https?://[^/\s]+(/{kind}/\S+)", text)]
    return found[-1]
