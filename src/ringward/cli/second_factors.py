"""``ringward second-factor``: what else than a password administrators sign in to the pages with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from ringward.domain.secret import Secret

Name = Annotated[str, typer.Argument(metavar="USER_ID", help="The application user.", show_default=False)]


def group(help: str, panel: str) -> LazyGroup:
    """The commands."""
    makers = {
        "list": lambda: command(
            list_factors, "List who has a second factor, and how many recovery codes are left."
        ),
        "enrol": lambda: command(enrol, "Set one up: shows the key, and asks for a code that it makes."),
        "new-codes": lambda: command(new_codes, "Make new recovery codes; the former ones count no more."),
        "remove": lambda: command(remove, "Take one away, for somebody who has lost it."),
    }
    return LazyGroup("second-factor", help, makers, panel=panel)


def list_factors(as_json: Json = False, data: Data = None) -> None:
    """List the second factors."""
    with opened(data) as (administration, actor):
        found = administration.second_factors.find(actor)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        [each.user, "none", ""]
        if each.enrolled_at is None
        else [
            each.user,
            datetime.fromtimestamp(each.enrolled_at / 1000, UTC).strftime("since %Y-%m-%d"),
            str(each.codes_left),
        ]
        for each in found
    ]
    print_table(["User ID", "Second factor", "Recovery codes"], rows, empty="There is no application user.")


def enrol(name: Name, as_json: Json = False, data: Data = None) -> None:
    """Set a second factor up. The key goes to the terminal, the code comes from it."""
    import segno

    with opened(data) as (administration, actor):
        offered = administration.second_factors.offer(name)
        segno.make(offered.address, error="l", micro=False).terminal(
            out=typer.get_text_stream("stderr"), compact=True
        )
        typer.echo(f"Key: {offered.text}\nAccount: {offered.account}\n{offered.address}", err=True)
        code = typer.prompt("Code that the authenticator shows now", err=True)
        codes = administration.second_factors.enrol(actor, name, offered, code)
    _show(f"{name} has a second factor now.", codes, as_json=as_json)


def new_codes(name: Name, as_json: Json = False, data: Data = None) -> None:
    """Make new recovery codes."""
    with opened(data) as (administration, actor):
        codes = administration.second_factors.renew_codes(actor, name)
    _show(f"{name} has new recovery codes; the former ones count no more.", codes, as_json=as_json)


def remove(name: Name, data: Data = None) -> None:
    """Take a second factor away."""
    with opened(data) as (administration, actor):
        administration.second_factors.remove(actor, name)
    say(f"The second factor of {name} is gone: the password alone is enough now.")


def _show(sentence: str, codes: Sequence[Secret], *, as_json: bool) -> None:
    shown = [each.reveal() for each in codes]
    if as_json:
        print_json({"recovery_codes": shown})
        return
    say(f"{sentence} Recovery codes, shown this once, each good for one sign-in without the authenticator:\n")
    for each in shown:
        say(f"    {each}")
