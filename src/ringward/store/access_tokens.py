"""Access tokens as rows; what they mean, the use case knows (``administration/access_tokens.py``)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from ringward.store.tables import access_token as table


@dataclass(frozen=True, slots=True)
class StoredToken:
    """One token. Of the token itself only its hash is here."""

    name: str
    user: str
    digest: str
    created_at: int
    """Milliseconds since 1970, here and below."""
    expires_at: int


def every(connection: Connection) -> list[StoredToken]:
    """All tokens by name."""
    return [_token(row) for row in connection.execute(select(table).order_by(table.c.name)).mappings()]


def named(connection: Connection, name: str) -> StoredToken | None:
    """The token of this name."""
    return _one(connection, table.c.name == name)


def with_digest(connection: Connection, digest: str) -> StoredToken | None:
    """The token that has this hash."""
    return _one(connection, table.c.digest == digest)


def add(connection: Connection, token: StoredToken) -> None:
    """Store a token."""
    connection.execute(insert(table), asdict(token))


def remove(connection: Connection, name: str) -> None:
    """Remove a token."""
    connection.execute(delete(table).where(table.c.name == name))


def _one(connection: Connection, condition: Any) -> StoredToken | None:
    row = connection.execute(select(table).where(condition)).mappings().first()
    return _token(row) if row is not None else None


def _token(row: RowMapping) -> StoredToken:
    return StoredToken(**row)
