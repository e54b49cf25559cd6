"""Entries of the audit log as a file for other programs: JSON, or CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from ringward.administration.spreadsheet import defuse
from ringward.store.audit import AuditEntry

COLUMNS = (
    "number",
    "at",
    "actor",
    "role",
    "origin",
    "permission",
    "noun",
    "key",
    "outcome",
    "before",
    "after",
)


def entry_json(entry: AuditEntry) -> dict[str, object]:
    """An entry as JSON writes it, its time in UTC."""
    return {
        "number": entry.number,
        "at": datetime.fromtimestamp(entry.at / 1000, UTC).isoformat(timespec="milliseconds"),
        "actor": entry.actor,
        "role": entry.role,
        "origin": entry.origin,
        "permission": entry.permission,
        "noun": entry.noun,
        "key": entry.key,
        "outcome": entry.outcome.value,
        "before": dict(entry.before),
        "after": dict(entry.after),
    }


def as_json(entries: Iterable[AuditEntry]) -> str:
    """A JSON array of entries."""
    return json.dumps([entry_json(entry) for entry in entries], ensure_ascii=False, indent=2) + "\n"


def as_csv(entries: Iterable[AuditEntry]) -> str:
    """A row for each entry; what changed stays a JSON object, and no cell is one that a spreadsheet computes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        values = entry_json(entry)
        writer.writerow(defuse(_cell(values[name])) for name in COLUMNS)
    return text.getvalue()


def _cell(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


FORMS = {"csv": as_csv, "json": as_json}
"""How a file is written, by the ending of its name."""
