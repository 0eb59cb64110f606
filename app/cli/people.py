"""Workspaces and users from the terminal: the way into a fresh installation."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.accounts.commands import create_user, create_workspace, make_account_link
from app.accounts.models import LinkPurpose, Role
from app.accounts.queries import find_user_by_email, find_workspace_by_name, list_workspaces
from app.config import settings
from app.db import close_database, open_database, transaction
from app.errors import DomainError

T = TypeVar("T")


def in_transaction(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run one piece of work in one transaction; refusals become a line on the terminal."""

    async def run() -> T:
        open_database(settings())
        try:
            async with transaction() as db:
                return await work(db)
        finally:
            await close_database()

    try:
        return asyncio.run(run())
    except DomainError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    except (SQLAlchemyError, OSError) as error:
        raise click.ClickException(
            f"The database is not ready ({type(error).__name__}). Run: rapport migrate"
        ) from error


@click.group()
def workspace() -> None:
    """Workspaces: create and list."""


@workspace.command("create")
@click.argument("name")
@click.option("--currency", default="EUR", show_default=True)
def create_workspace_here(name: str, currency: str) -> None:
    """Create an empty workspace."""

    async def create(db: AsyncSession) -> None:
        if await find_workspace_by_name(db, name) is not None:
            raise click.ClickException(f"There is a workspace called {name} already.")
        await create_workspace(db, name=name, currency=currency, now=clock.now())

    in_transaction(create)
    click.echo(f"Workspace {name} is there. Next: rapport user create EMAIL --workspace '{name}'")


@workspace.command("list")
def list_workspaces_here() -> None:
    """List the workspaces."""
    for found in in_transaction(list_workspaces):
        click.echo(f"{found.id}  {found.name}  {found.currency}")


@click.group()
def user() -> None:
    """Users: create one, or make a one-use link that signs one in."""


@user.command("create")
@click.argument("email")
@click.option("--workspace", "workspace_name", required=True)
@click.option("--name", default="")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="admin")
@click.password_option()
def create_user_here(email: str, workspace_name: str, name: str, role: str, password: str) -> None:
    """Create a user with a password."""

    async def create(db: AsyncSession) -> None:
        found = await find_workspace_by_name(db, workspace_name)
        if found is None:
            raise click.ClickException(f"There is no workspace called {workspace_name}.")
        await create_user(
            db, workspace_id=found.id, email=email, name=name or email.partition("@")[0],
            role=Role(role), password=password, now=clock.now(),
        )  # fmt: skip

    in_transaction(create)
    click.echo(f"{email} may sign in at {settings().base_url}/sign-in")


@user.command("sign-in-link")
@click.argument("email")
def make_sign_in_link_here(email: str) -> None:
    """Print a link that signs this user in, once, within the hour."""

    async def make(db: AsyncSession) -> str:
        found = await find_user_by_email(db, email)
        if found is None:
            raise click.ClickException(f"Nobody here has the address {email}.")
        return await make_account_link(
            db, user_id=found.id, purpose=LinkPurpose.SIGN_IN, lifetime=timedelta(hours=1),
            needs_click=False, now=clock.now(),
        )  # fmt: skip

    click.echo(f"{settings().base_url}/sign-in/link/{in_transaction(make)}")
