"""Phones counted by what makes them more or less secure, and the first of each kind.

Of twenty thousand phones a page shows some dozens: the database counts and chooses, and only those are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, false, func, literal, not_, select, tuple_

from ringward.domain.job import ItemState
from ringward.domain.vocabulary import CertificateOperation, DeviceSecurityMode, Protocol
from ringward.store.device_certificates import HELD
from ringward.store.tables import TABLES, device_certificate, held_trust_list, job_item

ModelAndProtocol = tuple[str, Protocol]

_phone = TABLES["phone"].table
_profile = TABLES["phone-security-profile"].table
_with_profile = _phone.join(_profile, _profile.c.name == _phone.c.security_profile)
_HOLDS_ONE = exists(
    select(literal(1)).where(
        device_certificate.c.device == _phone.c.device_name,
        device_certificate.c.status.in_([each.value for each in HELD]),
    )
)


@dataclass(frozen=True, slots=True)
class PhoneGroup:
    """Phones that have all of this in common."""

    model: str
    protocol: Protocol
    mode: DeviceSecurityMode
    """Of their profiles."""
    has_certificate: bool
    """Whether they are known to hold one; looked at only where the mode is not nonsecure."""
    held_list: str
    """The CTL file that they hold, by its hash, if it is one of those that were asked for."""
    count: int


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """What lists show of a phone."""

    device: str
    description: str
    model: str
    profile: str
    mode: DeviceSecurityMode


def groups(connection: Connection, lists: Collection[str] = ()) -> list[PhoneGroup]:
    """All phones by what they have in common. ``lists``: hashes of CTL files that are told apart."""
    keys = _group_columns(lists)
    source = _with_profile
    if lists:
        source = source.outerjoin(held_trust_list, held_trust_list.c.device == _phone.c.device_name)
    counted = select(*keys, func.count()).select_from(source).group_by(*keys)
    return [_group(row) for row in connection.execute(counted)]


def of_groups(
    connection: Connection, wanted: Iterable[PhoneGroup], limit: int, lists: Collection[str] = ()
) -> list[tuple[PhoneRow, str]]:
    """The first phones by name that are in one of these groups, each with the CTL file that it holds."""
    keys = _group_columns(lists)
    values = [
        (each.model, each.protocol.value, each.mode.value, int(each.has_certificate), each.held_list)
        for each in wanted
    ]
    source = _with_profile
    if lists:
        source = source.outerjoin(held_trust_list, held_trust_list.c.device == _phone.c.device_name)
    found = (
        select(*_SHOWN, keys[-1])
        .select_from(source)
        .where(tuple_(*keys).in_(values))
        .order_by(_phone.c.device_name)
        .limit(limit)
    )
    return [(_row(row[:-1]), row[-1]) for row in connection.execute(found)]


def count_nonsecure(connection: Connection, models: Collection[ModelAndProtocol]) -> int:
    """How many phones of these models have a nonsecure profile."""
    counted = select(func.count()).select_from(_with_profile).where(_is_nonsecure(models))
    return int(connection.execute(counted).scalar_one())


def nonsecure(connection: Connection, models: Collection[ModelAndProtocol], limit: int) -> list[PhoneRow]:
    """The first phones of these models, by name, that have a nonsecure profile."""
    found = select(*_SHOWN).select_from(_with_profile).where(_is_nonsecure(models))
    return [_row(row) for row in connection.execute(found.order_by(_phone.c.device_name).limit(limit))]


def rows_of(connection: Connection, devices: Sequence[str]) -> list[PhoneRow]:
    """These phones, by name."""
    found = select(*_SHOWN).select_from(_with_profile).where(_phone.c.device_name.in_(devices))
    return [_row(row) for row in connection.execute(found.order_by(_phone.c.device_name))]


_SHOWN = (
    _phone.c.device_name,
    _phone.c.description,
    _phone.c.model,
    _phone.c.security_profile,
    _profile.c.device_security_mode,
)


def _row(row: Sequence[Any]) -> PhoneRow:
    device, description, model, profile, mode = row
    return PhoneRow(device, description, model, profile, DeviceSecurityMode(mode))


def _group(row: Sequence[Any]) -> PhoneGroup:
    model, protocol, mode, has_certificate, held, count = row
    return PhoneGroup(model, Protocol(protocol), DeviceSecurityMode(mode), bool(has_certificate), held, count)


def _group_columns(lists: Collection[str]) -> tuple[ColumnElement[Any], ...]:
    """What phones of a group have in common; the certificate is only looked for where it matters."""
    is_secure = _profile.c.device_security_mode != DeviceSecurityMode.NONSECURE.value
    held = held_trust_list.c.hash
    return (
        _phone.c.model,
        _phone.c.protocol,
        _profile.c.device_security_mode,
        case((and_(is_secure, _HOLDS_ONE), 1), else_=0),
        case((held.in_(lists), held), else_="") if lists else literal(""),
    )


def is_one_of(models: Collection[ModelAndProtocol]) -> ColumnElement[bool]:
    """The condition that a phone is of one of these models."""
    if not models:
        return false()
    pairs = [(model, protocol.value) for model, protocol in models]
    return tuple_(_phone.c.model, _phone.c.protocol).in_(pairs)


def has_string() -> ColumnElement[bool]:
    """The condition that a phone has an authentication string."""
    return _phone.c.authentication_string.is_not(None)


def awaits_without_string() -> ColumnElement[bool]:
    """The condition that an operation is pending for a phone, and that it has no authentication string."""
    return and_(_phone.c.certificate_operation != CertificateOperation.NONE.value, not_(has_string()))


def is_overdue(moment: str) -> ColumnElement[bool]:
    """The condition that an operation of a phone was to be complete before a moment, as deadlines are written."""
    return and_(_phone.c.operation_completes_by != "", _phone.c.operation_completes_by < moment)


def has_symmetric_key() -> ColumnElement[bool]:
    """The condition that a phone has a key for its configuration file that is typed in on both sides."""
    return _phone.c.symmetric_key.is_not(None)


def is_in_job(number: int, state: ItemState) -> ColumnElement[bool]:
    """The condition that a phone is an item of a job, and that this came of it."""
    mine = select(job_item.c.key).where(job_item.c.job == number, job_item.c.state == state.value)
    return _phone.c.device_name.in_(mine)


def _is_nonsecure(models: Collection[ModelAndProtocol]) -> ColumnElement[bool]:
    return and_(is_one_of(models), _profile.c.device_security_mode == DeviceSecurityMode.NONSECURE.value)
