"""What the commands of phones have of their own: presets for a new phone, reset, and files of many phones."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.criteria import Where, criterion
from ringward.cli.lazy import command
from ringward.cli.output import complain, print_json, print_table, say
from ringward.cli.records import Particulars
from ringward.domain.errors import Unavailable
from ringward.domain.phone import Phone
from ringward.domain.phone_models import THIRD_PARTY_SIP, protocols_of
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.vocabulary import Protocol

if TYPE_CHECKING:
    from ringward.administration.bulk import ImportReport

_MAX_IMPORT = 64_000_000
"""Bytes: some hundred thousand phones with all their columns."""


def _preset(values: dict[str, Any]) -> dict[str, Any]:
    model = values.setdefault("model", THIRD_PARTY_SIP)
    known = protocols_of(model)
    protocol = values.setdefault("protocol", known[0] if len(known) == 1 else Protocol.SIP)
    values.setdefault("security_profile", nonsecure_profile_name(model, protocol))
    return values


def reset(
    names: Annotated[
        list[str], typer.Argument(metavar="DEVICE_NAME", help="The phones to reset.", show_default=False)
    ],
    data: Data = None,
) -> None:
    with node(data) as client:
        for name in names:
            device = device_name_of(name) or name
            client.ask("reset", device=device)
            say(f"{Phone.title} {device} is being reset.")


def import_phones(
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The file; - for standard input.")],
    update: Annotated[bool, typer.Option(help="Also change phones that exist already.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Check everything and store nothing.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Import phones."""
    text = _read(file)
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
    preset=_preset,
    preset_help={
        "model": THIRD_PARTY_SIP,
        "protocol": "SIP",
        "security_profile": "the Non-Secure Profile of model and protocol",
    },
    commands={
        "reset": lambda: command(reset, "Make a registered phone restart and read its files again."),
        "import": lambda: command(import_phones, "Add the phones of a CSV file, all or none."),
        "export": lambda: command(export_phones, "Write phones as CSV to standard output, without secrets."),
        "template": lambda: command(template, "Write the header row of a CSV file for import."),
    },
)
"""What the commands of phones have of their own."""
