"""Second factors of application users as rows: sealed keys, the last step that was used, and recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from ringward.domain.secret import Secret
from ringward.pki.secrets import SecretBox
from ringward.store.tables import recovery_code as codes
from ringward.store.tables import second_factor as table

_PLACE = (table.name, "sealed")
"""Without the account's name, which may change."""


@dataclass(frozen=True, slots=True)
class StoredFactor:
    """The second factor of one account."""

    user: str
    key: Secret
    """In hexadecimal digits."""
    last_step: int
    enrolled_at: int
    """Milliseconds since 1970."""


def of(connection: Connection, secrets: SecretBox, user: str) -> StoredFactor | None:
    """The second factor of an account, if it has one."""
    row = connection.execute(select(table).where(table.c.user == user)).first()
    if row is None:
        return None
    return StoredFactor(row.user, secrets.open(row.sealed, _PLACE), row.last_step, row.enrolled_at)


def enrolled_at(connection: Connection, user: str) -> int | None:
    """When an account's second factor was set up; None if it has none. Opens no secret."""
    return connection.execute(select(table.c.enrolled_at).where(table.c.user == user)).scalar()


def every(connection: Connection) -> dict[str, tuple[int, int]]:
    """For each account that has one: when it was set up, and how many recovery codes are left."""
    statement = (
        select(table.c.user, table.c.enrolled_at, func.count(codes.c.stamp))
        .join_from(table, codes, table.c.user == codes.c.user, isouter=True)
        .group_by(table.c.user, table.c.enrolled_at)
        .order_by(table.c.user)
    )
    return {user: (since, left) for user, since, left in connection.execute(statement)}


def put(connection: Connection, secrets: SecretBox, factor: StoredFactor, stamps: Iterable[str]) -> None:
    """Store a second factor with its recovery codes, instead of the one before."""
    remove(connection, factor.user)
    values = {
        "user": factor.user,
        "sealed": secrets.seal(factor.key, _PLACE),
        "last_step": factor.last_step,
        "enrolled_at": factor.enrolled_at,
    }
    connection.execute(insert(table).values(values))
    put_codes(connection, factor.user, stamps)


def used(connection: Connection, user: str, step: int) -> None:
    """Note the step of the code that was taken."""
    connection.execute(update(table).where(table.c.user == user).values(last_step=step))


def stamps_of(connection: Connection, user: str) -> list[str]:
    """The recovery codes that are left, as their stamps."""
    return list(connection.execute(select(codes.c.stamp).where(codes.c.user == user)).scalars())


def put_codes(connection: Connection, user: str, stamps: Iterable[str]) -> None:
    """Store recovery codes instead of those before."""
    connection.execute(delete(codes).where(codes.c.user == user))
    connection.execute(insert(codes), [{"user": user, "stamp": each} for each in stamps])


def use_code(connection: Connection, user: str, stamp: str) -> None:
    """A recovery code is used up."""
    connection.execute(delete(codes).where(codes.c.user == user, codes.c.stamp == stamp))


def remove(connection: Connection, user: str) -> bool:
    """Take the second factor away; returns whether there was one."""
    return connection.execute(delete(table).where(table.c.user == user)).rowcount > 0
