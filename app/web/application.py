"""Putting the application together: routes, who is asking, headers, error pages, start and stop."""

import asyncio
import contextlib
from types import TracebackType

from quart import Quart, current_app, g, has_request_context, request

from app import bus, clock
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.recognition import recognise
from app.accounts.routes import accounts
from app.campaigns.routes import campaigns
from app.config import settings
from app.console.routes import console
from app.db import close_database, open_database
from app.letters.routes import letters
from app.logs import set_up_logs
from app.prospects.routes import prospects
from app.sites.routes import sites
from app.tracking.routes import tracking
from app.web import stopping
from app.web.assets import assets
from app.web.compression import compress
from app.web.connection import PatientConnection
from app.web.front import stand_before
from app.web.health import health
from app.web.journal import begin_request, bind_viewer, note_answer
from app.web.operations import operations
from app.web.pages import prepare_templates
from app.web.refusals import register_refusals
from app.web.security import refuse_foreign_posts, refuse_undeclared_views, set_headers
from app.web.watching import watch
from app.worker import end_visits, run_worker

BLUEPRINTS = (
    accounts, prospects, campaigns, sites, tracking, letters, console, assets, health,
    operations,
)  # fmt: skip


Failure = tuple[type, BaseException, TracebackType] | tuple[None, None, None]


class Rapport(Quart):
    """The application. What fails in a request is logged by refusals.py."""

    def log_exception(self, exception_info: Failure) -> None:
        """Log what fails outside of requests; Quart would log addresses, and some are keys."""
        if not has_request_context():
            super().log_exception(exception_info)


def create_app() -> Quart:
    """Assemble the application; no I/O happens here."""
    app = Rapport("rapport", template_folder=None, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings().upload_max_bytes + 1_000_000
    app.config["MAX_FORM_PARTS"] = 5_000
    app.url_map.strict_slashes = False
    app.asgi_http_class = PatientConnection
    prepare_templates(app)
    register_refusals(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(begin_request)
    app.before_request(refuse_undeclared_views)
    app.before_request(recognise_viewer)
    app.before_request(bind_viewer)
    app.before_request(refuse_foreign_posts)
    app.after_request(set_headers)
    app.after_request(compress)
    app.after_request(note_answer)
    app.before_serving(start)
    app.after_serving(stop)
    stand_before(app)
    return app


async def recognise_viewer() -> None:
    """Put the signed-in person, or None, into `g.viewer`."""
    g.viewer = None
    token = request.cookies.get(SESSION_COOKIE)
    if token and request.blueprint != assets.name:
        g.viewer = await recognise(token, now=clock.now())


async def start() -> None:
    """Open the database, hear the other processes, and run the jobs here unless a worker does.

    Logs are set up here too, for servers started without our command: structlog's own way of
    printing a failure shows local variables, and those hold passwords and tokens.
    """
    set_up_logs(settings().log_level)
    open_database(settings())
    await bus.connect(settings().redis_url)
    leaving = asyncio.Event()
    stopping.when_asked(leaving.set)
    work = run_worker if settings().worker_in_web else end_visits
    current_app.extensions["worker"] = (leaving, asyncio.create_task(work(leaving)))
    current_app.extensions["watch"] = asyncio.create_task(watch(leaving))


async def stop() -> None:
    """Let running jobs finish, tell the others what is left to tell, and let go of the database."""
    leaving, worker = current_app.extensions.get("worker", (None, None))
    if leaving is not None:
        leaving.set()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
        await asyncio.wait({current_app.extensions["watch"]})
    await bus.disconnect()
    await close_database()
