"""Backups by schedule: what is due is ordered as a job, and each schedule tells when and how it went (SVC-09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ringward.administration.authorization import Actor
from ringward.administration.job_kinds import BACKUP
from ringward.administration.jobs import Jobs
from ringward.administration.operation import Operations, View
from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import BACKUP_FAILED
from ringward.domain.backup_schedule import BackupSchedule
from ringward.domain.errors import RingwardError
from ringward.domain.job import Job
from ringward.domain.rights import EVERYTHING
from ringward.domain.rules.backup_times import last_due, next_due
from ringward.store import kept_backups as store
from ringward.store.kept_backups import KeptBackup


@dataclass(frozen=True, slots=True)
class ScheduledBackups:
    """A schedule with what came of it."""

    schedule: BackupSchedule
    last: KeptBackup | None
    """The latest backup, also one that goes on or was not made."""
    next_at: int | None
    """Milliseconds since 1970; None while it is not enabled."""


class BackupClock:
    """The use cases."""

    def __init__(self, operations: Operations, jobs: Jobs, alarm: Report) -> None:
        self._operations = operations
        self._jobs = jobs
        self._alarm = alarm

    def find(self, actor: Actor) -> list[ScheduledBackups]:
        """All schedules."""
        with self._operations.read(actor, f"{BackupSchedule.noun}.read") as view:
            return [self._with_results(view, each) for each in view.every(BackupSchedule)]

    def order(self, actor: Actor, schedule: str) -> Job:
        """Have a backup made now as a schedule says; raises :class:`NotFound`."""
        return self._jobs.order(actor, BACKUP, {"schedule": schedule})

    def order_due(self) -> None:
        """Have made what is due and was not made since; a new schedule makes its first backup at once."""
        with self._operations.look() as view:
            due = [each.name for each in view.every(BackupSchedule) if each.enabled and self._is_due(view, each)]
        for name in due:
            try:
                self.order(Actor(f"schedule {name}", EVERYTHING, "node"), name)
            except RingwardError as error:
                self._alarm(raised(BACKUP_FAILED, f"schedule {name}", f"no backup was ordered: {error}"))

    def _is_due(self, view: View, schedule: BackupSchedule) -> bool:
        known = store.find(view.connection, schedule.name)
        if not known:
            return True
        moment = last_due(schedule, self._now()).timestamp() * 1000
        return not any(each.is_open for each in known) and known[0].ordered_at < moment

    def _with_results(self, view: View, schedule: BackupSchedule) -> ScheduledBackups:
        last = next(iter(store.find(view.connection, schedule.name)), None)
        due = int(next_due(schedule, self._now()).timestamp() * 1000) if schedule.enabled else None
        return ScheduledBackups(schedule, last, due)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._operations.now() / 1000).astimezone()
