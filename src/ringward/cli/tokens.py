"""``ringward token``: the security tokens that sign the CTL file, on this workstation (TOK-01 to TOK-08)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli import ctl_access as access
from ringward.cli.ctl_access import TOKEN_HELP, find_token, logged_in
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_record, print_table, say
from ringward.cli.secret_input import read_secret

if TYPE_CHECKING:
    from ringward.pki.tokens.token import SecurityToken, TokenDescription

NEW_PASSWORD_VARIABLE = "CTL_NEW_TOKEN_PASSWORD"  # noqa: S105  (the name of a variable)
OFFICER_VARIABLE = "CTL_OFFICER_PASSWORD"
Token = Annotated[str, typer.Argument(metavar="TOKEN", help=f"{TOKEN_HELP}.", show_default=False)]
Drawer = Annotated[
    Path | None, typer.Option("--directory", metavar="DIR", help="Directory with software tokens (.token files).")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "list": lambda: command(list_tokens, "List the tokens in reach."),
        "show": lambda: command(show, "Show what can be seen of a token without its password."),
        "init": lambda: command(initialise, "Make a key on a new token, and have its certificate issued."),
        "change-password": lambda: command(change_password, "Change the password of a token."),
    }
    return LazyGroup("token", help, makers, panel=panel)


def list_tokens(directory: Drawer = None, module: access.Module = None, as_json: Json = False) -> None:
    """List tokens."""
    from ringward.pki.tokens.hardware import TokenModule
    from ringward.pki.tokens.software import software_tokens

    found: list[SecurityToken] = list(TokenModule(module).tokens()) if module is not None else []
    found += software_tokens(directory or Path.cwd())
    described = [token.describe() for token in found]
    if as_json:
        print_json([_json(each) for each in described])
        return
    rows = [
        [
            each.label,
            each.serial,
            each.certificate.common_name if each.certificate else "(no certificate)",
            f"{each.certificate.valid_to:%Y-%m-%d}" if each.certificate else "",
            str(each.retries),
            each.kind,
            each.place,
        ]
        for each in described
    ]
    columns = ["Token", "Serial number", "Certificate", "Valid to", "Attempts left", "Kind", "Place"]
    print_table(columns, rows, empty="No token is in reach; hardware needs --module, software --directory.")


def show(token: Token, module: access.Module = None, as_json: Json = False) -> None:
    """Show one token (TOK-08)."""
    from ringward.pki.certificate_fields import certificate_fields

    described = find_token(token, module).describe()
    if as_json:
        print_json(_json(described))
        return
    print_record(
        [
            ("Token", described.label),
            ("Serial number", described.serial),
            ("Kind", described.kind),
            ("Place", described.place),
            ("Attempts left", str(described.retries)),
            *(certificate_fields(described.certificate) if described.certificate else ()),
        ]
    )


def initialise(
    token: Annotated[
        str,
        typer.Argument(metavar="TOKEN", help="New token file (.token), or label for an empty hardware token."),
    ],
    address: access.Address,
    user: access.User,
    name: Annotated[
        str, typer.Option("--name", help="Common name of its certificate; else the token's own.")
    ] = "",
    port: access.Port = access.DEFAULT_PORT,
    password_file: access.PasswordFile = None,
    fingerprint: access.Fingerprint = None,
    module: access.Module = None,
    token_password_file: access.TokenPasswordFile = None,
    officer_password_file: Annotated[
        Path | None,
        typer.Option(
            "--officer-password-file",
            metavar="FILE",
            help=f"Hardware: file with the security officer's new password; else {OFFICER_VARIABLE}, else typed.",
        ),
    ] = None,
) -> None:
    """Initialise a token; its certificate is issued by the cluster's token CA."""
    from ringward.pki.tokens.hardware import TokenModule
    from ringward.pki.tokens.software import SUFFIX, SoftwareToken

    is_file = token.endswith(SUFFIX)
    label = Path(token).stem if is_file else token
    password = read_secret(
        "the new token's password", token_password_file, access.TOKEN_PASSWORD_VARIABLE, confirm=True
    )
    with logged_in(address, port, user, password_file, fingerprint) as client:
        made: SecurityToken
        if is_file:
            made = SoftwareToken.initialise(
                Path(token), label, password, lambda key: client.issue(key, name or f"SAST {label}")
            )
        else:
            if module is None:
                raise typer.BadParameter(f"a hardware token needs --module; a token file ends in {SUFFIX}")
            officer = read_secret(
                "the security officer's password", officer_password_file, OFFICER_VARIABLE, confirm=True
            )
            made = TokenModule(module).initialise(
                label, password, officer, lambda key: client.issue(key, name or f"SAST {label}")
            )
    described = made.describe()
    say(f"The token {described.label} is ready: {described.place}")
    if described.certificate is not None:
        say(f"Its certificate: {described.certificate.subject}, issued by {described.certificate.issuer}")


def change_password(
    token: Token,
    module: access.Module = None,
    token_password_file: access.TokenPasswordFile = None,
    new_password_file: Annotated[
        Path | None,
        typer.Option(
            "--new-password-file",
            metavar="FILE",
            help=f"File with the new password; else {NEW_PASSWORD_VARIABLE}, else typed twice.",
        ),
    ] = None,
) -> None:
    """Change a token's password (TOK-06)."""
    found = find_token(token, module)
    found.describe()  # says at once if it is not there
    current = read_secret("the token's present password", token_password_file, access.TOKEN_PASSWORD_VARIABLE)
    new = read_secret("the new password", new_password_file, NEW_PASSWORD_VARIABLE, confirm=True)
    found.change_password(current, new)
    say("The password of the token is changed.")


def _json(described: TokenDescription) -> dict[str, Any]:
    certificate = described.certificate
    return {
        "label": described.label,
        "serial": described.serial,
        "kind": described.kind,
        "place": described.place,
        "attempts_left": described.retries.left,
        "locked": described.retries.locked,
        "certificate": None
        if certificate is None
        else {
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "valid_to": certificate.valid_to.isoformat(),
            "sha256": certificate.fingerprint_sha256,
        },
    }
