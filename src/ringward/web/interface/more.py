"""What is no record: parameters, the present moment, orders to devices, the logs, many phones at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from enum import Enum
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from ringward.administration.audit_file import as_csv
from ringward.administration.authorization import authorize
from ringward.administration.records import Saved
from ringward.administration.to_do import ASKED
from ringward.domain.errors import FieldError, Invalid, NotFound
from ringward.domain.json_record import json_record, values_from_json
from ringward.domain.phone import Phone
from ringward.domain.setting import Noun, format_value, settings_of
from ringward.store.audit import AuditFilter, Outcome
from ringward.web.interface.call import PROBLEM, BadRequest, Call
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT, tag_of
from ringward.web.live import Foreseen, question
from ringward.web.live_questions import (
    MAX_TRACE_MINUTES,
    TRACE_LEVELS,
    TRACE_PERMISSION,
    phone_answer,
    read_trace,
    set_trace,
)

_OUTCOMES = {each.value: each for each in Outcome}
LIVE = ("phones", "calls", "status")
MAX_NAME = 100
"""Characters of a device's name that the node is asked for."""


def enterprise_parameters(call: Call) -> Response:
    """All enterprise parameters."""
    return _parameters(call.administration.parameters.enterprise(call.actor))


def set_enterprise_parameters(call: Call) -> Response:
    """Set those that are given; with ``If-Match`` only if all are still what the program saw."""
    parameters = call.administration.parameters
    texts = _texts(call, parameters.enterprise(call.actor))
    return _set_parameters(parameters.set_enterprise(call.actor, texts, unless=call.unless))


def service_parameters(call: Call) -> Response:
    """All parameters of a service on a server."""
    server, service = call.path_parts["server"], call.path_parts["service"]
    return _parameters(call.administration.parameters.service(call.actor, server, service))


def set_service_parameters(call: Call) -> Response:
    """Set those that are given; with ``If-Match`` only if all are still what the program saw."""
    server, service = call.path_parts["server"], call.path_parts["service"]
    parameters = call.administration.parameters
    texts = _texts(call, parameters.service(call.actor, server, service))
    return _set_parameters(parameters.set_service(call.actor, server, service, texts, unless=call.unless))


def _parameters(present: Noun) -> Response:
    return JSONResponse(json_record(present), headers=tag_of(present))


def _set_parameters(saved: Saved[Any]) -> Response:
    body = {"record": json_record(saved.record), "notes": list(saved.notes)}
    return JSONResponse(body, headers=tag_of(saved.record))


def _texts(call: Call, present: Noun) -> dict[str, str]:
    kind = type(present)
    values = values_from_json(kind, call.object())
    return {item.name: format_value(item, values[item.name]) for item in settings_of(kind) if item.name in values}


def live(call: Call) -> Response:
    """Phones, calls or the node as they are now: so many of them at most, as the node has calls to make beside."""
    authorize(call.actor, f"{Phone.noun}.read")
    subject = call.path_parts["subject"]
    if subject not in LIVE:
        raise NotFound("resource", subject)
    arguments: dict[str, Any] = {"most": call.number("limit", DEFAULT_LIMIT, MAX_LIMIT)}
    if subject == "phones" and (devices := call.query.get("device")):
        arguments["devices"] = [each[:MAX_NAME] for each in devices]
    return JSONResponse(call.live.ask(subject, {} if subject == "status" else arguments))


def analyse(call: Call) -> Response:
    """Where a number goes, and why."""
    authorize(call.actor, "directory-number.read")
    arguments = {
        "dialled": call.asked("dialled")[:64],
        "device": call.asked("device")[:64],
        "line": call.number("line", 1, 100),
    }
    if not arguments["dialled"]:
        raise Invalid("query", "dialled", [FieldError("dialled", "", "what is dialled")])
    return JSONResponse(call.live.ask("analyse", arguments))


def why(call: Call) -> Response:
    """How secure a phone is and why, with what to do next and what happened."""
    return JSONResponse(phone_answer(call.administration, call.live, call.actor, call.path_parts["key"]).as_json())


def to_do(call: Call) -> Response:
    """What is to be done before all changes are in force, in order; and phones that could be safer."""
    offset, limit = call.number("offset", 0, 10**9 - 1), call.number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    live = Foreseen(call.live, tuple(map(question, ASKED)))
    found = call.administration.to_do.find(call.actor, live.ask)
    less_secure = [{"device": each.device, "reason": each.reason} for each in found.less_secure]
    return JSONResponse(
        {
            "items": found.as_json(offset, limit),
            "total": found.total,
            "offset": offset,
            "less_secure": less_secure,
            "less_secure_total": found.less_secure_total,
        }
    )


def traces(call: Call) -> Response:
    """Which phones are traced."""
    authorize(call.actor, TRACE_PERMISSION)
    return JSONResponse(call.live.ask("traces"))


def trace(call: Call) -> Response:
    """Trace a phone, or with ``minutes=0`` no more."""
    device, level = call.path_parts["key"], call.asked("level", TRACE_LEVELS[0])
    if level not in TRACE_LEVELS:
        raise Invalid("query", "level", [FieldError("level", level[:20], ", ".join(TRACE_LEVELS))])
    minutes = call.number("minutes", 60, MAX_TRACE_MINUTES)
    until = set_trace(call.administration, call.live, call.actor, device, level, minutes)
    return JSONResponse({"device": device, "until": until})


def trace_text(call: Call) -> Response:
    """What was traced of a phone."""
    text = read_trace(call.administration, call.live, call.actor, call.path_parts["key"])
    return PlainTextResponse(text)


def reset(call: Call) -> Response:
    """Have a phone boot anew, or with ``restart=true`` only register anew (ADMIN-07)."""
    key = call.path_parts["key"]
    restart = call.flag("restart")
    arguments = {"device": key, "restart": restart}
    told = call.administration.phones.reset(
        call.actor, key, lambda: call.live.ask("reset", arguments), restart=restart
    )
    return JSONResponse({"told": told}, 202)


def import_phones(call: Call) -> Response:
    """Add the phones of a CSV text, all or none; ``dry_run`` and ``update`` as on the command line."""
    try:
        text = call.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("the body is not text in UTF-8") from None
    report = call.administration.bulk.import_phones(
        call.actor, text, update=call.flag("update"), dry_run=call.flag("dry_run")
    )
    if not report.errors:
        return JSONResponse(asdict(report))
    count = len(report.errors)
    details = {
        "type": "about:blank",
        "title": "Invalid",
        "status": 422,
        "detail": f"nothing is imported: the file has {count} error{'' if count == 1 else 's'}",
    }
    return JSONResponse(asdict(report) | details, 422, media_type=PROBLEM)


def export_phones(call: Call) -> Response:
    """All phones as CSV, without secrets."""
    return PlainTextResponse(call.administration.bulk.export_phones(call.actor), media_type="text/csv")


def verify_audit_log(call: Call) -> Response:
    """Whether somebody has tampered with the audit log."""
    return JSONResponse(asdict(call.administration.audit.verify(call.actor)))


def export_audit_log(call: Call) -> Response:
    """Entries of the audit log as CSV, newest first."""
    return PlainTextResponse(
        as_csv(call.administration.audit.export(call.actor, _audit_filter(call))), media_type="text/csv"
    )


def audit_log(call: Call) -> Response:
    """Entries of the audit log, newest first."""
    page = call.administration.audit.find(
        call.actor,
        _audit_filter(call),
        offset=call.number("offset", 0, 10**9 - 1),
        limit=call.number("limit", DEFAULT_LIMIT, MAX_LIMIT),
    )
    items = [
        {name: _plain(getattr(entry, name)) for name in (each.name for each in fields(entry))}
        for entry in page.entries
    ]
    return JSONResponse({"items": items, "total": page.total, "offset": page.offset})


def _audit_filter(call: Call) -> AuditFilter:
    outcome = call.asked("outcome")
    if outcome and outcome not in _OUTCOMES:
        raise Invalid("query", "outcome", [FieldError("outcome", outcome[:20], ", ".join(_OUTCOMES))])
    return AuditFilter(
        actor=call.asked("actor") or None,
        noun=call.asked("noun") or None,
        key=call.asked("key") or None,
        permission=call.asked("permission") or None,
        outcome=_OUTCOMES.get(outcome),
        since=call.moment("since"),
        until=call.moment("until"),
    )


def _plain(value: Any) -> Any:
    """A value that JSON can write."""
    if isinstance(value, Enum):
        return value.value
    return dict(value) if isinstance(value, Mapping) else value
