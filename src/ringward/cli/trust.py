"""``ringward trust``: whom the servers of the cluster believe, by purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ringward.cli.access import Data, Json, opened
from ringward.cli.certificates import read_input, signer, summary
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_record, print_table, say
from ringward.cli.records import report
from ringward.domain.certificate import TrustPurpose
from ringward.domain.rules.certificate_expiry import time_left

Purpose = Annotated[TrustPurpose, typer.Argument(help="Which trust store.", show_default=False)]
Named = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Its common name, or the beginning of a fingerprint.", show_default=False),
]
File = Annotated[Path, typer.Argument(help="The certificate, PEM or DER.", show_default=False)]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "stores": lambda: command(stores, "List the trust stores and what each is for."),
        "list": lambda: command(list_trusted, "List the trusted certificates."),
        "show": lambda: command(show, "Show every field of a trusted certificate, and its fingerprints."),
        "import": lambda: command(import_trusted, "Trust a certificate from a file."),
        "remove": lambda: command(remove, "Trust a certificate no longer."),
        "revoke": lambda: command(revoke, "Refuse the certificate of a device from now on."),
        "revoked": lambda: command(list_revoked, "List the certificates of devices that are refused."),
    }
    return LazyGroup("trust", help, makers, panel=panel)


def stores(data: Data = None) -> None:
    """List the stores."""
    with opened(data) as (administration, actor):
        found = administration.trust_stores.find(actor)
    rows = [
        [each.value, each.title, sum(one.purpose is each for one in found), each.description]
        for each in TrustPurpose
    ]
    print_table(["Store", "Called", "Certificates", "Trusts"], rows, empty="")


def list_trusted(
    purpose: Annotated[TrustPurpose | None, typer.Argument(help="Only this store.", show_default=False)] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List trusted certificates."""
    with opened(data) as (administration, actor):
        found = administration.trust_stores.find(actor, purpose)
    if as_json:
        print_json(
            [
                {"store": each.purpose.value, "added_at": each.added_at.isoformat(), **summary(each.certificate)}
                for each in found
            ]
        )
        return
    rows = [
        [
            each.purpose.value,
            each.certificate.common_name or each.certificate.subject,
            signer(each.certificate),
            each.certificate.key_description,
            f"{each.certificate.valid_to:%Y-%m-%d}",
            time_left(each.certificate.valid_to, datetime.now(UTC)),
            each.certificate.fingerprint_sha256[:23],
        ]
        for each in found
    ]
    columns = ["Store", "Name", "Signed by", "Key", "Valid to", "Left", "Fingerprint (SHA-256)"]
    print_table(columns, rows, empty="No certificate is trusted there.")


def show(purpose: Purpose, name: Named, as_json: Json = False, data: Data = None) -> None:
    """Show one trusted certificate."""
    from ringward.pki.certificate_fields import certificate_fields

    with opened(data) as (administration, actor):
        found = administration.trust_stores.get(actor, purpose, name)
    fields = certificate_fields(found.certificate)
    if as_json:
        print_json({"store": purpose.value, **summary(found.certificate), "fields": dict(fields)})
        return
    added = f"{found.added_at.astimezone():%Y-%m-%d %H:%M:%S}"
    print_record([("Trust store", purpose.title), ("Trusted since", added), *fields])


def import_trusted(purpose: Purpose, file: File, data: Data = None) -> None:
    """Trust a certificate."""
    content = read_input(file)
    with opened(data) as (administration, actor):
        imported = administration.trust_stores.add(actor, purpose, content)
    certificate = imported.certificate
    report(
        f"{certificate.subject} is trusted in {purpose.title}. Compare its fingerprint with its owner's:\n"
        f"    SHA-256 {certificate.fingerprint_sha256}",
        tuple(f"Warning: {each}." for each in imported.warnings),
    )


def remove(purpose: Purpose, name: Named, data: Data = None) -> None:
    """Trust a certificate no longer."""
    with opened(data) as (administration, actor):
        removed = administration.trust_stores.remove(actor, purpose, name)
    say(
        f"{removed.certificate.subject} is no longer trusted in {purpose.title}; whom it vouched for is refused "
        "from the next connection on."
    )


def revoke(file: File, data: Data = None) -> None:
    """Refuse a device's certificate."""
    from ringward.pki.certificates import Certificate

    certificate = Certificate.load(read_input(file))
    with opened(data) as (administration, actor):
        administration.trust_stores.revoke(actor, certificate)
    say(f"The certificate of {certificate.subject} is refused from now on.")


def list_revoked(as_json: Json = False, data: Data = None) -> None:
    """List revoked certificates."""
    with opened(data) as (administration, actor):
        found = administration.trust_stores.revoked(actor)
    if as_json:
        print_json(
            [
                {
                    "fingerprint_sha256": each.fingerprint,
                    "subject": each.subject,
                    "valid_to": _moment(each.expires_at).isoformat(),
                    "revoked_at": _moment(each.revoked_at).isoformat(),
                }
                for each in found
            ]
        )
        return
    rows = [[each.subject, f"{_moment(each.revoked_at):%Y-%m-%d %H:%M}", each.fingerprint[:23]] for each in found]
    print_table(["Subject", "Revoked at", "Fingerprint (SHA-256)"], rows, empty="No certificate is revoked.")


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
