"""Alarms as programs read them: the same on the command line and in the programming interface."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ringward.domain.alarm import Alarm, AlarmKind, AlarmSetting


def alarm_json(alarm: Alarm) -> dict[str, Any]:
    """An alarm; times in milliseconds since 1970."""
    return asdict(alarm) | {"severity": alarm.severity.label.lower()}


def kind_json(kind: AlarmKind, setting: AlarmSetting | None = None) -> dict[str, Any]:
    """An alarm of the catalogue, with what is wanted of it."""
    found = asdict(kind) | {"severity": kind.severity.label.lower()}
    if setting is not None:
        found |= {
            "severity": setting.severity.label.lower(),
            "to_log": setting.to_log,
            "to_syslog": setting.to_syslog,
        }
    return found
