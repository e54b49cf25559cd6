"""Records as rows and rows as records.

A record is one row of its noun's table and one row per entry of each of its lists. Everything that depends only on
the noun is worked out once, so that reading thousands of records is little more than making them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import RowMapping

from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, differing, key_fields, settings_of
from ringward.pki.secrets import SecretBox
from ringward.store.columns import Reader, reader, to_column
from ringward.store.noun_tables import OWNER, POSITION, VALUE, ListTable, NounTable, columns_of

N = TypeVar("N", bound=Noun)


def split_key(kind: type[Noun], key: str) -> tuple[Any, ...]:
    """The values of the columns of a key, from its text."""
    return tuple(
        int(text) if part.type is int else text
        for part, text in zip(key_fields(kind), kind.split_key(key), strict=True)
    )


class _Field(NamedTuple):
    """A field as it is stored."""

    item: SettingField
    columns: tuple[str, ...]
    read: Reader


class Rows(Generic[N]):
    """Turns the records of one noun into rows and back."""

    def __init__(self, tables: NounTable, nouns: Mapping[str, type[Noun]], secrets: SecretBox) -> None:
        self._tables = tables
        self._nouns = nouns
        self._secrets = secrets
        listed = {each.item.name for each in tables.lists}
        self._single = [self._field(item) for item in settings_of(tables.kind) if item.name not in listed]
        self._entries = {each.item.name: [self._field(item) for item in each.entries] for each in tables.lists}

    def _field(self, item: SettingField) -> _Field:
        return _Field(item, columns_of(item, self._nouns), reader(item))

    def row(self, record: N) -> dict[str, Any]:
        """The row of a record in its noun's table."""
        place = (self._tables.table.name, record.key)
        return self._encode(self._single, record, place)

    def difference(self, before: N, after: N) -> dict[str, Any]:
        """Of the row of ``after`` what was otherwise in ``before``."""
        if after.key != before.key:
            return self.row(after)  # its secrets are sealed for their place
        names = {item.name for item in differing(before, after)}
        changed = [field for field in self._single if field.item.name in names]
        return self._encode(changed, after, (self._tables.table.name, after.key))

    def list_rows(self, part: ListTable, record: N) -> list[dict[str, Any]]:
        """The rows of one list of a record."""
        owner = {OWNER + name: getattr(record, name) for name in self._tables.key}
        rows = []
        for position, entry in enumerate(getattr(record, part.item.name)):
            place = (part.table.name, record.key, str(position))
            if part.kind is None:
                values: dict[str, Any] = self._encode_value(*self._entries[part.item.name][0][:2], entry, place)
            else:
                values = self._encode(self._entries[part.item.name], entry, place)
            rows.append(owner | {POSITION: position} | values)
        return rows

    def records(self, rows: Sequence[RowMapping], lists: Mapping[str, Iterable[RowMapping]]) -> list[N]:
        """Make records of the rows of the noun's table and, by list field, the rows of the lists."""
        entries = {
            part.item.name: self._entries_by_owner(part, lists[part.item.name]) for part in self._tables.lists
        }
        records = []
        for row in rows:
            key = tuple(row[name] for name in self._tables.key)
            values = self._decode(self._single, row, (self._tables.table.name, self._tables.kind.join_key(key)))
            for name, by_owner in entries.items():
                values[name] = tuple(by_owner.get(key, ()))
            records.append(self._tables.kind(**values))
        return records  # type: ignore[return-value]  # the kind of the tables is the type of the records

    def _entries_by_owner(self, part: ListTable, rows: Iterable[RowMapping]) -> dict[tuple[Any, ...], list[Any]]:
        owners = [OWNER + name for name in self._tables.key]
        fields = self._entries[part.item.name]
        by_owner: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for row in rows:
            owner = tuple(row[name] for name in owners)
            values = self._decode(
                fields, row, (part.table.name, self._tables.kind.join_key(owner), str(row[POSITION]))
            )
            by_owner[owner].append(part.kind(**values) if part.kind is not None else values[VALUE])
        return by_owner

    def _encode(self, fields: Iterable[_Field], record: Any, place: tuple[str, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for item, columns, _ in fields:
            values |= self._encode_value(item, columns, getattr(record, item.name), place)
        return values

    def _encode_value(
        self, item: SettingField, columns: tuple[str, ...], value: Any, place: tuple[str, ...]
    ) -> dict[str, Any]:
        def seal(secret: Secret, column: str) -> bytes:
            return self._secrets.seal(secret, (*place, column))

        stored = to_column(item, value, seal)
        if len(columns) == 1:
            return {columns[0]: stored}
        parts = (
            split_key(self._nouns[item.setting.references], stored)
            if stored is not None
            else [None] * len(columns)
        )
        return dict(zip(columns, parts, strict=True))

    def _decode(self, fields: Iterable[_Field], row: RowMapping, place: tuple[str, ...]) -> dict[str, Any]:
        def open_(sealed: bytes, column: str) -> Secret:
            return self._secrets.open(sealed, (*place, column))

        values: dict[str, Any] = {}
        for item, columns, read in fields:
            stored = row[columns[0]]
            if len(columns) > 1 and stored is not None:
                stored = self._nouns[item.setting.references].join_key(row[column] for column in columns)
            values[item.name] = read(stored, open_)
        return values
