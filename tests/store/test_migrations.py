from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from ringward.domain.errors import Unavailable
from ringward.store.database import Database
from ringward.store.migrations.upgrade import configuration
from ringward.store.tables import METADATA, SCHEMA_REVISION

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL"


def _schema(path: Path) -> dict[tuple[str, str], set[str]]:
    """Every table and index with the lines of its definition; their order does not matter."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute(_SCHEMA).fetchall()
    connection.close()
    return {(kind, name): {line.strip(" \t,") for line in sql.splitlines()} for kind, name, _, sql in rows}


def test_the_migrations_make_exactly_the_tables_that_are_described(tmp_path: Path) -> None:
    Database.open(tmp_path / "migrated").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'described'}")
    METADATA.create_all(engine)
    engine.dispose()
    assert _schema(tmp_path / "migrated") == _schema(tmp_path / "described")


def test_alembic_sees_no_difference_either(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_present_revision_is_the_newest_migration(database: Database) -> None:
    with database.reading() as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_heads() == [SCHEMA_REVISION]
    assert database.revision() == SCHEMA_REVISION


def test_a_database_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    database = Database.open(path)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = _schema(path)
    with pytest.raises(Unavailable, match=r"9999.*newer version.*" + SCHEMA_REVISION):
        Database.open(path)
    assert _schema(path) == before


def test_a_migration_that_fails_leaves_no_trace(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE region (name TEXT)")
    connection.close()
    before = _schema(path)
    with pytest.raises(Unavailable, match="region"):
        Database.open(path)
    assert _schema(path) == before


def test_processes_that_open_a_new_database_at_once_all_succeed(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from ringward.store.database import Database;"
        "import ringward.store.migrations.upgrade;"
        "sys.stdin.read(); print(Database.open(Path(sys.argv[1])).revision())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    assert [process.communicate() for process in processes] == [(SCHEMA_REVISION + "\n", "")] * 4
