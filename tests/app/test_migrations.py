"""The migrations and the models tell of the same database."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from app.tables import TABLES, Table
from tests.browser.server import Server

pytestmark = pytest.mark.no_database


def test_a_migrated_database_is_what_the_models_say(tmp_path):
    Server(tmp_path).run("migrate")
    engine = create_engine(f"sqlite:///{tmp_path / 'rapport.db'}")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Table.metadata)
    engine.dispose()
    assert len(TABLES) > 20
    assert found == []


def test_migrating_twice_changes_nothing_and_serving_wants_it_done(tmp_path):
    server = Server(tmp_path)
    refused = server.begin("serve")
    assert refused.wait(60) == 1
    server.run("migrate")
    server.run("migrate")
    with sqlite3.connect(tmp_path / "rapport.db") as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    connection.close()
