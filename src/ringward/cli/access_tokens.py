"""``ringward access-token``: by what programs prove to the programming interface who they are."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say
from ringward.domain.access_token import DEFAULT_DAYS, LONGEST_DAYS

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the token.", show_default=False)]


def group(help: str, panel: str) -> LazyGroup:
    """The commands."""
    makers = {
        "list": lambda: command(list_tokens, "List the tokens; themselves they cannot be shown again."),
        "add": lambda: command(add, "Make a token; it is shown once."),
        "remove": lambda: command(remove, "Revoke a token, at once."),
    }
    return LazyGroup("access-token", help, makers, panel=panel)


def list_tokens(as_json: Json = False, data: Data = None) -> None:
    """List the tokens."""
    with opened(data) as (administration, actor):
        found = administration.access_tokens.find(actor)
    if as_json:
        print_json([{name: value for name, value in asdict(each).items() if name != "digest"} for each in found])
        return
    rows = [[each.name, each.user, _day(each.created_at), _day(each.expires_at)] for each in found]
    print_table(["Name", "User", "Made", "Good until"], rows, empty="There is no access token.")


def add(
    name: Name,
    user: Annotated[str, typer.Option(help="Application user whose rights it has.", show_default=False)],
    days: Annotated[int, typer.Option(help=f"How long it is good, at most {LONGEST_DAYS} days.")] = DEFAULT_DAYS,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make a token."""
    with opened(data) as (administration, actor):
        made = administration.access_tokens.add(actor, name, user, days)
    if as_json:
        answer: dict[str, Any] = {"name": name, "user": user, "expires_at": made.record.expires_at}
        print_json(answer | {"token": made.token.reveal()})
        return
    say(f"Access token {name} of {user}, good until {_day(made.record.expires_at)}, shown this once:\n")
    say(f"    {made.token.reveal()}\n")
    say("A program sends it as the header  Authorization: Bearer ...")


def remove(name: Name, data: Data = None) -> None:
    """Revoke a token."""
    with opened(data) as (administration, actor):
        administration.access_tokens.remove(actor, name)
    say(f"Access token {name} is revoked.")


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d")
