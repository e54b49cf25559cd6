"""Backups that jobs have made. Their files are not handed out here: a token must not carry all secrets away."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import JSONResponse, Response

from ringward.web.interface.call import Call
from ringward.web.interface.jobs import resource_number


def find(call: Call) -> Response:
    """All of them, the newest first."""
    found = call.administration.kept_backups.find(call.actor)
    return JSONResponse({"items": [asdict(each) | {"state": each.state} for each in found]})


def check(call: Call) -> Response:
    """Whether a file is as it was written."""
    number = resource_number(call, "backup")
    return JSONResponse({"is_as_made": call.administration.kept_backups.is_as_made(call.actor, number)})
