"""What is known of the backups that jobs have made, or tried to, as rows; their files lie elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from ringward.domain.job import JobState
from ringward.store.tables import job as jobs
from ringward.store.tables import kept_backup as table


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """One backup; times in milliseconds since 1970."""

    number: int
    job: int
    schedule: str
    """Empty for one that was ordered by hand."""
    directory: str
    name: str
    sealed_for: str
    """``passphrase``, or the name of the key."""
    ordered_at: int
    ended_at: int | None
    """None while it is being made, or if it was cancelled."""
    reason: str
    """Why there is none; empty for one that was made."""
    size: int
    files: int
    sha256: str
    is_open: bool
    """Whether its job still goes on."""

    @property
    def state(self) -> str:
        """``made``, ``failed``, ``going on`` or ``cancelled``."""
        if self.ended_at is not None:
            return "failed" if self.reason else "made"
        return "going on" if self.is_open else "cancelled"


_STATEMENT = select(table, jobs.c.state).join_from(table, jobs, table.c.job == jobs.c.number, isouter=True)


def find(connection: Connection, schedule: str | None = None) -> list[KeptBackup]:
    """All of them, or those of a schedule, the newest first."""
    statement = _STATEMENT.order_by(table.c.number.desc())
    if schedule is not None:
        statement = statement.where(table.c.schedule == schedule)
    return [_backup(row) for row in connection.execute(statement).mappings()]


def get(connection: Connection, number: int) -> KeptBackup | None:
    """One of them."""
    row = connection.execute(_STATEMENT.where(table.c.number == number)).mappings().first()
    return None if row is None else _backup(row)


def of_job(connection: Connection, job: int) -> KeptBackup | None:
    """The one that a job makes."""
    row = connection.execute(_STATEMENT.where(table.c.job == job)).mappings().first()
    return None if row is None else _backup(row)


def add(connection: Connection, values: dict[str, Any]) -> None:
    """Note one that is to be made."""
    unknown = {"ended_at": None, "reason": "", "size": 0, "files": 0, "sha256": ""}
    connection.execute(insert(table).values(unknown | values))


def change(connection: Connection, number: int, **values: Any) -> None:
    """Set columns of one."""
    connection.execute(update(table).where(table.c.number == number).values(**values))


def remove(connection: Connection, number: int) -> None:
    """Forget one."""
    connection.execute(delete(table).where(table.c.number == number))


def _backup(row: RowMapping) -> KeptBackup:
    values = dict(row)
    state = values.pop("state")
    return KeptBackup(**values, is_open=state is not None and JobState(state).is_open)
