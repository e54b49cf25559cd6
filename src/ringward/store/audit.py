"""The audit log: who did what, when and from where, with the values before and after (in words, never secrets)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from ringward.store.tables import audit


class Outcome(Enum):
    """How an operation ended."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
    DENIED = "denied"
    """The actor lacked the permission; nothing was changed."""
    DONE = "done"
    """An act that changes no record."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act of an administrator, a user or the installation."""

    at: int
    """Milliseconds since 1970."""
    actor: str
    role: str
    origin: str
    """Where the actor came from: ``command line``, a network address ..."""
    permission: str
    """What the act needed, which also names it: ``phone.update``."""
    noun: str
    key: str
    outcome: Outcome
    before: Mapping[str, str]
    """The fields that changed, as they were."""
    after: Mapping[str, str]
    """The same fields, as they are since."""
    number: int = 0
    """Place in the log, from 1; given when the entry is stored."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show; a field that is None does not matter."""

    actor: str | None = None
    noun: str | None = None
    key: str | None = None
    permission: str | None = None
    outcome: Outcome | None = None
    since: int | None = None
    """Milliseconds since 1970, inclusive."""
    until: int | None = None
    """Milliseconds since 1970, exclusive."""


def append(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry in the present transaction."""
    values = {
        "at": entry.at,
        "actor": entry.actor,
        "role": entry.role,
        "origin": entry.origin,
        "permission": entry.permission,
        "noun": entry.noun,
        "key": entry.key,
        "outcome": entry.outcome.value,
        "before": json.dumps(dict(entry.before), ensure_ascii=False),
        "after": json.dumps(dict(entry.after), ensure_ascii=False),
    }
    connection.execute(insert(audit), values)


def entries(connection: Connection, wanted: AuditFilter, *, offset: int = 0, limit: int = 100) -> list[AuditEntry]:
    """The entries that a filter lets through, newest first."""
    statement = _filtered(select(audit), wanted).order_by(audit.c.number.desc()).offset(offset).limit(limit)
    return [
        AuditEntry(
            at=row.at,
            actor=row.actor,
            role=row.role,
            origin=row.origin,
            permission=row.permission,
            noun=row.noun,
            key=row.key,
            outcome=Outcome(row.outcome),
            before=json.loads(row.before),
            after=json.loads(row.after),
            number=row.number,
        )
        for row in connection.execute(statement)
    ]


def count(connection: Connection, wanted: AuditFilter) -> int:
    """How many entries a filter lets through."""
    statement = _filtered(select(func.count()).select_from(audit), wanted)
    return int(connection.execute(statement).scalar_one())


def _filtered(statement: Select[Any], wanted: AuditFilter) -> Select[Any]:
    for name in ("actor", "noun", "key", "permission"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(audit.c[name] == value)
    if wanted.outcome is not None:
        statement = statement.where(audit.c.outcome == wanted.outcome.value)
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit.c.at < wanted.until)
    return statement
