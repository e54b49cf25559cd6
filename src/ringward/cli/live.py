"""What is going on: ``ringward phones`` and ``ringward calls``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.output import console, print_json, print_table, say, table

if TYPE_CHECKING:
    from rich.table import Table

    from ringward.calls.records import CallDetailRecord

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Keep showing, until Ctrl-C.")]

_PHONE_COLUMNS = ("Device", "Line", "Number", "Address", "Over", "Security", "Since", "Description")
_CALL_COLUMNS = ("Call", "State", "From", "To", "Held by", "Since", "Security")


def phones(watch: Watch = False, as_json: Json = False, data: Data = None) -> None:
    """Show the registered phones, and those that were refused with the reason."""
    if watch:
        _watch(data, "phones", _phone_table)
        return
    with node(data) as client:
        answer: dict[str, Any] = client.ask("phones")
    if as_json:
        print_json(answer)
        return
    print_table(_PHONE_COLUMNS, _phone_rows(answer), empty="No phone is registered.")
    for refused in answer["refused"]:
        when, who = clock(refused["at"]), f"{refused['device']} at {refused['address']}"
        say(f"Refused at {when}: {who}: {refused['reason']}")
    for failed in answer["failed_handshakes"]:
        say(f"No TLS at {clock(failed['at'])} with {failed['address']}: {failed['reason']}")


def calls(
    live: Annotated[bool, typer.Option("--live", "-l", help="The calls of this moment.")] = False,
    watch: Watch = False,
    number: Annotated[str | None, typer.Option(metavar="NUMBER", help="Only calls from or to it.")] = None,
    device: Annotated[str | None, typer.Option(metavar="DEVICE_NAME", help="Only calls of this phone.")] = None,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100_000, help="So many at most.")] = 50,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show calls that are over, newest first; with --live or --watch those of this moment."""
    if watch:
        _watch(data, "calls", _call_table)
    elif live:
        with node(data) as client:
            answer: list[dict[str, Any]] = client.ask("calls")
        if as_json:
            print_json(answer)
        else:
            print_table(_CALL_COLUMNS, _call_rows(answer), empty="There is no call.")
    else:
        _call_records(data, number, device, limit, as_json=as_json)


def _call_records(data: Path | None, number: str | None, device: str | None, limit: int, *, as_json: bool) -> None:
    from ringward.store.call_records import CallFilter

    with opened(data) as (administration, actor):
        wanted = CallFilter(number=number, device=device)
        records = administration.call_records.find(actor, wanted, limit=limit).records
    if as_json:
        print_json([record_json(record) for record in records])
        return
    rows = [
        (
            record.call_id,
            datetime.fromtimestamp(record.origination_time).astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            _party(record.calling_number, record.calling_name),
            record.final_called_number,
            _span(record.duration) if record.answer_time is not None else "not answered",
            _end(record),
            record.security_class.name.lower(),
            record.features,
        )
        for record in records
    ]
    columns = ("Call", "Time", "From", "To", "Talked", "Ended by", "Security", "Features")
    print_table(columns, rows, empty="There are no call records.")


def _watch(data: Path | None, what: str, draw: Callable[[Any], Table]) -> None:
    """Draw a picture anew each time it changes."""
    from rich.live import Live

    with node(data) as client, Live(console=console(), auto_refresh=False) as screen:
        for picture in client.follow(what):
            screen.update(draw(picture), refresh=True)


def _phone_table(answer: dict[str, Any]) -> Table:
    return table(_PHONE_COLUMNS, _phone_rows(answer))


def _call_table(answer: list[dict[str, Any]]) -> Table:
    return table(_CALL_COLUMNS, _call_rows(answer))


def _phone_rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for view in answer["registered"]:
        yield (
            view["device"],
            view["line"],
            view["number"],
            view["address"],
            view["transport"],
            view["security_mode"],
            clock(view["registered_since"]),
            view["description"],
        )


def _call_rows(answer: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for view in answer:
        since = view["answered_at"] or view["originated_at"]
        yield (
            view["call_id"],
            view["state"],
            _party(view["calling"], view["calling_name"]),
            _party(view["called"], view["called_name"]),
            view["held_by"],
            clock(since),
            view["security"],
        )


def _party(number: str, name: str) -> str:
    return f"{number} {name}".strip()


def clock(seconds: float) -> str:
    """The time of day, with the date if that is not today's."""
    then, now = datetime.fromtimestamp(seconds).astimezone(), datetime.now().astimezone()
    return then.strftime("%H:%M:%S" if then.date() == now.date() else "%Y-%m-%d %H:%M")


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _end(record: CallDetailRecord) -> str:
    """Who ended the call, and why if it was not an ordinary end."""
    cause = record.calling_cause or record.called_cause
    words = cause.name.lower().replace("_", " ") if cause is not None else ""
    return record.ended_by.value if words in ("", "normal") else f"{record.ended_by.value}: {words}"


def record_json(record: CallDetailRecord) -> dict[str, Any]:
    from dataclasses import asdict
    from enum import Enum

    from ringward.calls.party_security import party_words

    values = asdict(record) | {"duration": record.duration}
    words = {name: value.name.lower() if isinstance(value, Enum) else value for name, value in values.items()}
    return words | party_words(record)
