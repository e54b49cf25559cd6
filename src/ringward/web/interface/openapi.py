"""The interface described in OpenAPI 3.1, made of the same settings as forms, commands and checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING
from functools import cache
from importlib.metadata import version
from typing import Any

from ringward.administration.job_kinds import KINDS
from ringward.administration.lock_outs import ACCOUNT_KINDS
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.job import JobState
from ringward.domain.nouns import NOUNS
from ringward.domain.phone_timeline import Subject
from ringward.domain.rules.why import Place
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, format_value, settings_of
from ringward.domain.vocabulary import CallSecurityClass, DeviceCertificateStatus, DeviceSecurityMode
from ringward.pki.export import ExportForm
from ringward.store.alarms import MAX_ALARMS
from ringward.store.audit import Outcome
from ringward.web.interface.alarms import SEVERITIES
from ringward.web.interface.call import MAX_MOMENT, PROBLEM
from ringward.web.interface.calls import MAX_CALL
from ringward.web.interface.jobs import STATES as ITEM_STATES
from ringward.web.interface.more import LIVE
from ringward.web.interface.operation import Operation
from ringward.web.interface.operations import SERVICES, operations
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT
from ringward.web.live_questions import MAX_TRACE_MINUTES, TRACE_LEVELS
from ringward.web.navigation import INTERFACE

_INTRODUCTION = (
    "Everything that the pages do. A program proves itself by an access token (ringward access-token add): "
    "Authorization: Bearer ... What goes wrong is told as problem details (RFC 9457), each wrong field with what "
    "is allowed. A record is changed safely with the ETag it was read with, sent back as If-Match."
)
_REASONS = {
    400: "What was sent cannot be understood",
    401: "No good access token",
    403: "The token's account may not do this",
    404: "There is no such record",
    409: "A rule forbids it, or the name is taken, or the record is in use",
    412: "Somebody has changed the record since",
    413: "Too large",
    422: "Fields are not valid; each is named with what is allowed",
    503: "The node does not answer",
}
_FORMS = {"csv": "text/csv", "text": "text/plain", "file": "application/octet-stream"}
"""Results that are no JSON."""
_ALWAYS = (401, 403, 413, 503)
_MOMENT: Mapping[str, Any] = {"type": "integer", "minimum": 0, "maximum": MAX_MOMENT}
_QUERY: Mapping[str, Mapping[str, Any]] = {
    "where": {
        "schema": {"type": "array", "items": {"type": "string", "maxLength": 300}, "maxItems": 10},
        "description": "field:comparison:value, such as description:contains:desk; may be repeated",
    },
    "order": {
        "schema": {"type": "string"},
        "description": "field to sort by; with - before it the other way round",
    },
    "offset": {"schema": {"type": "integer", "minimum": 0, "maximum": 10**9 - 1, "default": 0}},
    "limit": {"schema": {"type": "integer", "minimum": 0, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}},
    "line": {"schema": {"type": "integer", "minimum": 0, "maximum": 100, "default": 1}},
    "security": {"schema": {"enum": [each.name.lower() for each in CallSecurityClass]}},
    "since": {
        "schema": _MOMENT,
        "description": "seconds since 1970 from which on calls began or something was done",
    },
    "until": {
        "schema": _MOMENT,
        "description": "seconds since 1970 before which calls began or something was done",
    },
    "permission": {
        "schema": {"type": "string"},
        "description": "the operation, such as phone.update; a star stands for any letters: phone.*",
    },
    "outcome": {"schema": {"enum": [each.value for each in Outcome]}},
    "level": {"schema": {"enum": list(TRACE_LEVELS), "default": TRACE_LEVELS[0]}},
    "minutes": {"schema": {"type": "integer", "minimum": 0, "maximum": MAX_TRACE_MINUTES, "default": 60}},
    "update": {"schema": {"type": "boolean", "default": False}},
    "dry_run": {"schema": {"type": "boolean", "default": False}},
    "restart": {"schema": {"type": "boolean", "default": False}},
    "state": {"schema": {"type": "string", "enum": list(ITEM_STATES)}},
    "raised": {"schema": {"type": "boolean"}, "description": "those that are raised, or only those that are over"},
    "acknowledged": {"schema": {"type": "boolean"}},
    "form": {"schema": {"enum": [each.value for each in ExportForm]}},
    "store": {"schema": {"enum": [each.value for each in TrustPurpose]}},
    "status": {"schema": {"type": "array", "items": {"enum": [each.value for each in DeviceCertificateStatus]}}},
    "days": {"schema": {"type": "integer", "minimum": 0, "maximum": 36_500}},
    "severity": {"schema": {"enum": list(SEVERITIES)}, "description": "this one or worse"},
    "dialled": {"schema": {"type": "string", "minLength": 1, "maxLength": 64}, "required": True},
}
_PATH: Mapping[str, Mapping[str, Any]] = {
    "call": {"type": "integer", "minimum": 1, "maximum": MAX_CALL},
    "subject": {"type": "string", "enum": list(LIVE)},
    "service": {"type": "string", "enum": list(SERVICES)},
    "number": {"type": "integer", "minimum": 1, "maximum": 10**9 - 1},
    "certificate_kind": {"type": "string", "enum": [each.value for each in CertificateKind]},
    "store": {"type": "string", "enum": [each.value for each in TrustPurpose]},
    "account_kind": {"type": "string", "enum": list(ACCOUNT_KINDS)},
}


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for each in operations():
        paths.setdefault(INTERFACE + each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ringward", "version": version("ringward"), "description": _INTRODUCTION},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _operation(each: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "tags": [each.tag],
        "parameters": [
            *(_in_path(name) for name in re.findall(r"{(\w+)}", each.path)),
            *(
                {"name": name, "in": "query", **_QUERY.get(name, {"schema": {"type": "string"}})}
                for name in each.query
            ),
        ],
        "responses": {str(each.status): _response(each)}
        | {str(code): _refusal(code) for code in sorted({*_ALWAYS, *each.refusals})},
    }
    if each.method == "PATCH" and each.path.endswith("{key}"):
        found["parameters"].append({"name": "If-Match", "in": "header", "schema": {"type": "string"}})
    if each.body == "csv":
        found["requestBody"] = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    elif each.body:
        schema = _reference(f"{each.body}-changes" if each.method == "PATCH" else each.body)
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _in_path(name: str) -> dict[str, Any]:
    schema = _PATH.get(name, {"type": "string", "minLength": 1, "maxLength": 200})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _response(each: Operation) -> dict[str, Any]:
    if each.status == 204:
        return {"description": "Done"}
    kind = {"csv": "text/csv", "text": "text/plain", "file": "application/octet-stream"}.get(
        each.result, "application/json"
    )
    schema = _reference(each.result) if kind == "application/json" else {"type": "string"}
    return {"description": "Done", "content": {kind: {"schema": schema}}}


def _refusal(code: int) -> dict[str, Any]:
    return {"description": _REASONS[code], "content": {PROBLEM: {"schema": _reference("Problem")}}}


def _reference(name: str) -> dict[str, Any]:
    if name == "Present":
        return {"type": ["object", "array"]}
    if name.startswith("Anything"):
        return {"type": "object"}
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    error = {name: {"type": "string"} for name in ("field", "value", "allowed")}
    schemas: dict[str, Any] = {
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "errors": {"type": "array", "items": {"type": "object", "properties": error}},
                "dependents": {"type": "array", "items": {"type": "object"}},
            },
        }
    }
    schemas |= _of_jobs()
    schemas |= _of_alarms()
    for noun, kind in NOUNS.items():
        saved = {"key": {"type": "string"}, "record": _shown(kind)}
        notes = {"type": "array", "items": {"type": "string"}}
        schemas[noun] = _entered(kind, new=True)
        schemas[f"{noun}-changes"] = _entered(kind, new=False)
        schemas[f"{noun}-saved"] = _object(saved | {"notes": notes})
        schemas[f"{noun}-page"] = _object(
            {"items": {"type": "array", "items": _object(saved)}, "total": _INTEGER, "offset": _INTEGER}
        )
    schemas["phone-answer"] = _phone_answer()
    schemas["call-detail-record"] = _call_detail_record()
    schemas["call-detail-record-page"] = _page(_reference("call-detail-record"))
    schemas["route"] = _route()
    schemas["to-do"] = _to_do()
    password = {"type": "object", "required": ["password"], "additionalProperties": False}
    schemas["new-password"] = password | {"properties": {"password": {"type": "string", "format": "password"}}}
    backup = _object(
        dict.fromkeys(("number", "job", "size", "files", "ordered_at"), _INTEGER)
        | dict.fromkeys(("schedule", "directory", "name", "sealed_for", "reason", "sha256", "state"), _TEXT)
        | {"ended_at": {"type": ["integer", "null"]}, "is_open": {"type": "boolean"}}
    )
    schemas["backup-page"] = _object({"items": {"type": "array", "items": backup}})
    schemas["backup-check"] = _object({"is_as_made": {"type": "boolean"}})
    schemas["trace"] = _object({"device": _TEXT, "until": {"type": ["number", "null"]}})
    trace = {"device": _TEXT, "level": {"enum": list(TRACE_LEVELS)}, "until": {"type": "number"}}
    schemas["traces"] = _object({"file": _TEXT, "traces": {"type": "array", "items": _object(trace)}})
    schemas["ladder"] = _page(_ladder_message())
    schemas[EnterpriseParameters.noun] = _shown(EnterpriseParameters)
    schemas[f"{EnterpriseParameters.noun}-changes"] = _entered(EnterpriseParameters, new=False)
    return schemas


_INTEGER = {"type": "integer"}
_TEXT = {"type": "string"}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_PERHAPS = {"type": ["boolean", "null"]}


def _page(item: Mapping[str, Any]) -> dict[str, Any]:
    return _object({"items": {"type": "array", "items": item}, "total": _INTEGER, "offset": _INTEGER})


def _call_detail_record() -> dict[str, Any]:
    """See docs/reference/call-detail-records.md."""
    moment, number = {"type": "number"}, {"type": ["integer", "null"]}
    classes = [each.name.lower() for each in CallSecurityClass]
    part = {"enum": [*classes, ""]}
    mode = {"enum": [*(each.name.lower() for each in DeviceSecurityMode), None]}
    texts = (
        *("calling_number", "calling_name", "calling_device", "originally_called_number", "partition"),
        *("final_called_number", "final_called_device", "ended_by", "security_reason", "redirecting_number"),
        *("redirect_reason", "features", "calling_security_reason", "called_security_reason"),
    )
    return _object(
        {
            "call_id": _INTEGER,
            "origination_time": moment,
            "answer_time": {"type": ["number", "null"]},
            "end_time": moment,
            "duration": moment,
            **dict.fromkeys(texts, _TEXT),
            **dict.fromkeys(("calling_cause", "called_cause", "transferred_from", "transferred_to"), number),
            "security_class": {"enum": classes},
            **dict.fromkeys(("calling_mode", "called_mode"), mode),
            **dict.fromkeys(("calling_security", "called_security"), part),
        }
    )


def _to_do() -> dict[str, Any]:
    texts = {"type": "array", "items": _TEXT}
    item = _object({"do": _TEXT, "what": _TEXT, "kind": {"enum": ["service", "phone"]}, "reasons": texts})
    less_secure = _object({"device": _TEXT, "reason": _TEXT})
    return _object(
        {
            "items": {"type": "array", "items": item},
            "less_secure": {"type": "array", "items": less_secure, "description": "the first of them by name"},
            "less_secure_total": _INTEGER,
        }
    )


def _route() -> dict[str, Any]:
    texts = {"type": "array", "items": _TEXT}
    stop = {"number": _TEXT, "because": _TEXT, "match": _TEXT, "steps": texts, "does": texts}
    return _object(
        {
            "dialled": _TEXT,
            "match": {"type": "string", "description": "Pattern and partition that the call stays at"},
            "lines": texts | {"description": "Phones that ring"},
            "silent": texts | {"description": "Those of them that are not registered now"},
            "obstacle": _TEXT,
            "stops": {"type": "array", "items": _object(stop)},
        }
    )


def _ladder_message() -> dict[str, Any]:
    return _object(
        {
            "at": {"type": "number", "description": "Seconds since 1970"},
            "received": {"type": "boolean", "description": "From the phone to the call manager"},
            **dict.fromkeys(("device", "address", "text"), _TEXT),
        }
    )


def _phone_answer() -> dict[str, Any]:
    """See docs/reference/phone-timeline.md."""
    verdict = {
        "is_well": {"type": "boolean", "description": "Registered as its profile says"},
        "state": _TEXT,
        "next_step": _TEXT,
        "place": {"enum": [each.value for each in Place], "description": "Where the next step is taken"},
        "command": _TEXT,
    }
    entry = {
        "at": {"type": "number", "description": "Seconds since 1970"},
        "subject": {"enum": [each.value for each in Subject]},
        "text": _TEXT,
        "good": _PERHAPS,
        **dict.fromkeys(("about", "address", "reason", "security"), _TEXT),
    }
    check = {"subject": _TEXT, "passed": _PERHAPS, "text": _TEXT}
    return _object(
        {
            "device": _TEXT,
            "verdict": _object(verdict),
            "checks": {"type": "array", "items": _object(check)},
            "timeline": {"type": "array", "items": _object(entry)},
        }
    )


def _of_jobs() -> dict[str, Any]:
    numbers = ("number", "total", "done", "failed", "left")
    texts = ("kind", "title", "reason", "ordered_by")
    job = _object(
        dict.fromkeys(numbers, _INTEGER)
        | dict.fromkeys(texts, _TEXT)
        | {"state": {"type": "string", "enum": [each.value for each in JobState]}}
        | dict.fromkeys(("ordered_at", "started_at", "ended_at"), _MOMENT)
        | {"follows": {"type": ["integer", "null"]}}
    )
    item = _object(dict.fromkeys(("key", "state", "said"), _TEXT) | {"at": _MOMENT})
    names = {"type": "array", "items": _TEXT}
    wanted = {
        "kind": {"type": "string", "enum": list(KINDS)},
        "arguments": {"type": "object", "description": "depends on the kind; an error names what is allowed"},
        "devices": names,
        "where": names | {"maxItems": 10, "description": "as in searches; devices go before"},
    }
    order = {"type": "object", "required": ["kind"], "additionalProperties": False, "properties": wanted}
    return {"job": job, "job-order": order, "job-page": _listed(job), "job-items": _listed(item)}


def _of_alarms() -> dict[str, Any]:
    perhaps = {"type": ["integer", "null"]}
    severity = {"type": "string", "enum": list(SEVERITIES)}
    alarm = _object(
        dict.fromkeys(("number", "count", "first_at", "last_at"), _INTEGER)
        | dict.fromkeys(("name", "server", "subject", "text", "acknowledged_by"), _TEXT)
        | dict.fromkeys(("cleared_at", "acknowledged_at"), perhaps)
        | {"is_raised": {"type": "boolean"}, "severity": severity}
    )
    numbers = {"type": "array", "minItems": 1, "maxItems": MAX_ALARMS, "items": _INTEGER | {"minimum": 1}}
    flag = {"type": "boolean"}
    wanted = {"severity": severity, "to_log": flag, "to_syslog": flag}
    shape = {"type": "object", "additionalProperties": False}
    return {
        "alarm": alarm,
        "alarm-page": _page(alarm),
        "alarm-numbers": shape | {"properties": {"numbers": numbers}},
        "alarm-setting-changes": shape | {"properties": wanted},
    }


def _listed(item: Mapping[str, Any]) -> dict[str, Any]:
    return _object({"items": {"type": "array", "items": item}, "total": _INTEGER, "offset": _INTEGER})


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def _shown(kind: type[Noun]) -> dict[str, Any]:
    """A record as it is answered; which fields it has, its model and protocol decide."""
    properties = {item.name: _answered(item) for item in settings_of(kind)}
    return {"type": "object", "title": kind.title, "properties": properties}


def _entered(kind: type[Noun], *, new: bool) -> dict[str, Any]:
    """A record as it is sent."""
    items = [item for item in settings_of(kind) if not item.setting.read_only]
    found: dict[str, Any] = {
        "type": "object",
        "title": kind.title,
        "additionalProperties": False,
        "properties": {item.name: _field(item) for item in items},
    }
    needed = [item.name for item in items if item.default is MISSING]
    if new and needed:
        found["required"] = needed
    return found


def _answered(item: SettingField) -> dict[str, Any]:
    if item.is_record_list:
        return {"type": "array", "items": _shown(item.item_type)}
    kind = "array" if item.is_list else _json_type(item)
    nullable = item.optional or item.setting.secret
    return {"type": [kind, "null"] if nullable else kind, "description": item.setting.label}


def _field(item: SettingField) -> dict[str, Any]:
    rule = item.setting
    found: dict[str, Any] = {"title": rule.label, "description": rule.help}
    if item.is_record_list:
        found |= {"type": "array", "items": _entered(item.item_type, new=True)}
    elif item.is_list:
        found |= {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    else:
        found |= _one_value(item)
    if rule.max_items is not None:
        found["maxItems"] = rule.max_items
    if rule.secret:
        found["writeOnly"] = True
    return found


def _json_type(item: SettingField) -> str:
    if item.type is bool:
        return "boolean"
    return "integer" if item.type is int else "string"


def _one_value(item: SettingField) -> dict[str, Any]:
    rule, kind = item.setting, _json_type(item)
    found: dict[str, Any] = {"type": [kind, "null"] if item.optional else kind}
    if choices := item.choices_for():
        found["enum"] = [each if kind == "integer" else format_value(item, each) for each in choices]
    elif kind == "integer":
        found |= {
            name: limit
            for name, limit in (("minimum", rule.minimum), ("maximum", rule.maximum))
            if limit is not None
        }
    elif kind == "string" and item.type in (str, Secret):
        found["maxLength"] = rule.max_length
    if item.optional and "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found
