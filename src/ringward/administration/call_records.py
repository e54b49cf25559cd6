"""Call detail records: stored in batches by the call manager, looked at by administrators (SVC-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from sqlalchemy import RowMapping

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.calls.events import Cause
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.domain.vocabulary import CallSecurityClass
from ringward.store import call_records
from ringward.store.call_records import CallFilter

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
        rows = [_row(record) for record in records]
        with self._operations.log() as connection:
            call_records.append(connection, rows)

    def find(self, actor: Actor, wanted: CallFilter = _ALL, *, offset: int = 0, limit: int = 100) -> CallPage:
        """The records that the filter lets through."""
        with self._operations.read(actor, "call-detail-record.read") as view:
            rows = call_records.rows(view.connection, wanted, offset=offset, limit=limit)
            total = call_records.count(view.connection, wanted)
        return CallPage(tuple(_record(row) for row in rows), total, offset)


def _row(record: CallDetailRecord) -> dict[str, Any]:
    row = {name: value.value if isinstance(value, Enum) else value for name, value in asdict(record).items()}
    for name in _TIMES:
        if row[name] is not None:
            row[name] = round(row[name] * 1000)
    return row


def _record(row: RowMapping) -> CallDetailRecord:
    values = {name: value for name, value in row.items() if name != "record"}
    for name in _TIMES:
        if values[name] is not None:
            values[name] /= 1000
    for name in ("calling_cause", "called_cause"):
        if values[name] is not None:
            values[name] = Cause(values[name])
    values["ended_by"] = EndedBy(values["ended_by"])
    values["security_class"] = CallSecurityClass(values["security_class"])
    return CallDetailRecord(**values)
