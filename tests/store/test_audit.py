from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select, update

from ringward.pki.secrets import SecretBox
from ringward.store import audit
from ringward.store.audit import AuditEntry, AuditFilter, Outcome
from ringward.store.database import Database
from ringward.store.tables import audit as table

BOX = SecretBox({1: bytes(range(32))})
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
            audit.append(connection, (entry,), BOX)
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


class TestChain:
    def test_what_nobody_touched_is_whole(self, log: Database) -> None:
        with log.reading() as connection:
            chain = audit.check(connection, BOX)
            assert (chain.entries, chain.last, chain.broken_at) == (3, 3, None)
            assert audit.stamp_of(connection, 3) == chain.stamp

    def test_an_empty_log_is_whole(self, database: Database) -> None:
        with database.reading() as connection:
            assert audit.check(connection, BOX) == audit.Chain(0, 0, "", None)

    @pytest.mark.parametrize("column", ["at", "actor", "role", "origin", "permission", "key", "before", "after"])
    def test_a_changed_entry_is_found(self, log: Database, column: str) -> None:
        with log.writing() as connection:
            value = 1 if column == "at" else "{}" if column in ("before", "after") else "forged"
            connection.execute(update(table).where(table.c.number == 1).values({column: value}))
            assert audit.check(connection, BOX).broken_at == 1

    def test_a_removed_entry_is_found_also_the_first(self, log: Database) -> None:
        for number, broken_at in ((2, 3), (1, 2)):
            with log.writing() as connection:
                connection.execute(delete(table).where(table.c.number == number))
                found = audit.check(connection, BOX)
                connection.rollback()
            assert found.broken_at == broken_at

    def test_entries_that_changed_places_are_found(self, log: Database) -> None:
        with log.writing() as connection:
            for old, new in ((1, 9), (2, 1), (9, 2)):
                connection.execute(update(table).where(table.c.number == old).values(number=new))
            assert audit.check(connection, BOX).broken_at == 1

    def test_who_lacks_the_key_adds_nothing_unseen(self, log: Database) -> None:
        with log.writing() as connection:
            audit.append(connection, (ENTRY,), SecretBox({1: bytes(32)}))
            assert audit.check(connection, BOX).broken_at == 4

    def test_entries_from_before_a_new_key_still_count(self, log: Database) -> None:
        both = SecretBox({1: bytes(range(32)), 2: bytes(32)})
        with log.writing() as connection:
            audit.append(connection, (ENTRY,), both)
            assert audit.check(connection, both).entries == 4
            assert audit.check(connection, BOX).broken_at == 4

    def test_a_row_without_a_sensible_stamp_is_found(self, log: Database) -> None:
        with log.writing() as connection:
            row = dict(connection.execute(select(table).where(table.c.number == 3)).mappings().one())
            connection.execute(insert(table), row | {"number": 4, "stamp": "\u00b2:x"})
            assert audit.check(connection, BOX).broken_at == 4
