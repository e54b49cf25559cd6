"""One call: who, how secure each party's part was and why, and its ladder; kept fresh while the call goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.calls.party_security import party_words
from ringward.domain.errors import NotFound, RingwardError
from ringward.protocols.sip.caption import caption
from ringward.web.ladder_picture import ladder_picture
from ringward.web.live import LiveNode
from ringward.web.live_questions import call_ladder
from ringward.web.navigation import CALL_REPORTS
from ringward.web.visit import Site, Visit

_MAX_DIGITS = 16
"""Of a call's number."""


def show(visit: Visit) -> Response:
    """The page, complete by itself."""
    number = _number(visit.path_parts["call"])
    values = _values(visit.administration, visit.site.live, visit.actor, number)
    return visit.show("call.html", path=f"{CALL_REPORTS}/call/{number}", list_path=CALL_REPORTS, **values)


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the page that changes, as HTML."""
    values = _values(site.administration, site.live, actor, _number(path_parts["call"]))
    return site.templates.get_template("call_live.html").render(list_path=CALL_REPORTS, **values)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise NotFound("call", text[:20])
    return int(text)


def _values(administration: Administration, live: LiveNode, actor: Actor, number: int) -> dict[str, Any]:
    record = administration.call_records.get(actor, number)
    try:
        messages = call_ladder(live, actor, number)
        present = next((call for call in live.ask("calls") if call["call_id"] == number), None)
    except RingwardError:  # the call manager does not run: the record is all there is
        if record is None:
            raise
        messages, present = [], None
    if record is None and present is None and not messages:
        raise NotFound("call", str(number))
    return {
        "number": number,
        "record": record,
        "parts": party_words(record) if record is not None else present,
        "present": present if record is None else None,
        "picture": ladder_picture(messages),
        "messages": [message | {"caption": caption(message["text"])} for message in messages],
    }
