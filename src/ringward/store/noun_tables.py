"""How a noun becomes tables, by the descriptions of its settings.

Names are keys: a reference is a foreign key to the name, which follows a rename (PSP-07) and protects what is in
use (PSP-05). A list is a table of its own, one row per entry, which goes with its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, PrimaryKeyConstraint, Table

from ringward.domain.setting import Noun, SettingField, key_fields, settings_of
from ringward.store.columns import column_type, nullable

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
