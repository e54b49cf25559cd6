"""Looking into the audit log."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.store import audit
from ringward.store.audit import AuditEntry, AuditFilter

_EVERYTHING = AuditFilter()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Part of the log, newest entry first."""

    entries: tuple[AuditEntry, ...]
    total: int
    offset: int


class AuditLog:
    """The use cases of the audit log; it can only be read."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def find(
        self, actor: Actor, wanted: AuditFilter = _EVERYTHING, *, offset: int = 0, limit: int = 100
    ) -> AuditPage:
        """The entries that the filter lets through."""
        with self._operations.read(actor, "audit.read") as view:
            found = audit.entries(view.connection, wanted, offset=offset, limit=limit)
            return AuditPage(tuple(found), audit.count(view.connection, wanted), offset)
