from __future__ import annotations

from dataclasses import replace

import pytest

from ringward.store import audit
from ringward.store.audit import AuditEntry, AuditFilter, Outcome
from ringward.store.database import Database

ENTRY = AuditEntry(
    at=1000,
    actor="ada",
    role="administrator",
    origin="192.0.2.9",
    permission="region.update",
    noun="region",
    key="North",
    outcome=Outcome.UPDATED,
    before={"description": ""},
    after={"description": 'Größe "x"\n'},
)
OTHERS = (
    replace(ENTRY, at=2000, actor="bob", outcome=Outcome.DENIED, before={}, after={}),
    replace(ENTRY, at=3000, key="South", noun="partition", permission="partition.add", outcome=Outcome.ADDED),
)


@pytest.fixture
def log(database: Database) -> Database:
    with database.writing() as connection:
        for entry in (ENTRY, *OTHERS):
            audit.append(connection, entry)
    return database


def test_entries_come_back_as_they_were_stored_newest_first(log: Database) -> None:
    with log.reading() as connection:
        entries = audit.entries(connection, AuditFilter())
    assert [replace(each, number=0) for each in entries] == [*reversed(OTHERS), ENTRY]
    assert [each.number for each in entries] == [3, 2, 1]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (AuditFilter(actor="bob"), [2]),
        (AuditFilter(noun="region"), [2, 1]),
        (AuditFilter(key="South"), [3]),
        (AuditFilter(permission="region.update", actor="ada"), [1]),
        (AuditFilter(outcome=Outcome.DENIED), [2]),
        (AuditFilter(since=2000), [3, 2]),
        (AuditFilter(until=2000), [1]),
        (AuditFilter(since=1000, until=3000), [2, 1]),
        (AuditFilter(actor="nobody"), []),
    ],
)
def test_a_filter_lets_through_what_it_names(log: Database, wanted: AuditFilter, numbers: list[int]) -> None:
    with log.reading() as connection:
        assert [each.number for each in audit.entries(connection, wanted)] == numbers
        assert audit.count(connection, wanted) == len(numbers)


def test_the_log_is_read_in_pages(log: Database) -> None:
    with log.reading() as connection:
        pages = [audit.entries(connection, AuditFilter(), offset=offset, limit=2) for offset in (0, 2)]
    assert [[each.number for each in page] for page in pages] == [[3, 2], [1]]
