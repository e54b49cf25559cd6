"""Records of every noun: listed, read, added, changed, removed."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.json_record import json_record, values_from_json
from ringward.domain.setting import Noun, settings_of
from ringward.web.find_and_list import read_criterion
from ringward.web.interface.call import Call
from ringward.web.navigation import INTERFACE
from ringward.web.particulars import particulars_of
from ringward.web.versions import version_of

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100


def tag_of(record: Noun) -> dict[str, str]:
    """The header by which a program knows again what it saw."""
    return {"ETag": f'"{version_of(record)}"'}


def _shown(record: Noun, status: int = 200, notes: tuple[str, ...] = ()) -> Response:
    body: dict[str, Any] = json_record(record)
    headers = tag_of(record)
    if status == 201:
        headers["Location"] = f"{INTERFACE}/{record.noun}/{quote(record.key, safe='/')}"
    return JSONResponse({"key": record.key, "record": body, "notes": list(notes)}, status, headers)


def find(kind: type[Noun], call: Call) -> Response:
    """The records that meet every criterion (``where=field:comparison:value``), a part of them."""
    order = call.asked("order")
    page = call.administration.records(kind).find(
        call.actor,
        [read_criterion(text) for text in call.query.get("where", ())],
        order=order.removeprefix("-"),
        descending=order.startswith("-"),
        offset=call.number("offset", 0, 10**9 - 1),
        limit=call.number("limit", DEFAULT_LIMIT, MAX_LIMIT),
    )
    items = [{"key": record.key, "record": json_record(record)} for record in page.records]
    return JSONResponse({"items": items, "total": page.total, "offset": page.offset})


def read(kind: type[Noun], call: Call) -> Response:
    """One record."""
    return _shown(call.administration.records(kind).get(call.actor, call.path_parts["key"]))


def add(kind: type[Noun], call: Call) -> Response:
    """A new record; fields that are not given have their defaults."""
    values = values_from_json(kind, call.object())
    if all(name in values for name in particulars_of(kind).chosen_first):
        values = particulars_of(kind).preset(values)
    absent = [each for each in settings_of(kind) if each.default is MISSING and each.name not in values]
    if absent:
        raise Invalid(kind.noun, "", [FieldError(each.name, "", each.allowed()) for each in absent])
    saved = call.administration.records(kind).add(call.actor, kind(**values))
    return _shown(saved.record, 201, saved.notes)


def change(kind: type[Noun], call: Call) -> Response:
    """The given fields of a record; with ``If-Match`` only if it still is what the program saw."""
    key = call.path_parts["key"]
    changes = values_from_json(kind, call.object(), key)
    saved = call.administration.records(kind).update(call.actor, key, changes, unless=call.unless)
    return _shown(saved.record, 200, saved.notes)


def remove(kind: type[Noun], call: Call) -> Response:
    """Remove a record that nothing uses."""
    call.administration.records(kind).remove(call.actor, call.path_parts["key"])
    return Response(status_code=204)


def dependents(kind: type[Noun], call: Call) -> Response:
    """The records that use this one (ADMIN-14)."""
    found = call.administration.records(kind).dependents(call.actor, call.path_parts["key"])
    return JSONResponse({"items": [{"noun": noun, "key": key} for noun, key in found]})
