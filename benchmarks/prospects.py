"""How fast the list of people answers at 100,000 of them, beside bare SQLite on the same file.

    python benchmarks/prospects.py [--people 100000] [--json FILE]

Prints a table and JSON; times are wall time of the query as the page runs it (count and page
together), the middle and the worst of several runs in one process, after one to warm up.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlalchemy import insert, text

import app.tables  # noqa: F401
from app.accounts.access import Viewer
from app.accounts.models import Role, User, Workspace
from app.config import settings
from app.db import Table, close_database, open_database, reading, transaction
from app.prospects.imports import assess_import, keep_file, review_import, run_import
from app.prospects.listing import Wanted, list_options, list_people
from app.prospects.models import Company, Prospect

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
RUNS = 9
FIRST = ["Ada", "Grace", "Alan", "Édith", "Jürgen", "Søren", "Zoë", "Łukasz", "Mei", "Omar"]
LAST = ["Lovelace", "Hopper", "Turing", "Müller", "García", "Sato", "Nguyen", "Okafor", "Smith"]
INDUSTRIES = ["software", "logistics", "retail", "health", "energy", "finance", "public", "media"]
TITLES = ["Head of Finance", "CTO", "Operations manager", "Buyer", "Director of sales"]
SIZES = [5, 40, 120, 800, 5000, None]
CHUNK = 2_000


async def build(people: int) -> dict[Role, Viewer]:
    """Fill the database: a workspace with four reps, a company for every twelve people."""
    workspace_id, users = uuid4(), {}
    async with transaction() as db:
        db.add(Workspace(id=workspace_id, name="Bench", currency="EUR", created_at=NOW))
        await db.flush()
        for place, role in enumerate([Role.ADMIN, Role.SUPPORT, *[Role.REP] * 4]):
            user = User(id=uuid4(), workspace_id=workspace_id, email=f"u{place}@s.example",
                        name=f"User {place}", role=role, created_at=NOW)  # fmt: skip
            db.add(user)
            users[user.id] = role
    reps = [user_id for user_id, role in users.items() if role is Role.REP]
    chance = random.Random(7)
    companies = [make_company(workspace_id, place, chance) for place in range(people // 12)]
    await store(Company, [row_of(company) for company in companies])
    rows = [make_person(workspace_id, place, reps, companies, chance) for place in range(people)]
    await store(Prospect, [row_of(person) for person in rows])
    return {
        role: Viewer(user_id, workspace_id, role, "Bench", "b@s.example", uuid4())
        for user_id, role in users.items()
    }


def make_company(workspace_id: UUID, place: int, chance: random.Random) -> Company:
    name = f"{chance.choice(LAST)} {chance.choice(['Works', 'Labs', 'GmbH', 'SA'])} {place}"
    return Company(
        id=uuid4(), workspace_id=workspace_id, name=name, name_key=name.casefold(),
        industry=chance.choice(INDUSTRIES), employees=chance.choice(SIZES), address="", phone="",
        fax="", website="", created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def make_person(workspace_id, place, reps, companies, chance) -> Prospect:
    company = chance.choice(companies)
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    seen = NOW - timedelta(minutes=chance.randrange(200 * 24 * 60))
    person = Prospect(
        id=uuid4(), workspace_id=workspace_id, owner_id=chance.choice(reps),
        company_id=company.id, email=f"person.{place}@c{place % 999}.example", name=name,
        title=chance.choice(TITLES), phone="+49 30 1234", fax="", address="Main street 1",
        custom={"Region": "North"}, source=chance.choice(["CSV import", "Spring offer"]),
        guessed=[], active_at=seen, created_at=seen, updated_at=seen,
    )  # fmt: skip
    person.index(company)
    return person


def row_of(thing) -> dict[str, object]:
    return {column.name: getattr(thing, column.name) for column in thing.__table__.columns}


async def store(table, rows) -> None:
    async with transaction() as db:
        for start in range(0, len(rows), CHUNK):
            await db.execute(insert(table), rows[start : start + CHUNK])


async def timed(ask) -> dict[str, float]:
    """Run a question several times and return its middle and worst time in milliseconds."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - start) * 1000)
    return {"ms": round(median(times[1:]), 1), "worst_ms": round(max(times[1:]), 1)}


async def ask_lists(viewers: dict[Role, Viewer], people: int) -> dict[str, dict[str, float]]:
    """Time every kind of question the list answers."""
    last = people // 50
    questions = {
        "first page": Wanted(),
        "page in the middle": Wanted(page=last // 2),
        "last page": Wanted(page=last),
        "by name": Wanted(sort="name"),
        "by company": Wanted(sort="company"),
        "by date added, page 100": Wanted(sort="added", page=100),
        "search: many found": Wanted(q="lovelace"),
        "search: few found": Wanted(q="person.4711"),
        "search: nobody found": Wanted(q="xyzzy"),
        "search: two words, by name": Wanted(q="ada finance", sort="name"),
        "industry": Wanted(industry="energy"),
        "size": Wanted(size="51-200", sort="name"),
        "active in 30 days": Wanted(active="30"),
        "source, by name": Wanted(source="Spring offer", sort="name"),
        "all at once": Wanted(q="ada", industry="energy", size="51-200", active="90"),
    }
    results = {}
    for role in (Role.ADMIN, Role.REP):
        for name, wanted in questions.items():

            async def ask(wanted=wanted, viewer=viewers[role]) -> None:
                async with reading() as db:
                    await list_people(db, wanted, viewer=viewer, now=NOW)

            results[f"{role}: {name}"] = await timed(ask)

        async def ask_options(viewer=viewers[role]) -> None:
            async with reading() as db:
                await list_options(db, viewer=viewer)

        results[f"{role}: what the filters offer"] = await timed(ask_options)
    return results


async def ask_sqlite(path: Path) -> dict[str, dict[str, float]]:
    """Time the same kind of work in bare SQLite: the floor for this file on this machine."""
    bare = sqlite3.connect(path)

    async def first() -> None:
        bare.execute("SELECT count(*) FROM prospects").fetchall()
        bare.execute("SELECT * FROM prospects ORDER BY active_at DESC LIMIT 50").fetchall()

    async def scan() -> None:
        found = "FROM prospects WHERE search_text LIKE '%xyzzy%'"
        bare.execute(f"SELECT count(*) {found}").fetchall()
        bare.execute(f"SELECT * {found} LIMIT 50").fetchall()

    return {
        "bare sqlite3: first page": await timed(first),
        "bare sqlite3: search": await timed(scan),
    }


async def bring_in(viewer: Viewer, rows: int) -> dict[str, dict[str, float]]:
    """Time an import: reading and checking in a thread, then the one writing transaction."""
    lines = ["Name,E-mail,Company,Industry,Employees,Phone,Region"]
    lines += [
        f"Ada Lovelace {i},new.{i}@import.example,Import {i // 12},software,120,+49 30 {i},North"
        for i in range(rows)
    ]
    lines[rows // 2] = "Broken,not an address,,,,,"
    async with transaction() as db:
        upload = await keep_file(
            db, file_name="b.csv", content="\n".join(lines).encode(), viewer=viewer, now=NOW
        )
    gaps: list[float] = []
    watch = asyncio.create_task(feel_the_loop(gaps))
    start = time.perf_counter()
    review = await review_import(upload)
    async with reading() as db:
        await assess_import(db, review, viewer=viewer)
    reviewed = time.perf_counter()
    async with transaction() as db:
        await run_import(db, upload.id, review, viewer=viewer, now=NOW)
    stored = time.perf_counter()
    watch.cancel()
    return {
        f"import of {rows:,}: review": {"ms": round((reviewed - start) * 1000, 1)},
        f"import of {rows:,}: write lock held": {"ms": round((stored - reviewed) * 1000, 1)},
        f"import of {rows:,}: longest the loop stood still": {"ms": round(max(gaps) * 1000, 1)},
    }


async def feel_the_loop(gaps: list[float]) -> None:
    """Note how late the event loop comes back from a nap."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        gaps.append(time.perf_counter() - start - 0.005)


async def run(people: int) -> dict[str, dict[str, float]]:
    """Build a database of its own, ask, and throw it away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        url = f"sqlite+aiosqlite:///{path}"
        engine = open_database(settings().model_copy(update={"database_url": url}))
        async with engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
        viewers = await build(people)
        results = await ask_lists(viewers, people) | await ask_sqlite(path)
        results |= await bring_in(viewers[Role.REP], 10_000)
        async with reading() as db:
            await db.execute(text("SELECT 1"))
        await close_database()
    return results


def main() -> None:
    """Run, print a table, then JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    results = asyncio.run(run(chosen.people))
    print(f"{chosen.people:,} people")
    for name, times in results.items():
        print(f"{name:55} {times['ms']:8.1f} ms   worst {times.get('worst_ms', times['ms']):8.1f}")
    report = json.dumps({"benchmark": "prospects", "people": chosen.people, "results": results})
    print(report)
    if chosen.json:
        chosen.json.write_text(report)


if __name__ == "__main__":
    main()
