"""Changes in the audit log that come into force with a reset or restart alone, by the guide's table (RST)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.rules.reset import ACTS, Due, due_after, due_after_act
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.domain.setting import Noun, settings_of
from ringward.domain.vocabulary import CertificateOperation
from ringward.store import audit
from ringward.store.audit import AuditEntry, Outcome

LOOKED_AT = 10_000
"""Changes that are looked at, the latest ones."""


PendingChange = tuple[AuditEntry, tuple[Due, ...]]
"""A change, and what it asks for."""


class PendingLog:
    """All of them. The log is long and pages ask often: it is read on from where it was read last."""

    def __init__(self) -> None:
        self._known: tuple[int, Sequence[PendingChange]] = 0, ()
        """Up to which entry, and what is there; one value, as threads ask at once."""

    def read(self, connection: Connection) -> tuple[int, Sequence[PendingChange]]:
        """The number of the newest entry of the log, and the changes up to it, oldest first."""
        number = audit.last_number(connection)
        known, changes = self._known
        if number < known:  # as the log was when this transaction began
            return number, [each for each in changes if each[0].number <= number]
        if number > known:
            new = audit.updates_and_acts(connection, ACTS, beyond=known, limit=LOOKED_AT)
            asking = [(entry, dues) for entry in reversed(new) if (dues := dues_of(entry))]
            self._known = number, changes = number, [*changes, *asking][-LOOKED_AT:]
        return number, changes


def dues_of(entry: AuditEntry) -> tuple[Due, ...]:
    """What a change asks for."""
    if entry.outcome is Outcome.DENIED:
        return ()
    if entry.permission in ACTS and entry.noun not in _PARAMETERS:
        return due_after_act(entry.permission, entry.key)
    kind = _kind_of(entry)
    return due_after(kind.noun, _fields(entry)) if kind is not None and entry.outcome is Outcome.UPDATED else ()


def reason_of(entry: AuditEntry) -> str:
    """The change in words."""
    if due_after_act(entry.permission, entry.key) and entry.noun not in _PARAMETERS:
        _, _, act = entry.permission.partition(".")
        return f"{entry.noun.replace('-', ' ').capitalize()} {entry.key}: {act}"
    kind = _kind_of(entry)
    title, labels = (kind.title, _LABELS[kind.noun]) if kind is not None else (entry.noun, {})
    if entry.noun == _SERVICE_PARAMETERS:
        server, _, service = entry.key.partition("/")
        where = f"{service} on {server}"
    else:
        where = f"{title} {entry.key}".strip()
    return f"{where}: {', '.join(labels.get(each, each) for each in entry.after)}"


_SERVICE_PARAMETERS = "service-parameters"
_PARAMETERS = (EnterpriseParameters.noun, _SERVICE_PARAMETERS)
_KINDS: tuple[type[Noun], ...] = (*NOUNS.values(), EnterpriseParameters, *SERVICE_PARAMETERS.values())
_LABELS = {kind.noun: {item.name: item.setting.label for item in settings_of(kind)} for kind in _KINDS}
"""What the administrator calls the fields of each kind of record."""


def _kind_of(entry: AuditEntry) -> type[Noun] | None:
    """What kind of record was changed; None if the table knows none of the kind."""
    if entry.noun == _SERVICE_PARAMETERS:
        _, _, service = entry.key.partition("/")
        return SERVICE_PARAMETERS.get(service)
    return EnterpriseParameters if entry.noun == EnterpriseParameters.noun else NOUNS.get(entry.noun)


def _fields(entry: AuditEntry) -> list[str]:
    """The changed fields; of a certificate operation that is over there is nothing left to be done."""
    over = CertificateOperation.NONE.value
    is_over = entry.noun == Phone.noun and entry.after.get("certificate_operation") == over
    return [each for each in entry.after if not (is_over and each == "certificate_operation")]
