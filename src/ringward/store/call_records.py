"""Call detail records as rows; what a row means, the use case knows (``administration/call_records.py``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, or_, select

from ringward.store.tables import call_detail_record as table

_AT_A_TIME = 500
"""Values in one question; SQLite takes no more than some thousand."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls to show; a field that is None does not matter."""

    number: str | None = None
    """Calling, dialled or reached."""
    device: str | None = None
    """Calling or reached."""
    reached: tuple[str, ...] = ()
    """With ``device``: a call to one of these numbers counts as well. Of one that nobody answered it is not known
    which device it reached."""
    devices: tuple[str, ...] | None = None
    """Any of them, calling or reached."""
    since: int | None = None
    """Milliseconds since 1970 at which the call began, inclusive."""
    until: int | None = None
    """The same, exclusive."""
    security_class: int | None = None
    cause: int | None = None
    """Why one side ended it."""
    call_id: int | None = None


def append(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store many records at once."""
    if rows:
        connection.execute(insert(table), list(rows))


def known_calls(connection: Connection, calls: Sequence[int]) -> set[int]:
    """Which of these calls have a record."""
    found: set[int] = set()
    for first in range(0, len(calls), _AT_A_TIME):
        some = calls[first : first + _AT_A_TIME]
        found.update(connection.execute(select(table.c.call_id).where(table.c.call_id.in_(some))).scalars())
    return found


def rows(connection: Connection, wanted: CallFilter, *, offset: int = 0, limit: int = 100) -> Sequence[RowMapping]:
    """The records that a filter lets through, newest first."""
    ordered = select(table).order_by(table.c.origination_time.desc(), table.c.record.desc())
    return connection.execute(_filtered(ordered, wanted).offset(offset).limit(limit)).mappings().all()


def count(connection: Connection, wanted: CallFilter) -> int:
    """How many records a filter lets through."""
    return int(connection.execute(_filtered(select(func.count()).select_from(table), wanted)).scalar_one())


def _filtered(statement: Select[Any], wanted: CallFilter) -> Select[Any]:
    if wanted.number is not None:
        numbers = (table.c.calling_number, table.c.originally_called_number, table.c.final_called_number)
        statement = statement.where(or_(*(column == wanted.number for column in numbers)))
    if wanted.device is not None:
        devices = (table.c.calling_device, table.c.final_called_device)
        its = [column == wanted.device for column in devices]
        statement = statement.where(or_(*its, table.c.final_called_number.in_(wanted.reached)))
    if wanted.devices is not None:
        devices = (table.c.calling_device, table.c.final_called_device)
        statement = statement.where(or_(*(column.in_(wanted.devices) for column in devices)))
    if wanted.since is not None:
        statement = statement.where(table.c.origination_time >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(table.c.origination_time < wanted.until)
    if wanted.security_class is not None:
        statement = statement.where(table.c.security_class == wanted.security_class)
    if wanted.cause is not None:
        statement = statement.where(
            or_(table.c.calling_cause == wanted.cause, table.c.called_cause == wanted.cause)
        )
    if wanted.call_id is not None:
        statement = statement.where(table.c.call_id == wanted.call_id)
    return statement
