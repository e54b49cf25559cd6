"""The change feed: every committed change of the configuration, in order.

A change is appended in the transaction that makes it, so the feed never tells of something that did not happen nor
misses something that did. A service reads from the last sequence it knows: after a commit of its own process, when
another process has committed, and once more after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select

from ringward.domain.change import Action
from ringward.store.database import Database
from ringward.store.tables import changes

_SINCE = select(changes).where(changes.c.sequence > bindparam("sequence")).order_by(changes.c.sequence)
"""Asked several times a second; a statement that is made anew each time leaves cycles of objects behind."""
_NEWEST = select(func.coalesce(func.max(changes.c.sequence), 0))
_ADD = insert(changes).returning(changes.c.sequence, sort_by_parameter_order=True)


NewChange = tuple[int, str, str, Action]
"""When it was made (milliseconds since 1970), noun, key and action."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the feed."""

    sequence: int
    at: int
    """Milliseconds since 1970."""
    noun: str
    key: str
    action: Action


def append(connection: Connection, at: int, noun: str, key: str, action: Action) -> int:
    """Add a change to the present transaction; returns its sequence."""
    (sequence,) = append_all(connection, [(at, noun, key, action)])
    return sequence


def append_all(connection: Connection, made: Sequence[NewChange]) -> list[int]:
    """Add changes to the present transaction; returns their sequences, which grow."""
    rows = [{"at": at, "noun": noun, "key": key, "action": action.value} for at, noun, key, action in made]
    return list(connection.execute(_ADD, rows).scalars()) if rows else []


def since(connection: Connection, sequence: int) -> list[Change]:
    """All changes after a sequence, oldest first."""
    return [
        Change(row.sequence, row.at, row.noun, row.key, Action(row.action))
        for row in connection.execute(_SINCE, {"sequence": sequence})
    ]


def last_sequence(connection: Connection) -> int:
    """The sequence of the newest change; 0 when there is none."""
    return int(connection.execute(_NEWEST).scalar_one())


class Watch:
    """Tells cheaply whether anyone has committed since the last time it was asked.

    SQLite keeps a counter for this (``PRAGMA data_version``) that costs microseconds to read and, read on a
    connection that never writes, counts every commit of every process. Elsewhere the newest sequence is compared.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # Below SQLAlchemy, which would begin a transaction that sees one state forever.
        sqlite = database.engine.dialect.name == "sqlite"
        self._connection = database.engine.raw_connection() if sqlite else None
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether something was committed since the last call (or since the watch began)."""
        version = self._version()
        changed, self._seen = version != self._seen, version
        return changed

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()

    def _version(self) -> int:
        if self._connection is not None:
            cursor = self._connection.cursor()
            try:
                cursor.execute("PRAGMA data_version")
                (version,) = cursor.fetchone() or (0,)
            finally:
                cursor.close()
            return int(version)
        with self._database.reading() as connection:
            return last_sequence(connection)
