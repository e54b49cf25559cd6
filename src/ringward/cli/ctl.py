"""``ringward ctl``: the CTL client (CTL-23 to CTL-46). It needs no server on this machine, only CTL Providers."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli import ctl_access as access
from ringward.cli.ctl_access import TOKEN_HELP, find_token, listed_token, logged_in, token_certificate
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import console, print_json, print_table, say
from ringward.cli.secret_input import read_secret
from ringward.domain.errors import RingwardError
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm

if TYPE_CHECKING:
    from ringward.ctl_client.client import Change, CtlClient, Result
    from ringward.protocols.ctl_provider.messages import Plan

Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of tables; ask nothing.")]
Signer = Annotated[
    str,
    typer.Option("--token", metavar="TOKEN", help=f"Who signs: {TOKEN_HELP}; else the one inserted."),
]
Add = Annotated[
    list[str] | None,
    typer.Option("--add-token", metavar="TOKEN", help="Add a token, or a certificate in a .pem file; repeatable."),
]
Delete = Annotated[
    list[str] | None,
    typer.Option("--delete-token", metavar="NAME", help="Delete the token with this subject or name; repeatable."),
]
Override = Annotated[
    bool,
    typer.Option("--override", help="Also if phones would be left behind (see: ringward ctl plan)."),
]
StartOver = Annotated[
    bool,
    typer.Option(
        "--start-over", help="All tokens of the present file are lost: begin anew. Erase the file at every phone."
    ),
]
Digest = Annotated[
    str, typer.Option("--digest", metavar="HASH", help="sha1 (all phones), sha256 or sha512 (later models).")
]
_DIGESTS = {"sha1": HashAlgorithm.SHA1, "sha256": HashAlgorithm.SHA256, "sha512": HashAlgorithm.SHA512}


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "show": lambda: command(show, "Show the cluster, its mode, and the entries of its CTL file."),
        "plan": lambda: command(plan, "Name the phones that a change would leave behind, and why."),
        "set-mixed-mode": lambda: command(set_mixed_mode, "Make a CTL file and set the cluster to mixed mode."),
        "set-nonsecure-mode": lambda: command(set_nonsecure_mode, "Set the cluster to nonsecure mode."),
        "update": lambda: command(update, "Update the CTL file: servers, CAPF, tokens; the mode stays."),
        "forget-phone": lambda: command(forget_phone, "Note that the CTL file was erased at a phone."),
    }
    return LazyGroup("ctl", help, makers, panel=panel)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the options say."""

    mode: ClusterSecurityMode | None
    add: list[str]
    delete: list[str]
    override: bool
    start_over: bool
    digest: str

    def change(self, client: CtlClient, module: Path | None) -> Change:
        """The change that is meant."""
        from ringward.ctl_client.client import Change

        if self.digest not in _DIGESTS:
            raise typer.BadParameter("the digest is sha1, sha256 or sha512")
        return Change(
            self.mode,
            add=tuple(token_certificate(each, module) for each in self.add),
            remove=tuple(listed_token(client, each).der for each in self.delete),
            override=self.override,
            start_over=self.start_over,
            digest=_DIGESTS[self.digest],
        )


def show(
    address: access.Address,
    user: access.User,
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
    as_json: Json = False,
) -> None:
    """Show the CTL file (CTL-04)."""
    with logged_in(address, port, user, password_file, fingerprint) as client:
        present = client.present()
        warnings = list(client.warnings)
        try:
            client.log_in_everywhere()
            warnings += client.outdated()
        except RingwardError as error:
            warnings.append(str(error))
    records = present.trust.records if present is not None else ()
    if as_json:
        from ringward.files.trust_list import record_json

        print_json(
            {
                "mode": client.mode.value,
                "location": client.location,
                "signer": present.header.signer.name if present is not None else None,
                "timestamp": present.timestamp if present is not None else None,
                "warnings": warnings,
                "servers": [{"name": each.name, "address": each.address} for each in client.cluster.servers],
                "entries": [record_json(each) for each in records],
            }
        )
        return
    say(f"Cluster security mode: {client.mode.explained}")
    if present is not None:
        say(f"CTL file: {client.location}, signed by {present.header.signer.name}")
    rows = [
        [
            each.role.label,
            each.host or "",
            each.certificate.subject if each.certificate else "(no certificate)",
            each.certificate.issuer if each.certificate else "",
            each.certificate.serial.hex() if each.certificate else "",
        ]
        for each in records
    ]
    print_table(
        ["Function", "Server", "Subject", "Issuer", "Serial number"], rows, empty="There is no CTL file yet."
    )
    for warning in warnings:
        say(f"Attention: {warning}")
    if warnings and present is not None:
        say("The CTL file should be updated: ringward ctl update")


def plan(
    address: access.Address,
    user: access.User,
    token: Signer = "",
    add_token: Add = None,
    delete_token: Delete = None,
    start_over: StartOver = False,
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
    module: access.Module = None,
    as_json: Json = False,
) -> None:
    """Say before it is signed what a change does to the phones."""
    wish = _Wish(None, add_token or [], delete_token or [], False, start_over, "sha1")
    with logged_in(address, port, user, password_file, fingerprint) as client:
        found = client.plan(wish.change(client, module), token_certificate(token, module))
    _print_plan(found, as_json=as_json)


def set_mixed_mode(
    address: access.Address,
    user: access.User,
    token: Signer = "",
    add_token: Add = None,
    override: Override = False,
    start_over: StartOver = False,
    digest: Digest = "sha1",
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
    module: access.Module = None,
    token_password_file: access.TokenPasswordFile = None,
    as_json: Json = False,
) -> None:
    """First configuration, or back to mixed mode (CTL-34, CTL-38)."""
    wish = _Wish(ClusterSecurityMode.MIXED, add_token or [], [], override, start_over, digest)
    with logged_in(address, port, user, password_file, fingerprint, _progress(as_json)) as client:
        _carry_out(client, wish, token, module, token_password_file, as_json=as_json)


def set_nonsecure_mode(
    address: access.Address,
    user: access.User,
    token: Signer = "",
    override: Override = False,
    digest: Digest = "sha1",
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
    module: access.Module = None,
    token_password_file: access.TokenPasswordFile = None,
    as_json: Json = False,
) -> None:
    """Back to nonsecure mode (CTL-35, CLUSTER-15)."""
    wish = _Wish(ClusterSecurityMode.NONSECURE, [], [], override, False, digest)
    with logged_in(address, port, user, password_file, fingerprint, _progress(as_json)) as client:
        _carry_out(client, wish, token, module, token_password_file, as_json=as_json)


def update(
    address: access.Address,
    user: access.User,
    token: Signer = "",
    add_token: Add = None,
    delete_token: Delete = None,
    override: Override = False,
    start_over: StartOver = False,
    digest: Digest = "sha1",
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
    module: access.Module = None,
    token_password_file: access.TokenPasswordFile = None,
    as_json: Json = False,
) -> None:
    """Update CTL File (CTL-36, CTL-42)."""
    wish = _Wish(None, add_token or [], delete_token or [], override, start_over, digest)
    with logged_in(address, port, user, password_file, fingerprint, _progress(as_json)) as client:
        if client.present() is None:
            raise RingwardError("there is no CTL file yet; make one with: ringward ctl set-mixed-mode")
        _carry_out(client, wish, token, module, token_password_file, as_json=as_json)


def forget_phone(
    device: Annotated[str, typer.Argument(help="Device name of the phone.", show_default=False)],
    address: access.Address,
    user: access.User,
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
) -> None:
    """The phone trusts the next CTL file that it gets (CTL-19)."""
    with logged_in(address, port, user, password_file, fingerprint) as client:
        client.forget_phone(device)
    say(f"{device} counts as a phone without a CTL file.")


# -- how ------------------------------------------------------------------------------------------------------


def _carry_out(
    client: CtlClient, wish: _Wish, token: str, module: Path | None, password_file: Path | None, *, as_json: bool
) -> None:
    """Sign and distribute; in a terminal with what the dialogue of the guide asks (CTL-38, CTL-42)."""
    with client.attempt():
        result = _signed_and_distributed(client, wish, token, module, password_file, as_json=as_json)
    _print_result(result, client, as_json=as_json)
    if not result.succeeded:
        raise RingwardError(result.problem or "not every server has the new CTL file")


def _signed_and_distributed(
    client: CtlClient, wish: _Wish, token: str, module: Path | None, password_file: Path | None, *, as_json: bool
) -> Result:
    from ringward.cli.ctl_dialogue import confirm_change

    guided = sys.stdin.isatty() and not as_json
    if guided:
        token = _asked(client, wish, token, module)
    change = wish.change(client, module)
    signer = find_token(token, module)
    described = signer.describe()
    if described.certificate is None:
        raise RingwardError(f"the token {described.label!r} has no certificate: initialise it first")
    client.check_signer(change, described.certificate.der)
    found = client.plan(change, described.certificate.der)
    if found.stranded and not wish.override:
        _print_plan(found, as_json=as_json)
        raise RingwardError(f"phones would no longer trust the cluster: {found.stranded}; nothing was changed")
    if guided:
        confirm_change(client, change, described)
    password = read_secret(
        f"the password of the token {described.label!r}", password_file, access.TOKEN_PASSWORD_VARIABLE
    )
    with signer.unlock(password) as unlocked:
        return client.apply(change, unlocked)


def _asked(client: CtlClient, wish: _Wish, token: str, module: Path | None) -> str:
    """Ask for what the options leave open; returns the name of the token that signs."""
    from ringward.cli.ctl_dialogue import choose_tokens, gather_tokens, insert_signer

    if wish.add or wish.delete or wish.mode is ClusterSecurityMode.NONSECURE:
        return token or insert_signer(module)
    if client.present() is None or wish.start_over:
        return gather_tokens(wish.add, module) or token
    token = token or insert_signer(module)
    if wish.mode is None and choose_tokens(client, wish.add, wish.delete, module):
        return insert_signer(module)  # another one has been in the reader since
    return token


def _progress(as_json: bool) -> Any:
    if as_json:
        return lambda step: None
    output = console(errors=True)
    return lambda step: output.print(f"{step} ...", style="dim")


def _print_plan(found: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "known": found.known,
                "stranded": found.stranded,
                "phones": [{"device": each.device, "reason": each.reason} for each in found.phones],
            }
        )
        return
    say(f"Phones known to hold a CTL file: {found.known}. Left behind would be: {found.stranded}.")
    if found.phones:
        print_table(["Phone", "Why"], [[each.device, each.reason] for each in found.phones], empty="")


def _print_result(result: Result, client: CtlClient, *, as_json: bool) -> None:
    """The result window (CTL-40)."""
    if as_json:
        print_json(
            {
                "succeeded": result.succeeded,
                "mode": client.mode.value,
                "servers": [
                    {"server": each.server, "location": each.location, "status": each.status}
                    for each in result.servers
                ],
                "next_steps": list(result.next_steps),
            }
        )
        return
    rows: Iterable[list[str]] = ([each.server, each.location, each.status] for each in result.servers)
    print_table(["CTL server", "File location", "Status"], rows, empty="")
    if result.succeeded:
        say(f"Cluster security mode: {client.mode.explained}")
        for step in result.next_steps:
            say(f"Next: {step}")
