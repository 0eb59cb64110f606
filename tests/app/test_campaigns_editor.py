"""The campaign editor in a browser without JavaScript."""

import re
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from PIL import Image
from quart.datastructures import FileStorage

from app.accounts.models import Role
from app.campaigns.models import CampaignState
from app.campaigns.queries import load_campaign
from app.db import reading, transaction
from modules.registry import all_modules
from tests.make import make_campaign, make_user, sign_in

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}"


async def signed_in_with(client, role=Role.REP, **fields):
    """Sign a rep in and give them a campaign."""
    async with transaction() as db:
        owner = await make_user(db, role=role)
        campaign = await make_campaign(db, owner=owner, slug="spring", **fields)
        await sign_in(client, db, owner)
    return campaign


async def stored(campaign):
    async with reading() as db:
        return await load_campaign(db, campaign.id)


class Editor:
    """A browser that fills in a page's form and sends it back."""

    def __init__(self, client, path):
        self.client, self.path = client, path

    async def load(self):
        self.html = await (await self.client.get(self.path)).get_data(as_text=True)
        return self

    @property
    def csrf(self):
        return re.search(r'name="csrf_token" value="(\w+)"', self.html)[1]

    @property
    def revision(self):
        return re.search(r'name="revision" value="(\d+)"', self.html)[1]

    async def send(self, form, path=None, **more):
        form = {"csrf_token": self.csrf, "revision": self.revision} | form
        return await self.client.post(path or self.path, form=form, **more)


class FormReader(HTMLParser):
    """Reads the form that holds a field of some name as a browser would send it untouched."""

    def __init__(self):
        super().__init__()
        self.forms, self.inside, self.text = [], None, ""

    @classmethod
    def read(cls, html, name):
        reader = cls()
        reader.feed(html)
        return next(form for form in reader.forms if name in dict(form))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append([])
        elif tag == "input" and (attrs.get("type") != "checkbox" or "checked" in attrs):
            if attrs.get("type") != "file":
                self.forms[-1].append((attrs["name"], attrs.get("value", "on")))
        elif tag in {"textarea", "select"}:
            self.inside, self.text = attrs["name"], ""
        elif tag == "option" and "selected" in attrs:
            self.forms[-1].append((self.inside, attrs["value"]))

    def handle_data(self, text):
        self.text += text

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.forms[-1].append((self.inside, self.text.removeprefix("\n").replace("\n", "\r\n")))


@pytest.mark.parametrize(
    "page", ["", "/offer", "/look", "/modules", "/form", "/tracking", "/site-preview"]
)
async def test_every_page_of_the_editor_opens(client, page):
    campaign = await signed_in_with(client)
    assert (await client.get(f"/campaigns/{campaign.id}{page}")).status_code == 200


@pytest.mark.parametrize("kind", sorted(all_modules()))
async def test_the_settings_of_every_module_open(client, kind):
    campaign = await signed_in_with(client)
    answer = await client.get(f"/campaigns/{campaign.id}/modules/{kind}")
    assert answer.status_code == 200
    assert 'name="settings.title"' in await answer.get_data(as_text=True)


@pytest.mark.parametrize("kind", sorted(all_modules()))
async def test_sending_a_modules_form_back_untouched_changes_nothing(client, kind):
    settings = all_modules()[kind].settings().model_dump(mode="json")
    campaign = await signed_in_with(
        client, modules=[{"key": "one", "kind": kind, "settings": settings}]
    )
    page = await Editor(client, f"/campaigns/{campaign.id}/modules/one").load()
    form = FormReader.read(page.html, "settings.title")
    kind_of_form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post(page.path, data=urlencode(form), headers=kind_of_form)
    assert answer.status_code == 303
    now = await stored(campaign)
    assert now.revision == 2
    assert now.modules[0]["settings"] == settings


async def test_the_list_is_friendly_when_empty_and_names_what_there_is(client):
    async with transaction() as db:
        await sign_in(client, db, await make_user(db))
    assert "No campaign yet" in await (await client.get("/campaigns")).get_data(as_text=True)
    await signed_in_with(client)
    assert "Spring offer" in await (await client.get("/campaigns")).get_data(as_text=True)


async def test_a_new_campaign_needs_nothing_but_a_name(client):
    await signed_in_with(client)
    page = await Editor(client, "/campaigns/new").load()
    form = {"csrf_token": page.csrf, "name": " ", "slug": "Not An Address"}
    refused = await client.post("/campaigns", form=form)
    html = await refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "Not An Address" in html
    assert html.count("field-problem") >= 2
    made = await client.post("/campaigns", form=form | {"name": "Autumn", "slug": ""})
    assert made.status_code == 303
    assert "/c/" in await (await client.get(made.headers["Location"])).get_data(as_text=True)


async def test_an_offer_is_saved(client):
    campaign = await signed_in_with(client, state=CampaignState.DRAFT)
    page = await Editor(client, f"/campaigns/{campaign.id}/offer").load()
    form = {
        "naming.name": "Autumn", "naming.slug": "autumn", "offer.headline": HOSTILE,
        "offer.call_to_action": "Go", "offer.points[]": "0", "offer.points.0.title": "Fast",
    }  # fmt: skip
    assert (await page.send(form)).status_code == 303
    now = await stored(campaign)
    assert (now.name, now.slug, now.offer["headline"]) == ("Autumn", "autumn", HOSTILE)
    assert now.offer["points"][0]["title"] == "Fast"
    html = (await page.load()).html
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


async def test_what_cannot_be_saved_stays_as_typed_with_all_problems(client):
    campaign = await signed_in_with(client)
    page = await Editor(client, f"/campaigns/{campaign.id}/offer").load()
    form = {"naming.name": "", "naming.slug": "UPPER", "offer.headline": "x" * 200}
    answer = await page.send(form)
    html = await answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "x" * 200 in html
    for name in ("naming-name", "naming-slug", "offer-headline"):
        assert f'id="field-{name}-problem"' in html
    assert (await stored(campaign)).offer["headline"] == "Ship faster"


async def test_a_taken_address_is_said_next_to_it(client):
    async with transaction() as db:
        await make_campaign(db, slug="taken")
    campaign = await signed_in_with(client, state=CampaignState.DRAFT)
    page = await Editor(client, f"/campaigns/{campaign.id}/offer").load()
    answer = await page.send(
        {"naming.name": "A", "naming.slug": "taken", "offer.call_to_action": "Go"}
    )
    assert answer.status_code == 422
    assert 'id="field-naming-slug-problem"' in await answer.get_data(as_text=True)


async def test_a_stale_save_says_so_keeps_the_input_and_goes_through_the_second_time(client):
    campaign = await signed_in_with(client)
    path = f"/campaigns/{campaign.id}/form"
    one, other = await Editor(client, path).load(), await Editor(client, path).load()
    assert (await one.send({"fields[]": "0", "fields.0.label": "First"})).status_code == 303
    form = {"fields[]": "0", "fields.0.label": "Second"}
    stale = await other.send(form)
    other.html = await stale.get_data(as_text=True)
    assert stale.status_code == 422
    assert "changed meanwhile" in other.html
    assert 'value="Second"' in other.html
    assert (await stored(campaign)).form_fields[0]["label"] == "First"
    assert (await other.send(form)).status_code == 303
    assert (await stored(campaign)).form_fields[0] == {
        "label": "Second", "is_required": False, "name": "second",
    }  # fmt: skip


async def test_rows_are_added_by_a_plain_button_without_saving(client):
    campaign = await signed_in_with(client)
    page = await Editor(client, f"/campaigns/{campaign.id}/offer").load()
    answer = await page.send({"offer.headline": "Typed", "do": "add:offer.points"})
    html = await answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'name="offer.points.0.title"' in html
    assert 'value="Typed"' in html
    assert "Not saved yet" in html
    assert (await stored(campaign)).revision == 1


async def test_modules_are_added_moved_set_and_removed_by_plain_forms(client):
    campaign = await signed_in_with(client, modules=[{"key": "goals", "kind": "goals"}])
    base = f"/campaigns/{campaign.id}/modules"
    page = Editor(client, base)
    for path, form in (
        (base, {"kind": "text"}),
        (f"{base}/text/position", {"step": "up"}),
        (f"{base}/goals/removal", {}),
    ):
        await page.load()
        assert (await page.send(form, path)).status_code == 303
    assert [one["key"] for one in (await stored(campaign)).modules] == ["text"]
    stale = await page.send({"kind": "goals"}, base)
    assert stale.status_code == 422
    assert "changed meanwhile" in await stale.get_data(as_text=True)
    await page.load()
    assert (await page.send({"kind": "no_such_room"}, base)).status_code == 404


async def test_a_modules_settings_and_audience_are_saved_by_its_drawn_form(client):
    campaign = await signed_in_with(client)
    page = await Editor(client, f"/campaigns/{campaign.id}/modules/goals").load()
    form = {
        "settings.title": HOSTILE, "settings.at_most": "2", "settings.options[]": "0",
        "settings.options.0.label": "Grow", "audience.industries": "Software\nRetail",
    }  # fmt: skip
    assert (await page.send(form)).status_code == 303
    placed = (await stored(campaign)).modules[0]
    assert (placed["settings"]["title"], placed["settings"]["at_most"]) == (HOSTILE, 2)
    assert placed["settings"]["options"][0]["key"] == "grow"
    assert placed["audience"]["industries"] == ["Software", "Retail"]
    assert "<script>alert" not in (await page.load()).html
    refused = await page.send(form | {"settings.at_most": "0"})
    assert refused.status_code == 422
    assert 'id="field-settings-at_most-problem"' in await refused.get_data(as_text=True)


async def test_a_logo_is_uploaded_replaced_and_removed(client):
    campaign = await signed_in_with(client)
    page = await Editor(client, f"/campaigns/{campaign.id}/look").load()
    look = {"colour": "#112233", "accent": "#445566", "type": "classic"}
    written = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(written, "WEBP")

    def upload(content):
        return {"logo": FileStorage(BytesIO(content), filename="logo.webp")}

    answer = await page.send(look | {"colour": "red"}, files=upload(b"no picture"))
    html = await answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="field-logo-problem"' in html
    assert 'id="field-colour-problem"' in html
    assert (await page.send(look, files=upload(written.getvalue()))).status_code == 303
    assert (await client.get("/c/spring/logo")).status_code == 200
    await page.load()
    assert (await page.send(look | {"without_logo": "on"})).status_code == 303
    assert (await client.get("/c/spring/logo")).status_code == 404
    assert (await stored(campaign)).brand["type"] == "classic"


async def test_a_launch_leads_to_what_is_missing_and_then_opens_the_site(client):
    campaign = await signed_in_with(client, state=CampaignState.DRAFT, offer={})
    page = await Editor(client, f"/campaigns/{campaign.id}").load()
    answer = await page.send({}, f"{page.path}/launch")
    assert answer.headers["Location"].endswith("/offer?missing=1")
    assert "no headline yet" in await (await client.get(answer.headers["Location"])).get_data(
        as_text=True
    )
    await page.send(
        {
            "naming.name": "A",
            "naming.slug": "spring",
            "offer.headline": "Go",
            "offer.call_to_action": "Go",
        },
        f"{page.path}/offer",
    )
    assert (await page.send({}, f"{page.path}/launch")).status_code == 303
    assert (await client.get("/c/spring")).status_code == 200
    assert (await page.send({}, f"{page.path}/closing")).status_code == 303
    assert (await client.get("/c/spring")).status_code == 404
    copied = await page.send({}, f"{page.path}/copies")
    assert (await client.get(copied.headers["Location"])).status_code == 200


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPORT])
async def test_another_workspaces_campaign_answers_like_one_that_does_not_exist(client, role):
    async with transaction() as db:
        foreign = await make_campaign(db)
        await sign_in(client, db, await make_user(db, role=role))
    account = await Editor(client, "/account").load()
    for path in ("", "/look", "/modules", "/modules/goals", "/site-preview"):
        answers = [(await client.get(f"/campaigns/{one}{path}")) for one in (foreign.id, uuid4())]
        assert {one.status_code for one in answers} == {403 if role == Role.SUPPORT else 404}
    for path in ("/offer", "/launch", "/closing", "/copies", "/modules/goals/removal"):
        form = {"csrf_token": account.csrf, "revision": "1"}
        answers = [
            await client.post(f"/campaigns/{one}{path}", form=form) for one in (foreign.id, uuid4())
        ]
        assert {one.status_code for one in answers} == {403 if role == Role.SUPPORT else 404}


async def test_the_preview_follows_what_is_typed_and_nothing_of_it_is_stored(client):
    campaign = await signed_in_with(client)
    page = await Editor(client, f"/campaigns/{campaign.id}/offer").load()
    form = dict(FormReader.read(page.html, "offer.headline"))
    typed = form | {"offer.headline": "Half <b>typed"}
    shown = await client.post(f"/campaigns/{campaign.id}/offer/preview", form=typed)
    assert "Half &lt;b&gt;typed" in await shown.get_data(as_text=True)
    too_long = form | {"offer.headline": "x" * 121}
    refused = await client.post(f"/campaigns/{campaign.id}/offer/preview", form=too_long)
    assert refused.status_code == 204
    assert (await stored(campaign)).revision == campaign.revision
    assert (await stored(campaign)).offer == campaign.offer


async def test_the_preview_follows_a_modules_settings(client):
    settings = all_modules()["goals"].settings().model_dump(mode="json")
    campaign = await signed_in_with(
        client, modules=[{"key": "one", "kind": "goals", "settings": settings}]
    )
    page = await Editor(client, f"/campaigns/{campaign.id}/modules/one").load()
    form = FormReader.read(page.html, "settings.title")
    typed = [(name, "Half typed" if name == "settings.title" else text) for name, text in form]
    kind_of_form = {"Content-Type": "application/x-www-form-urlencoded"}
    shown = await client.post(f"{page.path}/preview", data=urlencode(typed), headers=kind_of_form)
    assert "Half typed" in await shown.get_data(as_text=True)
    assert (await stored(campaign)).modules == campaign.modules
