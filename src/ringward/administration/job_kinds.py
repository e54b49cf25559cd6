"""What jobs can do: each kind reads its arguments into a plan, and a plan knows how to do one item.

An item is done within a transaction of its own, in which the engine also writes down what came of it: what was
done is never done again, whatever happens to the node in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar, runtime_checkable

from ringward.administration import spreadsheet
from ringward.administration.authorization import Actor
from ringward.administration.backup import CREATE
from ringward.administration.bulk import Bulk
from ringward.administration.certificate_operations import CertificateOperations, WantedOperation, read_string
from ringward.administration.kept_backups import KeptBackups, Tell, WantedBackup, wanted_backup
from ringward.administration.operation import View, Work
from ringward.administration.phones import RESET, Phones
from ringward.administration.spreadsheet import KEY_COLUMN, PhoneRow
from ringward.domain.errors import FieldError, Invalid, Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.rules.configuration_encryption import has_manual_key
from ringward.domain.rules.device_name import device_name_of
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    ConfigurationEncryption,
    KeySize,
)

E = TypeVar("E", bound=Enum)

PHONE_RESET = "phone-reset"
CERTIFICATE_OPERATION = "certificate-operation"
PHONE_IMPORT = "phone-import"
FILE_ENCRYPTION = "file-encryption"
BACKUP = "backup"
KINDS = (PHONE_RESET, CERTIFICATE_OPERATION, PHONE_IMPORT, FILE_ENCRYPTION, BACKUP)

Ask = Callable[[str, Mapping[str, Any]], Any]
"""Gives the running node an order, in the words of its control socket."""

_RESETS_PER_SECOND = 20
"""Each reset phone fetches its files and registers: more at a time would be a storm."""
_MAX_TEXT = 16_000_000
"""Characters of a CSV text: more than any that the pages take, and bounded for the command line."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What goes on with the items that were done."""

    kind: str
    arguments: Mapping[str, Any]


class Plan(Protocol):
    """The arguments of a job, understood."""

    @property
    def keys(self) -> Sequence[str] | None:
        """The items, if the arguments name them; None if whoever orders the job says which phones."""

    @property
    def pause(self) -> float:
        """Seconds from one item to the next, at least."""

    @property
    def follow(self) -> Follow | None:
        """The job after this one."""

    def title(self, count: int) -> str:
        """What it does, in words."""

    def suits(self, view: View, phone: Phone) -> bool:
        """Whether a phone that was found by criteria is meant; one that was named always is."""

    def do(self, work: Work, position: int, key: str, ask: Ask) -> str:
        """Do one item; returns what was done. Raises :class:`RingwardError` if it cannot be."""


@runtime_checkable
class LongPlan(Protocol):
    """A plan whose one item takes so long that nobody must wait for it: it is done outside of a transaction."""

    def ordered(self, work: Work, job: int, key: str) -> None:
        """What is noted when it is ordered, in the same transaction."""

    def work(self, actor: Actor, job: int, tell: Tell) -> str:
        """Do it; returns what was done. Raises :class:`RingwardError` if it cannot; a crash has it done anew."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """See the module."""

    permission: str
    """What whoever orders it must be allowed, when it is ordered and still when each item is done."""
    read: Callable[[Mapping[str, Any]], Plan]
    """Raises :class:`Invalid`."""
    takes_long: bool = False
    """Whether its plans are :class:`LongPlan`."""


@dataclass(frozen=True, slots=True)
class _Resets:
    phones: Phones
    restart: bool
    while_pending: bool = False
    """Whether only phones are meant that still have time for a certificate operation: a node that was down in
    between would else reset them in the middle of the day, and for nothing."""
    keys: Sequence[str] | None = None
    pause: float = 1 / _RESETS_PER_SECOND
    follow: Follow | None = None

    def title(self, count: int) -> str:
        return f"{'Restart' if self.restart else 'Reset'} {_phones(count)}"

    def suits(self, view: View, phone: Phone) -> bool:
        return True

    def do(self, work: Work, position: int, key: str, ask: Ask) -> str:
        if self.while_pending and not self.phones.awaits_capf(work, key):
            raise Refused("its certificate operation is over, so it is not reset")
        arguments = {"device": key, "restart": self.restart}
        self.phones.reset_within(work, key, lambda: ask("reset", arguments), restart=self.restart)
        return "told to restart" if self.restart else "told to reset"


@dataclass(frozen=True, slots=True)
class _Operations:
    use_cases: CertificateOperations
    wanted: WantedOperation
    follow: Follow | None
    keys: Sequence[str] | None = None
    pause: float = 0.0

    def title(self, count: int) -> str:
        if self.wanted.operation is CertificateOperation.NONE:
            return f"Withdraw the certificate operations of {_phones(count)}"
        return f"{self.wanted.operation.value} a certificate: {_phones(count)}"

    def suits(self, view: View, phone: Phone) -> bool:
        return self.use_cases.can_hold_one(phone)

    def do(self, work: Work, position: int, key: str, ask: Ask) -> str:
        phone = work.get(Phone, key)
        if not self.use_cases.can_hold_one(phone):
            raise Refused(f"a {phone.model} with {phone.protocol.value} can hold no certificate")
        made = self.use_cases.give_within(work, phone, self.wanted)
        said = "nothing is pending" if self.wanted.operation is CertificateOperation.NONE else "pending"
        return said + "".join(f"; made the profile {name}" for name in made)


@dataclass(frozen=True, slots=True)
class _Encryption:
    phones: Phones
    symmetric_keys: Mapping[str, str]
    follow: Follow | None
    keys: Sequence[str] | None = None
    pause: float = 0.0

    def title(self, count: int) -> str:
        return f"Encrypt the configuration files of {_phones(count)}"

    def suits(self, view: View, phone: Phone) -> bool:
        row = capability_of(phone.model, phone.protocol)
        return row is not None and row.configuration_encryption is not ConfigurationEncryption.NONE

    def do(self, work: Work, position: int, key: str, ask: Ask) -> str:
        phone = work.get(Phone, key)
        if not self.suits(work, phone):
            raise Refused(f"the file of a {phone.model} with {phone.protocol.value} cannot be encrypted")
        symmetric = self.symmetric_keys.get(key, "")
        if not symmetric and not phone.symmetric_key and self._needs_key(phone):
            raise Refused("its model needs a symmetric key, and it has none")
        profile, made = self.phones.profile_like(work, phone, {"tftp_encrypted_config": True})
        changes: dict[str, Any] = {"security_profile": profile.name}
        if symmetric:
            changes["symmetric_key"] = Secret(symmetric)
        self.phones.update_within(work, key, changes)
        said = "its file is encrypted" + ("; enter its symmetric key at the phone" if symmetric else "")
        return said + (f"; made the profile {profile.name}" if made else "")

    def _needs_key(self, phone: Phone) -> bool:
        row = capability_of(phone.model, phone.protocol)
        return row is not None and has_manual_key(row)


@dataclass(frozen=True, slots=True)
class _Backup:
    kept: KeptBackups
    wanted: WantedBackup
    keys: Sequence[str]
    pause: float = 0.0
    follow: Follow | None = None

    def title(self, count: int) -> str:
        return f"Back up {f'as {self.wanted.schedule} says' if self.wanted.schedule else 'the node'}"

    def suits(self, view: View, phone: Phone) -> bool:
        return False

    def do(self, work: Work, position: int, key: str, ask: Ask) -> str:
        raise Refused("a backup is made outside of a transaction")

    def ordered(self, work: Work, job: int, key: str) -> None:
        self.kept.ordered(work, job, key, self.wanted)

    def work(self, actor: Actor, job: int, tell: Tell) -> str:
        return self.kept.make(actor, job, self.wanted, tell)


@dataclass(frozen=True, slots=True)
class _Import:
    bulk: Bulk
    rows: Sequence[PhoneRow]
    keys: Sequence[str]
    update: bool
    pause: float = 0.0
    follow: Follow | None = None

    def title(self, count: int) -> str:
        return f"Import {_phones(count)}"

    def suits(self, view: View, phone: Phone) -> bool:
        return False

    def do(self, work: Work, position: int, key: str, ask: Ask) -> str:
        row = self.rows[position]
        try:
            return self.bulk.store_within(work, row, update=self.update)
        except Invalid as error:
            raise Refused("; ".join(map(str, spreadsheet.errors_of(row, error.errors)))) from None


def job_kinds(
    phones: Phones, operations: CertificateOperations, bulk: Bulk, kept_backups: KeptBackups
) -> Mapping[str, JobKind]:
    """All kinds by name."""

    def resets(arguments: Mapping[str, Any]) -> Plan:
        _check(PHONE_RESET, arguments, "restart", "while_pending")
        restart, while_pending = (_flag(PHONE_RESET, arguments, name) for name in ("restart", "while_pending"))
        return _Resets(phones, restart, while_pending)

    def certificate_operations(arguments: Mapping[str, Any]) -> Plan:
        wanted = _wanted(arguments)
        gives = wanted.operation is not CertificateOperation.NONE
        reset = _flag(CERTIFICATE_OPERATION, arguments, "reset")
        follow = Follow(PHONE_RESET, {"while_pending": gives}) if reset else None
        return _Operations(operations, wanted, follow)

    def imports(arguments: Mapping[str, Any]) -> Plan:
        _check(PHONE_IMPORT, arguments, "csv", "update")
        rows = _rows(_text(PHONE_IMPORT, arguments, "csv"))
        keys = [device_name_of(name) or name for name in (str(row.values[KEY_COLUMN]) for row in rows)]
        seen: dict[str, int] = {}
        for row, key in zip(rows, keys, strict=True):
            if seen.setdefault(key, row.row) != row.row:
                allowed = f"each phone only once; it is in row {seen[key]} too"
                raise Invalid(PHONE_IMPORT, "csv", [FieldError(f"row {row.row}, {KEY_COLUMN}", key, allowed)])
        return _Import(bulk, rows, keys, _flag(PHONE_IMPORT, arguments, "update"))

    def encryptions(arguments: Mapping[str, Any]) -> Plan:
        kind = FILE_ENCRYPTION
        _check(kind, arguments, "keys", "reset")
        keys = arguments.get("keys", {})
        if not (isinstance(keys, dict) and all(isinstance(each, str) for each in keys.values())):
            raise _wrong(kind, "keys", "", "symmetric keys by device name")
        return _Encryption(phones, keys, Follow(PHONE_RESET, {}) if _flag(kind, arguments, "reset") else None)

    def backups(arguments: Mapping[str, Any]) -> Plan:
        names = ("schedule", "directory", "public_key", "passphrase")
        _check(BACKUP, arguments, *names)
        wanted = wanted_backup(*(_text(BACKUP, arguments, name) for name in names))
        return _Backup(kept_backups, wanted, (kept_backups.new_name(wanted),))

    return {
        BACKUP: JobKind(CREATE, backups, takes_long=True),
        PHONE_RESET: JobKind(RESET, resets),
        CERTIFICATE_OPERATION: JobKind(f"{Phone.noun}.update", certificate_operations),
        PHONE_IMPORT: JobKind(f"{Phone.noun}.import", imports),
        FILE_ENCRYPTION: JobKind(f"{Phone.noun}.update", encryptions),
    }


def operation_arguments(wanted: WantedOperation, *, reset: bool) -> dict[str, Any]:
    """A wanted certificate operation as arguments of its job; ``reset``: the phones are reset after it."""
    string, mode = wanted.authentication_string, wanted.authentication_mode
    return {
        "operation": wanted.operation.value,
        "string": string.reveal() if string is not None else "",
        "generate": wanted.generate_string,
        "completes_by": wanted.completes_by,
        "mode": mode.value if mode is not None else "",
        "key_size": wanted.key_size.value if wanted.key_size is not None else "",
        "replace": wanted.replaces_pending,
        "reset": reset,
    }


def _wanted(arguments: Mapping[str, Any]) -> WantedOperation:
    kind = CERTIFICATE_OPERATION
    known = ("operation", "string", "generate", "completes_by", "mode", "key_size", "replace", "reset")
    _check(kind, arguments, *known)
    string, mode, size = (arguments.get(name) or None for name in ("string", "mode", "key_size"))
    return WantedOperation(
        _one_of(CertificateOperation, kind, "operation", arguments.get("operation")),
        read_string(_text(kind, arguments, "string")) if string else None,
        generate_string=_flag(kind, arguments, "generate") and not string,
        completes_by=_text(kind, arguments, "completes_by"),
        authentication_mode=_one_of(CapfAuthenticationMode, kind, "mode", mode) if mode else None,
        key_size=_one_of(KeySize, kind, "key_size", size) if size else None,
        replaces_pending=_flag(kind, {"replace": True} | dict(arguments), "replace"),
    )


def _rows(text: str) -> Sequence[PhoneRow]:
    rows, errors = spreadsheet.read(text)
    if errors:
        found = [FieldError(f"row {each.row}, {each.field}", each.value, each.allowed) for each in errors[:100]]
        raise Invalid(PHONE_IMPORT, "csv", found)
    return rows


def _check(kind: str, arguments: Mapping[str, Any], *known: str) -> None:
    if unknown := [name for name in arguments if name not in known]:
        raise Invalid(kind, "arguments", [FieldError(unknown[0][:40], "", ", ".join(known))])


def _flag(kind: str, arguments: Mapping[str, Any], name: str) -> bool:
    value = arguments.get(name, False)
    if not isinstance(value, bool):
        raise _wrong(kind, name, value, "true, false")
    return value


def _text(kind: str, arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _wrong(kind, name, "", f"a text of at most {_MAX_TEXT} characters")
    return value


def _one_of(kinds: type[E], kind: str, name: str, value: Any) -> E:
    for each in kinds:
        if each.value == value:
            return each
    raise _wrong(kind, name, value, ", ".join(str(each.value) for each in kinds))


def _wrong(kind: str, name: str, value: Any, allowed: str) -> Invalid:
    return Invalid(kind, "arguments", [FieldError(name, str(value)[:40], allowed)])


def _phones(count: int) -> str:
    return "1 phone" if count == 1 else f"{count} phones"
