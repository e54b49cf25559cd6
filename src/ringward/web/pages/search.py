"""Search in everything at once: pages and parameters by their labels, records by name and by what lists show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.server import Server
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.domain.setting import Noun, settings_of
from ringward.store.criteria import Comparison, Criterion
from ringward.web.navigation import MENUS, list_path, record_path
from ringward.web.visit import Visit

_OF_EACH_FIELD = 5
_MOST = 40
_FIELDS = 4
"""Fields of a noun that are looked into; those that are listed first say most."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record, a page or a parameter that was found."""

    key: str
    title: str
    text: str
    path: str


def hits(visit: Visit, wanted: str) -> list[Hit]:
    """Where a text occurs: pages first, then names of records, parameters, and what else is known of records."""
    named, others = _records(visit, wanted)
    return [*_pages(visit, wanted), *named, *_parameters(visit, wanted), *others][:_MOST]


def _pages(visit: Visit, wanted: str) -> Iterator[Hit]:
    for menu in MENUS:
        for entry in menu.entries:
            if wanted.casefold() in entry.label.casefold() and visit.may(entry.permission):
                yield Hit(entry.label, "Page", menu.label, entry.path)


def _parameters(visit: Visit, wanted: str) -> Iterator[Hit]:
    if visit.may("enterprise-parameters.read"):
        yield from _of_parameters(EnterpriseParameters, wanted, list_path(EnterpriseParameters.noun))
    if visit.may("service-parameters.read") and visit.may("server.read"):
        (server, *_) = visit.administration.records(Server).find(visit.actor, limit=1).records
        for service, kind in SERVICE_PARAMETERS.items():
            path = f"{list_path('service-parameters')}/{quote(server.key)}/{quote(service)}"
            yield from _of_parameters(kind, wanted, path)


def _of_parameters(kind: type[Noun], wanted: str, path: str) -> Iterator[Hit]:
    for item in settings_of(kind):
        if wanted.casefold() in item.setting.label.casefold():
            yield Hit(item.setting.label, "Parameter", kind.title, f"{path}#f-{item.name}")


def _records(visit: Visit, wanted: str) -> tuple[list[Hit], list[Hit]]:
    """Those in whose names the text occurs, and those in whose other fields it does."""
    found: dict[tuple[str, str], tuple[int, Hit]] = {}
    for noun, kind in NOUNS.items():
        if not visit.may(f"{noun}.read"):
            continue
        for place, (field, shown_field) in enumerate(_fields(kind)):
            page = visit.administration.records(kind).find(
                visit.actor, [Criterion(field, Comparison.CONTAINS, wanted)], limit=_OF_EACH_FIELD
            )
            for record in page.records:
                text = str(getattr(record, shown_field, "") or "") if shown_field else ""
                hit = Hit(record.key, kind.title, text, record_path(record))
                found.setdefault((noun, record.key), (place, hit))
    ordered = sorted(found.values(), key=lambda each: (each[0], each[1].key))
    return [hit for place, hit in ordered if not place], [hit for place, hit in ordered if place]


def _fields(kind: type[Noun]) -> list[tuple[str, str]]:
    """Fields to look into, each with the field whose text is shown beside the name."""
    texts = [
        item.name
        for item in settings_of(kind)
        if item.type is str and not item.setting.secret and (item.setting.key or item.setting.listed)
    ]
    beside = next((item.name for item in settings_of(kind) if item.name in ("description", "last_name")), "")
    fields = [(name, beside) for name in texts[:_FIELDS]]
    fields += [
        (f"{item.name}.{part.name}", beside)
        for item in settings_of(kind)
        if item.is_record_list
        for part in settings_of(item.item_type)
        if part.setting.references
    ][:1]
    return fields


def show(visit: Visit) -> Response:
    """The results as a page."""
    wanted = visit.asked("q").strip()[:64]
    return visit.show("search.html", searched=wanted, hits=hits(visit, wanted) if wanted else [])


def as_json(visit: Visit) -> Response:
    """The results for the field in the bar."""
    wanted = visit.asked("q").strip()[:64]
    results: list[dict[str, Any]] = [
        {"key": hit.key, "title": hit.title, "text": hit.text, "path": hit.path}
        for hit in (hits(visit, wanted)[:12] if wanted else ())
    ]
    return JSONResponse(results)
