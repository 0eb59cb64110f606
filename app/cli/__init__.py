"""The `rapport` command: what an operator does on a terminal."""

import click
from pydantic import ValidationError

from app.cli.backup import backup, restore
from app.cli.doctor import doctor
from app.cli.jobs import jobs
from app.cli.people import user, workspace
from app.cli.serving import demo, draft_migration, migrate, serve, settings_example, worker
from app.config import settings
from app.logs import set_up_logs


@click.group()
@click.version_option(package_name="rapport")
def rapport() -> None:
    """Give every prospect a web site of their own, and see every click as it happens."""
    try:
        set_up_logs(settings().log_level)
    except ValidationError as error:
        wrong = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise click.ClickException(f"A setting cannot be read. {wrong}") from error


for _command in (
    serve, worker, migrate, draft_migration, demo, user, workspace, backup, restore, doctor, jobs,
    settings_example,
):  # fmt: skip
    rapport.add_command(_command)
