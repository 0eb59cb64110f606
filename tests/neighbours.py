"""Two workspaces side by side, each with every role and one of everything; for access tests.

Built once per run and copied into each test's database: the file with SQLite, else the rows.
"""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from app import clock
from app.accounts.commands import make_account_link, open_session
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.models import LinkPurpose, Role
from app.accounts.queries import find_viewer
from app.db import Table, close_database, transaction
from app.letters.commands import send_letter
from app.letters.models import Letter
from app.letters.unsubscribing import PURPOSE as UNSUBSCRIBE
from app.mail.models import Mail
from app.prospects.imports import keep_file
from app.prospects.models import ProspectGrant
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.links import make_personal_link, open_link
from app.sites.models import SiteVersion, VersionState
from app.sites.queries import find_browser
from app.tokens import seal
from app.tracking.claims import PageClaims
from app.tracking.commands import record_acts
from app.tracking.visits import Opening, begin_or_resume
from tests.make import make_campaign, make_company, make_prospect, make_user, make_workspace
from tests.visiting import ALL_KINDS, act, say, sent

CSV = b"email,name\nnew@buyer.example,New Buyer\nbroken,Nobody\n"


@dataclass
class Estate:
    """What belongs to one rep: ids by the name of the route parameter that carries them."""

    word: str
    owner_id: UUID
    ids: dict[str, UUID] = field(default_factory=dict)
    slug: str = ""
    browser_token: str = ""
    claims: PageClaims | None = None

    @property
    def traces(self):
        """Everything by which somebody could tell that this estate exists."""
        return [self.word, self.slug, *(str(one) for one in self.ids.values())]


@dataclass
class Workplace:
    """One workspace: its people's cookies by role, and two reps' estates."""

    workspace_id: UUID
    cookies: dict[str, str]
    users: dict[str, UUID]
    owners: Estate
    others: Estate
    tokens: dict[str, str] = field(default_factory=dict)


ROLES = {
    "admin": Role.ADMIN,
    "owner": Role.REP,
    "other": Role.REP,
    "granted": Role.SUPPORT,
    "ungranted": Role.SUPPORT,
}
_kept: dict[str, object] = {}


async def two_workplaces(engine, folder: Path):
    """Return (here, there), their rows in this test's database."""
    if engine.dialect.name != "sqlite":
        return await _two_by_rows(engine)
    path = Path(str(engine.url.database))
    template = folder / "neighbours.db"
    if "places" not in _kept:
        _kept["places"] = (await _build("here"), await _build("there"))
        await close_database()
        with closing(sqlite3.connect(path)) as db:
            db.execute("VACUUM INTO ?", (str(template),))
        _kept["template"] = template
    await close_database()
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)  # noqa: ASYNC240  nobody waits in a test
    shutil.copy(_kept["template"], path)
    return _kept["places"]


async def _two_by_rows(engine):
    """The same on PostgreSQL, which keeps no file to copy."""
    tables = Table.metadata.sorted_tables
    if "places" not in _kept:
        _kept["places"] = (await _build("here"), await _build("there"))
        async with engine.connect() as db:
            found = [(table, (await db.execute(select(table))).mappings()) for table in tables]
        _kept["rows"] = [(table, [dict(row) for row in rows]) for table, rows in found]
        return _kept["places"]
    async with engine.begin() as db:
        for table, rows in _kept["rows"]:
            if rows:
                await db.execute(insert(table), rows)
    return _kept["places"]


def client_of(web_app, place, role):
    """A browser in which somebody of a workplace is signed in."""
    client = web_app.test_client()
    client.set_cookie("localhost", SESSION_COOKIE, place.cookies[role])
    return client


def visitor_of(web_app, estate):
    """A browser that came by the estate's personal link."""
    client = web_app.test_client()
    site_id = estate.ids["site_id"]
    client.set_cookie("localhost", "site", estate.browser_token, path=f"/s/{site_id}")
    return client


async def all_rows(db):
    """Everything that is stored, by table; what merely says "still here" is left out."""
    stored = {}
    for table in Table.metadata.sorted_tables:
        rows = (await db.execute(select(table))).mappings().all()
        drop = {"seen_at"} if table.name == "sign_in_sessions" else set()
        stored[table.name] = sorted(
            repr({name: value for name, value in row.items() if name not in drop}) for row in rows
        )
    return stored


async def _build(name):
    async with transaction() as db:
        workspace = await make_workspace(db, name=f"{name.title()} Ltd")
        people = {
            role: await make_user(
                db, workspace=workspace, role=kind, name=f"{name} {role}",
                email=f"{role}@{name}.example", password_hash="$argon2id$unusable",
            )
            for role, kind in ROLES.items()
        }  # fmt: skip
        invited = await make_user(db, workspace=workspace, name=f"{name} invited")
        now = clock.now()
        cookies = {
            role: await open_session(db, user_id=user.id, browser="test", now=now)
            for role, user in people.items()
        }
        viewers = {
            role: await find_viewer(db, token=cookie, now=now) for role, cookie in cookies.items()
        }
        estates = {
            role: await _estate(db, workspace, viewers[role], people[role], f"{name}{word}")
            for role, word in (("owner", "owned"), ("other", "othered"))
        }
        for role, estate in estates.items():
            estate.ids["session_id"] = viewers[role].session_id
        users = {role: user.id for role, user in people.items()}
        place = Workplace(workspace.id, cookies, users, estates["owner"], estates["other"])
        place.owners.ids["user_id"] = invited.id
        db.add(
            ProspectGrant(
                prospect_id=place.owners.ids["prospect_id"], user_id=people["granted"].id,
                granted_at=now,
            )
        )  # fmt: skip
        place.tokens = await _tokens(db, place, people["owner"])
    return place


async def _estate(db, workspace, viewer, owner, word):
    """One rep's company, person, campaign, site, letter, visit and file."""
    now = clock.now()
    company = await make_company(
        db, workspace=workspace, name=f"{word} works", name_key=f"{word} works"
    )
    prospect = await make_prospect(
        db, owner=owner, company=company, name=f"{word} person", email=f"{word}@buyer.example",
        sort_name=word, search_text=f"{word} person", company_key=company.name_key,
    )  # fmt: skip
    campaign = await make_campaign(
        db, owner=owner, name=f"{word} campaign", slug=f"{word}-campaign", revision=1
    )
    site = await open_site(
        db, campaign=campaign, prospect_id=prospect.id, history=History(), now=now
    )
    await _second_version(db, site)
    await send_letter(db, campaign=campaign, site=site, prospect_id=prospect.id, now=now)
    mail_id = await db.scalar(select(Letter.mail_id).where(Letter.prospect_id == prospect.id))
    file = await keep_file(db, file_name=f"{word}.csv", content=CSV, viewer=viewer, now=now)
    estate = Estate(word, owner.id, slug=campaign.slug)
    estate.ids = {
        "prospect_id": prospect.id, "company_id": company.id, "campaign_id": campaign.id,
        "site_id": site.id, "mail_id": mail_id, "import_id": file.id, "visit_id": uuid4(),
    }  # fmt: skip
    await _visit(db, estate, site, prospect, word)
    return estate


async def _second_version(db, site):
    """A draft beside the version that is online."""
    first = await db.get_one(SiteVersion, (site.id, 1))
    draft = SiteVersion(
        site_id=site.id, number=2, composition=first.composition, state=VersionState.DRAFT,
        because="Answers", created_at=clock.now(),
    )  # fmt: skip
    db.add(draft)


async def _visit(db, estate, site, prospect, word):
    """A visit that goes on, with a click."""
    now = clock.now()
    token = await make_personal_link(db, site_id=site.id, purpose="letter", now=now)
    entry = await open_link(db, token=token, known=(), viewer=None, now=now)
    browser = await find_browser(db, site.id, entry.token)
    estate.browser_token = entry.token
    estate.claims = PageClaims(
        workspace_id=site.workspace_id, campaign_id=site.campaign_id, owner_id=prospect.owner_id,
        site_id=site.id, prospect_id=prospect.id, browser_id=browser.id, kinds=ALL_KINDS,
        path=f"/s/{site.id}/", rep_name="Rita",
    )  # fmt: skip
    await say(db, estate.claims, is_yes=True, now=now)
    visit_id = estate.ids["visit_id"]
    await begin_or_resume(db, Opening(visit_id, estate.claims, "Firefox"), now=now)
    click = act(1, details={"label": f"{word} label"})
    await record_acts(db, sent(click), visit_id=visit_id, claims=estate.claims, now=now)


async def _tokens(db, place, user):
    """Links that are keys to themselves."""
    now = clock.now()
    made = {
        purpose.value: await make_account_link(
            db, user_id=user.id, purpose=purpose, lifetime=timedelta(hours=1), now=now
        )
        for purpose in LinkPurpose
    }
    mail = await db.get_one(Mail, place.owners.ids["mail_id"])
    made["personal"] = await make_personal_link(
        db, site_id=place.owners.ids["site_id"], purpose="letter", now=now
    )
    return made | {"sealed": seal(UNSUBSCRIBE, {"mail": mail.id.hex})}
