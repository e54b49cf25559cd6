"""``ringward parameter list|show|set``: enterprise parameters, and the service parameters of each server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, ServerName, opened, server_named
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_record, print_table
from ringward.cli.records import report
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import NotFound, RingwardError, nearest
from ringward.domain.json_record import json_record, json_value
from ringward.domain.parameters import parameter_of
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.domain.setting import Noun, explained, settings_of, shown

if TYPE_CHECKING:
    from ringward.administration.administration import Administration
    from ringward.administration.authorization import Actor

_ENTERPRISE = "Enterprise"
_KINDS: dict[str, type[Noun]] = {_ENTERPRISE: EnterpriseParameters, **SERVICE_PARAMETERS}

Name = Annotated[str, typer.Argument(help="Name or label of the parameter.", show_default=False)]
Service = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help=f"Only those of this service: {', '.join(SERVICE_PARAMETERS)}.", show_default=False
    ),
]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "list": lambda: command(list_parameters, "List the parameters with their values."),
        "show": lambda: command(show_parameter, "Show one parameter: what it does, its value and its limits."),
        "set": lambda: command(set_parameter, "Set one parameter."),
    }
    return LazyGroup("parameter", help, makers, panel=panel)


def list_parameters(
    service: Service = None, server: ServerName = None, as_json: Json = False, data: Data = None
) -> None:
    """List parameters."""
    with opened(data) as (administration, actor):
        found = [
            (place, *_values(administration, actor, place, server)) for place in _KINDS if service in (None, place)
        ]
    if not found:
        raise NotFound("service", service or "")
    if as_json:
        print_json([{"service": place, "server": owner, **json_record(record)} for place, owner, record in found])
        return
    rows = [
        [item.name, explained(item, getattr(record, item.name)), f"{place} on {owner}" if owner else place]
        for place, owner, record in found
        for item in settings_of(type(record))
    ]
    print_table(["Parameter", "Value", "Service"], rows, empty="There are no parameters.")


def show_parameter(
    name: Name, service: Service = None, server: ServerName = None, as_json: Json = False, data: Data = None
) -> None:
    """Show a parameter with its help text (ADMIN-08)."""
    place = _place_of(name, service)
    item = parameter_of(_KINDS[place], name)
    with opened(data) as (administration, actor):
        owner, record = _values(administration, actor, place, server)
    value = getattr(record, item.name)
    if as_json:
        print_json({"service": place, "server": owner, "name": item.name, "value": json_value(item, value)})
        return
    facts: list[tuple[str, Any]] = [
        ("Parameter", f"{item.setting.label} ({item.name})"),
        ("Service", f"{place} on {owner}" if owner else place),
        ("Value", f"{explained(item, value)} {item.setting.unit}".strip()),
        ("Default", f"{explained(item, item.default)} {item.setting.unit}".strip()),
        ("Allowed", "only shown, not set here" if item.setting.read_only else item.allowed()),
        ("Help", item.setting.help),
    ]
    print_record(facts)


def set_parameter(
    name: Name,
    value: Annotated[str, typer.Argument(help="The new value.", show_default=False)],
    service: Service = None,
    server: ServerName = None,
    data: Data = None,
) -> None:
    """Set a parameter."""
    place = _place_of(name, service)
    item = parameter_of(_KINDS[place], name)
    with opened(data) as (administration, actor):
        if place == _ENTERPRISE:
            saved: Any = administration.parameters.set_enterprise(actor, {item.name: value})
        else:
            owner = server_named(administration, actor, server)
            saved = administration.parameters.set_service(actor, owner, place, {item.name: value})
    report(f"{item.setting.label} is now {shown(item, getattr(saved.record, item.name))}.", saved.notes)


def _values(administration: Administration, actor: Actor, place: str, server: str | None) -> tuple[str, Noun]:
    """The server (none for enterprise parameters) and the parameters of a service."""
    if place == _ENTERPRISE:
        return "", administration.parameters.enterprise(actor)
    owner = server_named(administration, actor, server)
    return owner, administration.parameters.service(actor, owner, place)


def _place_of(name: str, service: str | None) -> str:
    """Where a parameter belongs: to the cluster, or to which service."""
    if service is not None:
        if service not in _KINDS:
            raise NotFound("service", service)
        return service
    places = list(_places_with(name))
    if not places:
        raise NotFound("parameter", name, nearest(name, _names()))
    if len(places) > 1:
        raise RingwardError(
            f"there are several parameters {name!r}; say which with --service {' or '.join(places)}"
        )
    return places[0]


def _names() -> Iterator[str]:
    for kind in _KINDS.values():
        for item in settings_of(kind):
            yield from (item.name, item.setting.label)


def _places_with(name: str) -> Iterator[str]:
    for place, kind in _KINDS.items():
        try:
            parameter_of(kind, name)
        except NotFound:
            continue
        yield place
