"""``ringward audit list``: who did what."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table

if TYPE_CHECKING:
    from ringward.store.audit import AuditEntry


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    return LazyGroup(
        "audit", help, {"list": lambda: command(list_entries, "List the newest entries.")}, panel=panel
    )


def list_entries(
    actor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only acts of this one.", show_default=False)
    ] = None,
    noun: Annotated[
        str | None, typer.Option(metavar="NOUN", help="Only on such records.", show_default=False)
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only on this record.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100_000, help="So many at most.")] = 50,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List entries of the audit log, newest first."""
    from ringward.store.audit import AuditFilter

    with opened(data) as (administration, me):
        wanted = AuditFilter(actor=actor, noun=noun, key=key)
        entries = administration.audit.find(me, wanted, limit=limit).entries
    if as_json:
        print_json([_json(entry) for entry in entries])
        return
    rows = [[_time(entry.at), entry.actor, f"{entry.noun} {entry.key}".strip(), _what(entry)] for entry in entries]
    print_table(["Time", "Who", "What", "How"], rows, empty="There is no such entry.")


def _what(entry: AuditEntry) -> str:
    """The outcome, and for each field that changed what it was and is."""
    names = dict.fromkeys((*entry.before, *entry.after))
    if entry.before and entry.after:
        changes = [f"{name}: {entry.before.get(name, '')} → {entry.after.get(name, '')}" for name in names]
    else:
        changes = [f"{name}: {entry.before.get(name) or entry.after.get(name)}" for name in names]
    return "\n".join([entry.outcome.value, *changes])


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _json(entry: AuditEntry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": datetime.fromtimestamp(entry.at / 1000).astimezone().isoformat(timespec="milliseconds"),
        "actor": entry.actor,
        "role": entry.role,
        "origin": entry.origin,
        "permission": entry.permission,
        "noun": entry.noun,
        "key": entry.key,
        "outcome": entry.outcome.value,
        "before": dict(entry.before),
        "after": dict(entry.after),
    }
