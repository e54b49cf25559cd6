"""Rows that are written late: all those of a table at once, when somebody looks or the transaction ends.

What many small changes do to single rows is gathered here, each row with the state that it is to have at the end.
So one statement writes what hundreds of phones have changed, and what is undone meanwhile was never written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, insert, update

Key = tuple[Any, ...]
"""The values of a table's primary key, in the order of its columns."""
_HERE = "here_"
"""Before the names of the parameters that hold a key; the bare names are those of the columns to be written."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """New values for some columns of a row that is there."""

    table: Table
    key: Key
    values: Mapping[str, Any]


class LateRows:
    """See the module. Of each row it keeps whether it is new, and what is to be in its columns."""

    def __init__(self) -> None:
        self._new: dict[Table, dict[Key, dict[str, Any]]] = {}
        self._changed: dict[Table, dict[Key, dict[str, Any]]] = {}

    def add(self, table: Table, row: Mapping[str, Any]) -> None:
        """A row that is new."""
        key = tuple(row[column.name] for column in table.primary_key)
        self._new.setdefault(table, {})[key] = dict(row)

    def change(self, change: RowChange) -> None:
        """A row that is there, or is new here."""
        row = self._new.get(change.table, {}).get(change.key)
        if row is None:
            row = self._changed.setdefault(change.table, {}).setdefault(change.key, {})
        row.update(change.values)

    def take(self, later: LateRows) -> None:
        """What another one has gathered since."""
        for table, rows in later._new.items():
            self._new.setdefault(table, {}).update(rows)
        for table, rows in later._changed.items():
            for key, values in rows.items():
                self.change(RowChange(table, key, values))

    def write(self, connection: Connection) -> None:
        """Write all of it; what cannot be written raises whatever the database does."""
        if not (self._new or self._changed):
            return
        new, changed, self._new, self._changed = self._new, self._changed, {}, {}
        for table, rows in new.items():
            connection.execute(_insert(table), list(rows.values()))
        for table, rows in changed.items():
            _write_changes(connection, table, rows)


def _write_changes(connection: Connection, table: Table, rows: Mapping[Key, Mapping[str, Any]]) -> None:
    """One statement for all rows of which the same columns change."""
    names = [_HERE + column.name for column in table.primary_key]
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for key, values in rows.items():
        alike[tuple(values)].append(dict(zip(names, key, strict=True)) | dict(values))
    for columns, parameters in alike.items():
        if columns and connection.execute(_update(table), parameters).rowcount != len(parameters):
            raise RuntimeError(f"a row of {table.name} that was to be changed is no longer there")


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _update(table: Table) -> Update:
    return update(table).where(*(column == bindparam(_HERE + column.name) for column in table.primary_key))
