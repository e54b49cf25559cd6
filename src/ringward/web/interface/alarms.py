"""Alarms: found, looked at, acknowledged, and set for where they go."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from ringward.administration.alarms import ConfiguredAlarm
from ringward.domain.alarm import AlarmSeverity
from ringward.domain.alarm_catalogue import ALARMS
from ringward.domain.alarm_json import alarm_json, kind_json
from ringward.domain.errors import FieldError, Invalid, NotFound
from ringward.store.alarms import MAX_ALARMS, AlarmFilter
from ringward.web.interface.call import Call
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT

SEVERITIES = {each.label.lower(): each for each in AlarmSeverity}
_SETTINGS = ("severity", "to_log", "to_syslog")


def find(call: Call) -> Response:
    """Alarms, what is raised and worst first."""
    severity = call.asked("severity")
    if severity and severity not in SEVERITIES:
        raise Invalid("query", "severity", [FieldError("severity", severity[:20], ", ".join(SEVERITIES))])
    wanted = AlarmFilter(
        name=call.asked("name") or None,
        text=call.asked("text") or None,
        raised=call.flag("raised") if call.asked("raised") else None,
        acknowledged=call.flag("acknowledged") if call.asked("acknowledged") else None,
        severity=SEVERITIES[severity] if severity else None,
    )
    page = call.administration.alarms.find(
        call.actor,
        wanted,
        offset=call.number("offset", 0, 10**9 - 1),
        limit=call.number("limit", DEFAULT_LIMIT, MAX_LIMIT),
    )
    items = [alarm_json(each) for each in page.alarms]
    return JSONResponse({"items": items, "total": page.total, "offset": page.offset})


def read(call: Call) -> Response:
    """One alarm with its meaning and its history."""
    number = _number(call)
    alarm = call.administration.alarms.get(call.actor, number)
    history = [asdict(each) for each in call.administration.alarms.history(call.actor, number)]
    kind = ALARMS.get(alarm.name)
    about = kind_json(kind) if kind is not None else {}
    return JSONResponse(alarm_json(alarm) | {"about": about, "history": history})


def acknowledge(call: Call) -> Response:
    """Acknowledge one alarm."""
    (alarm,) = call.administration.alarms.acknowledge(call.actor, [_number(call)])
    return JSONResponse(alarm_json(alarm))


def acknowledge_many(call: Call) -> Response:
    """Acknowledge the named alarms, or with none named all that wait for it."""
    body = call.object()
    if unknown := [name for name in body if name != "numbers"]:
        raise Invalid("alarm", "", [FieldError(unknown[0][:40], "", "numbers")])
    numbers = body.get("numbers")
    if numbers is None:
        return JSONResponse({"acknowledged": call.administration.alarms.acknowledge_all(call.actor)})
    if not (
        isinstance(numbers, list)
        and 0 < len(numbers) <= MAX_ALARMS
        and all(isinstance(each, int) and not isinstance(each, bool) and 0 < each < 2**31 for each in numbers)
    ):
        raise Invalid("alarm", "", [FieldError("numbers", "", f"1 to {MAX_ALARMS} numbers of alarms")])
    return JSONResponse({"acknowledged": len(call.administration.alarms.acknowledge(call.actor, numbers))})


def catalogue(call: Call) -> Response:
    """All alarms that there can be."""
    return JSONResponse(
        {"items": [_configured(each) for each in call.administration.alarms.catalogue(call.actor)]}
    )


def configure(call: Call) -> Response:
    """Set the given of severity, ``to_log`` and ``to_syslog``."""
    body = call.object()
    if unknown := [name for name in body if name not in _SETTINGS]:
        raise Invalid("alarm", "", [FieldError(unknown[0][:40], "", ", ".join(_SETTINGS))])
    severity = body.get("severity")
    if severity is not None and severity not in SEVERITIES:
        raise Invalid("alarm", "", [FieldError("severity", str(severity)[:20], ", ".join(SEVERITIES))])
    for name in ("to_log", "to_syslog"):
        if not isinstance(body.get(name, False), bool):
            raise Invalid("alarm", "", [FieldError(name, str(body[name])[:20], "true, false")])
    made = call.administration.alarms.configure(
        call.actor,
        call.path_parts["name"],
        severity=SEVERITIES[severity] if severity is not None else None,
        to_log=body.get("to_log"),
        to_syslog=body.get("to_syslog"),
    )
    return JSONResponse(_configured(made))


def _configured(alarm: ConfiguredAlarm) -> dict[str, Any]:
    return kind_json(alarm.kind, alarm.setting)


def _number(call: Call) -> int:
    text = call.path_parts["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("alarm", text[:20])
    return int(text)
