"""``ringward capf``: certificate operations of phones, the CAPF report, and the certificates that were issued."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringward.cli.access import Data, Json, node, opened
from ringward.cli.criteria import Where, criterion
from ringward.cli.jobs import say_ordered
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json, print_table, say
from ringward.domain.errors import RingwardError
from ringward.domain.phone import Phone
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    DeviceCertificateStatus,
    KeySize,
)

if TYPE_CHECKING:
    from ringward.administration.certificate_operations import Given, WantedOperation
    from ringward.store.device_certificates import DeviceCertificateRow


class Operation(Enum):
    """The operations in one word each."""

    INSTALL = "install"
    DELETE = "delete"
    TROUBLESHOOT = "troubleshoot"

    @property
    def meant(self) -> CertificateOperation:
        """The guide's operation."""
        return {
            Operation.INSTALL: CertificateOperation.INSTALL_UPGRADE,
            Operation.DELETE: CertificateOperation.DELETE,
            Operation.TROUBLESHOOT: CertificateOperation.TROUBLESHOOT,
        }[self]


class Mode(Enum):
    """The authentication modes in one word each."""

    STRING = "string"
    NULL = "null"
    LSC = "lsc"
    MIC = "mic"

    @property
    def meant(self) -> CapfAuthenticationMode:
        """The guide's mode."""
        return {
            Mode.STRING: CapfAuthenticationMode.AUTHENTICATION_STRING,
            Mode.NULL: CapfAuthenticationMode.NULL_STRING,
            Mode.LSC: CapfAuthenticationMode.EXISTING_LSC,
            Mode.MIC: CapfAuthenticationMode.EXISTING_MIC,
        }[self]


Devices = Annotated[
    list[str] | None,
    typer.Argument(metavar="[DEVICE_NAME]...", help="The phones; or find them by --where.", show_default=False),
]
String = Annotated[
    str | None, typer.Option("--string", metavar="DIGITS", help="Authentication string, 4 to 10 digits.")
]
Generate = Annotated[bool, typer.Option("--generate", help="Make a string of its own for each phone.")]
By = Annotated[
    str,
    typer.Option("--by", metavar="'YYYY-MM-DD HH:MM'", help="Operation Completes by; else the preset time."),
]
ModeOption = Annotated[
    Mode | None,
    typer.Option(
        "--mode",
        help="How the phones prove themselves: by authentication string, null string, or existing certificate "
        "with precedence to LSC or MIC. A phone whose profile says otherwise gets one that says so.",
        show_default=False,
    ),
]
KeySizeOption = Annotated[
    KeySize | None,
    typer.Option(
        "--key-size",
        case_sensitive=False,
        help="RSA of so many bits, or EC; likewise. The phone's model must be able to make such a key.",
        show_default=False,
    ),
]
Reset = Annotated[
    bool,
    typer.Option(
        "--reset",
        help="Then reset the phones, so that they call CAPF. The node does all of it as a job, phone by phone.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


def group(help: str, panel: str) -> LazyGroup:
    """The group of commands."""
    makers = {
        "set": lambda: command(set_operation, "Give phones a certificate operation, all of them or none."),
        "withdraw": lambda: command(withdraw, "Withdraw the certificate operations of phones."),
        "report": lambda: command(report, "The CAPF report: phones, their strings and the status of operations."),
        "certificates": lambda: command(certificates, "List the certificates of phones."),
        "revoke": lambda: command(revoke, "Revoke a certificate of a phone; its connections end at once."),
        "renewals": lambda: command(renewals, "Show which certificates are to be renewed, and how that stands."),
        "calls": lambda: command(calls, "Show the last calls of phones to CAPF and what came of each."),
    }
    return LazyGroup("capf", help, makers, panel=panel)


def set_operation(
    operation: Annotated[Operation, typer.Argument(help="What CAPF shall do.", show_default=False)],
    devices: Devices = None,
    where: Where = None,
    string: String = None,
    generate: Generate = False,
    by: By = "",
    mode: ModeOption = None,
    key_size: KeySizeOption = None,
    reset: Reset = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Give phones an operation (CAPF-24 to CAPF-29)."""
    from ringward.administration.certificate_operations import WantedOperation, read_string

    if string is not None and generate:
        raise typer.BadParameter("a string is either given or generated")
    wanted = WantedOperation(
        operation.meant,
        None if string is None else read_string(string),
        generate,
        by,
        None if mode is None else mode.meant,
        key_size,
    )
    if reset:
        _order(wanted, devices, where, data)
        return
    given = _give(wanted, devices, where, data)
    if as_json:
        print_json(_given_json(given))
        return
    what = operation.meant.value
    say(f"{what} is pending for {_count(given.phones)}. Reset them: they call CAPF when they boot.")
    if generate:
        say("The strings are in the report: ringward capf report")
    _say_rest(given)


def _order(wanted: WantedOperation, devices: list[str] | None, where: list[str] | None, data: Any) -> None:
    """Have the node do it phone by phone, and then reset the phones."""
    from ringward.administration.job_kinds import CERTIFICATE_OPERATION, operation_arguments

    names = _named(devices, where)
    with opened(data) as (administration, actor):
        criteria = [criterion(Phone.noun, each) for each in where or ()]
        arguments = operation_arguments(wanted, reset=True)
        job = administration.jobs.order(actor, CERTIFICATE_OPERATION, arguments, devices=names, criteria=criteria)
        say_ordered(job, data)
        if warning := administration.certificate_operations.warning():
            say(warning)


def withdraw(devices: Devices = None, where: Where = None, as_json: Json = False, data: Data = None) -> None:
    """Withdraw what is pending."""
    from ringward.administration.certificate_operations import WantedOperation

    given = _give(WantedOperation(CertificateOperation.NONE), devices, where, data)
    if as_json:
        print_json(_given_json(given))
        return
    say(f"No operation is pending for {_count(given.phones)} any more.")
    _say_rest(given)


def _give(wanted: WantedOperation, devices: list[str] | None, where: list[str] | None, data: Any) -> Given:
    names = _named(devices, where)
    with opened(data) as (administration, actor):
        criteria = [criterion(Phone.noun, each) for each in where or ()]
        return administration.certificate_operations.give(actor, wanted, devices=names, criteria=criteria)


def _named(devices: list[str] | None, where: list[str] | None) -> list[str]:
    if bool(devices) == bool(where):
        raise typer.BadParameter("name the phones, or find them by --where")
    return [device_name_of(each) or each for each in devices or ()]


def _count(phones: tuple[str, ...]) -> str:
    return phones[0] if len(phones) == 1 else f"{len(phones)} phones"


def _say_rest(given: Given) -> None:
    for note in given.notes:
        say(note)


def _given_json(given: Given) -> dict[str, list[str]]:
    return {
        "phones": list(given.phones),
        "without_security": list(given.without_security),
        "made_profiles": list(given.made_profiles),
        "notes": list(given.notes),
    }


def report(
    where: Where = None,
    string: Annotated[
        str | None, typer.Option("--string", metavar="DIGITS", help="Only the phones with exactly this string.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, for a spreadsheet program.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Write the CAPF report (CAPF-32, CAPF-33)."""
    from dataclasses import asdict

    from ringward.administration.certificate_operations import REPORT_COLUMNS, read_string, report_file

    with opened(data) as (administration, actor):
        rows = administration.certificate_operations.report(
            actor,
            [criterion(Phone.noun, each) for each in where or ()],
            authentication_string=None if string is None else read_string(string),
        )
    if as_csv:
        sys.stdout.write(report_file(rows))
    elif as_json:
        print_json([asdict(row) for row in rows])
    else:
        print_table(REPORT_COLUMNS, (row.cells() for row in rows), empty="There is no such phone.")


def certificates(
    device: Annotated[str, typer.Option("--device", metavar="DEVICE_NAME", help="Only those of this phone.")] = "",
    status: Annotated[
        list[DeviceCertificateStatus] | None,
        typer.Option("--status", help="Only those with this status; may be repeated.", show_default=False),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--expires-within", metavar="DAYS", min=0, help="Only those that expire so soon."),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the certificates of phones."""
    with opened(data) as (administration, actor):
        found = administration.device_certificates.find(
            actor,
            device=device_name_of(device) or device,
            status=status or tuple(DeviceCertificateStatus),
            expires_within=None if days is None else timedelta(days=days),
        )
    if as_json:
        print_json([_certificate_json(row) for row in found])
        return
    columns = ("Device", "Kind", "Status", "Since", "Valid to", "Fingerprint (SHA-256)")
    rows = [
        (
            row.device,
            row.kind.value,
            row.status.value,
            f"{_moment(row.status_at).astimezone():%Y-%m-%d %H:%M}",
            f"{_moment(row.expires_at):%Y-%m-%d}",
            row.fingerprint,
        )
        for row in found
    ]
    print_table(columns, rows, empty="There is no such certificate.")


def revoke(
    text: Annotated[
        str,
        typer.Argument(
            metavar="DEVICE_NAME|FINGERPRINT",
            help="All certificates that the phone holds, or one by the first digits of its fingerprint.",
            show_default=False,
        ),
    ],
    yes: Yes = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Revoke certificates."""
    with opened(data) as (administration, actor):
        if not yes:
            typer.confirm(f"Revoke {text}? The phone cannot connect with it any more.", abort=True, err=True)
        rows = administration.device_certificates.revoke(actor, device_name_of(text) or text)
    if as_json:
        print_json([_certificate_json(row) for row in rows])
        return
    for row in rows:
        say(f"The {row.kind.value} of {row.device} is revoked ({row.fingerprint}).")
    say("To give the phone a new certificate: ringward capf set install DEVICE_NAME, by string or null string.")


def renewals(
    days: Annotated[
        int | None,
        typer.Option(
            "--expires-within",
            metavar="DAYS",
            min=0,
            help="Those that expire so soon, instead of what the service parameter says.",
        ),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show how renewal stands."""
    with opened(data) as (administration, actor):
        found = administration.certificate_renewals.report(actor, days)
        _, parameters = administration.certificate_renewals.in_force(actor)
    rows = [
        {
            "device": each.device,
            "expires": f"{each.expires:%Y-%m-%d}",
            "state": each.state.value,
            "authentication_mode": each.authentication_mode.value,
            "operation_status": each.operation_status,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    columns = ("Device", "Expires", "Renewal", "Authentication Mode", "Operation Status")
    empty = (
        "No certificate ends so soon."
        if days is not None or parameters.renewal_days
        else "Nothing is renewed by itself: the parameter Renew Certificates Before Their End of CAPF is 0."
    )
    print_table(columns, (tuple(row.values()) for row in rows), empty=empty)


def calls(as_json: Json = False, data: Data = None) -> None:
    """Show the last calls of phones to CAPF."""
    with node(data) as client:
        answer: list[dict[str, Any]] | None = client.ask("capf-calls")
    if answer is None:
        raise RingwardError("CAPF does not run here; first: ringward service activate capf")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            f"{datetime.fromtimestamp(each['at'], UTC).astimezone():%Y-%m-%d %H:%M:%S}",
            each["device"],
            each["address"],
            each["operation"],
            each["outcome"],
        )
        for each in answer
    ]
    print_table(("Time", "Device", "Address", "Operation", "Outcome"), rows, empty="No phone has called.")


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _certificate_json(row: DeviceCertificateRow) -> dict[str, Any]:
    return {
        "device": row.device,
        "kind": row.kind.value,
        "status": row.status.value,
        "status_since": _moment(row.status_at).isoformat(),
        "issued": _moment(row.issued_at).isoformat(),
        "expires": _moment(row.expires_at).isoformat(),
        "serial_number": row.serial_number,
        "fingerprint_sha256": row.fingerprint,
    }
