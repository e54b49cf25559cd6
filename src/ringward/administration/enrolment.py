"""What CAPF does for a phone that calls: finds its operation, issues its certificate, keeps what came of it.

An operation is pending as long as the phone's record says so, and every step looks there again: what an
administrator changes meanwhile, or what has been concluded, is not carried on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from ringward.administration.authorization import Actor
from ringward.administration.operation import Found, Operations, View, Work
from ringward.administration.trust_stores import certificates_trusted_for, revoke
from ringward.domain.certificate import TrustPurpose
from ringward.domain.change import Action
from ringward.domain.errors import AlreadyExists, RingwardError
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rights import EVERYTHING
from ringward.domain.rules.certificate_operation import is_over, moment, status_after
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CapfFailure,
    CertificateOperation,
    DeviceCertificateKind,
    DeviceCertificateStatus,
    KeySize,
)
from ringward.pki.certificates import BadCertificate, Certificate, KeyPair, describe_key, key_size_of
from ringward.pki.issuing import issue_device_certificate, load_public_key
from ringward.store import device_certificates, feed, phone_security, trusted_certificates
from ringward.store.audit import Outcome
from ringward.store.device_certificates import DeviceCertificateRow

NOUN = "device-certificate"
"""Name of these certificates in log and change feed; the key is the device's name."""
_YEAR = timedelta(days=365.25)
_MOST_KNOWN = 1_000
"""Records that are kept from one time to the next."""
_CAPF = Actor("CAPF", EVERYTHING, "a phone's call")
_SENT, _INSTALLED = DeviceCertificateStatus.SENT, DeviceCertificateStatus.INSTALLED
_HELD = (_INSTALLED, _SENT)
"""What a phone has, or will have if it did not lose it on the way."""


class NoLongerPending(RingwardError):
    """The operation was changed or concluded while the phone was at it."""


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """What CAPF knows of a phone that calls."""

    device: str
    operation: CertificateOperation
    """``NONE`` if nothing is pending."""
    authentication_mode: CapfAuthenticationMode
    authentication_string: Secret | None
    key_size: KeySize
    completes_by: str
    is_late: bool
    """Whether the time for it has passed (CAPF-29)."""
    has_mic: bool
    """Whether the model leaves the factory with a certificate."""
    lsc: Certificate | None
    """The LSC that the phone has, as far as is known."""
    unconfirmed: tuple[bytes, ...] = ()
    """LSCs (DER) that it was sent and never confirmed: it may have them, if only its answer was lost."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates phones may prove themselves with."""

    manufacturers: tuple[Certificate, ...]
    """The certificates in CAPF-trust, CAPF's own and manufacturers'."""
    revoked: frozenset[str]
    """Fingerprints of certificates that are refused."""


@dataclass(slots=True)
class _Known:
    """What has been read for phones that call together."""

    found: Found = field(default_factory=dict)
    held: dict[str, list[DeviceCertificateRow]] = field(default_factory=dict)
    """Certificates by device, newest first."""
    sequence: int = 0
    """The newest change with which it is true: every change of phones and their certificates is in the feed."""


class Enrolment:
    """The use cases of the CAPF service. It acts by itself, on behalf of the phones that call."""

    def __init__(self, operations: Operations, known: _Known | None = None) -> None:
        self._operations = operations
        self._known = known or _Known()
        self._kept = _Known()
        """What was known at the end of the last time together."""

    @contextmanager
    def together(self, devices: Collection[str]) -> Iterator[Enrolment]:
        """The use cases for several phones at a time: nothing of it has happened before the block ends.

        Nobody else changes anything meanwhile, so all that is known of these ``devices`` is read at once; and what
        was read the last time is still true if nothing has been changed since but by what was done then.
        """
        before, known, self._kept = self._kept, _Known(), _Known()  # a failure leaves nothing that is known
        with self._operations.together(known.found) as operations:
            with operations.look() as view:
                known.sequence = feed.last_sequence(view.connection)
                if known.sequence == before.sequence and len(before.found) < _MOST_KNOWN:
                    known.found.update(before.found)
                    known.held.update(before.held)
                view.gather(Phone, devices)
                if unknown := [device for device in devices if device not in known.held]:
                    known.held.update(device_certificates.of_devices(view.connection, unknown, _HELD))
            yield Enrolment(operations, known)
        known.sequence = operations.newest or known.sequence
        self._kept = known

    def pending(self, device: str) -> PendingOperation | None:
        """What is pending for a device; None if there is no such device."""
        with self._operations.look() as view:
            phone = view.find(Phone, device)
            return None if phone is None else self._pending(view, phone)

    def trust(self) -> Trust:
        """Whom to believe at this moment."""
        with self._operations.look() as view:
            return Trust(
                certificates_trusted_for(view.connection, TrustPurpose.CAPF),
                trusted_certificates.revoked_fingerprints(view.connection),
            )

    def issue(self, pending: PendingOperation, public_key: bytes, authority: KeyPair, years: int) -> Certificate:
        """Issue a certificate for the key that a phone has made.

        Asked again for the same key it gives the same certificate: a phone that vanished before it could confirm
        gets no second one. For another key the unconfirmed certificate is revoked first. Raises
        :class:`BadCertificate` (weak or wrong key) and :class:`NoLongerPending`.
        """
        key = load_public_key(public_key)
        if key_size_of(key) is not pending.key_size:
            wanted = pending.key_size.words
            raise BadCertificate(f"the phone made a key {describe_key(key)} instead of {wanted}")
        now = self._operations.now()
        with self._change(f"{NOUN}.add", NOUN, pending.device) as work:
            self._phone(work, pending)
            for row in self._certificates(work, pending.device, _SENT):
                sent = Certificate(row.certificate)
                if sent.public_key == public_key and sent.issuer == authority.certificate.subject:
                    return sent
                self._retire(work, row, DeviceCertificateStatus.ABANDONED, now)
            certificate = issue_device_certificate(
                authority, public_key, pending.device, now=_time(now), lifetime=years * _YEAR
            )
            row = self._keep(
                work, pending.device, certificate, DeviceCertificateKind.LSC, DeviceCertificateStatus.SENT, now
            )
            expires = f"{certificate.valid_to:%Y-%m-%d}"
            work.note(
                NOUN, pending.device, Outcome.ADDED, {}, {"fingerprint": row.fingerprint, "expires": expires}
            )
        return certificate

    def installed(self, pending: PendingOperation, certificate: Certificate) -> None:
        """The phone has confirmed its new certificate: it replaces the one before, and the operation is over."""
        now = self._operations.now()
        with self._change_of_phone(pending) as work:
            phone = self._phone(work, pending)
            self._put_into_use(work, pending.device, certificate.der, now)
            self._conclude(work, phone, None)

    def kept(self, pending: PendingOperation, certificate: bytes) -> PendingOperation:
        """The phone has proved itself by an LSC (DER) that it never confirmed: so it has it, and no other.

        Returns what is pending, with that.
        """
        now = self._operations.now()
        with self._change(f"{NOUN}.update", NOUN, pending.device) as work:
            self._phone(work, pending)
            self._put_into_use(work, pending.device, certificate, now)
            before, after = {"status": _SENT.value}, {"status": _INSTALLED.value}
            work.note(NOUN, pending.device, Outcome.UPDATED, before, after)
            work.announce(NOUN, pending.device, Action.UPDATED)
        return replace(pending, lsc=Certificate(certificate), unconfirmed=())

    def deleted(self, pending: PendingOperation) -> None:
        """The phone has forgotten its LSC, which is refused from now on."""
        now = self._operations.now()
        with self._change_of_phone(pending) as work:
            phone = self._phone(work, pending)
            for row in self._certificates(work, pending.device, *_HELD):
                self._retire(work, row, DeviceCertificateStatus.DELETED, now)
            self._conclude(work, phone, None)

    def shown(
        self, pending: PendingOperation, certificates: Iterable[tuple[DeviceCertificateKind, Certificate]]
    ) -> None:
        """The phone has shown its certificates; those of the factory are kept (CAPF-38)."""
        with self._change_of_phone(pending) as work:
            phone = self._phone(work, pending)
            for kind, certificate in certificates:
                self._keep_seen(work, pending.device, kind, certificate)
            self._conclude(work, phone, None)

    def failed(self, pending: PendingOperation, failure: CapfFailure, *, final: bool) -> bool:
        """An attempt has failed; the operation too if it is ``final``, else the phone may try again.

        Returns whether it was still pending: what somebody has changed or withdrawn meanwhile has not failed.
        """
        try:
            with self._change_of_phone(pending) as work:
                phone = self._phone(work, pending)
                if final:
                    self._conclude(work, phone, failure)
                else:
                    status = status_after(phone.certificate_operation, failure)
                    work.update(phone, replace(phone, operation_status=status))
        except NoLongerPending:
            return False
        return True

    def end_overdue(self) -> tuple[str, ...]:
        """End the operations whose time has passed, so that none is pending for ever; returns their devices."""
        ended = []
        with self._operations.change(_CAPF, "phone.update") as work:
            now = moment(local_time(self._operations.now()))
            for phone in work.search(Phone, (), [phone_security.is_overdue(now)]):
                self._conclude(work, phone, CapfFailure.LATE)
                ended.append(phone.device_name)
        return tuple(ended)

    # -- inside --------------------------------------------------------------------------------------------

    def _pending(self, view: View, phone: Phone) -> PendingOperation:
        profile = view.get(PhoneSecurityProfile, phone.security_profile)
        capability = capability_of(phone.model, phone.protocol)
        held = self._certificates(view, phone.device_name, *_HELD)
        installed = next((row for row in held if row.status is _INSTALLED), None)
        return PendingOperation(
            device=phone.device_name,
            operation=phone.certificate_operation,
            authentication_mode=profile.authentication_mode,
            authentication_string=phone.authentication_string,
            key_size=profile.key_size,
            completes_by=phone.operation_completes_by,
            is_late=is_over(phone.operation_completes_by, local_time(self._operations.now())),
            has_mic=capability is not None and capability.mic,
            lsc=Certificate(installed.certificate) if installed is not None else None,
            unconfirmed=tuple(row.certificate for row in held if row.status is _SENT),
        )

    def _change_of_phone(self, pending: PendingOperation) -> AbstractContextManager[Work]:
        return self._change("phone.update", Phone.noun, pending.device)

    @contextmanager
    def _change(self, permission: str, noun: str, device: str) -> Iterator[Work]:
        try:
            with self._operations.change(_CAPF, permission, noun, device) as work:
                yield work
        except BaseException:
            self._known.held.clear()  # among it may be what has been undone
            raise

    def _phone(self, view: View, pending: PendingOperation) -> Phone:
        """The phone's record, if the same operation is still pending for it."""
        phone = view.find(Phone, pending.device)
        if phone is None or (
            phone.certificate_operation,
            phone.authentication_string,
            phone.operation_completes_by,
        ) != (pending.operation, pending.authentication_string, pending.completes_by):
            raise NoLongerPending(f"the certificate operation of {pending.device} was changed meanwhile")
        return phone

    def _conclude(self, work: Work, phone: Phone, failure: CapfFailure | None) -> None:
        """The operation is over: its string is used up, whatever came of it (CAPF-28)."""
        work.update(
            phone,
            replace(
                phone,
                certificate_operation=CertificateOperation.NONE,
                authentication_string=None,
                operation_completes_by="",
                operation_status=status_after(phone.certificate_operation, failure),
            ),
        )

    def _certificates(
        self, view: View, device: str, *status: DeviceCertificateStatus
    ) -> list[DeviceCertificateRow]:
        """Those of a device that it has or will have, newest first."""
        held = self._known.held.get(device)
        if held is None:
            return device_certificates.of_device(view.connection, device, status)
        return [row for row in held if row.status in status]

    def _put_into_use(self, work: Work, device: str, certificate: bytes, now: int) -> None:
        """An LSC that a phone was sent takes the place of the one before."""
        for row in self._certificates(work, device, *_HELD):
            if row.status is _INSTALLED:
                self._set_status(work, row, DeviceCertificateStatus.REPLACED, now)
            elif row.certificate == certificate:
                self._set_status(work, row, _INSTALLED, now)

    def _set_status(
        self, work: Work, row: DeviceCertificateRow, status: DeviceCertificateStatus, now: int
    ) -> None:
        changed = replace(row, status=status, status_at=now)
        device_certificates.set_status(work.late, changed)
        self._hold(changed)

    def _hold(self, row: DeviceCertificateRow) -> None:
        """Note what a certificate has become, where those of its device are known."""
        if (held := self._known.held.get(row.device)) is not None:
            known = {each.fingerprint: each for each in held}
            newest_first = (
                known | {row.fingerprint: row} if row.fingerprint in known else {row.fingerprint: row} | known
            )
            self._known.held[row.device] = [each for each in newest_first.values() if each.status in _HELD]

    def _retire(self, work: Work, row: DeviceCertificateRow, status: DeviceCertificateStatus, now: int) -> None:
        """Refuse a certificate that a phone is not to use any more."""
        self._set_status(work, row, status, now)
        with suppress(AlreadyExists):
            revoke(work, now, Certificate(row.certificate))

    def _keep_seen(self, work: Work, device: str, kind: DeviceCertificateKind, certificate: Certificate) -> None:
        if kind is DeviceCertificateKind.MIC and not _is_known(work.connection, certificate):
            now = self._operations.now()
            self._keep(work, device, certificate, kind, DeviceCertificateStatus.SEEN, now)

    def _keep(
        self,
        work: Work,
        device: str,
        certificate: Certificate,
        kind: DeviceCertificateKind,
        status: DeviceCertificateStatus,
        now: int,
    ) -> DeviceCertificateRow:
        row = DeviceCertificateRow(
            device,
            kind,
            certificate.fingerprint_sha256,
            f"{certificate.serial_number:X}",
            certificate.der,
            now,
            int(certificate.valid_to.timestamp() * 1000),
            status,
            now,
        )
        device_certificates.add(work.late, row)
        self._hold(row)
        work.announce(NOUN, device, Action.ADDED)
        return row


def _is_known(connection: Connection, certificate: Certificate) -> bool:
    return device_certificates.find(connection, certificate.fingerprint_sha256) is not None


def local_time(milliseconds: int) -> datetime:
    """A moment by the clock of this machine, in whose time deadlines are entered (CAPF-29)."""
    return datetime.fromtimestamp(milliseconds / 1000).astimezone()


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
