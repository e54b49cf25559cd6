"""The certificates of phones: listed, and revoked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from ringward.administration.authorization import Actor
from ringward.administration.enrolment import NOUN
from ringward.administration.operation import Operations
from ringward.administration.trust_stores import revoke
from ringward.domain.change import Action
from ringward.domain.errors import AlreadyExists, NotFound, Refused
from ringward.domain.vocabulary import DeviceCertificateKind, DeviceCertificateStatus
from ringward.pki.certificates import Certificate
from ringward.store import device_certificates
from ringward.store.audit import Outcome
from ringward.store.device_certificates import EVERY, HELD, DeviceCertificateRow

_SHORTEST_PREFIX = 8
"""Hexadecimal digits of a fingerprint that are enough to name a certificate, if they name only one."""
REVOCABLE = (*HELD, DeviceCertificateStatus.SENT, DeviceCertificateStatus.REPLACED)


class DeviceCertificates:
    """The use cases of phones' certificates."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def find(
        self,
        actor: Actor,
        *,
        device: str = "",
        status: Collection[DeviceCertificateStatus] = EVERY,
        expires_within: timedelta | None = None,
    ) -> tuple[DeviceCertificateRow, ...]:
        """The certificates of a phone or of all, that have one of these statuses and expire so soon."""
        before = None
        if expires_within is not None:
            before = self._operations.now() + int(expires_within.total_seconds() * 1000)
        with self._operations.read(actor, f"{NOUN}.read") as view:
            found = device_certificates.every(view.connection, status, expires_before=before)
        return tuple(row for row in found if not device or row.device == device)

    def first(
        self, actor: Actor, status: Collection[DeviceCertificateStatus], limit: int, *, containing: str = ""
    ) -> tuple[int, list[DeviceCertificateRow]]:
        """How many certificates have one of these statuses, of phones in whose names this text is; and those that
        expire first."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return (
                device_certificates.count(view.connection, status, containing=containing),
                device_certificates.first(view.connection, status, limit, containing=containing),
            )

    def endings(self, actor: Actor) -> list[tuple[str, int]]:
        """When each certificate ends that a phone holds: its device, and milliseconds since 1970."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return device_certificates.endings(view.connection)

    def kinds_held(self, actor: Actor) -> Mapping[DeviceCertificateKind, int]:
        """How many certificates of each kind phones are known to hold."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return device_certificates.kinds_held(view.connection)

    def revoke(self, actor: Actor, text: str) -> tuple[DeviceCertificateRow, ...]:
        """Revoke a certificate by its fingerprint, or all that a device holds by the device's name.

        Connections that were made with them end at once. Raises :class:`NotFound`, or :class:`Refused` if the text
        names several certificates.
        """
        now = self._operations.now()
        with self._operations.change(actor, f"{NOUN}.revoke", NOUN, text) as work:
            rows = _named(work.connection, text)
            for row in rows:
                status = DeviceCertificateStatus.REVOKED
                device_certificates.set_status(work.late, replace(row, status=status, status_at=now))
                with suppress(AlreadyExists):
                    revoke(work, now, Certificate(row.certificate))
                work.note(
                    NOUN, row.device, Outcome.UPDATED, {"status": row.status.value}, {"status": status.value}
                )
                work.announce(NOUN, row.device, Action.UPDATED)
        return rows


def _named(connection: Connection, text: str) -> tuple[DeviceCertificateRow, ...]:
    if rows := device_certificates.of_device(connection, text, REVOCABLE):
        return tuple(rows)
    digits = text.replace(":", "").upper()
    every = device_certificates.every(connection, REVOCABLE) if len(digits) >= _SHORTEST_PREFIX else []
    found = [row for row in every if row.fingerprint.replace(":", "").startswith(digits)]
    if not found:
        raise NotFound("certificate of a phone that could be revoked", text)
    if len(found) > 1:
        raise Refused(f"{text!r} names {len(found)} certificates; give more digits of the fingerprint")
    return tuple(found)
