"""Long jobs as resources: ordered, watched, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from ringward.domain.errors import FieldError, Invalid, NotFound
from ringward.domain.job import ItemState, item_json, job_json
from ringward.domain.rules.device_name import device_name_of
from ringward.web.find_and_list import read_criterion
from ringward.web.interface.call import Call
from ringward.web.interface.records import DEFAULT_LIMIT, MAX_LIMIT
from ringward.web.navigation import INTERFACE

STATES = tuple(each.value for each in ItemState)
_MAX_CRITERIA = 10


def find(call: Call) -> Response:
    """Jobs, the newest first."""
    offset, limit = _page(call)
    page = call.administration.jobs.find(call.actor, offset, limit)
    return JSONResponse({"items": [job_json(each) for each in page.jobs], "total": page.total, "offset": offset})


def order(call: Call) -> Response:
    """Order a job, for named phones or for those that criteria find."""
    body = call.object()
    known = ("kind", "arguments", "devices", "where")
    if unknown := [name for name in body if name not in known]:
        raise _wrong(unknown[0], ", ".join(known))
    kind, arguments = body.get("kind"), body.get("arguments", {})
    if not isinstance(kind, str):
        raise _wrong("kind", ", ".join(call.administration.jobs.kinds))
    if not isinstance(arguments, dict):
        raise _wrong("arguments", "an object")
    where = _texts(body, "where")
    if len(where) > _MAX_CRITERIA:
        raise _wrong("where", f"at most {_MAX_CRITERIA} criteria")
    job = call.administration.jobs.order(
        call.actor,
        kind,
        arguments,
        devices=[device_name_of(each) or each for each in _texts(body, "devices")],
        criteria=[read_criterion(each) for each in where],
    )
    return JSONResponse(job_json(job), 202, {"Location": f"{INTERFACE}/jobs/{job.number}"})


def read(call: Call) -> Response:
    """One job with its progress."""
    return JSONResponse(job_json(call.administration.jobs.get(call.actor, resource_number(call, "job"))))


def items(call: Call) -> Response:
    """What came of each phone."""
    offset, limit = _page(call)
    state = call.asked("state")
    if state and state not in STATES:
        raise Invalid("query", "state", [FieldError("state", state[:20], ", ".join(STATES))])
    wanted = ItemState(state) if state else None
    number = resource_number(call, "job")
    job = call.administration.jobs.get(call.actor, number)
    totals = {None: job.total, ItemState.DONE: job.done, ItemState.FAILED: job.failed, ItemState.WAITING: job.left}
    found = call.administration.jobs.items(call.actor, number, wanted, offset, limit)
    return JSONResponse({"items": [item_json(each) for each in found], "total": totals[wanted], "offset": offset})


def cancel(call: Call) -> Response:
    """Do nothing to what is left."""
    return JSONResponse(job_json(call.administration.jobs.cancel(call.actor, resource_number(call, "job"))))


def _page(call: Call) -> tuple[int, int]:
    return call.number("offset", 0, 10**9 - 1), call.number("limit", DEFAULT_LIMIT, MAX_LIMIT)


def resource_number(call: Call, noun: str) -> int:
    """The number in the address; raises :class:`NotFound` for what is none."""
    text = call.path_parts["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(noun, text[:20])
    return int(text)


def _texts(body: dict[str, Any], name: str) -> Sequence[str]:
    found = body.get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise _wrong(name, "a list of texts")
    return found


def _wrong(name: str, allowed: str) -> Invalid:
    return Invalid("job", "", [FieldError(name[:40], "", allowed)])
