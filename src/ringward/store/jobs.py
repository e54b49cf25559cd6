"""Jobs and their items as rows; what they mean, the use case knows (``administration/jobs.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from ringward.domain.job import ItemState, Job, JobItem, JobState
from ringward.store.tables import TABLES
from ringward.store.tables import job as table
from ringward.store.tables import job_item as items

_OPEN = [each.value for each in JobState if each.is_open]
_SHOWN = [column for column in table.c if column.name not in ("user", "arguments")]
_OPEN_JOBS = select(*_SHOWN).where(table.c.state.in_(_OPEN)).order_by(table.c.number)
"""Asked twice a second; a statement that is made anew each time leaves cycles of objects behind."""


def add(connection: Connection, values: dict[str, Any], keys: Sequence[str]) -> int:
    """Store a new job with its items; returns its number."""
    fresh = {
        "state": JobState.WAITING.value,
        "reason": "",
        "total": len(keys),
        "done": 0,
        "failed": 0,
        "started_at": None,
        "ended_at": None,
    }
    (number,) = connection.execute(insert(table), fresh | values).inserted_primary_key or (0,)
    rows = [
        {"job": number, "position": position, "key": key, "state": ItemState.WAITING.value, "said": "", "at": None}
        for position, key in enumerate(keys)
    ]
    connection.execute(insert(items), rows)
    return int(number)


def get(connection: Connection, number: int) -> Job | None:
    """One job."""
    row = connection.execute(select(*_SHOWN).where(table.c.number == number)).mappings().first()
    return None if row is None else _job(row)


def find(connection: Connection, offset: int, limit: int, *, begun_by: str | None = None) -> list[Job]:
    """Jobs, the newest first; of all, or only those that one ordered and that follow no other job."""
    statement = select(*_SHOWN).order_by(table.c.number.desc()).offset(offset).limit(limit)
    if begun_by is not None:
        statement = statement.where(table.c.ordered_by == begun_by, table.c.follows.is_(None))
    return [_job(row) for row in connection.execute(statement).mappings()]


def count(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def open_jobs(connection: Connection) -> list[Job]:
    """Those that something is still to come of, the oldest first."""
    return [_job(row) for row in connection.execute(_OPEN_JOBS).mappings()]


def behind(connection: Connection, number: int) -> tuple[str | None, bytes]:
    """On which account's behalf a job is done (None: the owner of the data), and its sealed arguments."""
    row = connection.execute(select(table.c.user, table.c.arguments).where(table.c.number == number)).one()
    return row.user, row.arguments


def change(connection: Connection, number: int, **values: Any) -> None:
    """Set columns of a job."""
    connection.execute(update(table).where(table.c.number == number).values(**values))


def item(connection: Connection, number: int, position: int) -> JobItem:
    """The item at a place."""
    where = (items.c.job == number, items.c.position == position)
    return _item(connection.execute(select(items).where(*where)).mappings().one())


def find_items(
    connection: Connection, number: int, state: ItemState | None, offset: int, limit: int
) -> list[JobItem]:
    """Items of a job in their order, of all states or of one."""
    statement = select(items).where(items.c.job == number).order_by(items.c.position)
    if state is not None:
        statement = statement.where(items.c.state == state.value)
    return [_item(row) for row in connection.execute(statement.offset(offset).limit(limit)).mappings()]


def keys_with(connection: Connection, number: int, state: ItemState) -> list[str]:
    """Keys of the items that came to this."""
    where = (items.c.job == number, items.c.state == state.value)
    return list(connection.execute(select(items.c.key).where(*where).order_by(items.c.position)).scalars())


def following(connection: Connection, number: int) -> Job | None:
    """The job that goes on with the items of this one."""
    row = connection.execute(select(*_SHOWN).where(table.c.follows == number)).mappings().first()
    return None if row is None else _job(row)


def count_by_key(connection: Connection, ordered_by: str, since: int) -> dict[str, int]:
    """In how many jobs each record is, of those that one has ordered since a moment and that follow no other."""
    where = (table.c.ordered_by == ordered_by, table.c.ordered_at >= since, table.c.follows.is_(None))
    statement = select(items.c.key, func.count()).join_from(items, table).where(*where).group_by(items.c.key)
    return {str(key): int(found) for key, found in connection.execute(statement)}


def operation_statuses(connection: Connection, number: int) -> dict[str, int]:
    """How many of a job's phones have which status of their certificate operation."""
    phone = TABLES["phone"].table
    statement = (
        select(phone.c.operation_status, func.count())
        .join_from(items, phone, phone.c.device_name == items.c.key)
        .where(items.c.job == number)
        .group_by(phone.c.operation_status)
    )
    return {str(status): int(found) for status, found in connection.execute(statement)}


def conclude_item(
    connection: Connection, number: int, position: int, state: ItemState, said: str, at: int
) -> None:
    """Write down what came of an item, and count it."""
    where = (items.c.job == number, items.c.position == position)
    connection.execute(update(items).where(*where).values(state=state.value, said=said, at=at))
    counter = table.c.done if state is ItemState.DONE else table.c.failed
    change(connection, number, **{counter.name: counter + 1, "reason": ""})


def forget_old(connection: Connection, keep: int) -> None:
    """Remove what has ended, but the newest ones."""
    newest = select(table.c.number).order_by(table.c.number.desc()).limit(keep)
    connection.execute(delete(table).where(table.c.state.not_in(_OPEN), table.c.number.not_in(newest)))


def _job(row: RowMapping) -> Job:
    return Job(**{**row, "state": JobState(row["state"])})


def _item(row: RowMapping) -> JobItem:
    return JobItem(row["position"], row["key"], ItemState(row["state"]), row["said"], row["at"])
