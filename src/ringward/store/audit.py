"""The audit log: who did what, when and from where, with the values before and after (in words, never secrets)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select

from ringward.pki.secrets import SecretBox
from ringward.store.tables import audit

_ADD = insert(audit)
_NEWEST_STAMP = select(audit.c.stamp).order_by(audit.c.number.desc()).limit(1)
_JSON = json.JSONEncoder(ensure_ascii=False).encode
_STAMPED = ("at", "actor", "role", "origin", "permission", "noun", "key", "outcome", "before", "after")


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
    """The operation; a star stands for any letters: ``phone.*``."""
    outcome: Outcome | None = None
    since: int | None = None
    """Milliseconds since 1970, inclusive."""
    until: int | None = None
    """Milliseconds since 1970, exclusive."""
    beyond: int | None = None
    """Number of an entry: only what stands after it in the log."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What looking at the stamps of the whole log has shown."""

    entries: int
    """Entries that are as they were written, from the first on."""
    last: int
    """Number of the last of them; 0 if there is none."""
    stamp: str
    """Its stamp: whoever notes it down elsewhere can later tell that nothing was cut off behind it."""
    broken_at: int | None
    """Number of the first entry that was changed, or before which one is missing; None if all is well."""


def append(connection: Connection, entries: Sequence[AuditEntry], secrets: SecretBox) -> None:
    """Add entries in the present transaction, which must hold the write lock: entries form one chain."""
    if not entries:
        return
    stamp = connection.execute(_NEWEST_STAMP).scalar() or ""
    rows = []
    for entry in entries:
        values = _values(entry)
        stamp = secrets.stamp(_stamped(stamp, values))
        rows.append(values | {"stamp": stamp})
    connection.execute(_ADD, rows)


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "role": entry.role,
        "origin": entry.origin,
        "permission": entry.permission,
        "noun": entry.noun,
        "key": entry.key,
        "outcome": entry.outcome.value,
        "before": _text(entry.before),
        "after": _text(entry.after),
    }


def _text(fields: Mapping[str, str]) -> str:
    return _JSON(dict(fields))


def _stamped(before: str, values: Mapping[str, Any]) -> bytes:
    """What a stamp is made of: the stamp before, and all that the entry says."""
    return _JSON([before, *(values[name] for name in _STAMPED)]).encode()


def check(connection: Connection, secrets: SecretBox) -> Chain:
    """Look at the stamps of all entries, the oldest first."""
    entries, last, stamp = 0, 0, ""
    for row in connection.execute(select(audit).order_by(audit.c.number)).mappings():
        if row["number"] != last + 1 or not secrets.is_stamp(row["stamp"], _stamped(stamp, dict(row))):
            return Chain(entries, last, stamp, row["number"])
        entries, last, stamp = entries + 1, row["number"], row["stamp"]
    return Chain(entries, last, stamp, None)


def stamp_of(connection: Connection, number: int) -> str | None:
    """The stamp of an entry; None if there is none with this number."""
    return connection.execute(select(audit.c.stamp).where(audit.c.number == number)).scalar()


def entries(connection: Connection, wanted: AuditFilter, *, offset: int = 0, limit: int = 100) -> list[AuditEntry]:
    """The entries that a filter lets through, newest first."""
    statement = _filtered(select(audit), wanted).order_by(audit.c.number.desc()).offset(offset).limit(limit)
    return _read(connection, statement)


def updates_and_acts(
    connection: Connection, acts: Collection[str], *, beyond: int, limit: int
) -> list[AuditEntry]:
    """The entries with which a record was changed, and those of some operations, after an entry; newest first."""
    wanted = or_(audit.c.outcome == Outcome.UPDATED.value, audit.c.permission.in_(acts))
    statement = select(audit).where(wanted, audit.c.number > beyond).order_by(audit.c.number.desc()).limit(limit)
    return _read(connection, statement)


def last_number(connection: Connection) -> int:
    """The number of the newest entry; 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(audit.c.number), 0))).scalar_one())


def _read(connection: Connection, statement: Select[Any]) -> list[AuditEntry]:
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


def last_of_each_key(
    connection: Connection, wanted: AuditFilter, *, after: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Number of the last entry about each key, of those that a filter lets through.

    ``after``: only entries with exactly these fields as they are since.
    """
    last = select(audit.c.key, func.max(audit.c.number).label("last")).group_by(audit.c.key)
    if after is not None:
        last = last.where(audit.c.after == _text(after))
    return {row.key: row.last for row in connection.execute(_filtered(last, wanted))}


def count(connection: Connection, wanted: AuditFilter) -> int:
    """How many entries a filter lets through."""
    statement = _filtered(select(func.count()).select_from(audit), wanted)
    return int(connection.execute(statement).scalar_one())


def _filtered(statement: Select[Any], wanted: AuditFilter) -> Select[Any]:
    for name in ("actor", "noun", "key"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(audit.c[name] == value)
    if wanted.permission is not None:
        statement = statement.where(_meets(wanted.permission))
    if wanted.outcome is not None:
        statement = statement.where(audit.c.outcome == wanted.outcome.value)
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit.c.at < wanted.until)
    if wanted.beyond is not None:
        statement = statement.where(audit.c.number > wanted.beyond)
    return statement


def _meets(pattern: str) -> ColumnElement[bool]:
    if "*" not in pattern:
        return audit.c.permission == pattern
    literal = pattern.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return audit.c.permission.like(literal.replace("*", "%"), escape="/")
