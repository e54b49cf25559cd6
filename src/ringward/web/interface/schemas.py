"""The schemas of all that the interface takes and gives, by name: see :mod:`ringward.web.interface.openapi`."""

from __future__ import annotations

from typing import Any

from ringward.administration.job_kinds import KINDS
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.job import JobState
from ringward.domain.nouns import NOUNS
from ringward.domain.phone_timeline import Subject
from ringward.domain.rules.obstacles import Place
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode
from ringward.store.alarms import MAX_ALARMS
from ringward.web.interface.alarms import SEVERITIES
from ringward.web.interface.json_schema import (
    FLAG,
    INTEGER,
    NUMBER,
    TEXT,
    TEXTS,
    entered_record,
    list_of,
    object_of,
    or_null,
    page_of,
    reference,
    shown_record,
)
from ringward.web.live_questions import TRACE_LEVELS

_DATE_TIME = {"type": ["string", "null"], "format": "date-time"}


def schemas() -> dict[str, Any]:
    """All of them."""
    return {
        "Problem": _problem(),
        **_of_nouns(),
        **_of_parameters(),
        **_of_jobs(),
        **_of_alarms(),
        **_of_backups(),
        **_of_traces(),
        "phone-answer": _phone_answer(),
        "call-detail-record": _call_detail_record(),
        "call-detail-record-page": page_of(reference("call-detail-record")),
        "ladder": page_of(_ladder_message()),
        "route": _route(),
        "to-do": _to_do(),
        "new-password": _new_password(),
    }


def _problem() -> dict[str, Any]:
    """RFC 9457."""
    error = dict.fromkeys(("field", "value", "allowed"), TEXT)
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            **dict.fromkeys(("type", "title", "detail"), TEXT),
            "status": INTEGER,
            "errors": list_of({"type": "object", "properties": error}),
            "dependents": list_of({"type": "object"}),
        },
    }


def _of_nouns() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for noun, kind in NOUNS.items():
        saved = {"key": TEXT, "record": shown_record(kind)}
        found[noun] = entered_record(kind, new=True)
        found[f"{noun}-changes"] = entered_record(kind, new=False)
        found[f"{noun}-saved"] = object_of(saved | {"notes": TEXTS})
        found[f"{noun}-page"] = page_of(object_of(saved))
    return found


def _of_parameters() -> dict[str, Any]:
    kind = EnterpriseParameters
    return {kind.noun: shown_record(kind), f"{kind.noun}-changes": entered_record(kind, new=False)}


def _new_password() -> dict[str, Any]:
    password = {"type": "object", "required": ["password"], "additionalProperties": False}
    return password | {"properties": {"password": {**TEXT, "format": "password"}}}


def _of_backups() -> dict[str, Any]:
    backup = object_of(
        dict.fromkeys(("number", "job", "size", "files", "ordered_at"), INTEGER)
        | dict.fromkeys(("schedule", "directory", "name", "sealed_for", "reason", "sha256", "state"), TEXT)
        | {"ended_at": or_null(INTEGER), "is_open": FLAG}
    )
    return {"backup-page": object_of({"items": list_of(backup)}), "backup-check": object_of({"is_as_made": FLAG})}


def _of_traces() -> dict[str, Any]:
    trace = {"device": TEXT, "level": {"enum": list(TRACE_LEVELS)}, "until": NUMBER}
    return {
        "trace": object_of({"device": TEXT, "until": or_null(NUMBER)}),
        "traces": object_of({"file": TEXT, "traces": list_of(object_of(trace))}),
    }


def _call_detail_record() -> dict[str, Any]:
    """See docs/reference/call-detail-records.md."""
    number = or_null(INTEGER)
    classes = [each.name.lower() for each in CallSecurityClass]
    part = {"enum": [*classes, ""]}
    mode = {"enum": [*(each.name.lower() for each in DeviceSecurityMode), None]}
    texts = (
        *("calling_number", "calling_name", "calling_device", "originally_called_number", "partition"),
        *("final_called_number", "final_called_device", "ended_by", "security_reason", "redirecting_number"),
        *("redirect_reason", "features", "calling_security_reason", "called_security_reason"),
    )
    return object_of(
        {
            "call_id": INTEGER,
            "origination_time": NUMBER,
            "answer_time": or_null(NUMBER),
            "end_time": NUMBER,
            "duration": NUMBER,
            **dict.fromkeys(texts, TEXT),
            **dict.fromkeys(("calling_cause", "called_cause", "transferred_from", "transferred_to"), number),
            "security_class": {"enum": classes},
            **dict.fromkeys(("calling_mode", "called_mode"), mode),
            **dict.fromkeys(("calling_security", "called_security"), part),
        }
    )


def _to_do() -> dict[str, Any]:
    item = object_of({"do": TEXT, "what": TEXT, "kind": {"enum": ["service", "phone"]}, "reasons": TEXTS})
    less_secure = object_of({"device": TEXT, "reason": TEXT})
    return object_of(
        {
            "items": list_of(item),
            "total": INTEGER,
            "offset": INTEGER,
            "less_secure": list_of(less_secure) | {"description": "the first of them by name"},
            "less_secure_total": INTEGER,
        }
    )


def _route() -> dict[str, Any]:
    stop = {"number": TEXT, "because": TEXT, "match": TEXT, "steps": TEXTS, "does": TEXTS}
    return object_of(
        {
            "dialled": TEXT,
            "match": {**TEXT, "description": "Pattern and partition that the call stays at"},
            "lines": {**TEXTS, "description": "Phones that ring"},
            "silent": {**TEXTS, "description": "Those of them that are not registered now"},
            "obstacle": TEXT,
            "stops": list_of(object_of(stop)),
        }
    )


def _ladder_message() -> dict[str, Any]:
    return object_of(
        {
            "at": {**NUMBER, "description": "Seconds since 1970"},
            "received": {**FLAG, "description": "From the phone to the call manager"},
            **dict.fromkeys(("device", "address", "text"), TEXT),
        }
    )


def _phone_answer() -> dict[str, Any]:
    """See docs/reference/phone-timeline.md."""
    verdict = {
        "is_well": {**FLAG, "description": "Registered as its profile says"},
        "state": TEXT,
        "next_step": TEXT,
        "place": {"enum": [each.value for each in Place], "description": "Where the next step is taken"},
        "command": TEXT,
    }
    entry = {
        "at": {**NUMBER, "description": "Seconds since 1970"},
        "subject": {"enum": [each.value for each in Subject]},
        "text": TEXT,
        "good": or_null(FLAG),
        **dict.fromkeys(("about", "address", "reason", "security"), TEXT),
    }
    check = {"subject": TEXT, "passed": or_null(FLAG), "text": TEXT}
    return object_of(
        {
            "device": TEXT,
            "verdict": object_of(verdict),
            "checks": list_of(object_of(check)),
            "timeline": list_of(object_of(entry)),
        }
    )


def _of_jobs() -> dict[str, Any]:
    numbers = ("number", "total", "done", "failed", "left")
    texts = ("kind", "title", "reason", "ordered_by")
    job = object_of(
        dict.fromkeys(numbers, INTEGER)
        | dict.fromkeys(texts, TEXT)
        | {"state": {**TEXT, "enum": [each.value for each in JobState]}}
        | dict.fromkeys(("ordered_at", "started_at", "ended_at"), _DATE_TIME)
        | {"follows": or_null(INTEGER)}
    )
    item = object_of(dict.fromkeys(("key", "state", "said"), TEXT) | {"at": _DATE_TIME})
    wanted = {
        "kind": {**TEXT, "enum": list(KINDS)},
        "arguments": {"type": "object", "description": "depends on the kind; an error names what is allowed"},
        "devices": TEXTS,
        "where": {**TEXTS, "maxItems": 10, "description": "as in searches; devices go before"},
    }
    order = {"type": "object", "required": ["kind"], "additionalProperties": False, "properties": wanted}
    return {"job": job, "job-order": order, "job-page": page_of(job), "job-items": page_of(item)}


def _of_alarms() -> dict[str, Any]:
    severity = {**TEXT, "enum": list(SEVERITIES)}
    alarm = object_of(
        dict.fromkeys(("number", "count", "first_at", "last_at"), INTEGER)
        | dict.fromkeys(("name", "server", "subject", "text", "acknowledged_by"), TEXT)
        | dict.fromkeys(("cleared_at", "acknowledged_at"), or_null(INTEGER))
        | {"is_raised": FLAG, "severity": severity}
    )
    numbers = list_of({**INTEGER, "minimum": 1}) | {"minItems": 1, "maxItems": MAX_ALARMS}
    wanted = {"severity": severity, "to_log": FLAG, "to_syslog": FLAG}
    shape = {"type": "object", "additionalProperties": False}
    return {
        "alarm": alarm,
        "alarm-page": page_of(alarm),
        "alarm-numbers": shape | {"properties": {"numbers": numbers}},
        "alarm-setting-changes": shape | {"properties": wanted},
    }
