"""``ringward certificate``: the certificates of this server."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_record, print_table, say
from ringward.cli.records import report
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.rules.certificate_expiry import time_left

if TYPE_CHECKING:
    from ringward.administration.certificates import ServerCertificate
    from ringward.pki.certificates import Certificate

_KINDS = ", ".join(kind.value for kind in CertificateKind)
Kind = Annotated[CertificateKind, typer.Argument(help="Which certificate.", show_default=False)]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output."),
]
Key = Annotated[
    str, typer.Option("--key", metavar="KIND", help="rsa-2048, rsa-3072, rsa-4096, ec-p256 or ec-p384.")
]
MAX_INPUT_BYTES = 65536
"""No certificate is near this size."""


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "list": lambda: command(list_certificates, "List the certificates of this server."),
        "show": lambda: command(show, "Show every field of a certificate, and its fingerprints."),
        "regenerate": lambda: command(regenerate, "Make a new key and a new self-signed certificate."),
        "export": lambda: command(export, "Write a certificate as PEM, DER or PKCS#7."),
        "csr": lambda: command(csr, "Make a new key, and a request to have its certificate signed elsewhere."),
        "import": lambda: command(import_signed, "Put a certificate into force that was signed elsewhere."),
        "expiring": lambda: command(
            expiring, "List what expires soon: here, in the trust stores, and LSCs of phones."
        ),
    }
    return LazyGroup("certificate", help, makers, panel=panel)


def list_certificates(as_json: Json = False, data: Data = None) -> None:
    """List certificates."""
    with opened(data) as (administration, actor):
        found = administration.certificates.find(actor)
    if as_json:
        print_json([_json(each) for each in found])
        return
    rows = [
        [
            each.kind.value,
            each.certificate.common_name,
            signer(each.certificate),
            each.certificate.key_description,
            f"{each.certificate.valid_to:%Y-%m-%d}",
            time_left(each.certificate.valid_to, datetime.now(UTC)),
            "yes" if each.request_pending else "",
            each.kind.title,
        ]
        for each in found
    ]
    columns = ["Kind", "Name", "Signed by", "Key", "Valid to", "Left", "Request pending", "For"]
    print_table(columns, rows, empty="This server has no certificate yet; its first start makes them.")


def show(kind: Kind, as_json: Json = False, data: Data = None) -> None:
    """Show one certificate (CERT-24)."""
    from ringward.pki.certificate_fields import certificate_fields

    with opened(data) as (administration, actor):
        found = administration.certificates.get(actor, kind)
    if as_json:
        print_json(
            _json(found)
            | {"fields": dict(certificate_fields(found.certificate)), "pem": found.certificate.pem.decode()}
        )
        return
    print_record(
        [("Certificate", f"{kind.value} of {found.server}: {kind.title}"), *certificate_fields(found.certificate)]
    )
    if found.request_pending:
        say(f"\nA signing request is pending; when it is answered: ringward certificate import {kind.value} FILE")


def regenerate(kind: Kind, key: Key = "rsa-2048", data: Data = None) -> None:
    """Renew a self-signed certificate (CERT-14, CERT-15)."""
    with opened(data) as (administration, actor):
        renewed = administration.certificates.regenerate(actor, kind, _key_kind(key))
    _report(kind, renewed.certificate, renewed.notes)


def export(
    kind: Kind,
    form: Annotated[
        str, typer.Option("--form", metavar="FORM", help="pem, der or p7b (PKCS#7 with its chain).")
    ] = "pem",
    output: Output = None,
    data: Data = None,
) -> None:
    """Export a certificate (HTTPS-09)."""
    from ringward.pki.export import ExportForm

    if form not in [each.value for each in ExportForm]:
        raise typer.BadParameter("the form is pem, der or p7b")
    with opened(data) as (administration, actor):
        content = administration.certificates.export(actor, kind, ExportForm(form))
    _write(output, content)


def csr(kind: Kind, key: Key = "rsa-2048", output: Output = None, data: Data = None) -> None:
    """Make a signing request (CERT-17)."""
    with opened(data) as (administration, actor):
        request = administration.certificates.request(actor, kind, _key_kind(key))
    _write(output, request.pem)
    if output is not None:
        say(f"When it is signed: ringward certificate import {kind.value} FILE")


def import_signed(
    kind: Kind,
    file: Annotated[Path, typer.Argument(help="The certificate, PEM or DER.", show_default=False)],
    data: Data = None,
) -> None:
    """Import the answer to a signing request."""
    content = read_input(file)
    with opened(data) as (administration, actor):
        renewed = administration.certificates.import_signed(actor, kind, content)
    _report(kind, renewed.certificate, renewed.notes)


def expiring(as_json: Json = False, data: Data = None) -> None:
    """List what has reached an alarm."""
    with opened(data) as (administration, actor):
        found = administration.certificates.expiring(actor)
    if as_json:
        print_json(
            [
                {"place": each.place, "count": each.count, "alarm": each.alarm, **summary(each.certificate)}
                for each in found
            ]
        )
        return
    rows = [
        [
            each.where,
            each.certificate.common_name or each.certificate.subject,
            f"{each.certificate.valid_to:%Y-%m-%d}",
            time_left(each.certificate.valid_to, datetime.now(UTC)),
        ]
        for each in found
    ]
    print_table(["Where", "Name", "Valid to", "Left"], rows, empty="No certificate expires within 60 days.")


def signer(certificate: Certificate) -> str:
    """Who signed a certificate, shortly."""
    if certificate.is_self_issued:
        return "itself"
    return certificate.issuer


def summary(certificate: Certificate) -> dict[str, str]:
    """What programs read of a certificate."""
    from ringward.pki.certificate_fields import certificate_json

    return certificate_json(certificate)


def read_input(path: Path) -> bytes:
    """A file that an administrator names. Raises :class:`Unavailable` or :class:`RingwardError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_INPUT_BYTES + 1)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_INPUT_BYTES:
        raise RingwardError(f"{path} is larger than {MAX_INPUT_BYTES} bytes: it is no certificate")
    return content


def _json(found: ServerCertificate) -> dict[str, Any]:
    return {
        "server": found.server,
        "kind": found.kind.value,
        "request_pending": found.request_pending,
        **summary(found.certificate),
    }


def _key_kind(text: str) -> Any:
    from ringward.pki.certificates import KeyKind

    kinds = {kind.value.lower().replace(" ", "-").replace("p-", "p"): kind for kind in KeyKind}
    if text not in kinds:
        raise typer.BadParameter(f"the kind of key is one of {', '.join(kinds)}")
    return kinds[text]


def _report(kind: CertificateKind, certificate: Certificate, notes: tuple[str, ...]) -> None:
    report(f"The {kind.value} certificate is now the one with SHA-256 {certificate.fingerprint_sha256}.", notes)


def _write(output: Path | None, content: bytes) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{output} cannot be written: {error.strerror}") from None
    say(f"Written to {output}.")
