"""Alarms as lines of the node's log."""

from __future__ import annotations

import logging

from ringward.domain.alarm import AlarmEvent, AlarmSeverity
from ringward.domain.alarm_catalogue import ALARMS

_LEVELS = {
    AlarmSeverity.EMERGENCY: logging.CRITICAL,
    AlarmSeverity.ALERT: logging.CRITICAL,
    AlarmSeverity.CRITICAL: logging.CRITICAL,
    AlarmSeverity.ERROR: logging.ERROR,
    AlarmSeverity.WARNING: logging.WARNING,
    AlarmSeverity.NOTICE: logging.INFO,
    AlarmSeverity.INFORMATIONAL: logging.INFO,
    AlarmSeverity.DEBUG: logging.DEBUG,
}

_log = logging.getLogger(__name__)


def log_alarm(event: AlarmEvent, severity: AlarmSeverity | None = None) -> None:
    """Write an alarm, as severe as the catalogue says or as it is given; that one is over is no warning."""
    level = _LEVELS[ALARMS[event.name].severity if severity is None else severity]
    _log.log(level if event.raised else logging.INFO, "%s", event.line())
