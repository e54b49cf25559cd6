from __future__ import annotations

import pytest
from sqlalchemy import ForeignKeyConstraint, LargeBinary, Table

from ringward.domain.nouns import NOUNS
from ringward.domain.secret import Secret
from ringward.domain.setting import settings_of
from ringward.store.noun_tables import OWNER, columns_of
from ringward.store.tables import METADATA, TABLES


def _foreign_keys(table: Table) -> dict[tuple[str, ...], ForeignKeyConstraint]:
    keys = [each for each in table.constraints if isinstance(each, ForeignKeyConstraint)]
    return {tuple(each.column_keys): each for each in keys}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_reference_is_a_foreign_key_that_follows_renames_and_protects(noun: str) -> None:
    """PSP-05, PSP-07."""
    tables = TABLES[noun]
    places = [(tables.table, item) for item in settings_of(tables.kind) if not item.is_list]
    places += [(part.table, item) for part in tables.lists for item in part.entries]
    for table, item in places:
        if item.setting.references:
            key = _foreign_keys(table)[columns_of(item, NOUNS)]
            assert key.referred_table is TABLES[item.setting.references].table
            assert (key.onupdate, key.ondelete) == ("CASCADE", "RESTRICT")
            assert all(table.c[name].index for name in columns_of(item, NOUNS))


@pytest.mark.parametrize("noun", NOUNS)
def test_every_list_belongs_to_its_record(noun: str) -> None:
    tables = TABLES[noun]
    for part in tables.lists:
        key = _foreign_keys(part.table)[tuple(OWNER + name for name in tables.key)]
        assert key.referred_table is tables.table
        assert (key.onupdate, key.ondelete) == ("CASCADE", "CASCADE")


@pytest.mark.parametrize("noun", NOUNS)
def test_secrets_are_kept_as_bytes_and_only_where_a_rename_of_others_cannot_reach(noun: str) -> None:
    """A seal is bound to the record's key; a key that follows another record's rename would break it."""
    tables = TABLES[noun]
    secrets = [item for item in settings_of(tables.kind) if item.type is Secret]
    for item in secrets:
        assert isinstance(tables.table.c[item.name].type, LargeBinary)
        assert not any(part.setting.references for part in settings_of(tables.kind) if part.setting.key)
    for part in tables.lists:
        assert not any(item.type is Secret for item in part.entries)


def test_a_number_is_known_by_number_and_partition() -> None:
    table = TABLES["directory-number"].table
    assert [column.name for column in table.primary_key] == ["number", "partition"]
    line = _foreign_keys(METADATA.tables["phone_lines"])
    key = line["directory_number_number", "directory_number_partition"]
    assert [each.column.name for each in key.elements] == ["number", "partition"]
