"""Calls: the records of those that ended, and the ladder of each that is or was lately."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from ringward.calls.party_security import party_words
from ringward.calls.records import CallDetailRecord
from ringward.domain.errors import FieldError, Invalid, NotFound
from ringward.domain.vocabulary import CallSecurityClass
from ringward.store.call_records import CallFilter
from ringward.web.interface.call import Call
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT
from ringward.web.live_questions import call_ladder

MAX_CALL = 2**53 - 1
"""Numbers of calls that JavaScript can write, too."""
_CLASSES = {each.name.lower(): each for each in CallSecurityClass}


def records(call: Call) -> Response:
    """Call detail records, newest first (SVC-11)."""
    security = call.asked("security")
    if security and security not in _CLASSES:
        raise Invalid("query", "security", [FieldError("security", security[:20], ", ".join(_CLASSES))])
    wanted = CallFilter(
        number=call.asked("number") or None,
        device=call.asked("device") or None,
        since=call.moment("since"),
        until=call.moment("until"),
        security_class=int(_CLASSES[security]) if security else None,
    )
    page = call.administration.call_records.find(
        call.actor,
        wanted,
        offset=call.number("offset", 0, 10**9 - 1),
        limit=call.number("limit", DEFAULT_LIMIT, MAX_LIMIT),
    )
    items = [record_json(record) for record in page.records]
    return JSONResponse({"items": items, "total": page.total, "offset": page.offset})


def record_json(record: CallDetailRecord) -> dict[str, Any]:
    """A record as programs read it."""
    return (
        asdict(record)
        | {
            "duration": record.duration,
            "ended_by": record.ended_by.value,
            "calling_cause": record.calling_cause.value if record.calling_cause else None,
            "called_cause": record.called_cause.value if record.called_cause else None,
            "security_class": record.security_class.name.lower(),
            "calling_mode": record.calling_mode.name.lower() if record.calling_mode else None,
            "called_mode": record.called_mode.name.lower() if record.called_mode else None,
        }
        | party_words(record)
    )


def record(call: Call) -> Response:
    """The record of one call."""
    number = _call_number(call)
    found = call.administration.call_records.get(call.actor, number)
    if found is None:
        raise NotFound("call detail record", str(number))
    return JSONResponse(record_json(found))


def ladder(call: Call) -> Response:
    """The messages of a call, oldest first."""
    number = _call_number(call)
    messages = call_ladder(call.live, call.actor, number)
    if not messages:
        raise NotFound("messages of call", str(number))
    return JSONResponse({"items": messages, "total": len(messages), "offset": 0})


def _call_number(call: Call) -> int:
    text = call.path_parts["call"]
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_CALL)) and int(text) <= MAX_CALL):
        raise NotFound("call", text[:20])
    return int(text)
