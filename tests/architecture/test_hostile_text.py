"""Text from people is text everywhere: in every page of every role and in every letter.

The forms are found by walking the pages, so a new field is tried without being named here. Each
canary is written into every text field of every form (a refusal in words is fine, a broken page is
not), then every page is fetched again and read as a browser would read it.
"""

import csv
import io
import re
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from html import unescape
from html.parser import HTMLParser
from itertools import count
from urllib.parse import urlencode, urlsplit

import pytest
from quart.datastructures import FileStorage
from sqlalchemy import select

from app import clock
from app.db import Table, reading
from app.jobs.runner import run_due_jobs
from app.mail.models import Mail
from app.tracking.intake import take_post
from app.tracking.shapes import SentAct
from app.tracking.visits import Opening
from app.web import create_app
from tests.neighbours import ROLES, client_of, two_workplaces, visitor_of
from tests.visiting import act

READERS = {"admin": True, "granted": False, "visitor": True, "anybody": True}
"""Who reads every page, and whether with hostile addresses too; reps see what admins see."""
PRODUCT = str(1337 * 7331)
CANARIES = {
    "markup": "<script>a()</script><img src=x onerror=b()>{{1337*7331}}",
    "attributes": "\" onclick=\"a()\" pwned='${1337*7331}' onclick='b()",
    "closing": "</textarea></title></style></script><pwned-element>",
    "templates": "{% raw %}{% include 'x' %}{personal_link}#{1337*7331}",
    "address": "javascript:alert(8)//www.x.example",
    "formula": "=1+1+cmd|' /C calc'!A0\u202egnp.exe\u2066\u200f",
    "control": "pwned\x00b\x07c\x1b[31m\x7f\u2028d\ufffe",
    "new header": "Eve\r\nBcc: evil@evil.example\r\n\r\n<svg/onload=a()>",
    "ten thousand": "pwn " * 2500,
}
"""Short enough for every field, so that the shortest is tried with everything."""
QUERY = (
    "q", "next", "said", "done", "happened", "tab", "page", "as", "sort", "company", "industry",
    "owner", "size", "activity", "before", "after", "shown", "fingerprint", "name", "title",
    "employees", "to", "v", "saved", "touched", "step", "ordered", "launched", "missing",
    "utm_source", "utm_campaign", "source",
)  # fmt: skip
TYPED = {"text", "search", "tel", "url", "textarea", "email", "number"}
TRAPS = {"homepage"}
# What would end the walk, or is about secrets rather than text.
LEFT_ALONE = ("/sign-out", "/closure", "/account/password", "/links", "/discard", "/closing", "/end",
              "/removal", "/role", "/grants", "/owner", "/again", "/t/")  # fmt: skip
OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
RULES = [rule for rule in create_app().url_map.iter_rules() if "GET" in rule.methods]
SKIPPED_PAGES = {"assets.show_asset", "health.show_metrics"}
FOUND = {}
"""The forms of a workplace, found once while its rows are the same."""
HARMLESS = set()
"""Pages that have been read already and held nothing but text; reading is what takes time."""
REFUSED = re.compile(r"<[a-z]+ (?=[^>]*aria-invalid=\"true\")[^>]*\bname=\"([^\"]+)\"")
TOKENS = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|nonce=\"[^\"]*\"|data-page=\"[^\"]*\"")
addresses = count(1)


@dataclass
class FoundForm:
    """A form as a browser would send it."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    typed: list[int] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads a page as a browser does: its forms, and whatever would run or lead astray."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.path, self.forms, self.danger, self.text = path, [], [], ""
        self.form, self.area, self.select = None, None, None

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self._look_for_danger(tag, known)
        if tag == "form" and known.get("method", "get").lower() == "post":
            self.form = FoundForm(urlsplit(known.get("action") or self.path).path)
            self.forms.append(self.form)
        elif self.form is not None:
            self._read_control(tag, known)

    def _read_control(self, tag, known):
        name = known.get("name")
        if tag == "button" and known.get("formaction"):
            self.forms.append(replace(self.form, action=known["formaction"]))
        if not name:
            return
        if tag == "textarea":
            self.area = name
            self._add(name, "", is_typed=True)
        elif tag == "select":
            self.select = name
        elif tag == "input" and known.get("type", "text") not in {"submit", "file"}:
            kind = known.get("type", "text")
            if kind in {"checkbox", "radio"} and "checked" not in known:
                return
            self._add(name, known.get("value") or "", is_typed=kind in TYPED)

    def _add(self, name, value, *, is_typed):
        if is_typed and name not in TRAPS:
            self.form.typed.append(len(self.form.fields))
        self.form.fields.append((name, value))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.area = None
        elif tag == "select":
            self.select = None

    def handle_data(self, data):
        self.text += data
        if self.area and self.form and self.form.fields:
            name, value = self.form.fields[-1]
            self.form.fields[-1] = (name, (value + data).removeprefix("\n"))

    def _look_for_danger(self, tag, known):
        if self.select and tag == "option" and "selected" in known and self.form is not None:
            self.form.fields.append((self.select, known.get("value") or ""))
        source = known.get("src") or ""
        if tag == "script" and not source.startswith("/static/"):
            self.danger.append(f"<script src={source!r}>")
        if tag in {"pwned-element", "math", "mglyph", "object", "embed", "base"}:
            self.danger.append(f"<{tag}>")
        for name, value in known.items():
            plain = "".join((value or "").split()).lower()
            if name.startswith("on") or name in {"pwned", "style"}:
                self.danger.append(f"<{tag} {name}={value!r}>")
            if name in {"href", "src", "action", "formaction", "srcdoc"} and plain.startswith(
                ("javascript:", "data:text", "vbscript:", "//")
            ):
                self.danger.append(f"<{tag} {name}={value!r}>")


def read_page(path, html):
    reader = Reader(path)
    reader.feed(html)
    reader.close()
    return reader


class Walk:
    """One workplace's people and a visitor, walking through all pages."""

    def __init__(self, web_app, place):
        self.web_app, self.estate = web_app, place.owners
        self.people = {role: client_of(web_app, place, role) for role in ROLES}
        self.people["visitor"] = visitor_of(web_app, self.estate)
        self.people["anybody"] = web_app.test_client()
        self.ids = {**self.estate.ids, "slug": self.estate.slug, "number": 1, "name": "icon.svg"}
        self.ids |= {"token": place.tokens["reset"], "sealed": place.tokens["sealed"]}
        self.broken, self.danger, self.answers = [], [], 0

    def paths(self):
        """Every page there is, with the owner's objects; a module's page for each module."""
        for rule in RULES:
            if rule.endpoint in SKIPPED_PAGES:
                continue
            keys = ("goals", "roi", "text") if "key" in rule.arguments else ("",)
            sections = ("offer", "look", "form", "tracking")
            for key in keys:
                for section in sections if "section_key" in rule.arguments else ("",):
                    values = self.ids | {"key": key, "section_key": section}
                    _, path = rule.build(
                        {name: values[name] for name in rule.arguments}, append_unknown=False
                    )
                    yield path

    async def get(self, who, path, query="", **headers):
        url = f"{path}?{query}" if query else path
        response = await self.people[who].get(url, headers=headers)
        html = await response.get_data(as_text=True)
        self.answers += 1
        if response.status_code >= 500:
            self.broken.append(f"{who} GET {url[:200]}")
        return response, html

    async def forms(self):
        """Return every form somebody is shown, each address once, with who was shown it."""
        found = {}
        for who in ("admin", "owner", "visitor", "anybody"):
            for path in self.paths():
                response, html = await self.get(who, path)
                if "html" not in response.content_type:
                    continue
                for form in read_page(path, html).forms:
                    if not any(part in form.action for part in LEFT_ALONE):
                        found.setdefault(form.action, (who, form))
        return [found[action] for action in sorted(found)]

    async def write(self, who, form, canary):
        """Put the canary into every text field, without those that are marked as refused.

        Where a page does not say what it refuses, each field is tried by itself.
        """
        typed = list(form.typed)
        while typed:
            fields = [
                (name, canary if place in typed else value)
                for place, (name, value) in enumerate(form.fields)
            ]
            refused = await self.send(who, form.action, fields)
            if refused is None:
                return
            left = [place for place in typed if form.fields[place][0] not in refused]
            if left == typed:
                break
            typed = left
        kept = list(form.fields)
        for place in typed:
            tried = list(kept)
            tried[place] = (kept[place][0], canary)
            if await self.send(who, form.action, tried) is None:
                kept = tried

    async def send(self, who, action, fields):
        """Post a form as of now; None if it was taken, else the fields marked as refused."""
        fields = [(n, v) for n, v in fields if n != "revision"]
        fields.append(("revision", await self.revision()))
        number = next(addresses)
        response = await self.people[who].post(
            action, data=urlencode(fields), headers=OURS,
            scope_base={"client": (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1)},
        )  # fmt: skip
        html = await response.get_data(as_text=True)
        if response.status_code >= 500:
            self.broken.append(f"{who} POST {action} {fields}")
        self.read(f"{who} POST {action}", response, html)
        return None if response.status_code < 400 else set(REFUSED.findall(html))

    async def revision(self):
        async with reading() as db:
            table = Table.metadata.tables["campaigns"]
            query = select(table.c.revision).where(table.c.id == self.ids["campaign_id"])
            return str(await db.scalar(query))

    def read(self, where, response, html):
        """Note whatever an answer holds that is more than text; returns its text."""
        kind = response.content_type or ""
        if kind.startswith("text/csv"):
            cells = [cell for row in csv.reader(io.StringIO(html.lstrip("\ufeff"))) for cell in row]
            self.danger += [f"{where}: cell {c!r}" for c in cells if c[:1] in set("=+-@\t\r")]
            return html
        if "html" not in kind:
            assert "image" in kind or "json" in kind or "plain" in kind or not html, (where, kind)
            return ""
        if (known := hash(TOKENS.sub("", html))) in HARMLESS:
            return unescape(html)
        reader = read_page(where, html)
        is_letter = "sandbox" in response.headers.get("Content-Security-Policy", "")
        danger = [one for one in reader.danger if not (is_letter and " style=" in one)]
        danger = [f"{where}: {one}" for one in danger]
        if PRODUCT in reader.text:
            danger.append(f"{where}: an expression was worked out")
        if not danger:
            HARMLESS.add(known)
        self.danger += danger
        return unescape(html)


async def upload(walk, canary):
    """Bring people in from a file that says the canary everywhere, its name and headings too."""
    cell = canary.replace('"', '""').replace("\x00", "")
    rows = f'email,name,title,company,website,"{cell}"\n'
    rows += f'csv@buyer.example,"{cell}","{cell}","{cell}","{cell}","{cell}"\n"{cell}",x,,,,\n'
    file = FileStorage(
        io.BytesIO(rows.encode()), filename=f"{canary[:60]}.csv".replace("\r\n", " ")
    )
    rep = walk.people["owner"]
    headers = {"Sec-Fetch-Site": "same-origin"}
    response = await rep.post("/prospects/imports", files={"file": file}, headers=headers)
    assert response.status_code in {303, 422}
    if response.status_code == 303:
        address = response.headers["Location"]
        walk.ids["import_id"] = address.rpartition("/")[2]
        await walk.get("owner", address)
        columns = [("column-1", "name"), ("column-5", "custom")]
        await walk.send("owner", f"{address}/columns", columns)
        await walk.get("owner", f"{address}/problems.csv")
        await walk.send("owner", f"{address}/people", [])


async def come_and_click(walk, canary):
    """A visitor's browser sends the canary wherever an act carries text."""
    claims = walk.estate.claims
    acts = []
    for seq, (kind, details) in enumerate(
        (("clicked", {"label": canary}), ("moved", {"from": canary, "to": canary}),
         ("opened", {"referrer": canary, "title": canary}), ("media", {"title": canary, "at": 1}),
         ("answered", {"fields": [["own", canary], [canary[:50], canary]]})), start=2,
    ):  # fmt: skip
        raw = act(seq, kind, name="", details=details, target=canary[:200], module="goals")
        try:
            acts.append(SentAct.model_validate(raw | {"seq": 2 + len(acts)}))
        except ValueError:
            continue
    # A device is named by us; PostgreSQL holds no text with a NUL in it.
    opening = Opening(walk.ids["visit_id"], claims, canary.replace("\0", ""))
    await take_post(acts, opening, now=clock.now())


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from (*strings_in(key), *strings_in(each))
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)


async def stored_strings():
    async with reading() as db:
        for table in Table.metadata.sorted_tables:
            for row in (await db.execute(select(table))).mappings():
                for column, value in row.items():
                    for text in strings_in(value):
                        yield f"{table.name}.{column}", text


async def check_letters(walk):
    """Every letter has exactly the headers we meant, and its HTML is only text and layout."""
    async with reading() as db:
        mails = (await db.scalars(select(Mail))).all()
    assert len(mails) > 4, "the hostile lead got its letter"
    for mail in mails:
        parsed = message_from_bytes(mail.content, policy=policy.default)
        assert "Bcc" not in parsed
        assert "evil@evil.example" not in [str(parsed[name]) for name in ("To", "From", "Reply-To")]
        for name in ("From", "To", "Subject", "Message-ID", "Date"):
            assert len(parsed.get_all(name)) == 1, name
        html = parsed.get_body(("html",))
        if html is not None:
            reader = read_page("letter", html.get_content())
            danger = [one for one in reader.danger if " style=" not in one]
            walk.danger += [f"letter {mail.subject[:40]!r}: {one}" for one in danger]
            assert PRODUCT not in reader.text


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
async def test_hostile_text_is_text(web_app, database, tmp_path_factory, canary):
    here, _there = await two_workplaces(database, tmp_path_factory.mktemp("neighbours"))
    walk = Walk(web_app, here)
    forms = FOUND.get(walk.ids["site_id"]) or await walk.forms()
    FOUND[walk.ids["site_id"]] = forms
    assert len(forms) > 25
    for who, form in forms:
        await walk.write(who, form, canary)
    await upload(walk, canary)
    await come_and_click(walk, canary)
    await run_due_jobs(clock.now())
    shown = ""
    query = urlencode(dict.fromkeys(QUERY, canary[:300]))
    referer = "https://x.example/" + urlencode({"": canary[:200]})
    for path in walk.paths():
        response, html = await walk.get("owner", path) if "imports" in path else (None, "")
        shown += walk.read(f"owner {path}", response, html) if response else ""
        for who, tries_addresses in READERS.items():
            response, html = await walk.get(who, path)
            shown += walk.read(f"{who} {path}", response, html)
            if tries_addresses and response.status_code == 200:
                response, html = await walk.get(who, path, query, Referer=referer)
                walk.read(f"{who} {path}?…", response, html)
    await check_letters(walk)
    assert walk.broken == []
    assert walk.danger == []
    async for column, text in stored_strings():
        assert "\x00" not in text, f"{column}: PostgreSQL cannot store this"
    start = canary.split("\x00")[0][:12].strip()
    assert start in shown, "the canary was stored and is shown somewhere"
