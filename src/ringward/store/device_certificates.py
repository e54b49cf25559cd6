"""The rows of the certificates of phones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Select, bindparam, func, select

from ringward.domain.rules.device_security import IssuedLsc
from ringward.domain.vocabulary import DeviceCertificateKind, DeviceCertificateStatus
from ringward.store.late_rows import LateRows, RowChange
from ringward.store.tables import device_certificate as table

EVERY = tuple(DeviceCertificateStatus)
HELD = (DeviceCertificateStatus.INSTALLED, DeviceCertificateStatus.SEEN)
"""What a phone is known to have now."""


@dataclass(frozen=True, slots=True)
class DeviceCertificateRow:
    """One certificate of a phone."""

    device: str
    kind: DeviceCertificateKind
    fingerprint: str
    """SHA-256 over the certificate, in capitals with colons."""
    serial_number: str
    """Hexadecimal digits."""
    certificate: bytes
    """DER."""
    issued_at: int
    """Milliseconds since 1970 at which it was signed here, or seen for the first time."""
    expires_at: int
    status: DeviceCertificateStatus
    status_at: int
    """Since when it has this status."""


_FIND = select(table).where(table.c.fingerprint == bindparam("fingerprint"))
_NEWEST_FIRST = (
    select(table)
    .where(table.c.status.in_(bindparam("status", expanding=True)))
    .order_by(table.c.issued_at.desc(), table.c.fingerprint)
)
_OF_DEVICE = _NEWEST_FIRST.where(table.c.device == bindparam("device"))
_OF_DEVICES = _NEWEST_FIRST.where(table.c.device.in_(bindparam("devices", expanding=True)))


def add(late: LateRows, row: DeviceCertificateRow) -> None:
    """Store a certificate that is new."""
    late.add(
        table,
        {
            "device": row.device,
            "kind": row.kind.value,
            "fingerprint": row.fingerprint,
            "serial_number": row.serial_number,
            "certificate": row.certificate,
            "issued_at": row.issued_at,
            "expires_at": row.expires_at,
            "status": row.status.value,
            "status_at": row.status_at,
        },
    )


def set_status(late: LateRows, row: DeviceCertificateRow) -> None:
    """Store what has become of a certificate, and since when."""
    values = {"status": row.status.value, "status_at": row.status_at}
    late.change(RowChange(table, (row.fingerprint,), values))


def find(connection: Connection, fingerprint: str) -> DeviceCertificateRow | None:
    """The certificate with this fingerprint."""
    row = connection.execute(_FIND, {"fingerprint": fingerprint}).first()
    return None if row is None else _row(row)


def of_device(
    connection: Connection,
    device: str,
    status: Collection[DeviceCertificateStatus] = EVERY,
) -> list[DeviceCertificateRow]:
    """The certificates of a phone that have one of these statuses, newest first."""
    wanted = {"device": device, "status": [each.value for each in status]}
    return [_row(row) for row in connection.execute(_OF_DEVICE, wanted)]


def of_devices(
    connection: Connection, devices: Collection[str], status: Collection[DeviceCertificateStatus] = EVERY
) -> dict[str, list[DeviceCertificateRow]]:
    """By device, what :func:`of_device` tells of each of these."""
    found: dict[str, list[DeviceCertificateRow]] = {device: [] for device in devices}
    wanted = {"devices": list(devices), "status": [each.value for each in status]}
    for row in connection.execute(_OF_DEVICES, wanted):
        found[row.device].append(_row(row))
    return found


def every(
    connection: Connection,
    status: Collection[DeviceCertificateStatus] = EVERY,
    *,
    expires_before: int | None = None,
    limit: int | None = None,
) -> list[DeviceCertificateRow]:
    """The certificates of all phones that have one of these statuses, those that expire first in front; at
    most ``limit`` of them."""
    statement = _with_status(select(table), status)
    if expires_before is not None:
        statement = statement.where(table.c.expires_at < expires_before)
    ordered = statement.order_by(table.c.expires_at, table.c.device).limit(limit)
    return [_row(row) for row in connection.execute(ordered)]


def count(
    connection: Connection, status: Collection[DeviceCertificateStatus] = EVERY, *, containing: str = ""
) -> int:
    """How many certificates have one of these statuses, of phones in whose names this text is."""
    statement = _with_status(select(func.count()).select_from(table), status)
    return int(connection.execute(_named_like(statement, containing)).scalar_one())


def first(
    connection: Connection, status: Collection[DeviceCertificateStatus], limit: int, *, containing: str = ""
) -> list[DeviceCertificateRow]:
    """So many of those that :func:`count` counts, those that expire first in front."""
    statement = _named_like(_with_status(select(table), status), containing)
    ordered = statement.order_by(table.c.expires_at, table.c.device).limit(limit)
    return [_row(row) for row in connection.execute(ordered)]


def _named_like(statement: Select[Any], text: str) -> Select[Any]:
    return statement.where(table.c.device.contains(text, autoescape=True)) if text else statement


def endings(connection: Connection) -> list[tuple[str, int]]:
    """When each certificate ends that a phone holds, by device."""
    statement = _with_status(select(table.c.device, table.c.expires_at), HELD)
    return [(row.device, row.expires_at) for row in connection.execute(statement)]


def kinds_held(connection: Connection) -> dict[DeviceCertificateKind, int]:
    """How many certificates of each kind phones hold."""
    statement = _with_status(select(table.c.kind, func.count()), HELD).group_by(table.c.kind)
    return {DeviceCertificateKind(kind): int(count) for kind, count in connection.execute(statement)}


def kinds_by_device(
    connection: Connection, devices: Collection[str] | None = None
) -> dict[str, set[DeviceCertificateKind]]:
    """The kinds of certificates that phones hold, by device; of these phones, or of all."""
    found: dict[str, set[DeviceCertificateKind]] = {}
    for row in _KINDS.of(connection, devices):
        found.setdefault(row.device, set()).add(DeviceCertificateKind(row.kind))
    return found


def used(connection: Connection, devices: Collection[str] | None = None) -> dict[str, bytes]:
    """By device the certificate (DER) that it uses, as far as is known: its LSC before its MIC.

    Of these ``devices``, or of all.
    """
    return {row.device: row.certificate for row in _USED.of(connection, devices)}


def lscs(connection: Connection, devices: Collection[str] | None = None) -> dict[str, IssuedLsc]:
    """By device the LSC that it has confirmed, and what was sent to it since; of these ``devices``, or of all."""
    fingerprints: dict[str, set[str]] = {}
    ends: dict[str, int] = {}
    for row in _LSCS.of(connection, devices):
        fingerprints.setdefault(row.device, set()).add(row.fingerprint)
        if row.status == DeviceCertificateStatus.INSTALLED.value:
            ends[row.device] = row.expires_at
    return {device: IssuedLsc(frozenset(fingerprints[device]), end / 1000) for device, end in ends.items()}


def _with_status(statement: Select[Any], status: Collection[DeviceCertificateStatus]) -> Select[Any]:
    return statement.where(table.c.status.in_([each.value for each in status]))


class _Question:
    """A statement about all devices or some, written once, as it is asked often while phones enrol."""

    def __init__(self, about_all: Select[Any]) -> None:
        self._about_all = about_all
        self._about_some = about_all.where(table.c.device.in_(bindparam("devices", expanding=True)))

    def of(self, connection: Connection, devices: Collection[str] | None) -> CursorResult[Any]:
        """The answer for these devices, or for all."""
        if devices is None:
            return connection.execute(self._about_all)
        return connection.execute(self._about_some, {"devices": list(devices)})


_KINDS = _Question(_with_status(select(table.c.device, table.c.kind), HELD))
# From the end of the alphabet on: the MIC comes first, and an LSC takes its place.
_USED = _Question(
    _with_status(select(table.c.device, table.c.certificate), HELD).order_by(
        table.c.kind.desc(), table.c.issued_at
    )
)
_LSCS = _Question(
    _with_status(
        select(table.c.device, table.c.fingerprint, table.c.expires_at, table.c.status),
        (DeviceCertificateStatus.INSTALLED, DeviceCertificateStatus.SENT),
    )
)


def _row(row: Row[Any]) -> DeviceCertificateRow:
    return DeviceCertificateRow(
        row.device,
        DeviceCertificateKind(row.kind),
        row.fingerprint,
        row.serial_number,
        row.certificate,
        row.issued_at,
        row.expires_at,
        DeviceCertificateStatus(row.status),
        row.status_at,
    )
