"""The interface described in OpenAPI 3.1, made of the same settings as forms, commands and checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from ringward.administration.lock_outs import ACCOUNT_KINDS
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.vocabulary import CallSecurityClass, DeviceCertificateStatus
from ringward.pki.export import ExportForm
from ringward.store.audit import Outcome
from ringward.web.interface.alarms import SEVERITIES
from ringward.web.interface.call import MAX_MOMENT, PROBLEM, TAKEN_IN
from ringward.web.interface.calls import MAX_CALL
from ringward.web.interface.jobs import STATES as ITEM_STATES
from ringward.web.interface.json_schema import reference
from ringward.web.interface.more import LIVE
from ringward.web.interface.operation import Operation
from ringward.web.interface.operations import SERVICES, operations
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT
from ringward.web.interface.schemas import schemas
from ringward.web.live import TAKEN_IN_WITHIN
from ringward.web.live_questions import MAX_TRACE_MINUTES, TRACE_LEVELS
from ringward.web.navigation import INTERFACE

_INTRODUCTION = (
    "Everything that the pages do. A program proves itself by an access token (ringward access-token add): "
    "Authorization: Bearer ... What goes wrong is told as problem details (RFC 9457), each wrong field with what "
    "is allowed. A record is changed safely with the ETag it was read with, sent back as If-Match. A change is "
    f"answered when the running node works by it; should that take longer than {TAKEN_IN_WITHIN:g} seconds, the "
    f"header {TAKEN_IN} of the answer is false."
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
            "schemas": schemas(),
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
    if 412 in each.refusals:
        found["parameters"].append({"name": "If-Match", "in": "header", "schema": {"type": "string"}})
    if each.body == "csv":
        found["requestBody"] = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    elif each.body:
        schema = reference(f"{each.body}-changes" if each.method == "PATCH" else each.body)
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _in_path(name: str) -> dict[str, Any]:
    schema = _PATH.get(name, {"type": "string", "minLength": 1, "maxLength": 200})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _response(each: Operation) -> dict[str, Any]:
    if each.status == 204:
        return {"description": "Done"}
    kind = _FORMS.get(each.result, "application/json")
    schema = reference(each.result) if kind == "application/json" else {"type": "string"}
    return {"description": "Done", "content": {kind: {"schema": schema}}}


def _refusal(code: int) -> dict[str, Any]:
    return {"description": _REASONS[code], "content": {PROBLEM: {"schema": reference("Problem")}}}
