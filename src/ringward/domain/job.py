"""A job: something that is done to many records, one after another, while nobody has to wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any


class JobState(Enum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    """Every item was tried; some may have failed."""
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    """It could not go on; the job says why."""

    @property
    def is_open(self) -> bool:
        """Whether there is still something to come."""
        return self in (JobState.WAITING, JobState.RUNNING)


class ItemState(Enum):
    """What came of one item of a job."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One job with its progress; times in milliseconds since 1970."""

    number: int
    kind: str
    title: str
    """What it does, in words."""
    ordered_by: str
    origin: str
    state: JobState
    reason: str
    """Why it was stopped, or why it waits; else empty."""
    total: int
    done: int
    failed: int
    ordered_at: int
    not_before: int
    started_at: int | None
    ended_at: int | None
    follows: int | None
    """The job whose items this one goes on with."""

    @property
    def tried(self) -> int:
        """Items of which something has come, the first ones of the list: so also the place of the next one."""
        return self.done + self.failed

    @property
    def left(self) -> int:
        """Items that nothing was done to."""
        return self.total - self.tried


@dataclass(frozen=True, slots=True)
class JobItem:
    """One record of a job."""

    position: int
    key: str
    state: ItemState
    said: str
    """What was done, or why it could not be."""
    at: int | None


def job_json(job: Job) -> dict[str, Any]:
    """A job as JSON: what ``--json`` prints and the programming interface answers."""
    return {
        "number": job.number,
        "kind": job.kind,
        "title": job.title,
        "state": job.state.value,
        "reason": job.reason,
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "left": job.left,
        "ordered_by": job.ordered_by,
        "ordered_at": _iso(job.ordered_at),
        "started_at": _iso(job.started_at),
        "ended_at": _iso(job.ended_at),
        "follows": job.follows,
    }


def item_json(item: JobItem) -> dict[str, Any]:
    """An item as JSON, likewise."""
    return {"key": item.key, "state": item.state.value, "said": item.said, "at": _iso(item.at)}


def _iso(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
