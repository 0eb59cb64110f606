"""Starting things: the web server, a worker, the migrations, the demo."""

import asyncio
import json
import os
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

import click
import uvicorn

from app import bus, migrations
from app.cli.graceful import (
    GONE_WITHIN_S,
    REQUESTS_WITHIN_S,
    SIGNALS,
    GracefulServer,
    leave_within,
)
from app.cli.heads import BoundedHttp
from app.cli.readiness import demand_migrated
from app.config import Settings, settings
from app.db import close_database, open_database
from app.demo import build_demo, simulate_visits
from app.worker import run_worker

KEEP_ALIVE_S = 75
"""Longer than proxies keep an idle connection: else one closes just as they use it again."""
COULD_NOT_START = 3


@click.command()
@click.option("--with-demo", is_flag=True, help="Migrate and build the demo first.")
def serve(*, with_demo: bool) -> None:
    """Run the web server (with the jobs in it, unless WORKER_IN_WEB=false)."""
    config = settings()
    if with_demo:
        migrations.migrate()
        with _no_mail_server():
            asyncio.run(build_demo())
    asyncio.run(demand_migrated())
    demo_file = config.var_dir / "demo.json"
    if demo_file.exists():
        click.echo(_where_to_click(json.loads(demo_file.read_text())))
    run_server("realtime.server:asgi")


def run_server(target: str) -> None:
    """Serve an ASGI application the way Rapport is served; benchmarks serve their peers by it."""
    config = settings()
    served = uvicorn.Config(
        target,
        host=config.host,
        port=config.port,
        log_level="warning",
        log_config=None,
        access_log=False,
        http=BoundedHttp,
        ws="realtime.lane.protocol:LaneProtocol" if config.fast_lane else "websockets-sansio",
        ws_max_size=1_100_000,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=REQUESTS_WITHIN_S,
        proxy_headers=False,
        server_header=False,
    )
    server = GracefulServer(served, notice_s=config.stop_notice_s)
    server.run()
    if not server.started:
        raise SystemExit(COULD_NOT_START)


@click.command()
def worker() -> None:
    """Run the jobs in a process of their own."""

    async def run() -> None:
        stopping = asyncio.Event()

        def stop() -> None:
            stopping.set()
            leave_within(GONE_WITHIN_S)

        for sign in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(sign, stop)
        await demand_migrated()
        open_database(settings())
        await bus.connect(settings().redis_url)
        await run_worker(stopping)
        await bus.disconnect()
        await close_database()

    asyncio.run(run())


@click.command()
def migrate() -> None:
    """Bring the database to the newest version."""
    migrations.migrate()


@click.command("draft-migration", hidden=True)
@click.argument("message")
def draft_migration(message: str) -> None:
    """Write a migration from what changed in the models (for developers)."""
    migrations.draft(message)


@click.command()
@click.option("--simulate", is_flag=True, help="Let a few prospects walk through their sites now.")
def demo(*, simulate: bool) -> None:
    """Build the demo workspace once; with --simulate bring its console to life."""
    try:
        with _no_mail_server():
            asyncio.run(simulate_visits() if simulate else build_demo())
    except (LookupError, urllib.error.URLError) as error:
        hint = f"Is the server running at {settings().base_url}?"
        raise click.ClickException(f"{error} {hint}") from error


@contextmanager
def _no_mail_server() -> Iterator[None]:
    """Keep letters in the outbox meanwhile, whatever is set: the demo's people are made up."""
    given = os.environ.get("SMTP_URL")
    os.environ["SMTP_URL"] = ""
    settings.cache_clear()
    try:
        yield
    finally:
        del os.environ["SMTP_URL"]
        if given is not None:
            os.environ["SMTP_URL"] = given
        settings.cache_clear()


@click.command("settings")
def settings_example() -> None:
    """Print every setting with its default, as .env.example holds it."""
    click.echo(example_settings(), nl=False)


def example_settings() -> str:
    """Return the text of .env.example: each setting, explained, commented out at its default."""
    lines = ["# Every setting of Rapport. Printed by `rapport settings`; a test keeps it true.\n"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = str(default).lower() if isinstance(default, bool) else default
        lines.append(f"\n# {field.description}\n#{name.upper()}={shown}\n")
    return "".join(lines)


def _where_to_click(demo_facts: dict[str, dict[str, str]]) -> str:
    """Say where to begin, in four lines."""
    rep, admin = demo_facts["rep"], demo_facts["admin"]
    return (
        f"\n  Rapport is at          {demo_facts['base_url']}\n"
        f"  Sign in as the rep     {rep['email']} / {rep['password']}\n"
        f"  or as the admin        {admin['email']} / {admin['password']}\n"
        f"  Be a prospect          {demo_facts['personal_site_url']}\n"
        f"  The campaign site      {demo_facts['campaign_site_url']}\n"
        f"  The outbox             {demo_facts['outbox_url']}\n"
    )
