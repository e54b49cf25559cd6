"""The guided dialogue of the CTL client: one token at a time, shown before it is added (CTL-38, CTL-42)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ringward.cli.ctl_access import common_name_of, find_token, listed_token, listed_tokens
from ringward.cli.output import complain, print_record, print_table, say
from ringward.domain.errors import RingwardError
from ringward.files.trust_list_edition import MINIMUM_TOKENS

if TYPE_CHECKING:
    from ringward.ctl_client.client import Change, CtlClient
    from ringward.pki.tokens.token import TokenDescription


def gather_tokens(names: list[str], module: Path | None) -> str:
    """Ask for tokens until there are enough and the administrator wants no more; returns the last one's name.

    That one is in the reader when the file is signed, so it signs (CTL-05).
    """
    last = ""
    while True:
        last = _add_token(f"Insert {'the next' if names else 'a'} security token", names, module) or last
        if len(names) >= MINIMUM_TOKENS and not typer.confirm("Add another token?", default=False, err=True):
            return last


def choose_tokens(client: CtlClient, add: list[str], delete: list[str], module: Path | None) -> bool:
    """Show the tokens of the present file, and ask which ones are to be added and deleted (CTL-12, CTL-42).

    Returns whether some were added: then another one than before is in the reader.
    """
    tokens = listed_tokens(client)
    rows = [[common_name_of(each), each.issuer, each.serial.hex()] for each in tokens]
    print_table(["Token", "Issued by", "Serial number"], rows, empty="The CTL file has no tokens.")
    question = "Add a token?"
    while typer.confirm(question, default=False, err=True):
        _add_token("Insert the security token", add, module)
        question = "Add another token?"
    question = "Delete a token from the file?"
    while len(delete) < len(tokens) and typer.confirm(question, default=False, err=True):
        _delete_token(client, delete)
        question = "Delete another token?"
    return bool(add)


def _add_token(wanted: str, names: list[str], module: Path | None) -> str:
    """Ask for a token, show it, and add it if the administrator says so; returns its name, else nothing."""
    name, described = _inserted(wanted, module)
    chosen = name or described.label
    if chosen in names:
        complain("that token is added already: take it out and insert the next one")
    elif typer.confirm("Add this token?", default=True, err=True):
        names.append(chosen)
        return chosen
    return ""


def _delete_token(client: CtlClient, delete: list[str]) -> None:
    """Ask which token of the present file is to go."""
    name = typer.prompt("Its name or serial number", err=True).strip()
    try:
        serial = listed_token(client, name).serial.hex()
    except RingwardError as error:
        complain(str(error))
        return
    if serial not in delete:
        delete.append(serial)


def insert_signer(module: Path | None) -> str:
    """Ask for the token that signs, where the command does not name it (CTL-42); returns its name."""
    return _inserted("Insert the security token that signs", module)[0]


def _inserted(wanted: str, module: Path | None) -> tuple[str, TokenDescription]:
    """Ask until there is a token; its name, empty for the one in the reader, and what it is."""
    while True:
        hint = "Enter for the one in the reader, or a token file"
        name = typer.prompt(f"{wanted} ({hint})", default="", show_default=False, err=True).strip()
        try:
            described = find_token(name, module).describe()
        except RingwardError as error:
            complain(str(error))
        else:
            show_token(described)
            return name, described


def show_token(described: TokenDescription) -> None:
    """What the client shows of a token before it is added (TOK-08)."""
    certificate = described.certificate
    print_record(
        [
            ("Token", f"{described.label} ({described.kind}, {described.serial})"),
            ("Certificate", certificate.subject if certificate else "(none)"),
            ("Issued by", certificate.issuer if certificate else ""),
            ("Attempts left", str(described.retries)),
        ]
    )


def confirm_change(client: CtlClient, change: Change, signer: TokenDescription) -> None:
    """Show what will be signed, and have it confirmed. Raises :class:`RingwardError` on a no."""
    from ringward.pki.certificates import Certificate

    say("The new CTL file will have these entries:")
    for der in client.next_tokens(change):
        say(f"  SAST      {Certificate(der).subject}")
    for server in client.cluster.servers:
        say(f"  server    {server.name} ({server.address})")
    if client.cluster.capf_certificate:
        say(f"  CAPF      {Certificate(client.cluster.capf_certificate).subject}")
    else:
        say("  CAPF      is not active, so it will not be in the file")
    say("Updating the CTL file interrupts call processing on phones that are reset afterwards.")
    if not typer.confirm(f"Sign it with the token {signer.label}?", default=False, err=True):
        raise RingwardError("nothing was changed")
