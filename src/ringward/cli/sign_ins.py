"""``ringward sign-in``: who is signed in to the pages, who is locked out, and ending either."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.node import duration
from ringward.cli.output import print_json, print_table, say
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser

Name = Annotated[str, typer.Argument(metavar="USER_ID", help="The account.", show_default=False)]
OfEndUser = Annotated[bool, typer.Option("--end-user", help="It is an end user, no application user.")]


def group(help: str, panel: str) -> LazyGroup:
    """The commands."""
    makers = {
        "list": lambda: command(list_sessions, "List the browsers that are signed in now."),
        "end": lambda: command(end, "Sign an account out, of one browser or of all."),
        "locked": lambda: command(locked, "List the accounts that are locked out now."),
        "unlock": lambda: command(unlock, "Let an account that is locked out be tried again at once."),
    }
    return LazyGroup("sign-in", help, makers, panel=panel)


def list_sessions(as_json: Json = False, data: Data = None) -> None:
    """List the sessions of the running node."""
    with node(data) as client, opened(data) as (administration, actor):
        found: list[dict[str, Any]] = administration.sign_ins.find(actor, lambda: client.ask("sessions"))
    if as_json:
        print_json(found)
        return
    rows = [
        [
            each["identity"],
            each["name"],
            "end user" if each["is_end_user"] else "application user",
            each["address"],
            duration(each["age"]),
            duration(each["idle"]),
            each["agent"],
        ]
        for each in found
    ]
    columns = ["Session", "User ID", "Kind", "From", "For", "Idle", "Browser"]
    print_table(columns, rows, empty="Nobody is signed in.")


def end(
    name: Name,
    session: Annotated[
        str, typer.Option(metavar="SESSION", help="Only this one, as the list names it.", show_default=False)
    ] = "",
    end_user: OfEndUser = False,
    data: Data = None,
) -> None:
    """Sign an account out."""
    with node(data) as client, opened(data) as (administration, actor):
        count = administration.sign_ins.end(
            actor,
            _noun(end_user),
            name,
            lambda: int(client.ask("end-sessions", name=name, is_end_user=end_user, session=session)),
        )
    say(f"{name} is signed out of {count} browser{'' if count == 1 else 's'}.")


def locked(as_json: Json = False, data: Data = None) -> None:
    """List the lock-outs."""
    from ringward.domain.rules.sign_in import place_in_words

    with opened(data) as (administration, actor):
        found = administration.lock_outs.find(actor)
    if as_json:
        print_json([asdict(each.failures) | {"exists": each.exists} for each in found])
        return
    rows = [
        [
            each.failures.name + ("" if each.exists else " (no such account)"),
            "end user" if each.failures.noun == EndUser.noun else "application user",
            place_in_words(each.failures.place),
            str(each.failures.failures),
            datetime.fromtimestamp(each.failures.locked_until / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        ]
        for each in found
    ]
    columns = ["User ID", "Kind", "For whom", "Wrong attempts", "Until"]
    print_table(columns, rows, empty="Nobody is locked out.")


def unlock(name: Name, end_user: OfEndUser = False, data: Data = None) -> None:
    """Unlock an account."""
    with opened(data) as (administration, actor):
        administration.lock_outs.unlock(actor, _noun(end_user), name)
    say(f"{name} is unlocked and can try again.")


def _noun(end_user: bool) -> str:
    return EndUser.noun if end_user else ApplicationUser.noun
