"""When a backup schedule is due, by the server's own clock (SVC-09)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ringward.domain.backup_schedule import BackupSchedule, Frequency

_WEEK = 7


def last_due(schedule: BackupSchedule, now: datetime) -> datetime:
    """The latest moment up to now at which it was due. ``now`` knows its zone, and the answer is in local time."""
    day = now.date()
    if schedule.frequency is Frequency.WEEKLY:
        day -= timedelta(days=(day.weekday() - schedule.weekday.number) % _WEEK)
    due = datetime.combine(day, time(schedule.hour)).astimezone()
    return due if due <= now else _moved(schedule, due, -1)


def next_due(schedule: BackupSchedule, now: datetime) -> datetime:
    """The next moment after now at which it is due, likewise."""
    return _moved(schedule, last_due(schedule, now), 1)


def _moved(schedule: BackupSchedule, due: datetime, times: int) -> datetime:
    """So many days or weeks later, at the same hour by the clock on the wall, also over a change of the clock."""
    days = times * (_WEEK if schedule.frequency is Frequency.WEEKLY else 1)
    return datetime.combine(due.date() + timedelta(days=days), time(schedule.hour)).astimezone()
