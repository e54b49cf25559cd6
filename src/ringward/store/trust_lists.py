"""The CTL files that were ever in force, and which of them each phone holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.store.tables import TABLES, held_trust_list, trust_list


@dataclass(frozen=True, slots=True)
class TrustListRow:
    """One edition of the CTL file."""

    at: int
    """When it came into force; milliseconds since 1970."""
    content: bytes
    signer: str
    """Subject of the token that signed it."""
    mode: ClusterSecurityMode

    @property
    def hash(self) -> str:
        """By which phones' lists are told apart."""
        return hash_of(self.content)


def hash_of(content: bytes) -> str:
    """SHA-256 over a whole file, in hexadecimal digits."""
    return sha256(content).hexdigest()


def current(connection: Connection) -> TrustListRow | None:
    """The edition in force."""
    row = connection.execute(select(trust_list).order_by(trust_list.c.number.desc()).limit(1)).first()
    if row is None:
        return None
    return TrustListRow(row.at, row.content, row.signer, ClusterSecurityMode(row.mode))


def by_hash(connection: Connection, hash: str) -> bytes | None:
    """The edition with this hash."""
    statement = select(trust_list.c.content).where(trust_list.c.hash == hash).limit(1)
    content: bytes | None = connection.execute(statement).scalar()
    return content


def append(connection: Connection, row: TrustListRow) -> None:
    """A new edition is in force."""
    values = {"at": row.at, "hash": row.hash, "content": row.content, "signer": row.signer, "mode": row.mode.value}
    connection.execute(insert(trust_list), values)


def held(connection: Connection, hashes: Collection[str]) -> Mapping[str, str]:
    """Which of these files phones hold, by hash, by device name."""
    found = select(held_trust_list).where(held_trust_list.c.hash.in_(hashes))
    return {row.device: row.hash for row in connection.execute(found)}


def holders(connection: Connection) -> Mapping[str, int]:
    """How many phones are known to hold which file, by its hash."""
    counted = select(held_trust_list.c.hash, func.count()).group_by(held_trust_list.c.hash)
    return {hash: int(count) for hash, count in connection.execute(counted)}


def held_by(connection: Connection, device: str) -> str | None:
    """The hash of the file that a phone holds."""
    statement = select(held_trust_list.c.hash).where(held_trust_list.c.device == device)
    found: str | None = connection.execute(statement).scalar()
    return found


def write_held(connection: Connection, device: str, hash: str, at: int) -> None:
    """A phone holds this file now; phones that are not configured are not noted."""
    phone = TABLES["phone"].table
    if connection.execute(select(phone.c.device_name).where(phone.c.device_name == device)).first() is None:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(held_trust_list).values(device=device, hash=hash, at=at)
    changed = {"hash": hash, "at": at}
    connection.execute(statement.on_conflict_do_update(index_elements=["device"], set_=changed))


def forget_held(connection: Connection, device: str) -> bool:
    """A phone holds none any more; returns whether one was known."""
    return bool(connection.execute(delete(held_trust_list).where(held_trust_list.c.device == device)).rowcount)
