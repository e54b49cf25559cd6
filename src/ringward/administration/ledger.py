"""What operations leave behind in the audit log and in the change feed.

It is gathered while they work, and written at the end of their transaction, all of it at once: for many operations
that are committed together one statement writes to each table.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ringward.cluster.bus import Announcement
from ringward.domain.change import Action
from ringward.pki.secrets import SecretBox
from ringward.store import audit, feed
from ringward.store.audit import AuditEntry


class Ledger:
    """See the module."""

    def __init__(self) -> None:
        self._entries: list[AuditEntry] = []
        self._changes: list[feed.NewChange] = []

    def note(self, entry: AuditEntry) -> None:
        """Keep an entry for the audit log."""
        self._entries.append(entry)

    def announce(self, at: int, noun: str, key: str, action: Action) -> None:
        """Keep a change for the feed, made ``at`` so many milliseconds since 1970."""
        self._changes.append((at, noun, key, action))

    def take(self, other: Ledger) -> None:
        """Keep what another one has kept, behind all that is here."""
        self._entries += other._entries
        self._changes += other._changes

    def write(self, connection: Connection, secrets: SecretBox) -> list[Announcement]:
        """Write all of it in the present transaction; returns what is to be announced once that is committed."""
        audit.append(connection, self._entries, secrets)
        sequences = feed.append_all(connection, self._changes)
        return [
            Announcement(noun, key, action, sequence)
            for (_, noun, key, action), sequence in zip(self._changes, sequences, strict=True)
        ]
