"""The database's history, one file per change; run by `rapport migrate`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

HERE = Path(__file__).parent


def _config() -> Config:
    """Return Alembic's configuration; the address comes from the settings, in env.py."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def migrate() -> None:
    """Bring the database to the newest version; does nothing when it is there already."""
    command.upgrade(_config(), "head")


def newest() -> str:
    """Return the version the code wants; the database says its own in `alembic_version`."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def draft(message: str) -> None:
    """Write a migration from the difference between the models and the database."""
    command.revision(_config(), message, autogenerate=True)
