"""When the coming end of a certificate is an alarm: 60, 30 and 7 days before, and when it has come."""

from __future__ import annotations

from datetime import datetime, timedelta

ALARM_DAYS = (60, 30, 7, 0)
"""Days before the end at which administrators are told, each time more urgently."""


def alarm_of(valid_to: datetime, now: datetime) -> int | None:
    """The nearest of :data:`ALARM_DAYS` that has been reached: 60, 30, 7, or 0 when it is over; None for none."""
    left = valid_to - now
    reached = [days for days in ALARM_DAYS if left <= timedelta(days=days)]
    return min(reached) if reached else None


def time_left(valid_to: datetime, now: datetime) -> str:
    """How long a certificate is still valid, in words."""
    if valid_to <= now:
        return "expired"
    days = (valid_to - now).days
    return {0: "less than a day", 1: "1 day"}.get(days, f"{days} days")
