"""What the commands of phones have of their own: presets of a new phone, reset, and files of many phones."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.criteria import Where, criterion
from ringward.cli.jobs import say_ordered
from ringward.cli.lazy import command
from ringward.cli.output import complain, print_json, print_table, say
from ringward.cli.records import Particulars
from ringward.domain.device_pool import DevicePool
from ringward.domain.errors import Unavailable
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.rules.phone_presets import PHONE_PRESETS, with_presets
from ringward.domain.server import Server

if TYPE_CHECKING:
    from ringward.administration.bulk import ImportReport

_MAX_IMPORT = 64_000_000
"""Bytes: some hundred thousand phones with all their columns."""


def reset(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DEVICE_NAME]...", help="The phones; or find them by an option.", show_default=False
        ),
    ] = None,
    where: Where = None,
    server: Annotated[
        str, typer.Option(metavar="NAME", help="All registered phones of a server.", show_default=False)
    ] = "",
    device_pool: Annotated[
        str, typer.Option(metavar="NAME", help="All registered phones of a device pool.", show_default=False)
    ] = "",
    everywhere: Annotated[bool, typer.Option("--all", help="All registered phones of the cluster.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a whole set is reset.")] = False,
    data: Data = None,
) -> None:
    """Reset the named phones at once, or as a job all that are meant."""
    if sum(map(bool, (names, where, server, device_pool, everywhere))) != 1:
        raise typer.BadParameter("name the phones, or find them by one of --where, --server, --device-pool, --all")
    if server:
        _reset_set(Server.noun, server, yes, data)
        return
    if device_pool or everywhere:
        _reset_set(DevicePool.noun if device_pool else "", device_pool, yes, data)
        return
    if where:
        from ringward.administration.job_kinds import PHONE_RESET

        with opened(data) as (administration, actor):
            criteria = [criterion(Phone.noun, each) for each in where]
            say_ordered(administration.jobs.order(actor, PHONE_RESET, {}, criteria=criteria), data)
        return
    with node(data) as client, opened(data) as (administration, actor):
        client.ask("ping")  # without a node the rest would be in vain
        for name in names or ():
            device = device_name_of(name) or name
            administration.phones.reset(actor, device, partial(client.ask, "reset", device=device))
            say(f"{Phone.title} {device} is being reset.")


def _reset_set(noun: str, key: str, yes: bool, data: Path | None) -> None:
    """Reset the phones of a server, a device pool or the cluster, after telling what that means (CLUSTER-22)."""
    from ringward.administration.job_kinds import PHONE_RESET

    with opened(data) as (administration, actor):
        phones = administration.phone_sets.find(actor, noun, key)
        with node(data) as client:
            present = {each["device"] for each in client.ask("phones")["registered"]}
            calls = client.ask("calls")
        busy = {each[end] for each in calls for end in ("calling_device", "called_device")}
        reached = [each for each in phones if each in present]
        talking = sum(each in busy for each in reached)
        whose = f"{NOUNS[noun].title} {key}" if noun else "The cluster"
        say(
            f"{whose} has {len(phones)} phones. Registered, and to be reset one by one: {len(reached)}. "
            f"In calls, whose end they wait for: {talking}. The others read their files when they come."
        )
        if not reached:
            return
        if not yes:
            typer.confirm("Reset them?", abort=True, err=True)
        say_ordered(administration.jobs.order(actor, PHONE_RESET, {}, devices=reached), data)


def symmetric_key(
    name: Annotated[str, typer.Argument(metavar="DEVICE_NAME", help="The phone.", show_default=False)],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make and show a symmetric key."""
    with opened(data) as (administration, actor):
        device = device_name_of(name) or name
        key, saved = administration.phones.generate_symmetric_key(actor, device)
    if as_json:
        print_json({"device_name": device, "symmetric_key": key.reveal(), "notes": list(saved.notes)})
        return
    say(f"Enter this key at the phone {device}; it is not shown again:")
    say(key.reveal())
    for note in saved.notes:
        say(note)


def import_phones(
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The file; - for standard input.")],
    update: Annotated[bool, typer.Option(help="Also change phones that exist already.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Check everything and store nothing.")] = False,
    job: Annotated[
        bool,
        typer.Option(
            "--job", help="Let the node do it, row by row, as a job: rows that are wrong keep no other one out."
        ),
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Import phones."""
    text = _read(file)
    if job:
        if dry_run:
            raise typer.BadParameter("a job stores what is right; for a check leave --job out")
        from ringward.administration.job_kinds import PHONE_IMPORT

        with opened(data) as (administration, actor):
            say_ordered(administration.jobs.order(actor, PHONE_IMPORT, {"csv": text, "update": update}), data)
        return
    with opened(data) as (administration, actor):
        outcome = administration.bulk.import_phones(actor, text, update=update, dry_run=dry_run)
    if as_json:
        print_json(asdict(outcome))
    else:
        _show_import(outcome)
    if outcome.errors:
        raise typer.Exit(1)


def _show_import(outcome: ImportReport) -> None:
    if outcome.errors:
        rows = [(error.row, error.field, error.value, error.allowed) for error in outcome.errors]
        print_table(("Row", "Column", "Value", "Allowed"), rows, empty="")
        count = len(outcome.errors)
        complain(f"nothing is imported: the file has {count} {'error' if count == 1 else 'errors'}")
        return
    counts = f"{outcome.added} added, {outcome.updated} updated, {outcome.unchanged} unchanged"
    say(f"Nothing is stored in a dry run. It would be: {counts}." if outcome.dry_run else f"Phones: {counts}.")


def export_phones(where: Where = None, data: Data = None) -> None:
    """Write phones as CSV."""
    with opened(data) as (administration, actor):
        text = administration.bulk.export_phones(actor, [criterion(Phone.noun, each) for each in where or ()])
    sys.stdout.write(text)


def template(data: Data = None) -> None:
    """Write the header row of a CSV file of phones."""
    with opened(data) as (administration, _):
        sys.stdout.write(administration.bulk.template())


def _read(file: str) -> str:
    """A CSV file as text, of a size that an import can have."""
    try:
        with contextlib.ExitStack() as stack:
            source = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
            content = source.read(_MAX_IMPORT + 1)
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > _MAX_IMPORT:
        raise Unavailable(f"{file} is larger than {_MAX_IMPORT // 1_000_000} MB; import it in parts")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unavailable(f"{file} is not a text file in UTF-8") from None


PARTICULARS = Particulars(
    preset=with_presets,
    preset_help=PHONE_PRESETS,
    commands={
        "reset": lambda: command(reset, "Have phones restart and read their files again."),
        "symmetric-key": lambda: command(
            symmetric_key, "Make a new key for the encrypted configuration file of a 7905, 7912, 7940 or 7960."
        ),
        "import": lambda: command(import_phones, "Add the phones of a CSV file, all or none."),
        "export": lambda: command(export_phones, "Write phones as CSV to standard output, without secrets."),
        "template": lambda: command(template, "Write the header row of a CSV file for import."),
    },
)
"""What the commands of phones have of their own."""
