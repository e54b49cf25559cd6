"""Decides for one phone after the other what becomes of its call, and carries it through.

Everything here waits for the database or computes signatures. So it is called in one thread of its own, never in
the event loop: calls go on while certificates are made (CAPF-09), and as there is only one thread, no two calls of
a phone can be served between each other. What waits for it at a time is committed together (:mod:`.desk_thread`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from ringward.administration.enrolment import Enrolment, PendingOperation
from ringward.domain.alarm import Report, cleared, raised
from ringward.domain.alarm_catalogue import CERTIFICATE_OPERATION_FAILED
from ringward.domain.errors import RingwardError
from ringward.domain.rules.certificate_operation import authentication_failure, is_too_short, status_after
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CapfFailure,
    CertificateOperation,
    DeviceCertificateKind,
)
from ringward.pki.certificates import BadCertificate, Certificate, KeyPair
from ringward.protocols.capf.message import Reason
from ringward.protocols.capf.values import VERSION_WITH_KEY_TYPES, Introduction
from ringward.services.alarm_log import log_alarm
from ringward.services.capf.proofs import Proofs
from ringward.services.capf.traces import Traces

ATTEMPTS = 4
"""Calls of a phone that may break off before the operation has failed: the first and three more (CAPF-07)."""
MAX_COUNTED = 10_000
"""Operations whose failed attempts are remembered; of more the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A phone gets nothing; ``told`` is the little that it is told, ``why`` is for the log."""

    told: Reason
    why: str
    operation: CertificateOperation = CertificateOperation.NONE
    """What was to be done, if anything was."""
    failure: CapfFailure | None = None
    """What Operation Status calls it, if the phone could not be served."""


class Desk:
    """See the module."""

    def __init__(
        self,
        enrolment: Enrolment,
        authority: Callable[[], KeyPair],
        parameters: CapfParameters,
        traces: Traces,
        now: Callable[[], datetime],
        alarm: Report = log_alarm,
    ) -> None:
        """``now`` gives the time with its zone."""
        self._enrolment = enrolment
        self.authority = authority
        """Gives CAPF's present key pair; a call is served by the one that it has begun with."""
        self._parameters = parameters
        self._traces = traces
        self._now = now
        self._alarm = alarm
        self._wrong: OrderedDict[object, int] = OrderedDict()
        """How often each pending operation was tried and failed."""

    @contextmanager
    def together(self, devices: Collection[str]) -> Iterator[Desk]:
        """This desk for several phones at a time: what it answers is true only when the block has ended well."""
        with self._enrolment.together(devices) as enrolment:
            desk = copy(self)
            desk._enrolment = enrolment
            yield desk

    # -- who calls -----------------------------------------------------------------------------------------

    def receive(self, introduction: Introduction, session_id: int) -> PendingOperation | Refusal:
        """Who calls, and what is to be done for him."""
        pending = self._enrolment.pending(introduction.device_name)
        if pending is None:
            return Refusal(Reason.UNKNOWN_DEVICE, "there is no such phone")
        if pending.operation is CertificateOperation.NONE:
            return Refusal(Reason.NOTHING_TO_DO, "no operation is pending")
        if pending.is_late:
            return self.give_up(pending, CapfFailure.LATE, f"it was to be complete by {pending.completes_by}")
        proved = self._proved(introduction, session_id, pending)
        return proved if isinstance(proved, Refusal) else self._refused_key(proved, introduction) or proved

    def _proved(
        self, introduction: Introduction, session_id: int, pending: PendingOperation
    ) -> PendingOperation | Refusal:
        """What is pending for a phone that has proved itself, with what is known of it since."""
        presented, unconfirmed = None, None
        if pending.authentication_mode not in _WITHOUT_CERTIFICATE:
            presented = self._proofs().presented(introduction, session_id, pending, self._now())
            shown = introduction.certificate
            unconfirmed = shown if shown in pending.unconfirmed else None
        failure = authentication_failure(
            pending.authentication_mode,
            wanted=pending.authentication_string,
            given=introduction.authentication_string,
            presented=presented,
            has_lsc=pending.lsc is not None or unconfirmed is not None,
            has_mic=pending.has_mic,
        )
        if failure is not None:
            flaw = "" if presented is None else f": {presented.flaw or presented.kind.value}"
            most = self._parameters.wrong_authentication_strings
            return self._failed(pending, failure, f"{failure.value}{flaw}", most)
        if unconfirmed is not None:  # only its answer was lost: it has kept the certificate (CAPF-07)
            return self._enrolment.kept(pending, unconfirmed)
        return pending

    def _refused_key(self, pending: PendingOperation, introduction: Introduction) -> Refusal | None:
        """Of a phone that cannot be asked for the key that its profile wants; None for others."""
        installs = pending.operation is CertificateOperation.INSTALL_UPGRADE
        if not (installs and pending.key_size.is_elliptic) or introduction.version >= VERSION_WITH_KEY_TYPES:
            return None
        why = f"its version {introduction.version} of the protocol knows no {pending.key_size.words} keys"
        return self.give_up(pending, CapfFailure.NO_ELLIPTIC_KEYS, why)

    def _proofs(self) -> Proofs:
        return Proofs(
            self.authority().certificate.subject, self._enrolment.trust(), self._parameters.accept_sha1_signatures
        )

    # -- what is done --------------------------------------------------------------------------------------

    def issue(self, pending: PendingOperation, public_key: bytes, authority: KeyPair) -> Certificate | Refusal:
        """The certificate for the key that a phone has made."""
        try:
            if is_too_short(pending.key_size, self._parameters.smallest_key_size):
                raise BadCertificate(f"{pending.key_size.words} is too short here")
            return self._enrolment.issue(pending, public_key, authority, self._parameters.certificate_validity)
        except BadCertificate as error:
            return self.give_up(pending, CapfFailure.KEY_GENERATION, str(error))
        except RingwardError as error:
            return self._failed(pending, CapfFailure.CA_COMMUNICATION, str(error), ATTEMPTS)

    def installed(self, pending: PendingOperation, certificate: Certificate) -> str:
        """The phone has kept its certificate. Returns the status."""
        self._enrolment.installed(pending, certificate)
        return self._done(pending)

    def deleted(self, pending: PendingOperation) -> str:
        """The phone has forgotten its certificate. Returns the status."""
        self._enrolment.deleted(pending)
        return self._done(pending)

    def shown(self, pending: PendingOperation, shown: tuple[bytes, ...]) -> str:
        """The phone has shown its certificates: a trace of each. Returns the status."""
        proofs, now = self._proofs(), self._now()
        sound = []
        for kind, certificate in _one_of_each(shown, proofs.kind_of):
            flaw = proofs.flaw_of(certificate, kind, pending, now)
            self._traces.write(pending.device, kind, certificate, flaw, now)
            if not flaw:
                sound.append((kind, certificate))
        self._enrolment.shown(pending, sound)
        return self._done(pending)

    def _done(self, pending: PendingOperation) -> str:
        for failure in CapfFailure:
            self._wrong.pop((_mark(pending), failure), None)
        self._alarm(cleared(CERTIFICATE_OPERATION_FAILED, pending.device))
        return status_after(pending.operation, None)

    def end_overdue(self) -> tuple[str, ...]:
        """End the operations whose time has passed; returns their devices."""
        ended = self._enrolment.end_overdue()
        for device in ended:
            said = f"{device} did not call in time: its certificate operation has failed"
            self._alarm(raised(CERTIFICATE_OPERATION_FAILED, device, said))
        return ended

    # -- what went wrong -----------------------------------------------------------------------------------

    def broke_off(self, pending: PendingOperation, failure: CapfFailure, why: str) -> Refusal:
        """The phone was lost on the way; it may come again (CAPF-07)."""
        return self._failed(pending, failure, why, ATTEMPTS)

    def give_up(self, pending: PendingOperation, failure: CapfFailure, why: str) -> Refusal:
        """The operation has failed for good."""
        return self._failed(pending, failure, why, 0)

    def _failed(self, pending: PendingOperation, failure: CapfFailure, why: str, attempts: int) -> Refusal:
        """An attempt has failed, which is the last one once there were as many."""
        mark = (_mark(pending), failure)
        count = self._wrong.get(mark, 0) + 1
        self._wrong[mark] = count
        if len(self._wrong) > MAX_COUNTED:
            self._wrong.popitem(last=False)
        final = count >= attempts
        if final:
            self._wrong.pop(mark, None)
        if self._enrolment.failed(pending, failure, final=final) and final:
            alarm = f"{pending.operation.value} of {pending.device} has failed: {why}"
            self._alarm(raised(CERTIFICATE_OPERATION_FAILED, pending.device, alarm))
        said = why if final else f"{why} (attempt {count} of {attempts})"
        return Refusal(Reason.REFUSED, said, pending.operation, failure)


_WITHOUT_CERTIFICATE = (CapfAuthenticationMode.AUTHENTICATION_STRING, CapfAuthenticationMode.NULL_STRING)


def _mark(pending: PendingOperation) -> object:
    """What tells a pending operation from others, also of the same phone."""
    string = pending.authentication_string
    return (pending.device, pending.operation, pending.completes_by, string)


def _one_of_each(
    shown: tuple[bytes, ...], kind_of: Callable[[Certificate], DeviceCertificateKind]
) -> list[tuple[DeviceCertificateKind, Certificate]]:
    """The first certificate of each kind; what is no certificate is left out."""
    found: dict[DeviceCertificateKind, Certificate] = {}
    for der in shown:
        try:
            certificate = Certificate(der)
        except BadCertificate:
            continue
        found.setdefault(kind_of(certificate), certificate)
    return list(found.items())
