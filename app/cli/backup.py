"""Backup and restore of a SQLite installation: database and uploads in one file.

PostgreSQL has its own tools (`pg_dump`, `pg_restore`); for it these commands say so.
"""

import sqlite3
import tarfile
import tempfile
from pathlib import Path

import click
from sqlalchemy import make_url

from app.config import settings

KEPT = ("photos", "secret")


def _database_path() -> Path:
    """Return the SQLite file. Raises ClickException on another database."""
    url = make_url(settings().database_url)
    if not url.drivername.startswith("sqlite") or not url.database:
        raise click.ClickException("This backs up SQLite; on PostgreSQL use pg_dump.")
    return Path(url.database)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write database and uploads to TARGET (.tar.gz), while the server runs.

    The file holds the installation's secret and everybody's data: keep it like a key.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "rapport.db"
        source = sqlite3.connect(_database_path())
        with sqlite3.connect(copy) as destination:
            source.backup(destination)
        source.close()
        target.touch(mode=0o600)
        with tarfile.open(target, "w:gz") as archive:
            archive.add(copy, "rapport.db")
            for name in KEPT:
                if (settings().var_dir / name).exists():
                    archive.add(settings().var_dir / name, name)
    click.echo(f"Backup written to {target} ({target.stat().st_size:,} bytes).")


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a database that is already there.")
def restore(source: Path, *, replace: bool) -> None:
    """Bring a backup back. Stop the server first; nothing is overwritten without --replace."""
    database = _database_path()
    if database.exists() and not replace:
        raise click.ClickException(f"{database} is there already; add --replace to overwrite it.")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
        found = Path(folder) / "rapport.db"
        with sqlite3.connect(found) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise click.ClickException("The backup is damaged; nothing was changed.")
        database.parent.mkdir(parents=True, exist_ok=True)
        for leftover in ("-wal", "-shm"):
            database.with_name(database.name + leftover).unlink(missing_ok=True)
        _move(found, database)
        for name in KEPT:
            if (Path(folder) / name).exists():
                _move(Path(folder) / name, settings().var_dir / name)
    click.echo("Restored. Jobs that were waiting then will run at the next start.")


def _move(source: Path, target: Path) -> None:
    """Put a file or folder in place of what is there."""
    if source.is_dir():
        for path in source.rglob("*"):
            if path.is_file():
                _move(path, target / path.relative_to(source))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    target.chmod(0o600)
