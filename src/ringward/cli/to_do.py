"""``ringward todo`` and ``ringward todo do``: which services and phones changes wait for; doing it in order."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, data_directory, node, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say
from ringward.domain.errors import Refused, RingwardError
from ringward.domain.service import SERVICES

if TYPE_CHECKING:
    from ringward.administration.administration import Administration
    from ringward.administration.authorization import Actor
    from ringward.administration.due_resets import DueReset
    from ringward.administration.to_do import ToDo
    from ringward.services.control.client import ControlClient

_LOOK = 0.5
"""Seconds between two looks at who is registered."""
SETTLE_TIMEOUT = 60.0
"""Seconds that the services may take to stop and start again."""


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    alone = command(show, help)
    makers = {"do": lambda: command(do, "Restart the services, then reset the phones that changes wait for.")}
    return LazyGroup("todo", help, makers, panel=panel, alone=alone)


def show(as_json: Json = False, data: Data = None) -> None:
    """Show it."""
    with opened(data) as (administration, actor):
        todo = _find(administration, actor, data)
    if as_json:
        print_json(todo.as_json())
        return
    rows = [("restart", name, _named(reasons), "") for name, reasons in todo.services.items()] + [
        (each.action.name.lower(), each.device, _named(each.reasons), _note(todo, each)) for each in todo.phones
    ]
    print_table(("Do", "What", "For", "Note"), rows, empty="Nothing is to be done: all changes are in force.")
    if todo.services or any(each.device in todo.registered for each in todo.phones):
        say("Do it in this order with: ringward todo do")
    if todo.less_secure:
        print_table(
            ("Less secure than it could be", "Description", "Why"),
            [(each.device, each.description, each.reason) for each in todo.less_secure],
            empty="",
        )
        if more := todo.less_secure_total - len(todo.less_secure):
            say(f"{more} more.")


def do(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[
        int,
        typer.Option(
            metavar="SECONDS",
            min=0,
            max=3600,
            help="So long phones may take to register again after a restart of Cisco CallManager.",
        ),
    ] = 180,
    data: Data = None,
) -> None:
    """Do it: the services first, as phones must find them as they shall be."""
    with opened(data) as (administration, actor):
        todo = _find(administration, actor, data)
        reached = [each for each in todo.phones if each.device in todo.registered]
        if not todo.services and not todo.phones:
            say("Nothing is to be done: all changes are in force.")
            return
        if not yes:
            what = f"Restart {len(todo.services)} services and reset {len(reached)} registered phones?"
            typer.confirm(f"{what} Calls that are up may end.", abort=True, err=True)
        _restart(administration, actor, todo, data)
        for each in todo.phones:
            if each.device not in todo.registered:
                say(f"{each.device} is not registered: it reads its files when it comes.")
        missing = _reset_all(administration, actor, reached, data, wait if todo.services else 0)
    if missing:
        raise RingwardError(
            f"not registered again yet, and so not reset: {', '.join(missing)}. Once they are: ringward todo do"
        )


def _reset_all(
    administration: Administration, actor: Actor, due: list[DueReset], data: Path | None, wait: int
) -> list[str]:
    """Tell each phone as soon as it is registered; returns those that were not in time."""
    waiting = {each.device: each for each in due}
    until, said = time.monotonic() + wait, False
    while True:
        with node(data) as client:
            present = _registered(client)
        for device in [each for each in waiting if each in present]:
            order = waiting[device].action.name.lower()
            if _reset(administration, actor, device, order, data):
                del waiting[device]
                say(f"Phone {len(due) - len(waiting)} of {len(due)}: {device} is told to {order}.")
        if not waiting or time.monotonic() >= until:
            return list(waiting)
        if not said:
            say(f"Waiting up to {wait} seconds for phones that are still to register again: {len(waiting)}.")
            said = True
        time.sleep(_LOOK)


def _find(administration: Administration, actor: Actor, data: Path | None) -> ToDo:
    with node(data) as client:
        return administration.to_do.find(actor, client.ask)


def _registered(client: ControlClient) -> frozenset[str]:
    try:
        return frozenset(each["device"] for each in client.ask("phones")["registered"])
    except Refused:  # Cisco CallManager does not run
        return frozenset()


def _restart(administration: Administration, actor: Actor, todo: ToDo, data: Path | None) -> None:
    from ringward.services.control.client import ControlClient

    for number, name in enumerate(todo.services, 1):
        administration.service_control.restart(actor, todo.server, SERVICES[name])
        with ControlClient(data_directory(data), SETTLE_TIMEOUT) as client:
            views: dict[str, Any] = {view["service"]: view for view in client.ask("settle")}
        if views[name]["problem"]:
            raise RingwardError(f"{name} cannot start: {views[name]['problem']}; nothing more was done")
        say(f"Service {number} of {len(todo.services)}: {name} is restarted.")


def _reset(administration: Administration, actor: Actor, device: str, order: str, data: Path | None) -> bool:
    """Tell a phone; returns whether it was still registered."""
    restart = order == "restart"
    with node(data) as client:
        tell = partial(client.ask, "reset", device=device, restart=restart)
        try:
            administration.phones.reset(actor, device, tell, restart=restart)
        except Refused:
            return False
    return True


def _named(reasons: list[str] | tuple[str, ...]) -> str:
    return "; ".join(reasons[-3:]) + (f"; and {len(reasons) - 3} more" if len(reasons) > 3 else "")


def _note(todo: ToDo, due: DueReset) -> str:
    return "" if due.device in todo.registered else "not registered: reads its files when it comes"
