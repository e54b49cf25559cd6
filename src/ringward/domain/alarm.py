"""Alarms: what somebody should know without having to look, each by the name that it has in the catalogue.

An alarm is raised about a subject (a phone, a service, a certificate) and stays so until it is cleared: by whoever
raised it, when that is over; or by itself, when it was not repeated for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

MAX_SUBJECT = 160
"""Characters: a subject may name what a stranger sent."""
MAX_TEXT = 500


class AlarmSeverity(IntEnum):
    """How bad it is, by the levels and numbers of syslog (RFC 5424 section 6.2.1); the smaller the worse."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6
    DEBUG = 7

    @property
    def label(self) -> str:
        """The word."""
        return self.name.capitalize()


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """An alarm of the catalogue."""

    name: str
    severity: AlarmSeverity
    """Unless an administrator has set another one."""
    source: str
    """The service, or part of the node, that raises it."""
    meaning: str
    advice: str
    """What to do."""
    quiet_after: int | None = None
    """Seconds without a repetition after which it is cleared by itself; None if its source clears it."""


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """An alarm is raised, repeated or cleared."""

    name: str
    subject: str
    text: str = ""
    raised: bool = True
    count: int = 1
    """How often it has happened, for what comes too often to be told each time."""

    def line(self) -> str:
        """As the log has it."""
        if not self.raised:
            return f"ALARM {self.name} cleared: {self.subject}"
        about = "" if self.subject.split(" ")[0] in self.text else f"{self.subject}: "
        return f"ALARM {self.name}: {about}{self.text}"


Report = Callable[[AlarmEvent], None]
"""Tells of an alarm; never waits."""


def raised(name: str, subject: str, text: str, count: int = 1) -> AlarmEvent:
    """Something is wrong with a subject; raising again what is raised counts it once more."""
    return AlarmEvent(name, subject[:MAX_SUBJECT], text[:MAX_TEXT], count=count)


def cleared(name: str, subject: str) -> AlarmEvent:
    """It is over; this changes nothing if the alarm was not raised."""
    return AlarmEvent(name, subject[:MAX_SUBJECT], raised=False)


@dataclass(frozen=True, slots=True)
class AlarmSetting:
    """What an administrator wants of one alarm."""

    name: str
    severity: AlarmSeverity
    to_log: bool = True
    to_syslog: bool = True


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm about one subject, as it is now."""

    number: int
    name: str
    server: str
    subject: str
    text: str
    severity: AlarmSeverity
    is_raised: bool
    count: int
    """How often it was raised since it was last cleared."""
    first_at: int
    """When it was raised after it had last been cleared, in milliseconds since 1970 as all times here."""
    last_at: int
    cleared_at: int | None
    acknowledged_by: str
    """Who has seen it; empty if nobody has."""
    acknowledged_at: int | None

    @property
    def waits(self) -> bool:
        """Whether somebody should look at it."""
        return self.is_raised and not self.acknowledged_by


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """What happened to an alarm, in its history."""

    at: int
    act: str
    """``raised``, ``cleared`` or ``acknowledged``."""
    text: str
    by: str
    """Who acknowledged it."""
