"""``ringward message-waiting``: for whom there are messages."""

from __future__ import annotations

from typing import Annotated

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    return LazyGroup(
        "message-waiting",
        help,
        {
            "list": lambda: command(list_numbers, "List the numbers that have messages."),
            "set": lambda: command(set_messages, "Say how many messages a number has; its phones are told."),
        },
        panel=panel,
    )


def list_numbers(as_json: Json = False, data: Data = None) -> None:
    """List the numbers that have messages."""
    with opened(data) as (administration, actor):
        found = administration.message_waiting.all(actor)
    if as_json:
        print_json(
            [
                {"number": number, "partition": partition, "new": messages.new, "old": messages.old}
                for (number, partition), messages in found.items()
            ]
        )
        return
    rows = [
        (number, partition, messages.new, messages.old, "on" if messages.waiting else "off")
        for (number, partition), messages in found.items()
    ]
    print_table(("Number", "Partition", "New", "Old", "Lamp"), rows, empty="No number has messages.")


def set_messages(
    number: Annotated[
        str, typer.Argument(help="The directory number, as 1001 or 1001/Staff.", show_default=False)
    ],
    new: Annotated[int, typer.Option(metavar="NUMBER", help="Messages that have not been heard yet.")] = 0,
    old: Annotated[int, typer.Option(metavar="NUMBER", help="Messages that have been heard and kept.")] = 0,
    data: Data = None,
) -> None:
    """Say how many messages a number has; without options it has none."""
    from ringward.calls.message_waiting import Messages

    with opened(data) as (administration, actor):
        administration.message_waiting.set(actor, number, Messages(new, old))
    say(f"{number} has {new} new and {old} old messages.")
