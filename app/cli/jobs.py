"""Jobs that gave up: looking at them, giving them another chance, forgetting them."""

from uuid import UUID

import click

from app import clock
from app.cli.people import in_transaction
from app.jobs.commands import discard_job, retry_job
from app.jobs.queries import list_dead_jobs


@click.group()
def jobs() -> None:
    """Jobs that failed too often: list, retry, discard."""


@jobs.command("list")
def list_here() -> None:
    """List the jobs that gave up, newest first."""
    found = in_transaction(list_dead_jobs)
    for job in found:
        click.echo(f"{job.id}  {job.kind}  tried {job.tries} times  {job.error}")
    if not found:
        click.echo("No job has given up.")


@jobs.command("retry")
@click.argument("job_id", type=click.UUID)
def retry_here(job_id: UUID) -> None:
    """Let a job try again from the beginning; it runs within a second."""
    in_transaction(lambda db: retry_job(db, job_id, now=clock.now()))


@jobs.command("discard")
@click.argument("job_id", type=click.UUID)
def discard_here(job_id: UUID) -> None:
    """Forget a job for good; what it should have done does not happen."""
    in_transaction(lambda db: discard_job(db, job_id))
