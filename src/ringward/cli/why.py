"""``ringward why``: why a phone is not registered, or not secure, and what to do next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.live import clock
from ringward.cli.output import console, plain, print_json, table
from ringward.domain.phone_timeline import TimelineEntry
from ringward.domain.rules.device_name import device_name_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ringward.administration.why import PhoneAnswer

_LOOK = 1.0
"""Seconds between two looks with --follow."""
_SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}


def why(
    device: Annotated[str, typer.Argument(metavar="DEVICE_NAME", help="The phone.", show_default=False)],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing, until Ctrl-C.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Tell why a phone is not registered or not secure, what to do next, and what it did lately."""
    device = device_name_of(device) or device
    with opened(data) as (administration, actor), node(data) as client:

        def ask() -> PhoneAnswer:
            seen = map(TimelineEntry.from_json, client.ask("timeline", device=device))
            return administration.why.of_phone(actor, device, seen)

        if follow:
            _follow(ask, as_json=as_json)
        elif as_json:
            print_json(ask().as_json())
        else:
            console().print(_picture(ask()))


def _follow(ask: Callable[[], PhoneAnswer], *, as_json: bool) -> None:
    """Show the answer anew each time it changes: as a picture, or as one JSON document after the other."""
    if as_json:
        for answer in _changes(ask):
            print_json(answer.as_json())
        return
    from rich.live import Live

    with Live(console=console(), auto_refresh=False, vertical_overflow="visible") as screen:
        for answer in _changes(ask):
            screen.update(_picture(answer), refresh=True)


def _changes(ask: Callable[[], PhoneAnswer]) -> Iterator[PhoneAnswer]:
    shown = None
    while True:
        if (answer := ask()) != shown:
            shown = answer
            yield answer
        time.sleep(_LOOK)


def _picture(answer: PhoneAnswer) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    found = answer.verdict
    parts: list[Any] = [Text(plain(found.state), style="bold green" if found.is_well else "bold red")]
    if found.next_step:
        parts.append(Text(plain(found.advice)))
    checks = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for each in answer.checks:
        sign, style = _SIGNS[each.passed]
        checks.add_row(Text(sign, style=style), Text(each.subject, style="bold"), Text(plain(each.text)))
    parts += ["", checks, ""]
    rows = [(clock(each.at), each.subject.title, each.text) for each in answer.timeline]
    parts.append(table(("Time", "What", "How it ended"), rows) if rows else Text("Nothing was heard of it yet."))
    return Group(*parts)
