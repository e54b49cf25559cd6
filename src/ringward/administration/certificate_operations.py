"""Certificate operations as the administrator gives them: to one phone or to thousands; found again, and reported.

The report has the columns of the guide (CAPF-33) and shows authentication strings, which somebody has to read to
the users (CAPF-28); so it needs a permission of its own.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ringward.administration.authorization import Actor, is_allowed
from ringward.administration.operation import Operations, View, Work
from ringward.administration.pending_operation import warning_without_capf
from ringward.administration.phones import Phones
from ringward.administration.spreadsheet import defuse
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.domain.job import ItemState
from ringward.domain.phone import Phone
from ringward.domain.phone_models import CAPABILITIES, capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rules.certificate_operation import (
    AUTHENTICATION_STRING,
    AUTHENTICATION_STRING_HELP,
    generate_string,
)
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    KeySize,
)
from ringward.store import device_certificates, phone_security
from ringward.store.criteria import Criterion

_REPORT = "certificate-operation"
READ_STRINGS = f"{_REPORT}.report"
"""Enough to see which authentication string somebody is to be told (ADMIN-13)."""
GENERATE_STRING = f"{_REPORT}.generate-string"
"""Enough to have a phone install a certificate with a string made for it, as its profile says; no more."""
_CAN_HOLD_ONE = phone_security.is_one_of([key for key, row in CAPABILITIES.items() if row.tls_signalling])
_FEW = 1_000
"""Phones whose names are written into a query one by one."""
_MOST_NAMED = 10
"""Phones without certificates that are named."""
_MOST_ERRORS = 20
"""Wrong phones that are named; with more of them the question was wrong."""

REPORT_COLUMNS = (
    "Device Name",
    "Description",
    "Security Profile",
    "Authentication String",
    "Authentication Mode",
    "LSC Status",
    "Certificate Operation",
    "Operation Completes by",
    "Certificates",
)
"""The guide's columns, and three more behind them."""


@dataclass(frozen=True, slots=True)
class WantedOperation:
    """What CAPF shall do with phones, and how they prove themselves."""

    operation: CertificateOperation
    authentication_string: Secret | None = None
    generate_string: bool = False
    """Make a string of its own for each phone (CAPF-26)."""
    completes_by: str = ""
    """Empty for the preset."""
    authentication_mode: CapfAuthenticationMode | None = None
    """None to leave the profile as it is; else the phone gets a profile that has it (PSP-10, PSP-11)."""
    key_size: KeySize | None = None
    replaces_pending: bool = True
    """Whether a phone that has an operation gets this one in its place; else it is refused."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was given to phones."""

    phones: tuple[str, ...]
    without_security: tuple[str, ...]
    """Phones that met the question but cannot hold a certificate."""
    made_profiles: tuple[str, ...]
    notes: tuple[str, ...]
    """What whoever has given it should know, in sentences."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A phone in the CAPF report."""

    device_name: str
    description: str
    security_profile: str
    authentication_string: str
    authentication_mode: str
    lsc_status: str
    certificate_operation: str
    operation_completes_by: str
    certificates: str
    """Kinds that it is known to hold."""

    def cells(self) -> tuple[str, ...]:
        """In the order of :data:`REPORT_COLUMNS`."""
        return (
            self.device_name,
            self.description,
            self.security_profile,
            self.authentication_string,
            self.authentication_mode,
            self.lsc_status,
            self.certificate_operation,
            self.operation_completes_by,
            self.certificates,
        )


def _permission(actor: Actor, wanted: WantedOperation) -> str:
    """What giving this needs: to change phones, or for a new string alone only the right to that (AUTHZ-19)."""
    is_string_alone = (
        wanted.operation is CertificateOperation.INSTALL_UPGRADE
        and wanted.generate_string
        and wanted.authentication_mode is None
        and wanted.key_size is None
    )
    if is_string_alone and not is_allowed(actor, "phone.update"):
        return GENERATE_STRING
    return "phone.update"


class CertificateOperations:
    """The use cases of CAPF's fields in Phone Configuration."""

    def __init__(
        self,
        operations: Operations,
        phones: Phones,
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._operations = operations
        self._phones = phones
        self._random_below = random_below

    def give(
        self,
        actor: Actor,
        wanted: WantedOperation,
        *,
        devices: Sequence[str] = (),
        criteria: Iterable[Criterion] = (),
    ) -> Given:
        """Give the operation to the named phones, or to all that meet the criteria; to all or none of them.

        ``NONE`` withdraws what is pending. Of phones found by criteria those that can hold no certificate are left
        out. Raises :class:`NotFound`, and :class:`Invalid` which names the phones.
        """
        named = f"{', '.join(devices[:5])}{' ...' if len(devices) > 5 else ''}"
        with self._operations.change(actor, _permission(actor, wanted), Phone.noun, named) as work:
            if devices:
                _gather(work, devices)
                found, left_out = [work.get(Phone, each) for each in dict.fromkeys(devices)], []
            else:
                every = work.search(Phone, criteria)
                found = [each for each in every if _can_hold_one(each)]
                left_out = [each.device_name for each in every if not _can_hold_one(each)]
                if not every:
                    raise NotFound("phone", "that meets the criteria")
                if not found:
                    raise Refused("none of the phones that meet the criteria can hold a certificate")
                _gather(work, [each.device_name for each in found])
            made: list[str] = []
            errors: list[FieldError] = []
            chosen: dict[str, str] = {}
            for phone in found:
                try:
                    made += self.give_within(work, phone, wanted, chosen)
                except Invalid as error:
                    errors += [
                        FieldError(f"{phone.device_name}: {each.field}", each.value, each.allowed)
                        for each in error.errors
                    ]
                    if len(errors) > _MOST_ERRORS:
                        break
            if errors:
                raise Invalid("certificate operation", wanted.operation.value, errors[:_MOST_ERRORS])
            notes = tuple(_notes(work, wanted, made, left_out))
        return Given(tuple(each.device_name for each in found), tuple(left_out), tuple(made), notes)

    def give_within(
        self, work: Work, phone: Phone, wanted: WantedOperation, chosen: dict[str, str] | None = None
    ) -> list[str]:
        """Give one phone its operation as part of a larger one; returns the profiles that had to be made.

        ``chosen`` remembers, for the same operation of further phones, by the profile that a phone had the one
        that it gets. Raises :class:`Refused` if an operation is pending that shall not be replaced.
        """
        if wanted.operation is not CertificateOperation.NONE and not _can_hold_one(phone):
            allowed = f"nothing, as a {phone.model} with {phone.protocol.value} can hold no certificate"
            wrong = FieldError("certificate_operation", wanted.operation.value, allowed)
            raise Invalid(phone.noun, phone.key, [wrong])
        pending = phone.certificate_operation
        if pending is not CertificateOperation.NONE and not wanted.replaces_pending:
            raise Refused(f"another operation is pending, which stays: {pending.value}")
        changes: dict[str, Any] = {"certificate_operation": wanted.operation}
        made = []
        if wanted.authentication_mode is not None or wanted.key_size is not None:
            known = {} if chosen is None else chosen
            if (name := known.get(phone.security_profile)) is None:
                mode, size = wanted.authentication_mode, wanted.key_size
                profile, is_new = self._phones.profile_with(work, phone, mode, size)
                name = known[phone.security_profile] = profile.name
                made = [name] if is_new else []
            changes["security_profile"] = name
        if wanted.operation is not CertificateOperation.NONE:
            string = wanted.authentication_string
            if wanted.generate_string:
                string = generate_string(self._random_below)
            changes |= {"authentication_string": string, "operation_completes_by": wanted.completes_by}
        self._phones.update_within(work, phone.device_name, changes)
        return made

    def warning(self) -> str:
        """What whoever orders operations should know now; empty for nothing."""
        with self._operations.look() as view:
            return warning_without_capf(view)

    def can_hold_one(self, phone: Phone) -> bool:
        """Whether a phone is of a model that can hold a certificate."""
        return _can_hold_one(phone)

    def report(
        self,
        actor: Actor,
        criteria: Iterable[Criterion] = (),
        *,
        authentication_string: Secret | None = None,
        limit: int | None = None,
    ) -> tuple[ReportRow, ...]:
        """Phones that can hold a certificate and meet the criteria, with their strings (CAPF-32, CAPF-33).

        ``authentication_string``: only the phones that have exactly this one. A part of it finds nothing, as that
        would tell it piece by piece. ``limit``: the first of them alone.
        """
        with self._operations.read(actor, READ_STRINGS) as view:
            if authentication_string is None:
                return self._rows(view, view.search(Phone, criteria, (_CAN_HOLD_ONE,), limit))
            phones = view.search(Phone, criteria, (_CAN_HOLD_ONE, phone_security.has_string()))
            found = [each for each in phones if each.authentication_string == authentication_string]
            return self._rows(view, found[:limit])

    def count(self, actor: Actor, criteria: Iterable[Criterion] = ()) -> int:
        """How many phones the report has."""
        with self._operations.read(actor, READ_STRINGS) as view:
            return view.count(Phone, criteria, (_CAN_HOLD_ONE,))

    def strings_of_job(self, actor: Actor, number: int, limit: int) -> tuple[ReportRow, ...]:
        """The first phones to which a job has given an operation and that have a string for it."""
        with self._operations.read(actor, READ_STRINGS) as view:
            where = (phone_security.is_in_job(number, ItemState.DONE), phone_security.has_string())
            return self._rows(view, view.search(Phone, (), where, limit))

    def _rows(self, view: View, phones: Sequence[Phone]) -> tuple[ReportRow, ...]:
        devices = [each.device_name for each in phones] if len(phones) <= _FEW else None
        held = device_certificates.kinds_by_device(view.connection, devices)
        kinds = {device: ", ".join(sorted(each.value for each in found)) for device, found in held.items()}
        return tuple(self._row(view, each, kinds.get(each.device_name, "")) for each in phones)

    def _row(self, view: View, phone: Phone, held: str) -> ReportRow:
        profile = view.get(PhoneSecurityProfile, phone.security_profile)
        string = phone.authentication_string
        return ReportRow(
            phone.device_name,
            phone.description,
            phone.security_profile,
            string.reveal() if string is not None else "",
            profile.authentication_mode.value,
            phone.operation_status or "None",
            phone.certificate_operation.value,
            phone.operation_completes_by,
            held,
        )


def report_file(rows: Iterable[ReportRow]) -> str:
    """The CAPF report as CSV; cells that a spreadsheet program would take for a formula are defused."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(REPORT_COLUMNS)
    writer.writerows([defuse(cell) for cell in row.cells()] for row in rows)
    return text.getvalue()


def read_string(text: str) -> Secret:
    """An authentication string that somebody typed. Raises :class:`Invalid`."""
    if not AUTHENTICATION_STRING.fullmatch(text):
        raise Invalid(
            "authentication string", "(hidden)", [FieldError("string", "(hidden)", AUTHENTICATION_STRING_HELP)]
        )
    return Secret(text)


def _gather(work: Work, devices: Sequence[str]) -> None:
    """Read thousands of phones at once that will be looked for one by one: nobody else can write meanwhile."""
    for begin in range(0, len(devices), _FEW):
        work.gather(Phone, devices[begin : begin + _FEW])


def _notes(view: View, wanted: WantedOperation, made: Sequence[str], left_out: Sequence[str]) -> Iterator[str]:
    for name in made:
        yield f"Made the profile {name!r}."
    if left_out:
        more = f" and {len(left_out) - _MOST_NAMED} more" if len(left_out) > _MOST_NAMED else ""
        yield f"Left out, as they can hold no certificate: {', '.join(left_out[:_MOST_NAMED])}{more}."
    if wanted.operation is not CertificateOperation.NONE and (warning := warning_without_capf(view)):
        yield warning


def _can_hold_one(phone: Phone) -> bool:
    capability = capability_of(phone.model, phone.protocol)
    return capability is not None and capability.tls_signalling
