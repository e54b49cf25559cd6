"""``ringward trace begin|end|list|show|watch``: what single phones and the call manager say to each other."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import console, plain, print_json, print_table, say
from ringward.domain.rules.device_name import device_name_of

_LOOK = 0.2
"""Seconds between two looks for new lines."""

Device = Annotated[str, typer.Argument(metavar="DEVICE_NAME", help="The phone.", show_default=False)]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "begin": lambda: command(begin, "Trace a phone for some time."),
        "end": lambda: command(end, "Trace a phone no more."),
        "list": lambda: command(list_traces, "Show who is traced, how, and until when."),
        "show": lambda: command(show, "Write out what was traced of a phone."),
        "watch": lambda: command(watch, "Show what is traced as it happens, until Ctrl-C."),
    }
    return LazyGroup("trace", help, makers, panel=panel)


def begin(
    device: Device,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="summary: a line for each message. messages: all of them.")
    ] = "summary",
    minutes: Annotated[int, typer.Option("--for", metavar="MINUTES", min=1, max=1440, help="For so long.")] = 60,
    data: Data = None,
) -> None:
    """Begin a trace."""
    name = device_name_of(device) or device
    seconds = minutes * 60
    with opened(data) as (administration, actor), node(data) as client:
        trace: dict[str, Any] = administration.phones.trace(
            actor,
            name,
            lambda: client.ask("trace", device=name, level=level, seconds=seconds),
            level=level,
            seconds=seconds,
        )
    say(f"{name} is traced until {_clock(trace['until'])}. To see it: ringward trace watch")


def end(device: Device, data: Data = None) -> None:
    """End a trace."""
    name = device_name_of(device) or device
    with opened(data) as (administration, actor), node(data) as client:
        administration.phones.trace(actor, name, lambda: client.ask("trace", device=name, level="", seconds=0))
    say(f"{name} is traced no more.")


def list_traces(as_json: Json = False, data: Data = None) -> None:
    """Show the traces."""
    with node(data) as client:
        answer: dict[str, Any] = client.ask("traces")
    if as_json:
        print_json(answer)
        return
    rows = [(each["device"], each["level"], _clock(each["until"])) for each in answer["traces"]]
    print_table(("Device", "Level", "Until"), rows, empty="Nobody is traced.")
    say(f"Written to {answer['file']}")


def show(device: Device, data: Data = None) -> None:
    """Write out what is still in the files."""
    name = device_name_of(device) or device
    with node(data) as client:
        text: str = client.ask("trace-text", device=name)
    if not text:
        say(f"Nothing of {name} is in the files. To trace it: ringward trace begin {name}")
        return
    console().print(plain(text), end="", soft_wrap=True)


def watch(data: Data = None) -> None:
    """Show new lines of the file, also after it was begun anew."""
    with node(data) as client:
        file = Path(client.ask("traces")["file"])
    at = file.stat().st_size if file.exists() else 0
    out = console()
    while True:
        size = file.stat().st_size if file.exists() else 0
        if size < at:  # it was full, and a new one is written
            at = 0
        if size > at:
            with file.open("rb") as lines:
                lines.seek(at)
                text = lines.read(size - at)
            at += len(text)
            out.print(plain(text.decode("utf-8", "replace")), end="", soft_wrap=True)
        time.sleep(_LOOK)


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
