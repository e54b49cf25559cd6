"""The database of a node: opened, brought to the present schema, and used in transactions.

SQLite by default. A committed transaction is on the disk when the call returns (``synchronous=FULL``): a process
that is killed or a machine that loses power loses nothing that was reported as saved (CLUSTER-23).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from ringward.domain.errors import Unavailable
from ringward.store.tables import SCHEMA_REVISION
from ringward.store.transaction import Transaction, failure_of

_BUSY_TIMEOUT = 15_000
"""Milliseconds that a writer waits for another one; far more than any transaction of ours takes."""
_FILE_MODE = 0o600
"""The file holds password hashes, the audit log and sealed secrets."""


class Database:
    """Gives out transactions; safe to use from several threads and beside other processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open the SQLite database at a path, make it if there is none, and migrate it to the present schema.

        Raises :class:`Unavailable` when it cannot be opened, is no database of ours, or was written by a newer
        version.
        """
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE))
        except OSError as error:
            raise Unavailable(f"the database {path} cannot be opened: {error.strerror}") from error
        return cls.connect(f"sqlite:///{path}")

    @classmethod
    def connect(cls, url: str) -> Database:
        """Open a database by its SQLAlchemy address and migrate it; raises :class:`Unavailable` like
        :meth:`open`."""
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        database = cls(engine)
        try:
            database._migrate()
        except DatabaseError as error:
            database.close()
            raise Unavailable(f"{engine.url.database} cannot be used as the database: {error.orig}") from error
        except Unavailable:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one consistent state and changes nothing; raises :class:`Unavailable`."""
        with _failures_told(), self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back as a whole when an exception passes.

        It has the write lock from its beginning, so what it reads cannot change before it writes. Raises
        :class:`Unavailable` when another process holds the lock for too long, or the disk is full or broken.
        """
        with _failures_told(), self.engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            try:
                transaction = connection.begin()
            except OperationalError as error:
                raise Unavailable("the database is busy: another process is writing; try again") from error
            with transaction:
                yield connection

    @contextmanager
    def writing_together(self) -> Iterator[Transaction]:
        """A transaction for parts that are committed as one when the block ends: they wait for the disk once.

        One of them that is undone leaves the others alone. But when the machine fails under one, all are lost, and
        the end of the block raises :class:`Unavailable` like :meth:`writing`.
        """
        with self.writing() as connection:
            transaction = Transaction(connection)
            yield transaction
            _ = transaction.connection  # with it all is written that was left

    def copy(self, target: Path) -> None:
        """Copy the database into a new file, as it was last committed (SQLite's online backup)."""
        source = self.engine.url.database
        if self.engine.dialect.name != "sqlite" or not source:
            raise Unavailable("only a database of SQLite can be copied")
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE))
        with (
            contextlib.closing(sqlite3.connect(source)) as here,
            contextlib.closing(sqlite3.connect(target)) as there,
        ):
            here.backup(there)
            there.execute("PRAGMA journal_mode=DELETE")

    def check(self) -> None:
        """Raise :class:`Unavailable` if the file is damaged."""
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if found != "ok":
            raise Unavailable(f"the database is damaged: {found}")

    def revision(self) -> str | None:
        """The schema's revision; None for a database without any table of ours."""
        with self.reading() as connection:
            return _revision(connection)

    def _migrate(self) -> None:
        if self.revision() == SCHEMA_REVISION:
            return
        # Alembic is only loaded when there is work for it, which keeps short commands short.
        from ringward.store.migrations.upgrade import upgrade

        with self.writing() as connection:
            upgrade(connection, _revision(connection))


@contextmanager
def _failures_told() -> Iterator[None]:
    """Tell a failure of the machine (a full disk, a lost file) in words; one of the program passes as it is."""
    try:
        yield
    except OperationalError as error:
        raise failure_of(error) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Set what SQLite forgets between connections; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start of a writing transaction: one that took it later could have to fail."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
