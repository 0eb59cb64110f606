import pytest
from sqlalchemy import select

from app import bus
from app.accounts.commands import create_user
from app.accounts.models import Role, User
from app.accounts.queries import find_user_by_email
from app.db import reading, transaction
from app.errors import InvalidError
from tests.app.accounts_door import (
    ANOTHER,
    mailed_path,
    make_person,
    post,
    read_mails,
    sign_in_with,
    text_of,
)
from tests.make import NOW, make_workspace


@pytest.fixture
async def boss(client):
    """An admin who is signed in to `client`."""
    async with transaction() as db:
        user = await make_person(db, email="boss@seller.example", name="Bea Boss", role=Role.ADMIN)
    await sign_in_with(client, email="boss@seller.example")
    return user


async def add(boss, **fields):
    async with transaction() as db:
        workspace = await db.get_one(type(await make_workspace(db)), boss.workspace_id)
        return await make_person(db, workspace=workspace, **fields)


async def stored(user):
    async with reading() as db:
        return await db.get_one(User, user.id)


async def invite(client, **form):
    defaults = {"email": "new@seller.example", "name": "Nora New", "role": "rep"}
    return await post(client, "/team", **defaults | form)


async def test_an_invited_colleague_chooses_a_password_and_is_in(client, boss, web_app):
    assert (await invite(client, email="New@Seller.example", role="support")).status_code == 303
    [mail] = await read_mails()
    assert "Bea Boss invites you to Northwind" in mail["Subject"]
    path = await mailed_path("invitation")
    guest = web_app.test_client()
    assert "Nora New" in await text_of(await guest.get(path))
    assert (await post(guest, path, password="New@seller.example")).status_code == 422
    assert (await post(guest, path, password=ANOTHER)).headers["Location"] == "/console"
    assert "Support at Northwind" in await text_of(await guest.get("/account"))
    assert (await guest.get(path)).status_code == 410
    assert (await guest.get("/team")).status_code == 403


async def test_an_invitation_can_be_sent_again_and_the_old_one_ends(client, boss):
    await invite(client)
    first = await mailed_path("invitation")
    async with reading() as db:
        user = await db.scalar(select(User).where(User.email == "new@seller.example"))
    assert (await post(client, f"/team/{user.id}/invitation")).status_code == 303
    assert (await client.get(first)).status_code == 410
    assert (await client.get(await mailed_path("invitation"))).status_code == 200
    assert (await post(client, f"/team/{boss.id}/invitation")).status_code == 409


async def test_an_invitation_with_mistakes_says_them_all_and_keeps_what_was_typed(client, boss):
    response = await invite(client, email="nonsense <b>", name="", role="owner")
    page = await text_of(response)
    assert response.status_code == 422
    assert "Please fill this in." in page
    assert "Please choose a role." in page
    assert "nonsense &lt;b&gt;" in page
    again = await invite(client, email="Boss@seller.example")
    assert again.status_code == 422
    assert "on the team already" in await text_of(again)
    odd = await invite(client, email="=?x@seller.example")
    assert odd.status_code == 422
    assert await read_mails() == []


async def test_a_user_made_on_the_terminal_needs_a_password_of_some_strength():
    async with transaction() as db:
        workspace = await make_workspace(db)
        fields = {"workspace_id": workspace.id, "name": "Tom", "role": Role.ADMIN, "now": NOW}
        with pytest.raises(InvalidError):
            await create_user(db, email="tom@seller.example", password="tomtomtomtom", **fields)
        user = await create_user(db, email="Tom@seller.example", password=ANOTHER, **fields)
        assert (await find_user_by_email(db, "TOM@seller.example")).id == user.id
        assert await find_user_by_email(db, "nobody") is None
        with pytest.raises(InvalidError):
            await create_user(db, email="tom@SELLER.example", **fields)


async def test_one_address_may_be_invited_by_two_workspaces(client, boss):
    async with transaction() as db:
        await make_person(db, email="new@seller.example")
    assert (await invite(client)).status_code == 303


async def test_a_new_role_ends_the_sessions_of_its_owner(client, boss, web_app):
    rita = await add(boss)
    browser, heard = web_app.test_client(), []
    await sign_in_with(browser)

    def listener(announcement):
        heard.append(announcement.name)

    bus.listen(listener)
    await post(client, f"/team/{rita.id}/role", role="rep")
    assert (await browser.get("/account")).status_code == 200
    assert (await post(client, f"/team/{rita.id}/role", role="admin")).status_code == 303
    assert "session-ended" in heard
    assert (await browser.get("/account")).status_code == 303
    await sign_in_with(browser)
    assert (await browser.get("/team")).status_code == 200


async def test_a_closed_account_is_out_at_once_and_can_be_opened_again(client, boss, web_app):
    rita = await add(boss)
    browser = web_app.test_client()
    await sign_in_with(browser)
    await post(client, f"/team/{rita.id}/closure")
    assert (await browser.get("/account")).status_code == 303
    assert (await sign_in_with(browser)).status_code == 422
    await post(client, f"/team/{rita.id}/opening")
    assert (await sign_in_with(browser)).status_code == 303


async def test_the_last_admin_stays_admin(client, boss):
    await add(boss, role=Role.REP)
    await add(boss, email="invited@seller.example", role=Role.ADMIN, password=None)
    closed = await add(boss, email="closed@seller.example", role=Role.ADMIN)
    await post(client, f"/team/{closed.id}/closure")
    for path, form in (("role", {"role": "rep"}), ("closure", {})):
        refused = await post(client, f"/team/{boss.id}/{path}", **form)
        assert refused.status_code == 409
        assert "only admin" in await text_of(refused)
    kept = await stored(boss)
    assert (kept.role, kept.disabled_at) == ("admin", None)
    await add(boss, email="second@seller.example", role=Role.ADMIN)
    assert (await post(client, f"/team/{boss.id}/role", role="rep")).status_code == 303
    assert (await stored(boss)).role == "rep"


@pytest.mark.parametrize("act", ["role", "closure", "opening", "invitation"])
async def test_a_colleague_of_another_workspace_answers_like_nobody(client, boss, act):
    async with transaction() as db:
        stranger = await make_person(db, email="stranger@other.example", name="Stranger")
        ghost_id = (await make_workspace(db)).id
    answers = set()
    for user_id in (stranger.id, ghost_id):
        response = await post(client, f"/team/{user_id}/{act}", role="support")
        answers.add((response.status_code, await text_of(response)))
    assert [status for status, _ in answers] == [404]
    kept = await stored(stranger)
    assert (kept.role, kept.disabled_at) == ("rep", None)
    assert "Stranger" not in await text_of(await client.get("/team"))


@pytest.mark.parametrize("role", [Role.REP, Role.SUPPORT])
async def test_team_and_workspace_are_for_admins(client, role):
    async with transaction() as db:
        user = await make_person(db, role=role)
    for path in ("/team", "/workspace"):
        assert (await client.get(path)).status_code == 303
    await sign_in_with(client)
    for path in ("/team", "/workspace"):
        assert (await client.get(path)).status_code == 403
        assert (await post(client, path, name="Mine", currency="EUR")).status_code == 403
    assert (await post(client, f"/team/{user.id}/role", role="admin")).status_code == 403
    assert (await stored(user)).role == role


async def test_a_form_of_another_site_changes_nothing(client, boss):
    response = await post(
        client, "/team", headers={"Sec-Fetch-Site": "cross-site"},
        email="new@seller.example", name="N", role="admin",
    )  # fmt: skip
    assert response.status_code == 403
    assert await read_mails() == []


async def test_an_admin_changes_the_workspace(client, boss):
    refused = await post(client, "/workspace", name="", currency="XX", postal_address="<i>a</i>")
    page = await text_of(refused)
    assert refused.status_code == 422
    assert "&lt;i&gt;a&lt;/i&gt;" in page
    form = {"name": "{{ 7*7 }} <b>", "currency": "usd", "postal_address": "Main St 1\nBern"}
    assert (await post(client, "/workspace", **form)).status_code == 303
    page = await text_of(await client.get("/workspace?done=saved"))
    assert "{{ 7*7 }} &lt;b&gt;" in page
    assert "USD" in page
