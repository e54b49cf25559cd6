"""Renews the certificates of phones in waves, at quiet hours, before they expire.

Each wave is a job: it goes on after a crash, can be watched and cancelled, and tells what came of each phone.
Whose turn it is follows from what is on record anyway: which certificates expire, and what is pending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.administration.enrolment import NOUN, local_time
from ringward.administration.job_kinds import CERTIFICATE_OPERATION, operation_arguments
from ringward.administration.jobs import READ as READ_JOBS
from ringward.administration.jobs import Jobs
from ringward.administration.operation import Operations, View
from ringward.administration.stored_parameters import service_parameters
from ringward.domain.job import Job
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rights import EVERYTHING
from ringward.domain.rules.certificate_operation import moment
from ringward.domain.rules.certificate_renewal import ExpiringPhone, hours_of, next_wave, turn_end
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CertificateOperation, DeviceCertificateKind, DeviceCertificateStatus
from ringward.store import device_certificates, jobs

READ = f"{NOUN}.read"
_AT_ONCE = 1000
"""Phones that the database is asked for together."""
_RENEWAL = Actor("certificate renewal", EVERYTHING, "calendar")


@dataclass(frozen=True, slots=True)
class Wave:
    """Phones whose renewal was ordered together."""

    operation: Job
    """Gives them their operation."""
    reset: Job | None
    """Resets those that got one; it is there as soon as the other is done."""
    statuses: Mapping[str, int]
    """How many of its phones have which status of their operation now; of none it is empty."""


class CertificateRenewals:
    """The use cases of renewal."""

    def __init__(self, operations: Operations, jobs: Jobs) -> None:
        self._operations = operations
        self._jobs = jobs

    def report(self, actor: Actor, days: int | None = None, limit: int | None = None) -> tuple[ExpiringPhone, ...]:
        """The phones whose certificate is to be renewed, the most urgent first; ``days`` instead of the parameter
        that says how long before the end. ``limit``: the first of them alone."""
        with self._operations.read(actor, READ) as view:
            if days is None:
                _, parameters = _in_force(view)
                days = parameters.renewal_days
            return self._expiring(view, days, limit)

    def in_force(self, actor: Actor) -> tuple[str, CapfParameters]:
        """By which parameters certificates are renewed, and of which server they are."""
        with self._operations.read(actor, READ) as view:
            return _in_force(view)

    def waves(self, actor: Actor, limit: int) -> tuple[Wave, ...]:
        """The latest waves, the newest first."""
        with self._operations.read(actor, READ_JOBS) as view:
            return tuple(
                Wave(
                    each,
                    jobs.following(view.connection, each.number),
                    jobs.operation_statuses(view.connection, each.number),
                )
                for each in jobs.find(view.connection, 0, limit, begun_by=_RENEWAL.name)
            )

    def begin_wave(self, parameters: CapfParameters) -> Job | None:
        """Order a job for the next phones, if it is the time of day for it; None if nobody's turn has come.

        The job gives them their operation, and one that follows it resets them. While either is not done there is
        no further wave, since its phones do not show yet as under way.
        """
        clock = local_time(self._operations.now())
        hours = hours_of(clock, parameters.renewal_begin, parameters.renewal_end)
        end = turn_end(clock, hours) if hours is not None else None
        if not parameters.renewal_days or hours is None or end is None:
            return None
        with self._operations.look() as view:
            if any(each.ordered_by == _RENEWAL.name for each in jobs.open_jobs(view.connection)):
                return None
            since = int(hours.begin.timestamp() * 1000)
            turns = jobs.count_by_key(view.connection, _RENEWAL.name, since)
            devices = next_wave(self._expiring(view, parameters.renewal_days), parameters.renewal_wave, turns)
        if not devices:
            return None
        wanted = WantedOperation(
            CertificateOperation.INSTALL_UPGRADE,
            completes_by=moment(end),
            replaces_pending=False,  # an administrator may give one before the job comes to the phone
        )
        return self._jobs.order(
            _RENEWAL, CERTIFICATE_OPERATION, operation_arguments(wanted, reset=True), devices=devices
        )

    def _expiring(self, view: View, days: int, limit: int | None = None) -> tuple[ExpiringPhone, ...]:
        before = self._operations.now() + int(timedelta(days=days).total_seconds() * 1000)
        rows = device_certificates.every(
            view.connection, (DeviceCertificateStatus.INSTALLED,), expires_before=before, limit=limit
        )
        for begin in range(0, len(rows), _AT_ONCE):
            view.gather(Phone, [row.device for row in rows[begin : begin + _AT_ONCE]])
        found = []
        for row in rows:
            phone = view.find(Phone, row.device) if row.kind is DeviceCertificateKind.LSC else None
            if phone is None:
                continue
            profile = view.get(PhoneSecurityProfile, phone.security_profile)
            found.append(
                ExpiringPhone(
                    row.device,
                    local_time(row.expires_at),
                    profile.authentication_mode,
                    phone.certificate_operation,
                    phone.operation_status,
                )
            )
        return tuple(found)


def _in_force(view: View) -> tuple[str, CapfParameters]:
    """Of the server on which CAPF renews; where it is set on several, of the one that begins first."""
    every = service_parameters(view, CapfParameters)
    return max(every.items(), key=lambda each: each[1].renewal_days)
