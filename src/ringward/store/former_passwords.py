"""The last passwords of each account, as sealed hashes with the time when each was set."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, delete, insert, select, update

from ringward.domain.secret import Secret
from ringward.pki.secrets import SecretBox
from ringward.store.tables import former_password as table

MOST_KEPT = 24
"""The largest value of the parameter Former Passwords Refused."""
_PLACE = (table.name, "sealed")
"""Without the account's name, which may change."""


@dataclass(frozen=True, slots=True)
class FormerPassword:
    """One password that an account has had, or has."""

    hash: Secret
    set_at: int
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class PresentPassword:
    """How the password of an account was set."""

    set_at: int
    """Milliseconds since 1970."""
    set_by_another: bool
    """By somebody who helped, and knows it."""


def former_passwords(connection: Connection, secrets: SecretBox, noun: str, name: str) -> list[FormerPassword]:
    """The passwords of an account, the present one first."""
    statement = select(table).where(_account(noun) == name).order_by(table.c.number.desc())
    return [FormerPassword(secrets.open(row.sealed, _PLACE), row.set_at) for row in connection.execute(statement)]


def present(connection: Connection, noun: str, name: str) -> PresentPassword | None:
    """How the present password of an account was set; None if that is not known."""
    statement = select(table.c.set_at, table.c.set_by_another).where(_account(noun) == name)
    row = connection.execute(statement.order_by(table.c.number.desc()).limit(1)).first()
    return None if row is None else PresentPassword(row.set_at, row.set_by_another)


def set_by_another(connection: Connection, noun: str, name: str) -> None:
    """Note that somebody else knows the present password of an account."""
    newest = select(table.c.number).where(_account(noun) == name).order_by(table.c.number.desc()).limit(1)
    connection.execute(update(table).where(table.c.number == newest.scalar_subquery()).values(set_by_another=True))


def add(connection: Connection, secrets: SecretBox, noun: str, name: str, password: FormerPassword) -> None:
    """Note the new password of an account, and forget those that are too long ago to matter."""
    column = _account(noun)
    values = {column.name: name, "sealed": secrets.seal(password.hash, _PLACE), "set_at": password.set_at}
    values["set_by_another"] = False
    connection.execute(insert(table).values(values))
    kept = select(table.c.number).where(column == name).order_by(table.c.number.desc()).limit(MOST_KEPT)
    connection.execute(delete(table).where(column == name, table.c.number.not_in(kept)))


def _account(noun: str) -> Column[str]:
    return table.c[noun.replace("-", "_")]
