"""A look at an installation: what is set, what answers, what to do about the rest."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import aiosmtplib
import click
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from app.config import settings
from app.db import close_database, is_sqlite, open_database, reading
from app.jobs.models import JobState
from app.jobs.queries import count_jobs
from app.web.assets import DIST

Finding = tuple[bool, str]


@click.command()
def doctor() -> None:
    """Check this installation; exits 1 when something needs attention."""
    findings = asyncio.run(_examine())
    for is_well, words in findings:
        click.echo(f"{'ok  ' if is_well else 'LOOK'}  {words}")
    if not all(is_well for is_well, _ in findings):
        raise SystemExit(1)


async def _examine() -> list[Finding]:
    """Return every finding."""
    return [finding async for finding in _findings()]


async def _findings() -> AsyncIterator[Finding]:
    """Look at settings, database, front end, mail and the Python underneath."""
    yield await _database()
    yield (DIST / "manifest.json").exists(), "the front end is built (make build)"
    yield await _mail_server()
    yield await _jobs()
    secret = settings().var_dir / "secret"
    yield not secret.exists() or _is_private(secret), "the secret is readable by its owner only"
    yield (
        settings().base_url.startswith("https://") or "127.0.0.1" in settings().base_url,
        (f"visitors come by https (BASE_URL is {settings().base_url})"),
    )
    yield (
        _python_refuses_injected_headers() or True,
        (
            "this Python refuses header injection by encoded words itself"
            if _python_refuses_injected_headers()
            else "this Python lets encoded words inject mail headers (CVE-2024-6923);"
            " Rapport refuses them itself, an update of Python is still better"
        ),
    )


async def _database() -> Finding:
    """Open the database, check its integrity (SQLite) and its version."""
    shown = make_url(settings().database_url).render_as_string(hide_password=True)
    open_database(settings())
    try:
        async with reading() as db:
            if is_sqlite():
                state = await db.scalar(text("PRAGMA quick_check"))
                if state != "ok":
                    return False, f"the database is damaged: {state}; bring back a backup"
            version = await db.scalar(text("SELECT version_num FROM alembic_version"))
    except (SQLAlchemyError, OSError) as error:
        return False, f"the database {shown} does not answer: {type(error).__name__}"
    finally:
        await close_database()
    return version is not None, f"the database {shown} answers, version {version}"


async def _jobs() -> Finding:
    """Count the jobs that gave up."""
    open_database(settings())
    try:
        async with reading() as db:
            dead = (await count_jobs(db)).get(JobState.DEAD, 0)
    except (SQLAlchemyError, OSError):
        return False, "jobs cannot be counted without the database"
    finally:
        await close_database()
    return dead == 0, f"{dead} jobs have given up (rapport jobs list)"


async def _mail_server() -> Finding:
    """Say hello to the mail server, if one is set."""
    if not settings().smtp_url:
        return True, "no mail server is set: letters stay in the outbox page"
    url = make_url(settings().smtp_url)
    client = aiosmtplib.SMTP(hostname=url.host, port=url.port or 25, timeout=10)
    try:
        await client.connect()
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        return False, f"the mail server {url.host} does not answer: {type(error).__name__}"
    return True, f"the mail server {url.host} answers"


def _is_private(path: Path) -> bool:
    """Whether only the owner may read the file."""
    return path.stat().st_mode & 0o077 == 0


def _python_refuses_injected_headers() -> bool:
    """Whether this Python's own email package is safe from CVE-2024-6923."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "=?utf-8?q?a=0aBcc:_b@c.example?="
    try:
        return b"\nBcc:" not in message.as_bytes()
    except ValueError:
        return True
