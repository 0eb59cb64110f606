from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func, select, update

from app import bus, clock
from app.accounts.commands import open_session
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.limits import Limit, count_against
from app.accounts.models import SignInFailure, SignInSession, User
from app.accounts.queries import find_viewer
from app.accounts.recognition import recognise
from app.accounts.sign_in import BY_ADDRESS, BY_NETWORK
from app.db import reading, transaction
from app.tokens import digest
from tests.app.accounts_door import PASSWORD, has_cookie, make_person, post, sign_in_with, text_of
from tests.make import NOW, make_workspace


async def test_a_right_password_signs_in_with_a_careful_cookie(client):
    async with transaction() as db:
        await make_person(db)
    response = await sign_in_with(client, email=" Rita@SELLER.example", next="/prospects")
    assert (response.status_code, response.headers["Location"]) == (303, "/prospects")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert (await client.get("/account")).status_code == 200


async def test_a_session_is_stored_as_a_digest_only(client):
    async with transaction() as db:
        user = await make_person(db)
        token = await open_session(db, user_id=user.id, browser="test", now=NOW)
        stored = await db.scalar(select(SignInSession))
    assert stored.token_digest == digest(token)
    assert token not in repr(vars(stored))


async def test_signing_in_gives_a_new_token_and_ends_the_old_session(client):
    async with transaction() as db:
        await make_person(db)
    tokens = []
    for _ in range(2):
        response = await sign_in_with(client)
        tokens.append(response.headers["Set-Cookie"].split(";")[0].partition("=")[2])
    assert tokens[0] != tokens[1]
    async with reading() as db:
        assert await find_viewer(db, token=tokens[0], now=clock.now()) is None
        assert await find_viewer(db, token=tokens[1], now=clock.now()) is not None


async def test_a_session_cookie_chosen_by_somebody_else_is_never_adopted(client):
    async with transaction() as db:
        await make_person(db)
    client.set_cookie("localhost", SESSION_COOKIE, "chosen-by-an-attacker")
    response = await sign_in_with(client)
    assert "chosen-by-an-attacker" not in response.headers["Set-Cookie"]
    async with reading() as db:
        assert await find_viewer(db, token="chosen-by-an-attacker", now=clock.now()) is None


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client):
    async with transaction() as db:
        workspace = await make_workspace(db)
        await make_person(db, workspace=workspace)
        await make_person(db, workspace=workspace, email="invited@seller.example", password=None)
        closed = await make_person(db, workspace=workspace, email="closed@seller.example")
        closed.disable(NOW)
    answers = set()
    for email in ("rita", "nobody", "invited", "closed"):
        address = f"{email}@seller.example"
        wrong = PASSWORD if email != "rita" else "wrong and wrong again"
        response = await sign_in_with(client, email=address, password=wrong)
        answers.add((response.status_code, (await text_of(response)).replace(address, "")))
    assert len(answers) == 1
    assert answers.pop()[0] == 422
    assert not has_cookie(client)


async def test_an_address_is_locked_after_ten_failures_known_or_not(client):
    async with transaction() as db:
        await make_person(db)
    answers = set()
    for address in ("rita@seller.example", "nobody@seller.example"):
        now = clock.now()
        async with transaction() as db:
            for _ in range(9):
                await count_against(db, BY_ADDRESS, address, now=now)
        assert (await sign_in_with(client, email=address, password="wrong")).status_code == 422
        locked = await sign_in_with(client, email=address)
        assert 0 < int(locked.headers["Retry-After"]) <= 600
        answers.add((locked.status_code, (await text_of(locked)).replace(address, "")))
    assert [status for status, _ in answers] == [429]


async def test_a_network_is_locked_after_thirty_failures(client):
    async with transaction() as db:
        await make_person(db)
        for _ in range(30):
            await count_against(db, BY_NETWORK, "<local>", now=clock.now())
    assert (await sign_in_with(client)).status_code == 429


async def test_a_lock_opens_by_itself_and_old_failures_are_swept():
    limit = Limit("test", 2, timedelta(minutes=10))
    async with transaction() as db:
        for minute in (0, 1, 10):
            await count_against(db, limit, "rita", now=NOW + timedelta(minutes=minute, seconds=1))
        await count_against(db, limit, "rita", now=NOW + timedelta(hours=2))
        assert await db.scalar(select(func.count()).select_from(SignInFailure)) == 1


async def test_what_is_counted_names_nobody(client):
    await sign_in_with(client, email="mistyped@private.example", password="x")
    async with reading() as db:
        subjects = (await db.scalars(select(SignInFailure.subject))).all()
    assert subjects
    assert not any("private" in subject or "<local>" in subject for subject in subjects)


async def test_signing_in_leaves_nothing_counted(client):
    async with transaction() as db:
        await make_person(db)
    await sign_in_with(client, password="wrong and wrong again")
    await sign_in_with(client)
    async with reading() as db:
        left = (await db.scalars(select(SignInFailure.subject))).all()
    assert [subject.split(":")[0] for subject in left] == ["sign-in-network"]


async def test_one_address_in_two_workspaces_is_asked_which(client):
    async with transaction() as db:
        north = await make_workspace(db, name="<b>North</b>")
        await make_person(db, workspace=north)
        await make_person(db, name="Rita South")
        await make_person(db, name="Rita East", password="quite another phrase")
    page = await text_of(await sign_in_with(client, next="/campaigns"))
    assert "&lt;b&gt;North&lt;/b&gt;" in page
    assert "Rita South" in page
    assert "Rita East" not in page
    assert not has_cookie(client)
    path = page.split('action="')[2].split('"')[0]
    entered = await post(client, path, next="/campaigns")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/campaigns")
    assert "Rita South" in await text_of(await client.get("/account"))
    assert (await post(client, path)).status_code == 410


async def test_a_password_of_one_workspace_opens_only_that_one(client):
    async with transaction() as db:
        await make_person(db)
        await make_person(db, name="Rita East", password="quite another phrase")
    await sign_in_with(client, password="quite another phrase")
    assert "Rita East" in await text_of(await client.get("/account"))


async def test_a_session_ends_by_silence_and_by_age():
    async with transaction() as db:
        user = await make_person(db)
        token = await open_session(db, user_id=user.id, browser="test", now=NOW)
    for later, lives in ((timedelta(hours=7), True), (timedelta(hours=8), False)):
        async with reading() as db:
            assert bool(await find_viewer(db, token=token, now=NOW + later)) is lives
    moment = NOW
    while moment < NOW + timedelta(days=7):
        assert await recognise(token, now=moment) is not None
        moment += timedelta(hours=6)
    assert await recognise(token, now=moment) is None


async def test_a_session_is_noted_at_most_once_a_minute():
    async with transaction() as db:
        user = await make_person(db)
        token = await open_session(db, user_id=user.id, browser="test", now=NOW)
    for seconds, noted in ((30, 0), (61, 61), (100, 61)):
        await recognise(token, now=NOW + timedelta(seconds=seconds))
        async with reading() as db:
            seen_at = await db.scalar(select(SignInSession.seen_at))
        assert seen_at == NOW + timedelta(seconds=noted)


async def test_a_disabled_user_is_out_at_the_next_request(client):
    async with transaction() as db:
        await make_person(db)
    await sign_in_with(client)
    async with transaction() as db:
        await db.execute(update(User).values(disabled_at=clock.now()))
    assert (await client.get("/account")).status_code == 303


async def test_signing_out_ends_the_session_and_tells_the_sockets(client):
    heard = []

    def listener(announcement):
        heard.append(announcement)

    async with transaction() as db:
        user = await make_person(db)
    await sign_in_with(client)
    async with reading() as db:
        session_id = await db.scalar(select(SignInSession.id))
    bus.listen(listener)
    assert (await post(client, "/sign-out")).headers["Location"] == "/sign-in"
    ended = [told for told in heard if told.name == "session-ended"]
    assert [(told.subject, told.workspace_id) for told in ended] == [
        (session_id, user.workspace_id)
    ]
    assert (await client.get("/account")).status_code == 303
    assert (await post(client, "/sign-out")).status_code == 303


async def test_a_visitor_of_a_closed_page_comes_back_to_it_after_signing_in(client):
    response = await client.get("/account?done=photo")
    assert response.headers["Location"] == "/sign-in?next=/account?done%3Dphoto"
    fragment = await client.get(
        "/account", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/console"}
    )
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (
        401,
        "/sign-in?next=/console",
    )


async def test_signing_in_never_leads_to_another_site(client):
    async with transaction() as db:
        await make_person(db)
    page = await text_of(await client.get("/sign-in?next=//evil.example/x"))
    assert "evil.example" not in page
    response = await sign_in_with(client, next="https://evil.example/")
    assert response.headers["Location"] == "/console"
    assert (await client.get("/sign-in?next=//evil.example")).headers["Location"] == "/console"


async def test_the_start_leads_to_the_console_or_to_signing_in(client):
    assert (await client.get("/")).headers["Location"] == "/sign-in"
    async with transaction() as db:
        await make_person(db)
    await sign_in_with(client)
    assert (await client.get("/")).headers["Location"] == "/console"


async def test_absurd_credentials_are_merely_wrong(client):
    for email, password in (
        ("", ""),
        ("\0", "\0"),
        ("x" * 5000, "y" * 5000),
        ("' OR 1=1 --", "{{7*7}}"),
    ):
        response = await sign_in_with(client, email=email, password=password)
        assert response.status_code == 422
        assert "{{7*7}}" not in await text_of(response)


async def test_an_unknown_cookie_is_nobody(client):
    client.set_cookie("localhost", SESSION_COOKIE, str(uuid4()))
    assert (await client.get("/account")).status_code == 303
