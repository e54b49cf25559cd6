"""Trust stores: whom the servers believe (CERT-10, CERT-14, CERT-17, CERT-18), and whom no longer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, Work
from ringward.domain.certificate import TrustPurpose
from ringward.domain.change import Action
from ringward.domain.errors import NotFound, Refused
from ringward.pki.certificates import Certificate
from ringward.pki.key_store import KeyStore
from ringward.pki.lint import Role, check
from ringward.store import trusted_certificates
from ringward.store.audit import Outcome
from ringward.store.trusted_certificates import RevokedRow, TrustedRow

NOUN = "trusted-certificate"
"""Name of these certificates in log and change feed; the key is the purpose and the fingerprint."""
REVOKED_NOUN = "revoked-certificate"

_VOUCHES = (TrustPurpose.CAPF, TrustPurpose.TOKEN)
"""Stores of authorities alone: no phone and no token is trusted for itself."""
_SHORTEST_PREFIX = 8
"""Hexadecimal digits of a fingerprint that are enough to name a certificate, if they name only one."""


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A certificate in a trust store."""

    purpose: TrustPurpose
    certificate: Certificate
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """A certificate that was taken in, and what the linter has to say about it."""

    certificate: Certificate
    warnings: tuple[str, ...]


class TrustStores:
    """The use cases of trust stores."""

    def __init__(self, operations: Operations, key_store: KeyStore) -> None:
        self._operations = operations
        self._keys = key_store

    def find(self, actor: Actor, purpose: TrustPurpose | None = None) -> tuple[TrustedCertificate, ...]:
        """The certificates of one store or of all."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return tuple(map(_trusted, trusted_certificates.trusted(view.connection, purpose)))

    def get(self, actor: Actor, purpose: TrustPurpose, text: str) -> TrustedCertificate:
        """One certificate by common name or fingerprint. Raises :class:`NotFound`, or :class:`Refused` if the text
        names several."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return _trusted(_named(view.connection, purpose, text))

    def add(self, actor: Actor, purpose: TrustPurpose, content: bytes) -> Imported:
        """Trust a certificate, PEM or DER (CERT-16).

        Raises :class:`BadCertificate` when it is none or the linter finds it unfit, :class:`Refused` when it is of
        the wrong kind for this store, and :class:`AlreadyExists`.
        """
        with self._operations.attempt(actor, f"{NOUN}.add", NOUN, purpose.value) as work:
            certificate = Certificate.load(content)
            warnings = check(certificate, Role.TRUSTED, _moment(self._operations.now()))
            if purpose in _VOUCHES and not certificate.is_authority:
                raise Refused(
                    f"{certificate.subject} is no certificate authority (CA), so it cannot vouch for anybody; "
                    f"{purpose.title} takes only authorities"
                )
            trust(work, self._operations.now(), purpose, certificate)
        return Imported(certificate, tuple(map(str, warnings)))

    def remove(self, actor: Actor, purpose: TrustPurpose, text: str) -> TrustedCertificate:
        """Trust a certificate no longer; peers that depend on it are refused from their next handshake on.

        Raises :class:`NotFound`, or :class:`Refused` if the text names several, or an authority of our own that
        is in force: without trust in it every device that it has certified would be stranded.
        """
        with self._operations.attempt(actor, f"{NOUN}.remove", NOUN, f"{purpose.value}/{text}") as work:
            row = _named(work.connection, purpose, text)
            self._refuse_own(purpose, row)
            trusted_certificates.remove_trusted(work.connection, purpose, row.fingerprint)
            found = _trusted(row)
            key = f"{purpose.value}/{row.fingerprint}"
            work.note(NOUN, key, Outcome.REMOVED, {"subject": found.certificate.subject}, {})
            work.announce(NOUN, key, Action.REMOVED)
        return found

    # -- certificates of devices that are refused -----------------------------------------------------------

    def revoke(self, actor: Actor, certificate: Certificate) -> None:
        """Refuse a device's certificate from now on; a device that is connected with it is disconnected.

        Raises :class:`AlreadyExists`, and :class:`Refused` for an authority, which is no device.
        """
        if certificate.is_authority:
            raise Refused(
                f"{certificate.subject} is a certificate authority (CA), not a device; to trust nobody any more "
                "whom it has certified, remove it from its trust store: ringward trust remove"
            )
        key = certificate.fingerprint_sha256
        with self._operations.change(actor, f"{REVOKED_NOUN}.add", REVOKED_NOUN, key) as work:
            revoke(work, self._operations.now(), certificate)

    def _refuse_own(self, purpose: TrustPurpose, row: TrustedRow) -> None:
        for kind in self._keys.kinds():
            if not kind.is_authority or kind.trust is not purpose:
                continue
            if self._keys.certificate(kind).der == row.certificate:
                raise Refused(
                    f"this is the present {kind.title} of this cluster: what it signed is trusted by it alone; "
                    f"regenerate it first: ringward certificate regenerate {kind.value}"
                )

    def revoked(self, actor: Actor) -> tuple[RevokedRow, ...]:
        """The revoked certificates, newest first."""
        with self._operations.read(actor, f"{REVOKED_NOUN}.read") as view:
            return tuple(trusted_certificates.revoked(view.connection))


def trust(work: Work, now: int, purpose: TrustPurpose, certificate: Certificate) -> None:
    """Put a certificate into a store, as part of a larger operation. Raises :class:`AlreadyExists`."""
    fingerprint = certificate.fingerprint_sha256
    trusted_certificates.add_trusted(work.connection, TrustedRow(purpose, fingerprint, certificate.der, now))
    key = f"{purpose.value}/{fingerprint}"
    work.note(NOUN, key, Outcome.ADDED, {}, {"subject": certificate.subject, "issuer": certificate.issuer})
    work.announce(NOUN, key, Action.ADDED)


def revoke(work: Work, now: int, certificate: Certificate) -> None:
    """Note a certificate as revoked, as part of a larger operation. Raises :class:`AlreadyExists`."""
    key, expires_at = certificate.fingerprint_sha256, int(certificate.valid_to.timestamp() * 1000)
    trusted_certificates.add_revoked(work.connection, RevokedRow(key, certificate.subject, expires_at, now))
    work.note(REVOKED_NOUN, key, Outcome.ADDED, {}, {"subject": certificate.subject})
    work.announce(REVOKED_NOUN, key, Action.ADDED)


def certificates_trusted_for(connection: Connection, purpose: TrustPurpose) -> tuple[Certificate, ...]:
    """The certificates of one store."""
    return tuple(Certificate(row.certificate) for row in trusted_certificates.trusted(connection, purpose))


def _named(connection: Connection, purpose: TrustPurpose, text: str) -> TrustedRow:
    rows = trusted_certificates.trusted(connection, purpose)
    found = list(_matching(rows, text))
    if not found:
        raise NotFound(f"certificate in {purpose.title}", text)
    if len(found) > 1:
        raise Refused(f"{text!r} names {len(found)} certificates in {purpose.title}; use a fingerprint")
    return found[0]


def _matching(rows: Iterable[TrustedRow], text: str) -> Iterable[TrustedRow]:
    digits = text.replace(":", "").upper()
    is_prefix = len(digits) >= _SHORTEST_PREFIX and all(digit in "0123456789ABCDEF" for digit in digits)
    for row in rows:
        certificate = Certificate(row.certificate)
        prints = (certificate.fingerprint_sha256, certificate.fingerprint_sha1)
        if certificate.common_name == text or (
            is_prefix and any(each.replace(":", "").startswith(digits) for each in prints)
        ):
            yield row


def _trusted(row: TrustedRow) -> TrustedCertificate:
    return TrustedCertificate(row.purpose, Certificate(row.certificate), _moment(row.added_at))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
