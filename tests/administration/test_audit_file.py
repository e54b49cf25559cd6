"""The audit log as a file for other programs."""

from __future__ import annotations

import csv
import io
import json

from ringward.administration.audit_file import COLUMNS, as_csv, as_json
from ringward.store.audit import AuditEntry, Outcome

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def entry(actor: str = "ada", **changed: str) -> AuditEntry:
    return AuditEntry(
        at=1_769_869_815_250,
        actor=actor,
        role="everything",
        origin="192.0.2.9",
        permission="region.update",
        noun="region",
        key="Berlin",
        outcome=Outcome.UPDATED,
        before=dict.fromkeys(changed, ""),
        after=changed,
        number=7,
    )


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_both_forms_say_the_same() -> None:
    written = entry(description='Straße; "Mitte",\nBerlin')
    (from_json,) = json.loads(as_json([written]))
    (row,) = rows(as_csv([written]))
    assert tuple(from_json) == COLUMNS == tuple(row)
    assert from_json["at"] == row["at"] == "2026-01-31T14:30:15.250+00:00"
    assert from_json["after"] == json.loads(row["after"]) == {"description": 'Straße; "Mitte",\nBerlin'}
    assert (row["number"], row["outcome"]) == ("7", "updated")


def test_no_cell_is_taken_for_a_formula_by_a_spreadsheet() -> None:
    """Who signs in with a wrong name chooses what is written, and an auditor opens it."""
    for row, text in zip(rows(as_csv([entry(each) for each in HOSTILE])), HOSTILE, strict=True):
        assert row["actor"] == f"'{text}"
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_a_log_in_which_nothing_is_found_is_a_header_alone() -> None:
    assert as_csv([]) == ",".join(COLUMNS) + "\r\n"
    assert json.loads(as_json([])) == []
