"""Looking into the audit log."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import AUDIT_LOG_TAMPERED
from ringward.domain.errors import Refused
from ringward.store import audit
from ringward.store.audit import AuditEntry, AuditFilter, Chain

MOST_EXPORTED = 50_000
"""Entries of one file, some tens of megabytes: it is made in memory, and spreadsheet programs open no more."""
_EVERYTHING = AuditFilter()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Part of the log, newest entry first."""

    entries: tuple[AuditEntry, ...]
    total: int
    offset: int


class AuditLog:
    """The use cases of the audit log; it can only be read."""

    def __init__(self, operations: Operations, alarm: Report) -> None:
        self._operations = operations
        self._alarm = alarm

    def find(
        self, actor: Actor, wanted: AuditFilter = _EVERYTHING, *, offset: int = 0, limit: int = 100
    ) -> AuditPage:
        """The entries that the filter lets through."""
        with self._operations.read(actor, "audit.read") as view:
            found = audit.entries(view.connection, wanted, offset=offset, limit=limit)
            return AuditPage(tuple(found), audit.count(view.connection, wanted), offset)

    def export(self, actor: Actor, wanted: AuditFilter = _EVERYTHING) -> tuple[AuditEntry, ...]:
        """All entries that the filter lets through, newest first; raises :class:`Refused` if they are too many."""
        found = self.find(actor, wanted, limit=MOST_EXPORTED)
        if found.total > MOST_EXPORTED:
            raise Refused(
                f"{found.total} entries meet this, and a file holds {MOST_EXPORTED} at most: "
                "export the log in parts, by a shorter time each"
            )
        return found.entries

    def verify(self, actor: Actor, noted: tuple[int, str] | None = None) -> Chain:
        """Look whether somebody has changed, removed or inserted entries behind Ringward's back.

        ``noted``: number and stamp of an entry as they were noted down elsewhere. Only it tells when a log was cut
        off at its end, or replaced whole by an older copy; ``broken_at`` is then its number.
        """
        with self._operations.read(actor, "audit.read") as view:
            chain = audit.check(view.connection, self._operations.secrets)
            if noted is not None and chain.broken_at is None:
                number, stamp = noted
                is_there = audit.stamp_of(view.connection, number) == stamp
                chain = chain if is_there else replace(chain, broken_at=number)
        if chain.broken_at is not None:
            said = f"the audit log is not as it was written, from entry {chain.broken_at} on"
            self._alarm(raised(AUDIT_LOG_TAMPERED, "audit log", said))
        return chain
