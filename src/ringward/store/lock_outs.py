"""Wrong attempts to sign in, by account and by where they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, insert, select

from ringward.store.tables import lock_out as table

MOST_KEPT = 10_000
"""Rows; a stranger must not fill the disk with names that he makes up."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The wrong attempts on one account from one place."""

    noun: str
    name: str
    place: str
    failures: int
    locked_until: int
    """Milliseconds since 1970, here and below; in the past if it is not locked."""
    last_at: int


def of_account(connection: Connection, noun: str, name: str) -> dict[str, Failures]:
    """The wrong attempts on an account, by place."""
    statement = select(table).where(table.c.noun == noun, table.c.name == name)
    return {row["place"]: Failures(**row) for row in connection.execute(statement).mappings()}


def locked(connection: Connection, now: int) -> list[Failures]:
    """What is locked now, what is locked longest first."""
    statement = select(table).where(table.c.locked_until > now).order_by(table.c.locked_until.desc())
    return [Failures(**row) for row in connection.execute(statement).mappings()]


def put(connection: Connection, failures: Failures) -> None:
    """Store what is known of a place, instead of what was."""
    forget(connection, failures.noun, failures.name, (failures.place,))
    connection.execute(insert(table), asdict(failures))


def forget(connection: Connection, noun: str, name: str, places: Iterable[str] | None = None) -> int:
    """Forget the wrong attempts on an account, from some places or from all; returns how many rows that were."""
    statement = delete(table).where(table.c.noun == noun, table.c.name == name)
    if places is not None:
        statement = statement.where(table.c.place.in_(list(places)))
    return connection.execute(statement).rowcount


def forget_old(connection: Connection, before: int, now: int) -> None:
    """Forget attempts that are long ago and lock nothing, and the oldest of too many."""
    connection.execute(delete(table).where(table.c.last_at < before, table.c.locked_until <= now))
    if connection.execute(select(func.count()).select_from(table)).scalar_one() > MOST_KEPT:
        newest = select(table.c.last_at).order_by(table.c.last_at.desc()).offset(MOST_KEPT - 1).limit(1)
        connection.execute(delete(table).where(table.c.last_at < newest.scalar_subquery()))
