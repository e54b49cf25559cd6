"""Call detail records: stored in batches by the call manager, looked at by administrators (SVC-11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.calls.events import Cause
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode
from ringward.store import call_records
from ringward.store.call_records import CallFilter

_NAMES = tuple(item.name for item in fields(CallDetailRecord))
_TIMES = ("origination_time", "answer_time", "end_time")
"""Seconds in a record, milliseconds in its row."""
_ALL = CallFilter()


@dataclass(frozen=True, slots=True)
class CallPage:
    """Part of the records, newest call first."""

    records: tuple[CallDetailRecord, ...]
    total: int
    offset: int


class CallRecords:
    """The use cases of call detail records."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def store(self, records: Sequence[CallDetailRecord]) -> None:
        """Keep records of calls that ended, all or none; they are no configuration, so nothing is announced."""
        rows = [to_row(record) for record in records]
        with self._operations.log() as connection:
            call_records.append(connection, rows)

    def store_missing(self, records: Sequence[CallDetailRecord]) -> int:
        """Keep records of calls that ended with their node, but for those that have one; returns how many."""
        with self._operations.log() as connection:
            known = call_records.known_calls(connection, [record.call_id for record in records])
            missing = [record for record in records if record.call_id not in known]
            call_records.append(connection, [to_row(record) for record in missing])
        return len(missing)

    def find(self, actor: Actor, wanted: CallFilter = _ALL, *, offset: int = 0, limit: int = 100) -> CallPage:
        """The records that the filter lets through."""
        with self._operations.read(actor, "call-detail-record.read") as view:
            return calls_within(view, wanted, offset=offset, limit=limit)

    def get(self, actor: Actor, call_id: int) -> CallDetailRecord | None:
        """The record of a call; None while it goes on, or if there never was one."""
        found = self.find(actor, CallFilter(call_id=call_id), limit=1).records
        return found[0] if found else None


def calls_within(view: View, wanted: CallFilter, *, offset: int, limit: int) -> CallPage:
    """The records that the filter lets through, for a use case that has looked at rights already."""
    rows = call_records.rows(view.connection, wanted, offset=offset, limit=limit)
    return CallPage(
        tuple(from_row(dict(row)) for row in rows), call_records.count(view.connection, wanted), offset
    )


def to_row(record: CallDetailRecord) -> dict[str, Any]:
    """A record as numbers and texts, as it is kept."""
    row: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(record, name)
        row[name] = value.value if isinstance(value, Enum) else value
    for name in _TIMES:
        if row[name] is not None:
            row[name] = round(row[name] * 1000)
    return row


def from_row(row: Mapping[str, Any]) -> CallDetailRecord:
    """The record that was kept so."""
    values = {name: value for name, value in row.items() if name != "record"}
    for name in _TIMES:
        if values[name] is not None:
            values[name] /= 1000
    for name in ("calling_cause", "called_cause"):
        if values[name] is not None:
            values[name] = Cause(values[name])
    for name in ("calling_mode", "called_mode"):
        if values[name] is not None:
            values[name] = DeviceSecurityMode(values[name])
    values["ended_by"] = EndedBy(values["ended_by"])
    values["security_class"] = CallSecurityClass(values["security_class"])
    return CallDetailRecord(**values)
