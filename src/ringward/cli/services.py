"""``ringward service list|activate|deactivate|start|stop|restart``: which services run on a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, ServerName, data_directory, node, opened, server_named
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.service import SERVICES, service_named

if TYPE_CHECKING:
    from ringward.administration.service_control import ServiceOnServer

SETTLE_TIMEOUT = 60.0
"""Seconds that a service may take to stop and start again."""

ServiceName = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE",
        help=f"One of: {', '.join(each.short_name for each in SERVICES.values())}.",
        show_default=False,
    ),
]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers: dict[str, Callable[[], Any]] = {
        "list": lambda: command(list_services, "Show the services of each server and how they are."),
        "activate": lambda: command(
            _act("activate"), "Have a service run, now and after every start of the server."
        ),
        "deactivate": lambda: command(_act("deactivate"), "Stop a service and have it run no more."),
        "start": lambda: command(_act("start"), "Start an activated service that was stopped."),
        "stop": lambda: command(_act("stop"), "Stop a service until it is started again."),
        "restart": lambda: command(_act("restart"), "Stop a service and start it with its present parameters."),
    }
    return LazyGroup("service", help, makers, panel=panel)


def list_services(as_json: Json = False, data: Data = None) -> None:
    """Show the services."""
    with opened(data) as (administration, actor):
        wanted = administration.service_control.every(actor)
        here, views = _live(data, "services")
        started = {name: view["since"] for name, view in views.items() if view["since"]}
        due = administration.service_control.restarts_due(actor, here, started)
    rows = [_row(each, views[each.service.name] if each.server == here else None) for each in wanted]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Service", "Server", "Status", "Since", "Description", "Problem"),
        [
            (row["service"], row["server"], row["status"], row["since"], row["description"], row["problem"])
            for row in rows
        ],
        empty="There are no services.",
    )
    for name, reasons in due.items():
        short = service_named(name).short_name
        say(f'{name} must be restarted for: {"; ".join(reasons)}. Do it with: ringward service restart "{short}"')


def _row(wanted: ServiceOnServer, view: dict[str, Any] | None) -> dict[str, str]:
    """A service as it is where its node answers, else as it is wanted to be."""
    state = wanted.state
    stored = "Not activated" if not state.activated else "To be started" if state.started else "Stopped"
    since = view["since"] if view is not None else None
    return {
        "service": wanted.service.name,
        "server": wanted.server,
        "status": view["status"] if view is not None else stored,
        "since": datetime.fromtimestamp(since).astimezone().strftime("%Y-%m-%d %H:%M:%S") if since else "",
        "description": wanted.service.description,
        "problem": view["problem"] if view is not None else "",
    }


def _act(act: str) -> Callable[..., None]:
    def run(service: ServiceName, server: ServerName = None, data: Data = None) -> None:
        wanted = service_named(service)
        with opened(data) as (administration, actor):
            place = server_named(administration, actor, server)
            state = getattr(administration.service_control, act)(actor, place, wanted).state
        here, views = _live(data, "settle")
        if here != place:
            what = "run" if state.runs else "not run"
            say(f"{wanted.name} on {place} will {what} from the next start of that server on.")
            return
        view = views[wanted.name]
        if view["problem"]:
            raise RingwardError(f"{wanted.name} cannot start: {view['problem']}")
        done = "restarted" if act == "restart" else view["status"].lower()
        say(f"{wanted.name} on {place} is {done}.")

    return run


def _live(data: Path | None, question: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """The name of the node that runs here, and its services by name; empty if none runs."""
    from ringward.services.control.client import ControlClient

    try:
        with node(data) as client:
            name: str = client.ask("status")["node_name"]
        with ControlClient(data_directory(data), SETTLE_TIMEOUT) as client:
            return name, {view["service"]: view for view in client.ask(question)}
    except Unavailable:
        return "", {}
