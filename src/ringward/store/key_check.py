"""A known text sealed with the cluster key, by which a start notices a key that is not this database's."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from ringward.domain.secret import Secret
from ringward.pki.secrets import SecretBox
from ringward.store.tables import key_check

_NAME = "cluster"
_PLACE = (key_check.name, _NAME, "sealed")
_KNOWN = Secret("the right key")


def has_key_check(connection: Connection) -> bool:
    """Whether the database was installed."""
    return connection.execute(select(key_check.c.name)).first() is not None


def write_key_check(connection: Connection, secrets: SecretBox) -> None:
    """Bind the database to the cluster key."""
    connection.execute(insert(key_check).values(name=_NAME, sealed=secrets.seal(_KNOWN, _PLACE)))


def verify_key(connection: Connection, secrets: SecretBox) -> None:
    """Raise :class:`SealBroken` when the database belongs to another key; one not yet installed belongs to
    none."""
    sealed = connection.execute(select(key_check.c.sealed).where(key_check.c.name == _NAME)).scalar()
    if sealed is not None:
        secrets.open(sealed, _PLACE)
