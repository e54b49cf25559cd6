"""The tables. Those of the nouns follow from the descriptions of their settings; the few others are written out.

Names are keys: a reference is a foreign key to the name, which follows a rename (PSP-07) and protects what is in
use (PSP-05). A list is a table of its own, one row per entry, which goes with its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
)

from ringward.domain.nouns import NOUNS
from ringward.domain.setting import Noun, SettingField, settings_of
from ringward.store.columns import column_type, nullable

SCHEMA_REVISION = "0001"
"""The migration that makes exactly these tables; a test holds the two together."""

_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts only in columns of exactly the type INTEGER."""

OWNER = "owner_"
"""Prefix of the columns by which a list entry names its record."""
POSITION = "position"
"""Column with the place of an entry in its list, from 0."""
VALUE = "value"
"""Column of a list of plain values."""


@dataclass(frozen=True, slots=True)
class ListTable:
    """The table of one list field."""

    item: SettingField
    table: Table
    entries: tuple[SettingField, ...]
    """What an entry consists of: one field named ``value`` for plain values, else the settings of its kind."""
    kind: type[Noun] | None
    """The kind of the entries; None for plain values."""


@dataclass(frozen=True, slots=True)
class NounTable:
    """The tables of one noun."""

    kind: type[Noun]
    table: Table
    lists: tuple[ListTable, ...]
    key: tuple[str, ...]
    """Names of the key's columns, in the order in which the parts stand in the key's text."""


def key_fields(kind: type[Noun]) -> tuple[SettingField, ...]:
    """The parts of a noun's key, in order."""
    return tuple(item for item in settings_of(kind) if item.setting.key)


def columns_of(item: SettingField, nouns: Mapping[str, type[Noun]]) -> tuple[str, ...]:
    """The columns of a single-valued field: one, or one per part of the key that it refers to."""
    parts = key_fields(nouns[item.setting.references]) if item.setting.references else ()
    if len(parts) < 2:
        return (item.name,)
    return tuple(f"{item.name}_{part.name}" for part in parts)


def noun_tables(nouns: Mapping[str, type[Noun]], metadata: MetaData) -> dict[str, NounTable]:
    """Make the tables of all nouns, by noun."""
    return {noun: _noun_table(kind, nouns, metadata) for noun, kind in nouns.items()}


def _noun_table(kind: type[Noun], nouns: Mapping[str, type[Noun]], metadata: MetaData) -> NounTable:
    single = [item for item in settings_of(kind) if not item.is_list]
    keys = key_fields(kind)
    name = _table_name(kind.noun)
    table = Table(
        name,
        metadata,
        *(part for item in single for part in _columns(item, nouns)),
        PrimaryKeyConstraint(*(item.name for item in keys)),
    )
    lists = tuple(_list_table(kind, item, nouns, metadata) for item in settings_of(kind) if item.is_list)
    return NounTable(kind, table, lists, tuple(item.name for item in keys))


def _list_table(
    kind: type[Noun], item: SettingField, nouns: Mapping[str, type[Noun]], metadata: MetaData
) -> ListTable:
    if item.is_record_list:
        entries, entry_kind = settings_of(item.item_type), item.item_type
    else:
        entries, entry_kind = (SettingField(VALUE, item.item_type, False, item.setting, None),), None
    owners = [Column(OWNER + part.name, column_type(part.type), nullable=False) for part in key_fields(kind)]
    owner_names = [column.name for column in owners]
    table = Table(
        f"{_table_name(kind.noun)}_{item.name}",
        metadata,
        *owners,
        Column(POSITION, Integer, nullable=False),
        *(part for entry in entries for part in _columns(entry, nouns)),
        PrimaryKeyConstraint(*owner_names, POSITION),
        ForeignKeyConstraint(
            owner_names,
            [f"{_table_name(kind.noun)}.{part.name}" for part in key_fields(kind)],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
    )
    return ListTable(item, table, entries, entry_kind)


def _columns(item: SettingField, nouns: Mapping[str, type[Noun]]) -> Iterator[Column[Any] | ForeignKeyConstraint]:
    """The columns of a field, with the foreign key and its index when the field names another record."""
    names = columns_of(item, nouns)
    target = nouns[item.setting.references] if item.setting.references else None
    kinds = [part.type for part in key_fields(target)] if target is not None else [item.type]
    for name, kind in zip(names, kinds, strict=True):
        yield Column(name, column_type(kind), nullable=nullable(item), index=target is not None)
    if target is not None:
        yield ForeignKeyConstraint(
            names,
            [f"{_table_name(target.noun)}.{part.name}" for part in key_fields(target)],
            onupdate="CASCADE",
            ondelete="RESTRICT",
        )


def _table_name(noun: str) -> str:
    return noun.replace("-", "_")


METADATA = MetaData(naming_convention=_CONVENTION)
TABLES = noun_tables(NOUNS, METADATA)
"""The tables of every noun, by noun."""

changes = Table(
    "changes",
    METADATA,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("noun", String, nullable=False),
    Column("key", String, nullable=False),
    Column("action", String, nullable=False),
    sqlite_autoincrement=True,
)
"""The change feed. AUTOINCREMENT: a sequence is never used twice, also when old entries are removed."""

audit = Table(
    "audit",
    METADATA,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("permission", String, nullable=False),
    Column("noun", String, nullable=False),
    Column("key", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    sqlite_autoincrement=True,
)
"""Who did what; ``before`` and ``after`` are JSON objects of the fields that changed."""

enterprise_parameter = Table(
    "enterprise_parameter",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""Enterprise parameters that are not at their default (ADMIN-15)."""

service_parameter = Table(
    "service_parameter",
    METADATA,
    Column("server", String, nullable=False),
    Column("service", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", String, nullable=False),
    PrimaryKeyConstraint("server", "service", "name"),
    ForeignKeyConstraint(["server"], ["server.name"], onupdate="CASCADE", ondelete="CASCADE"),
)
"""Service parameters that are not at their default, per server (ADMIN-09, CLUSTER-21)."""

key_check = Table(
    "key_check", METADATA, Column("name", String, primary_key=True), Column("sealed", LargeBinary, nullable=False)
)
"""A sealed value by which a start notices at once that the cluster key is not this database's."""

call_detail_record = Table(
    "call_detail_record",
    METADATA,
    Column("record", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("call_id", BigInteger, nullable=False),
    Column("origination_time", BigInteger, nullable=False, index=True),
    Column("answer_time", BigInteger),
    Column("end_time", BigInteger, nullable=False),
    Column("calling_number", String, nullable=False, index=True),
    Column("calling_name", String, nullable=False),
    Column("calling_device", String, nullable=False),
    Column("originally_called_number", String, nullable=False, index=True),
    Column("partition", String, nullable=False),
    Column("final_called_number", String, nullable=False, index=True),
    Column("final_called_device", String, nullable=False),
    Column("ended_by", String, nullable=False),
    Column("calling_cause", Integer),
    Column("called_cause", Integer),
    Column("security_class", Integer, nullable=False),
    Column("security_reason", String, nullable=False),
    Column("transferred_from", BigInteger),
    Column("transferred_to", BigInteger),
    Column("redirecting_number", String, nullable=False),
    Column("redirect_reason", String, nullable=False),
    sqlite_autoincrement=True,
)
"""One row per call that ended, times in milliseconds since 1970. It names devices and numbers as they were, so it
refers to no other table (SVC-11)."""
