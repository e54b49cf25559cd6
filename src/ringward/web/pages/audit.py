"""Tools > Audit Log: who did what, when and from where, with the values before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from urllib.parse import urlencode

from starlette.responses import Response

from ringward.administration.audit_file import FORMS
from ringward.domain.errors import Invalid, NotFound
from ringward.domain.nouns import NOUNS
from ringward.domain.period import since, until
from ringward.domain.rights import NOTHING
from ringward.store.audit import AuditFilter, Outcome
from ringward.web.find_and_list import page_number
from ringward.web.navigation import path_of
from ringward.web.visit import Visit

_SIZE = 50
_CRITERIA = ("actor", "noun", "key", "permission", "outcome", "since", "until")


def show(visit: Visit) -> Response:
    """The entries that the filter lets through, newest first."""
    chosen = _chosen(visit)
    page = page_number(visit.asked("page"))
    code, errors, wanted = 200, [], AuditFilter()
    try:
        wanted = _filter(chosen)
    except Invalid as error:
        code, errors = 422, [str(each) for each in error.errors]
    found = visit.administration.audit.find(visit.actor, wanted, offset=(page - 1) * _SIZE, limit=_SIZE)
    query = urlencode({name: text for name, text in chosen.items() if text})
    return visit.show(
        "audit.html",
        code,
        errors=errors,
        entries=found.entries,
        total=found.total,
        chosen=chosen,
        nouns=sorted(NOUNS),
        nobody=NOTHING.title,
        outcomes=[each.value for each in Outcome],
        page=page,
        last=max(1, -(-found.total // _SIZE)),
        query=query,
        titles={noun: kind.title for noun, kind in NOUNS.items()},
        path_of=path_of,
        chain=visit.administration.audit.verify(visit.actor) if visit.asked("verify") else None,
    )


def export(visit: Visit) -> Response:
    """The entries that the filter lets through, as a file."""
    form = visit.path_parts["form"]
    if form not in FORMS:
        raise NotFound("form of the audit log", form)
    text = FORMS[form](visit.administration.audit.export(visit.actor, _filter(_chosen(visit))))
    return Response(
        text,
        media_type="text/csv" if form == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="audit-log.{form}"'},
    )


def _chosen(visit: Visit) -> dict[str, str]:
    return {name: visit.asked(name).strip() for name in _CRITERIA}


def _filter(chosen: Mapping[str, str]) -> AuditFilter:
    """What the form asks for, its times in UTC as the page shows them. Raises :class:`Invalid`."""
    return AuditFilter(
        actor=chosen["actor"] or None,
        noun=chosen["noun"] or None,
        key=chosen["key"] or None,
        permission=chosen["permission"] or None,
        outcome=next((each for each in Outcome if each.value == chosen["outcome"]), None),
        since=since(chosen["since"], UTC, "From"),
        until=until(chosen["until"], UTC, "to"),
    )
