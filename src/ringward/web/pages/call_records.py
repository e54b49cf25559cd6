"""ART: call detail records with the security of each call and its reason (SVC-11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from urllib.parse import urlencode

from starlette.responses import Response

from ringward.calls.party_security import party_words
from ringward.domain.errors import Invalid
from ringward.domain.period import since, until
from ringward.domain.vocabulary import CallSecurityClass
from ringward.store.call_records import CallFilter
from ringward.web.find_and_list import page_number
from ringward.web.visit import Visit

_SIZE = 50


def _filter(chosen: Mapping[str, str]) -> CallFilter:
    """What the form asks for, its times in UTC as the page shows them. Raises :class:`Invalid`."""
    security = next((each for each in CallSecurityClass if each.name.lower() == chosen["security"]), None)
    return CallFilter(
        number=chosen["number"] or None,
        device=chosen["device"] or None,
        since=since(chosen["since"], UTC, "From"),
        until=until(chosen["until"], UTC, "to"),
        security_class=None if security is None else int(security),
    )


def show(visit: Visit) -> Response:
    """The records that the filter lets through, newest first."""
    chosen = {name: visit.asked(name).strip() for name in ("number", "device", "security", "since", "until")}
    page = page_number(visit.asked("page"))
    code, errors, wanted = 200, [], CallFilter()
    try:
        wanted = _filter(chosen)
    except Invalid as error:
        code, errors = 422, [str(each) for each in error.errors]
    found = visit.administration.call_records.find(visit.actor, wanted, offset=(page - 1) * _SIZE, limit=_SIZE)
    return visit.show(
        "call_records.html",
        code,
        errors=errors,
        records=[(record, party_words(record)) for record in found.records],
        total=found.total,
        chosen=chosen,
        classes=[each.name.lower() for each in reversed(CallSecurityClass)],
        page=page,
        last=max(1, -(-found.total // _SIZE)),
        query=urlencode({name: each for name, each in chosen.items() if each}),
    )
