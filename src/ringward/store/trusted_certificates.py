"""The rows of the trust stores, and of the certificates that were revoked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from ringward.domain.certificate import TrustPurpose
from ringward.domain.errors import AlreadyExists
from ringward.store.tables import revoked_certificate, trusted_certificate

_REVOKED = select(revoked_certificate.c.fingerprint)


@dataclass(frozen=True, slots=True)
class TrustedRow:
    """One certificate in one trust store."""

    purpose: TrustPurpose
    fingerprint: str
    """SHA-256 over the certificate, in capitals with colons."""
    certificate: bytes
    """DER."""
    added_at: int
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class RevokedRow:
    """A certificate that is refused from now on."""

    fingerprint: str
    subject: str
    expires_at: int
    """Milliseconds since 1970."""
    revoked_at: int


def trusted(connection: Connection, purpose: TrustPurpose | None = None) -> list[TrustedRow]:
    """The certificates of one trust store or of all, in the order in which they were added."""
    table = trusted_certificate
    statement = select(table).order_by(table.c.purpose, table.c.added_at, table.c.fingerprint)
    if purpose is not None:
        statement = statement.where(table.c.purpose == purpose.value)
    return [
        TrustedRow(TrustPurpose(row.purpose), row.fingerprint, row.certificate, row.added_at)
        for row in connection.execute(statement)
    ]


def add_trusted(connection: Connection, row: TrustedRow) -> None:
    """Put a certificate into a trust store; raises :class:`AlreadyExists`."""
    values = {
        "purpose": row.purpose.value,
        "fingerprint": row.fingerprint,
        "certificate": row.certificate,
        "added_at": row.added_at,
    }
    try:
        connection.execute(insert(trusted_certificate), values)
    except IntegrityError:
        raise AlreadyExists(f"certificate in {row.purpose.title}", row.fingerprint) from None


def remove_trusted(connection: Connection, purpose: TrustPurpose, fingerprint: str) -> None:
    """Take a certificate out of a trust store."""
    table = trusted_certificate
    connection.execute(delete(table).where(table.c.purpose == purpose.value, table.c.fingerprint == fingerprint))


def revoked(connection: Connection) -> list[RevokedRow]:
    """The revoked certificates, newest first."""
    statement = select(revoked_certificate).order_by(revoked_certificate.c.revoked_at.desc())
    return [
        RevokedRow(row.fingerprint, row.subject, row.expires_at, row.revoked_at)
        for row in connection.execute(statement)
    ]


def add_revoked(connection: Connection, row: RevokedRow) -> None:
    """Note a certificate as revoked; raises :class:`AlreadyExists`."""
    values = {
        "fingerprint": row.fingerprint,
        "subject": row.subject,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
    }
    try:
        connection.execute(insert(revoked_certificate), values)
    except IntegrityError:
        raise AlreadyExists("revoked certificate", row.fingerprint) from None


def revoked_fingerprints(connection: Connection) -> frozenset[str]:
    """The fingerprints of all revoked certificates."""
    return frozenset(connection.execute(_REVOKED).scalars())
