"""How the commands of the CTL client reach servers and tokens: options, passwords, confirmed fingerprints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.cli.secret_input import read_secret
from ringward.domain.errors import RingwardError

if TYPE_CHECKING:
    from ringward.ctl_client.client import CtlClient, Progress
    from ringward.ctl_client.connection import Confirm
    from ringward.ctl_client.known_servers import KnownServers
    from ringward.domain.listed_certificate import ListedCertificate
    from ringward.domain.secret import Secret
    from ringward.pki.certificates import Certificate
    from ringward.pki.tokens.token import SecurityToken

PASSWORD_VARIABLE = "CTL_CLIENT_PASSWORD"  # noqa: S105  (the name of a variable)
CODE_VARIABLE = "CTL_CLIENT_CODE"
TOKEN_PASSWORD_VARIABLE = "CTL_TOKEN_PASSWORD"  # noqa: S105
MODULE_VARIABLE = "CTL_PKCS11_MODULE"
DEFAULT_PORT = 2444

Address = Annotated[
    str,
    typer.Option(
        "--server",
        envvar="CTL_SERVER",
        metavar="HOST",
        help="First node.",
        prompt="Host name or address of the first node",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        "--port", envvar="CTL_PORT", help="Port of its CTL Provider; a port offset of the node is to be added."
    ),
]
User = Annotated[
    str, typer.Option("--user", envvar="CTL_USER", help="User ID of an administrator.", prompt="User ID")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help=f"File with the administrator's password (-: standard input); else {PASSWORD_VARIABLE}, else typed.",
    ),
]
Fingerprint = Annotated[
    list[str] | None,
    typer.Option(
        "--fingerprint", metavar="SHA256", help="Fingerprint of a server's node certificate; one per server."
    ),
]
Module = Annotated[
    Path | None,
    typer.Option("--module", envvar=MODULE_VARIABLE, metavar="FILE", help="PKCS#11 module of hardware tokens."),
]
TokenPasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--token-password-file",
        metavar="FILE",
        help=f"File with the token's password (-: standard input); else {TOKEN_PASSWORD_VARIABLE}, else typed.",
    ),
]
TOKEN_HELP = "a token file (.token), or label or serial number of a token in the PKCS#11 module"  # noqa: S105


def find_token(name: str, module: Path | None) -> SecurityToken:
    """The token that is meant: a file, or what is in the reader; an empty name is the only one inserted."""
    from ringward.pki.tokens.hardware import TokenModule
    from ringward.pki.tokens.software import SUFFIX, SoftwareToken

    if name.endswith(SUFFIX) or os.sep in name:
        return SoftwareToken(Path(name))
    if module is None:
        raise RingwardError(
            f"{name or 'the token in the reader'}: a hardware token needs its PKCS#11 module, by --module or "
            f"{MODULE_VARIABLE}; a software token is named by its file, which ends in {SUFFIX}"
        )
    opened = TokenModule(module)
    return opened.token(name) if name else opened.only_token()


def token_certificate(name: str, module: Path | None) -> bytes:
    """The certificate (DER) of a token, which may also be named by a file that holds the certificate alone."""
    from ringward.pki.certificates import Certificate

    path = Path(name)
    if path.suffix in (".pem", ".cer", ".der", ".crt"):
        try:
            return Certificate.load(path.read_bytes()).der
        except OSError as error:
            raise RingwardError(f"{path} cannot be read: {error.strerror}") from None
    described = find_token(name, module).describe()
    if described.certificate is None:
        raise RingwardError(f"the token {described.label!r} has no certificate: initialise it first")
    return described.certificate.der


def listed_tokens(client: CtlClient) -> Sequence[ListedCertificate]:
    """The tokens in the present CTL file."""
    from ringward.files.trust_list_edition import tokens_of

    present = client.present()
    return tokens_of(present.trust) if present is not None else ()


def listed_token(client: CtlClient, name: str) -> ListedCertificate:
    """A token of the present file by subject, common name or serial number; raises :class:`RingwardError`."""
    names = {each: common_name_of(each) for each in listed_tokens(client)}
    for each, common_name in names.items():
        if name in (each.subject, each.serial.hex(), common_name):
            return each
    known = ", ".join(names.values()) or "none"
    raise RingwardError(f"there is no token {name!r} in the CTL file; its tokens: {known}")


def common_name_of(listed: ListedCertificate) -> str:
    """The name of a token, as its holder knows it."""
    from ringward.pki.certificates import Certificate

    return Certificate(listed.der).common_name


@contextmanager
def logged_in(
    address: str,
    port: int,
    user: str,
    password_file: Path | None,
    fingerprints: list[str] | None,
    progress: Progress = lambda step: None,
) -> Iterator[CtlClient]:
    """A client that is logged in at the first node."""
    from ringward.ctl_client.client import Account, CtlClient

    confirm = confirmation(fingerprints)
    password = read_secret("the administrator's password", password_file, PASSWORD_VARIABLE)
    account = Account(user, password, _code_of_second_factor)
    client = CtlClient(account, confirm, progress)
    try:
        client.log_in(address, port)
        yield client
    finally:
        client.close()


def _code_of_second_factor(server: str) -> Secret:
    return read_secret(f"the code of your authenticator for {server}", None, CODE_VARIABLE)


def confirmation(fingerprints: list[str] | None) -> Confirm:
    """By the fingerprints that were given, else by those known from before, else by asking."""
    from ringward.ctl_client.connection import pinned
    from ringward.ctl_client.known_servers import KnownServers, default_path

    if fingerprints:
        given = [pinned(each) for each in fingerprints]
        return lambda address, port, certificate: any(each(address, port, certificate) for each in given)
    known = KnownServers(default_path())

    def confirm(address: str, port: int, certificate: Certificate) -> bool:
        before, now = known.fingerprint(address, port), certificate.fingerprint_sha256
        if before:
            return pinned(before)(address, port, certificate) or (
                _agreed(f"The certificate of {address}:{port} has CHANGED since it was confirmed.", certificate)
                and _remembered(known, address, port, now)
            )
        return _agreed(f"{address}:{port} is not known yet.", certificate) and _remembered(
            known, address, port, now
        )

    return confirm


def _agreed(why: str, certificate: Certificate) -> bool:
    if not sys.stdin.isatty():
        raise RingwardError(
            f"{why} Its SHA-256 fingerprint is {certificate.fingerprint_sha256}; compare it with what 'ringward "
            "certificate show node' says on that server, and give it by --fingerprint, or use a terminal"
        )
    typer.echo(
        f"{why}\nIts certificate: {certificate.subject}\nSHA-256 {certificate.fingerprint_sha256}\n"
        "Compare it with what 'ringward certificate show node' says on that server.",
        err=True,
    )
    return typer.confirm("Is it the same?", default=False, err=True)


def _remembered(known: KnownServers, address: str, port: int, fingerprint: str) -> bool:
    known.remember(address, port, fingerprint)
    return True
