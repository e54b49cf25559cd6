"""System > Enterprise Parameters and System > Service Parameters (ADMIN-09, ADMIN-15, ADMIN-19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ringward.administration.parameters import Unless
from ringward.administration.records import Saved
from ringward.domain.errors import ChangedMeanwhile, Invalid, NotFound, Refused
from ringward.domain.server import Server
from ringward.domain.setting import Noun, format_value, settings_of
from ringward.web.form import SHOWN, controls
from ringward.web.navigation import list_path
from ringward.web.overtaken import overtaken_sentence
from ringward.web.undo import UndoOfParameters
from ringward.web.versions import version_of
from ringward.web.visit import Visit, sentence_of

_ENTERPRISE = list_path("enterprise-parameters")
_SERVICE = list_path("service-parameters")
_Store = Callable[[Mapping[str, str], Unless], Saved[Any]]


def _no_names(noun: str) -> Sequence[str]:
    return ()


def show_enterprise(visit: Visit) -> Response:
    """All enterprise parameters."""
    return _draw(visit, visit.administration.parameters.enterprise(visit.actor), "enterprise-parameters.update")


def save_enterprise(visit: Visit) -> Response:
    """Store those that were changed."""
    parameters = visit.administration.parameters
    present = parameters.enterprise(visit.actor)
    return _save(
        visit,
        present,
        "enterprise-parameters.update",
        lambda texts, unless: parameters.set_enterprise(visit.actor, texts, unless=unless),
        _ENTERPRISE,
    )


def choose_service(visit: Visit) -> Response:
    """Choose Server, then Service (ADMIN-09)."""
    servers = visit.administration.records(Server).find(visit.actor).records
    services = visit.administration.parameters.services()
    if visit.asked("server") and visit.asked("service"):
        return visit.go(f"{_SERVICE}/{visit.asked('server')}/{visit.asked('service')}")
    active: dict[str, list[str]] = {}
    for each in visit.administration.service_control.every(visit.actor) if visit.may("service.read") else ():
        if each.state.activated:
            active.setdefault(each.service.name, []).append(each.server)
    return visit.show(
        "choose_service.html", servers=[each.key for each in servers], services=services, active=active
    )


def show_service(visit: Visit) -> Response:
    """All parameters of one service on one server."""
    return _draw(visit, _service(visit), "service-parameters.update")


def save_service(visit: Visit) -> Response:
    """Store those that were changed."""
    parameters = visit.administration.parameters
    server, service = visit.path_parts["server"], visit.path_parts["service"]
    return _save(
        visit,
        _service(visit),
        "service-parameters.update",
        lambda texts, unless: parameters.set_service(visit.actor, server, service, texts, unless=unless),
        visit.path,
    )


def _service(visit: Visit) -> Noun:
    service = visit.path_parts["service"]
    if service not in visit.administration.parameters.services():
        raise NotFound("service", service)
    return visit.administration.parameters.service(visit.actor, visit.path_parts["server"], service)


def _draw(visit: Visit, record: Noun, permission: str, **more: Any) -> Response:
    errors = more.pop("errors", ())
    where = f" on {visit.path_parts['server']}" if "server" in visit.path_parts else ""
    return visit.show(
        "parameters.html",
        more.pop("status", 200),
        title=record.title + where,
        fields=controls(record, _no_names, texts=visit.form if more.pop("typed", False) else None, errors=errors),
        may_change=visit.may(permission),
        wrong=errors,
        sentence=more.pop("sentence", ""),
        version=more.pop("version", "") or version_of(record),
        services=visit.administration.parameters.services() if where else (),
        back=_SERVICE if where else "",
    )


def _save(visit: Visit, present: Noun, permission: str, store: _Store, path: str) -> Response:
    seen = visit.entered("version")
    try:
        saved = store(_changed(visit, present), lambda now: version_of(now) != seen)
    except Invalid as error:
        return _draw(visit, present, permission, typed=True, errors=error.errors, version=seen, status=422)
    except ChangedMeanwhile as error:
        sentence = overtaken_sentence(visit, error.noun, error.key)
        return _draw(visit, present, permission, typed=True, sentence=sentence, status=409)
    except Refused as error:
        return _draw(visit, present, permission, typed=True, sentence=sentence_of(error), version=seen, status=409)
    if saved.record == present:
        return visit.go(path, "Nothing was changed.")
    parts = visit.path_parts
    undo = UndoOfParameters(present, saved.record, path, parts.get("server", ""), parts.get("service", ""))
    return visit.go(path, f"{present.title}: saved.", saved.notes, undo=undo)


def _changed(visit: Visit, present: Noun) -> dict[str, str]:
    """The parameters whose text is another one than before, by name."""
    shown = set(visit.form.get(SHOWN, ()))
    texts: dict[str, str] = {}
    for item in settings_of(type(present)):
        if item.name not in shown or item.setting.read_only:
            continue
        text = visit.entered(item.name)
        if item.type is bool:
            text = "true" if text else "false"
        if text != format_value(item, getattr(present, item.name)):
            texts[item.name] = text
    return texts
