"""``ringward calls`` and ``ringward calls show ID --ladder``: what was said between phones and call manager."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli import live
from ringward.cli.access import Data, Json, node, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import console, plain, print_json, print_record
from ringward.domain.errors import NotFound
from ringward.protocols.sip.caption import caption

if TYPE_CHECKING:
    from rich.text import Text

_MANAGER = "Ringward"
_COLUMN = 26
"""Width of a party's column; an arrow is as long."""
_COLOURS = (("SIP/2.0 1", "yellow"), ("SIP/2.0 2", "green"), ("SIP/2.0 ", "red"))
"""Of responses, by how they begin; requests are cyan."""


def group(help: str, panel: str) -> LazyGroup:
    """The command that shows calls, and below it the one that shows a single call."""
    makers = {"show": lambda: command(show, "Show one call, and with --ladder its messages.")}
    return LazyGroup("calls", help, makers, panel=panel, alone=command(live.calls, help))


def show(
    call: Annotated[int, typer.Argument(metavar="CALL", help="Number of the call, from: ringward calls.")],
    ladder: Annotated[
        bool, typer.Option("--ladder", help="Draw the messages between the phones and the call manager.")
    ] = False,
    messages: Annotated[bool, typer.Option("--messages", help="Write out the messages, without secrets.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show one call."""
    record = _record(data, call)
    heard = _messages(data, call) if ladder or messages or not record else []
    if not record and not heard:
        raise NotFound("call", str(call))
    if as_json:
        print_json({"record": record or None, "messages": heard})
        return
    if record:
        print_record(
            (name.replace("_", " "), _shown(name, value))
            for name, value in record.items()
            if value not in (None, "")
        )
    if ladder:
        _draw(heard)
    if messages:
        for each in heard:
            console().print("")
            console().print(_sentence(each), style=_colour(each["text"]))
            console().print(plain(each["text"].replace("\r", "")), soft_wrap=True)


def _shown(name: str, value: Any) -> Any:
    if name.endswith("_time"):
        return datetime.fromtimestamp(value).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{value:.1f} s" if name == "duration" else value


def _record(data: Path | None, call: int) -> dict[str, Any]:
    """The call detail record; empty while the call goes on."""
    with opened(data) as (administration, actor):
        record = administration.call_records.get(actor, call)
    return live.record_json(record) if record is not None else {}


def _messages(data: Path | None, call: int) -> list[dict[str, Any]]:
    with node(data) as client:
        answer: list[dict[str, Any]] = client.ask("ladder", call=call)
    return answer


def _draw(heard: list[dict[str, Any]]) -> None:
    """One line per message: the first phone at the left of the call manager, the others at its right."""
    from rich.text import Text

    out = console()
    if not heard:
        out.print("\nThe messages of this call are not kept any more: only the latest ones are.")
        return
    parties = list(dict.fromkeys(each["device"] for each in heard))
    columns = [parties[0], _MANAGER, *parties[1:]]
    start = heard[0]["at"]
    out.print("")
    out.print(
        Text(" " * 10 + "".join(f"{plain(name):^{_COLUMN}}" for name in columns), style="bold"), soft_wrap=True
    )
    for each in heard:
        line = Text(f"{each['at'] - start:+9.3f} ")
        line.append_text(_arrow(each, columns))
        out.print(line, soft_wrap=True)


def _arrow(message: dict[str, Any], columns: list[str]) -> Text:
    """The row of a message: posts of the parties, and between two of them an arrow with what was said."""
    from rich.text import Text

    at = columns.index(message["device"])
    left, right = min(at, 1), max(at, 1)
    middle = _COLUMN // 2
    row = [" "] * (_COLUMN * len(columns))
    for column in range(len(columns)):
        row[column * _COLUMN + middle] = "│"
    begin, end = left * _COLUMN + middle + 1, right * _COLUMN + middle
    to_right = message["received"] == (at == 0)
    label = f" {plain(caption(message['text']))[: end - begin - 5]} "
    row[begin:end] = label.center(end - begin, "─")
    row[end - 1 if to_right else begin] = "▶" if to_right else "◀"
    text = Text("".join(row).rstrip())
    text.stylize(_colour(message["text"]), begin, end)
    return text


def _colour(text: str) -> str:
    return next((colour for beginning, colour in _COLOURS if text.startswith(beginning)), "cyan")


def _sentence(message: dict[str, Any]) -> str:
    way = "from" if message["received"] else "to"
    return f"{live.clock(message['at'])} {way} {plain(message['device'])} at {message['address']}"
