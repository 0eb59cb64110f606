"""Nobody reaches what is not theirs: every route and every socket event, by every role.

Two workspaces stand side by side. A new route or socket event fails here until it says who may
call it and, if it carries an id, until this test knows an object for it.
"""

import re
from uuid import uuid4

import pytest

from app import clock
from app.accounts.models import Role
from app.db import reading, transaction
from app.jobs.runner import run_due_jobs
from app.tracking.models import Visit
from app.web import create_app
from realtime.server import create_sockets, seat_everybody
from tests.app.accounts_door import text_of
from tests.neighbours import ROLES, all_rows, client_of, two_workplaces, visitor_of

SIGNED_IN = tuple(ROLES)
OURS = {"Sec-Fetch-Site": "same-origin"}
RULES = sorted(
    (rule for rule in create_app().url_map.iter_rules() if rule.endpoint != "static"),
    key=lambda rule: rule.rule,
)
WITH_IDS = [rule for rule in RULES if rule.arguments]
ACCESS = {name: view.access for name, view in create_app().view_functions.items()}

# Who of the owner's own workspace sees an object of the owner. Everybody else, in whichever
# workspace, gets the answer for what does not exist.
SEEN_BY = {
    "prospect_id": {"admin", "owner", "granted"},
    "company_id": {"admin", "owner", "granted"},
    "visit_id": {"admin", "owner", "granted"},
    "site_id": {"admin", "owner", "granted"},
    "campaign_id": {"admin", "owner"},
    "mail_id": {"admin", "owner"},
    "import_id": {"owner"},
    "session_id": {"owner"},
    "user_id": {"admin"},
}
# Arguments that name a part of something guarded by an id beside them.
PARTS = {"number": 2, "key": "goals", "section_key": "offer"}
# Addresses that are keys by themselves, or lead to what is public anyway.
KEYS = {
    "campaigns.show_campaign_site": "slug",
    "campaigns.show_form_again": "slug",
    "campaigns.send_lead": "slug",
    "campaigns.show_thanks": "slug",
    "campaigns.show_logo": "slug",
    "assets.show_asset": "name",
    "accounts.show_photo": "user_id",
    "accounts.show_invitation": "token",
    "accounts.accept_invitation": "token",
    "accounts.show_reset": "token",
    "accounts.reset_password": "token",
    "accounts.show_sign_in_link": "token",
    "accounts.use_sign_in_link": "token",
    "sites.open_personal_link": "token",
    "letters.show_unsubscribe": "sealed",
    "letters.end_letters": "sealed",
    "letters.resume_letters": "sealed",
}
# The cookie of a personal link opens these, whoever is signed in.
BY_COOKIE = {"sites.show_site", "sites.show_module", "sites.create_answers"}
PUBLIC = {
    "accounts.show_start", "accounts.show_sign_in", "accounts.create_session",
    "accounts.show_forgotten", "accounts.create_link_request", "accounts.delete_session",
    "assets.show_favicon", "health.show_health", "health.show_metrics", "health.show_readiness",
    "tracking.create_acts", "tracking.create_consent",
}  # fmt: skip
# Who may call which socket event.
EVENTS = {
    ("/visitors", "connect"): "visitor",
    ("/visitors", "acts"): "visitor",
    ("/visitors", "here"): "visitor",
    ("/console", "connect"): "user",
}
# One form that holds something for every command, so that each would succeed for its owner.
FORM = {
    "name": "A new name", "email": "new@buyer.example", "title": "Chief", "role": "support",
    "note": "A note", "key": "once", "encoding": "", "kind": "text", "step": "down",
    "subject": "A subject", "text": "Some text", "mjml": "", "revision": "1", "goals": "",
    "currency": "EUR", "industry": "software", "wish": "remove", "chosen": "", "own": "Sell more",
}  # fmt: skip


def guarded(rule):
    return bool(ACCESS[rule.endpoint].roles)


def identifying(rule):
    """The one argument of a guarded route that says whose object it is."""
    found = [name for name in rule.arguments if name in SEEN_BY]
    assert len(found) == 1, f"{rule.rule}: this test has no object for {sorted(rule.arguments)}"
    return found[0]


def address(rule, owner_ids, **instead):
    """Build a path for this rule; `instead` replaces ids."""
    path = rule.rule
    values = {**PARTS, **owner_ids, **instead}
    for name in rule.arguments:
        path = re.sub(rf"<(?:[^<>]*:)?{name}>", str(values[name]), path)
    return path


def methods(rule):
    return sorted(rule.methods - {"OPTIONS"})


def form_of(estate):
    ids = {
        "campaign_id": estate.ids["campaign_id"], "prospect": estate.ids["prospect_id"],
        "owner": estate.owner_id,
    }  # fmt: skip
    return FORM | {name: str(value) for name, value in ids.items()}


async def ask(client, method, path, estate):
    more = {"form": form_of(estate)} if method == "POST" else {}
    return await client.open(path, method=method, headers=OURS, **more)


async def told(response, *secrets):
    """An answer as its reader can tell it from another: ids, nonces and tokens blanked."""
    text = f"{response.status_code}\n{response.headers.get('Location', '')}\n"
    text += f"{sorted(response.headers.keys())}\n{await response.get_data(as_text=True)}"
    for secret in secrets:
        text = text.replace(str(secret), "ID")
    text = re.sub(r"nonce-?=?\"?[\w-]{22}", "NONCE", text)
    return re.sub(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b", "TOKEN", text)


async def stored():
    async with reading() as db:
        return await all_rows(db)


@pytest.fixture
async def places(database, tmp_path_factory):
    return await two_workplaces(database, tmp_path_factory.mktemp("neighbours"))


def strangers(web_app, here, there, seeing):
    """Everybody to whom an object of `here.owners` must not exist, by name."""
    callers = {f"there {role}": client_of(web_app, there, role) for role in SIGNED_IN}
    callers |= {
        f"here {role}": client_of(web_app, here, role) for role in SIGNED_IN if role not in seeing
    }
    callers["anonymous"] = web_app.test_client()
    callers["prospect here"] = visitor_of(web_app, here.owners)
    callers["prospect there"] = visitor_of(web_app, there.owners)
    return callers


def role_in(name):
    return ROLES.get(name.rpartition(" ")[2])


@pytest.mark.no_database
def test_every_route_is_thought_of():
    unknown = [
        rule.rule
        for rule in RULES
        if not guarded(rule) and rule.endpoint not in KEYS.keys() | BY_COOKIE | PUBLIC
    ]
    assert unknown == [], "say in test_access.py why these are open to everybody"
    for rule in WITH_IDS:
        if guarded(rule):
            assert identifying(rule)
            assert rule.arguments - {identifying(rule)} <= PARTS.keys(), rule.rule


@pytest.mark.no_database
def test_every_socket_event_is_thought_of(web_app):
    found = {}
    sockets = create_sockets()
    seat_everybody(sockets, web_app)
    for name, namespace in sockets.namespace_handlers.items():
        for handler in dir(namespace):
            if handler.startswith("on_") and handler != "on_disconnect":
                event = handler.removeprefix("on_")
                found[name, event] = getattr(getattr(namespace, handler), "who", "undeclared")
    assert found == EVENTS


@pytest.mark.parametrize(
    "rule", [rule for rule in WITH_IDS if guarded(rule)], ids=lambda rule: rule.endpoint
)
async def test_an_object_of_others_answers_like_one_that_does_not_exist(web_app, places, rule):
    here, there = places
    name = identifying(rule)
    real, made_up = here.owners.ids[name], uuid4()
    before = await stored()
    for who, client in strangers(web_app, here, there, SEEN_BY[name]).items():
        for method in methods(rule):
            answers = [
                await told(
                    await ask(
                        client, method, address(rule, here.owners.ids, **{name: each}), here.owners
                    ),
                    each,
                )
                for each in (real, made_up)
            ]
            assert answers[0] == answers[1], f"{who} {method} {rule.rule}"
            status = int(answers[0][:3])
            if role_in(who) is None:
                assert status == 303, f"{who} is sent to sign in by {rule.rule}"
                assert "/sign-in?next=" in answers[0]
            elif role_in(who) not in ACCESS[rule.endpoint].roles:
                assert status == 403, f"{who} {method} {rule.rule}"
            else:
                assert status == 404 or name == "session_id", f"{who} {method} {rule.rule}"
    assert await stored() == before


@pytest.mark.parametrize(
    "rule", [rule for rule in WITH_IDS if guarded(rule)], ids=lambda rule: rule.endpoint
)
async def test_those_who_see_an_object_reach_it_if_their_role_is_admitted(web_app, places, rule):
    here, _there = places
    name = identifying(rule)
    for role in sorted(SEEN_BY[name]):
        is_admitted = ROLES[role] in ACCESS[rule.endpoint].roles
        client = client_of(web_app, here, role)
        for method in methods(rule):
            before = await stored()
            path = address(rule, here.owners.ids)
            response = await ask(client, method, path, here.owners)
            said = f"{role} {method} {rule.rule} {response.status_code}"
            assert (response.status_code != 403) == is_admitted, said
            if not is_admitted:
                assert await stored() == before, said
                continue
            assert response.status_code in {200, 204, 303, 409, 422}, said
            if method == "POST":
                return  # it may have used the object up


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if not rule.arguments and guarded(rule)],
    ids=lambda rule: rule.endpoint,
)  # fmt: skip
async def test_a_role_that_is_not_admitted_is_refused(web_app, places, rule):
    here, _there = places
    before = await stored()
    for client in (web_app.test_client(), visitor_of(web_app, here.owners)):
        for method in methods(rule):
            response = await ask(client, method, rule.rule, here.owners)
            assert response.status_code == 303
            assert response.headers["Location"].startswith("/sign-in?next=")
    for role in SIGNED_IN:
        if ROLES[role] in ACCESS[rule.endpoint].roles:
            continue
        for method in methods(rule):
            response = await ask(client_of(web_app, here, role), method, rule.rule, here.owners)
            assert response.status_code == 403, f"{role} {method} {rule.rule}"
    assert await stored() == before


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if "GET" in rule.methods and guarded(rule)],
    ids=lambda rule: rule.endpoint,
)  # fmt: skip
async def test_pages_and_lists_hold_only_ones_own(web_app, places, rule):
    here, there = places
    for role in SIGNED_IN:
        if ROLES[role] not in ACCESS[rule.endpoint].roles:
            continue
        mine = here.others if role == "other" else here.owners
        response = await ask(client_of(web_app, here, role), "GET", address(rule, mine.ids), mine)
        html = await response.get_data(as_text=True)
        hidden = [*there.owners.traces, *there.others.traces, "There Ltd"]
        if role == "ungranted":
            hidden += [one for one in here.owners.traces if one not in rule_ids(rule, mine)]
        if role != "admin":
            hidden += (here.owners if role == "other" else here.others).traces
        shown = [trace for trace in hidden if trace in html]
        assert shown == [], f"{role} reads on {rule.rule}"


def rule_ids(rule, estate):
    """What the address itself says, which an error page or a way back may repeat."""
    return {str(estate.ids[name]) for name in rule.arguments if name in estate.ids}


@pytest.mark.parametrize("endpoint", sorted(BY_COOKIE))
async def test_a_personal_site_opens_by_its_own_cookie_only(web_app, places, endpoint):
    here, there = places
    rule = next(rule for rule in RULES if rule.endpoint == endpoint)
    site_id, made_up = here.owners.ids["site_id"], uuid4()
    callers = strangers(web_app, here, there, {"admin"})
    callers["here admin"] = client_of(web_app, here, "admin")
    callers["prospect here"] = web_app.test_client()
    for estate in (there.owners, here.others):
        client = callers[f"cookie of {estate.word}"] = web_app.test_client()
        client.set_cookie("localhost", "site", estate.browser_token, path="/")
    before = await stored()
    for who, client in callers.items():
        for method in methods(rule):
            answers = [
                await told(
                    await ask(client, method, address(rule, {}, site_id=each), here.owners), each
                )
                for each in (site_id, made_up)
            ]
            assert answers[0] == answers[1], f"{who} {method} {rule.rule}"
            assert answers[0].startswith("404"), f"{who} {method} {rule.rule}"
    assert await stored() == before
    opened = await ask(visitor_of(web_app, here.owners), "GET", f"/s/{site_id}/", here.owners)
    assert opened.status_code == 200


@pytest.mark.parametrize(
    "rule", [rule for rule in WITH_IDS if "token" in rule.arguments], ids=lambda rule: rule.endpoint
)
async def test_a_link_opens_nothing_but_what_it_is_for(web_app, places, rule):
    here, _there = places
    right = {
        "/p/<token>": "personal", "/reset/<token>": "reset", "/invitation/<token>": "invitation",
        "/sign-in/link/<token>": "sign-in",
    }[rule.rule]  # fmt: skip
    client = web_app.test_client()
    before = await stored()
    for purpose, token in here.tokens.items():
        if purpose == right:
            continue
        for method in methods(rule):
            answers = [
                await told(
                    await ask(client, method, address(rule, {}, token=each), here.owners), each
                )
                for each in (token, "A" * 32)
            ]
            assert answers[0] == answers[1], f"{purpose} {method} {rule.rule}"
    after = await stored()
    assert after | {"sign_in_failures": []} == before | {"sign_in_failures": []}


async def test_an_id_inside_a_form_is_as_closed_as_one_in_the_address(web_app, places):
    here, there = places
    admin = client_of(web_app, here, "admin")
    person, campaign = here.owners.ids["prospect_id"], here.owners.ids["campaign_id"]
    before = await stored()
    for path, field, foreign in (
        (f"/prospects/{person}/sites", "campaign_id", there.owners.ids["campaign_id"]),
        (f"/prospects/{person}/letters", "campaign_id", there.owners.ids["campaign_id"]),
        (f"/prospects/{person}/owner", "owner", there.owners.owner_id),
        (f"/campaigns/{campaign}/letter/recipients", "prospect", there.owners.ids["prospect_id"]),
    ):
        answers = []
        for value in (foreign, uuid4()):
            response = await admin.post(path, form={field: str(value)}, headers=OURS)
            answers.append(re.sub(r"value=\"\w{32}\"", "", await told(response, value)))
        assert answers[0] == answers[1], path
        assert await stored() == before, path
    wanted = (
        f"user={there.users['granted']}&user={here.users['granted']}&user={here.users['other']}"
    )
    typed = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
    await admin.post(f"/prospects/{person}/grants", data=wanted, headers=typed)
    assert await stored() == before


async def test_a_rep_reaches_no_colleagues_people_through_a_form(web_app, places):
    here, _there = places
    rep = client_of(web_app, here, "owner")
    mine, theirs = here.owners.ids, here.others.ids
    before = await stored()
    for path, form in (
        (
            f"/campaigns/{mine['campaign_id']}/letter/recipients",
            {"prospect": theirs["prospect_id"]},
        ),
        (f"/prospects/{mine['prospect_id']}/sites", {"campaign_id": theirs["campaign_id"]}),
        (f"/prospects/{mine['prospect_id']}/letters", {"campaign_id": theirs["campaign_id"]}),
        (f"/prospects/{mine['prospect_id']}/owner", {"owner": here.others.owner_id}),
    ):
        fields = {name: str(value) for name, value in form.items()}
        await rep.post(path, form=fields, headers=OURS)
        assert await stored() == before, path
    letter = {
        "person": f"{here.others.word}@buyer.example",
        "subject": "S",
        "text": "{name} {title}",
    }
    preview = f"/campaigns/{mine['campaign_id']}/letter/preview"
    shown = await (await rep.post(preview, form=letter, headers=OURS)).get_data(as_text=True)
    assert here.others.word not in shown


@pytest.mark.parametrize("query", ["company", "q", "industry", "owner", "sort"])
async def test_a_search_finds_only_ones_own(web_app, places, query):
    here, there = places
    values = {
        "company": there.owners.ids["company_id"], "q": "owned", "industry": "software",
        "owner": there.owners.owner_id, "sort": "-company",
    }  # fmt: skip
    for role in SIGNED_IN:
        client = client_of(web_app, here, role)
        for path in ("/prospects", "/prospects/people.csv", "/companies"):
            response = await client.get(f"{path}?{query}={values[query]}")
            html = await response.get_data(as_text=True)
            assert f"{there.owners.word} person" not in html
            assert f"{there.owners.word} works" not in html
            if role in {"other", "ungranted"}:
                assert here.owners.word not in html


async def test_a_role_is_what_is_stored_and_not_what_the_browser_says(web_app, places):
    here, _there = places
    client = client_of(web_app, here, "owner")
    headers = {"X-Role": "admin", "X-Forwarded-User": "admin", "X-HTTP-Method-Override": "GET"}
    assert (await client.get("/team", headers=headers)).status_code == 403
    assert ROLES["owner"] is Role.REP


async def test_a_visit_follows_its_person_to_a_new_owner(web_app, places):
    here, _there = places
    person, visit = here.owners.ids["prospect_id"], here.owners.ids["visit_id"]
    browsers = {role: client_of(web_app, here, role) for role in SIGNED_IN}
    form = {"owner": str(here.others.owner_id)}
    await browsers["admin"].post(f"/prospects/{person}/owner", form=form, headers=OURS)
    await run_due_jobs(clock.now())
    for path in (f"/console/visits/{visit}", f"/console/visits/{visit}/answers"):
        assert (await browsers["owner"].get(path)).status_code == 404
        assert (await browsers["other"].get(path)).status_code == 200
    for path in ("/console", "/console/live"):
        assert here.owners.word not in await text_of(await browsers["owner"].get(path))
        assert here.owners.word in await text_of(await browsers["other"].get(path))


async def test_a_colleagues_person_on_ones_own_campaign_site_stays_the_colleagues(web_app, places):
    here, _there = places
    visit = Visit(
        id=uuid4(), workspace_id=here.workspace_id, campaign_id=here.others.ids["campaign_id"],
        owner_id=here.others.owner_id, prospect_id=here.owners.ids["prospect_id"],
        browser_id=uuid4(), last_seq=0, started_at=clock.now(), seen_at=clock.now(), summary={},
        source={}, device="",
    )  # fmt: skip
    async with transaction() as db:
        db.add(visit)
    for role, status in {"owner": 200, "other": 404, "admin": 200, "granted": 200}.items():
        response = await client_of(web_app, here, role).get(f"/console/visits/{visit.id}")
        assert response.status_code == status, role


async def test_support_is_given_people_and_never_owns_them(web_app, places):
    here, _there = places
    person = here.owners.ids["prospect_id"]
    admin, support = client_of(web_app, here, "admin"), client_of(web_app, here, "ungranted")
    form = {"owner": str(here.users["ungranted"])}
    refused = await admin.post(f"/prospects/{person}/owner", form=form, headers=OURS)
    assert refused.status_code == 422
    assert (await support.get(f"/prospects/{person}")).status_code == 404
    await admin.post(f"/prospects/{person}/grants", form={"user": form["owner"]}, headers=OURS)
    assert (await support.get(f"/prospects/{person}")).status_code == 200
    assert (
        await client_of(web_app, here, "granted").get(f"/prospects/{person}")
    ).status_code == 404
