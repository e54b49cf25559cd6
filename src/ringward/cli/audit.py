"""``ringward audit``: who did what, as a table or a file, and whether the log is whole."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say
from ringward.domain.errors import RingwardError

if TYPE_CHECKING:
    from ringward.store.audit import AuditEntry, AuditFilter

Who = Annotated[
    str | None, typer.Option("--actor", metavar="NAME", help="Only acts of this one.", show_default=False)
]
OfNoun = Annotated[
    str | None, typer.Option("--noun", metavar="NOUN", help="Only on such records.", show_default=False)
]
OfKey = Annotated[
    str | None, typer.Option("--key", metavar="KEY", help="Only on this record.", show_default=False)
]
OfOperation = Annotated[
    str | None,
    typer.Option(metavar="OPERATION", help="Only this, such as phone.update or phone.*.", show_default=False),
]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="TIME",
        help="From this day or time on: 2026-01-31, 2026-01-31 14:30.",
        show_default=False,
    ),
]
Until = Annotated[
    str,
    typer.Option("--until", metavar="TIME", help="Until this day or time, itself included.", show_default=False),
]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "list": lambda: command(list_entries, "List the newest entries."),
        "export": lambda: command(export, "Write entries as CSV or JSON to standard output."),
        "verify": lambda: command(verify, "Look whether somebody has tampered with the log."),
    }
    return LazyGroup("audit", help, makers, panel=panel)


def list_entries(
    actor: Who = None,
    noun: OfNoun = None,
    key: OfKey = None,
    operation: OfOperation = None,
    begin: From = "",
    end: Until = "",
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100_000, help="So many at most.")] = 50,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List entries of the audit log, newest first."""
    from ringward.administration.audit_file import entry_json

    with opened(data) as (administration, me):
        wanted = _filter(actor, noun, key, operation, begin, end)
        entries = administration.audit.find(me, wanted, limit=limit).entries
    if as_json:
        print_json([entry_json(entry) for entry in entries])
        return
    rows = [[_time(entry.at), entry.actor, f"{entry.noun} {entry.key}".strip(), _what(entry)] for entry in entries]
    print_table(["Time", "Who", "What", "How"], rows, empty="There is no such entry.")


def export(
    actor: Who = None,
    noun: OfNoun = None,
    key: OfKey = None,
    operation: OfOperation = None,
    begin: From = "",
    end: Until = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of CSV.")] = False,
    data: Data = None,
) -> None:
    """Write all entries that meet this as CSV, newest first, their times in UTC."""
    from ringward.administration.audit_file import FORMS

    with opened(data) as (administration, me):
        entries = administration.audit.export(me, _filter(actor, noun, key, operation, begin, end))
    sys.stdout.write(FORMS["json" if as_json else "csv"](entries))


def verify(
    noted: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:STAMP",
            help="What an earlier verify told, noted down elsewhere: then a log that was cut off is found too.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Look at the whole log: each entry is stamped together with all before it, by the cluster key."""
    with opened(data) as (administration, me):
        chain = administration.audit.verify(me, _noted(noted) if noted is not None else None)
    told = f"{chain.last}:{chain.stamp}"
    if as_json:
        print_json({"entries": chain.entries, "noted": told, "broken_at": chain.broken_at})
    elif chain.broken_at is None:
        say(f"All {chain.entries} entries are as they were written. Note this down outside of this machine:")
        say(f"    {told}")
    if chain.broken_at is not None:
        raise RingwardError(
            f"somebody has tampered with the audit log: entry {chain.broken_at} is missing, or is not as it was "
            f"written, or the one before it is missing; the first {chain.entries} entries are as they were written"
        )


def _noted(text: str) -> tuple[int, str]:
    number, _, stamp = text.partition(":")
    if not (number.isascii() and number.isdigit() and stamp):
        raise typer.BadParameter("it is a number, a colon and a stamp, as verify writes them")
    return int(number), stamp


def _filter(
    actor: str | None, noun: str | None, key: str | None, operation: str | None, begin: str, end: str
) -> AuditFilter:
    from ringward.domain.period import since, until
    from ringward.store.audit import AuditFilter

    return AuditFilter(
        actor=actor,
        noun=noun,
        key=key,
        permission=operation,
        since=since(begin, None, "--from"),
        until=until(end, None, "--until"),
    )


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
