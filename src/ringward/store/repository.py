"""The repository: the records of one noun, read and written within a transaction that the caller holds.

However many records are read, the number of queries is one plus one per list of the noun.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    select,
    tuple_,
    update,
)

from ringward.domain.errors import AlreadyExists, FieldError, InUse, Invalid, NotFound
from ringward.domain.nouns import NOUNS
from ringward.domain.setting import Noun, SettingField, settings_of
from ringward.pki.secrets import SecretBox
from ringward.store.criteria import Criterion, condition
from ringward.store.rows import Rows, split_key
from ringward.store.tables import OWNER, POSITION, TABLES, ListTable, columns_of

N = TypeVar("N", bound=Noun)

_FEW = 100
"""Records whose keys are written into a query one by one."""


class Repository(Generic[N]):
    """All records of one noun."""

    def __init__(self, kind: type[N], secrets: SecretBox) -> None:
        self.kind = kind
        self._tables = TABLES[kind.noun]
        self._table = self._tables.table
        self._key_columns = [self._table.c[name] for name in self._tables.key]
        self._rows: Rows[N] = Rows(self._tables, NOUNS, secrets)

    def get(self, connection: Connection, key: str) -> N:
        """The record with this key; raises :class:`NotFound`."""
        found = self._read(connection, select(self._table).where(self._is(key)))
        if not found:
            raise NotFound(self.kind.noun, key)
        return found[0]

    def find(
        self,
        connection: Connection,
        criteria: Iterable[Criterion] = (),
        *,
        order: str = "",
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[N]:
        """The records that meet every criterion, in the order of a field (of the key by default)."""
        columns = [*self._order(order), *self._key_columns]
        ordered = [column.desc() if descending else column.asc() for column in columns]
        statement = self._matching(select(self._table), criteria).order_by(*ordered).offset(offset).limit(limit)
        return self._read(connection, statement)

    def count(self, connection: Connection, criteria: Iterable[Criterion] = ()) -> int:
        """How many records meet every criterion."""
        statement = self._matching(select(func.count()).select_from(self._table), criteria)
        return int(connection.execute(statement).scalar_one())

    def exists(self, connection: Connection, key: str) -> bool:
        """Whether there is a record with this key."""
        return connection.execute(select(1).select_from(self._table).where(self._is(key))).first() is not None

    def add(self, connection: Connection, record: N) -> None:
        """Store a new record, whose references exist; raises :class:`AlreadyExists`."""
        if self.exists(connection, record.key):
            raise AlreadyExists(self.kind.noun, record.key)
        connection.execute(insert(self._table), self._rows.row(record))
        self._write_lists(connection, record)

    def update(self, connection: Connection, key: str, record: N) -> None:
        """Store the present state of the record that had this key; another key in the record renames it.

        Records that refer to it follow a rename (PSP-07). Raises :class:`NotFound` or :class:`AlreadyExists` (the
        new key is taken).
        """
        if not self.exists(connection, key):
            raise NotFound(self.kind.noun, key)
        if record.key != key and self.exists(connection, record.key):
            raise AlreadyExists(self.kind.noun, record.key)
        connection.execute(update(self._table).where(self._is(key)).values(self._rows.row(record)))
        values = split_key(self.kind, record.key)
        for part in self._tables.lists:
            owner = [part.table.c[OWNER + name] for name in self._tables.key]
            connection.execute(delete(part.table).where(_equals(owner, values)))
        self._write_lists(connection, record)

    def remove(self, connection: Connection, key: str) -> None:
        """Remove a record with its lists; raises :class:`NotFound` or, when others refer to it, :class:`InUse`."""
        if not self.exists(connection, key):
            raise NotFound(self.kind.noun, key)
        if users := self.dependents(connection, key):
            raise InUse(self.kind.noun, key, users)
        connection.execute(delete(self._table).where(self._is(key)))

    def dependents(self, connection: Connection, key: str) -> list[tuple[str, str]]:
        """The records that refer to this one, as (noun, key): the dependency records of ADMIN-14."""
        values = split_key(self.kind, key)
        found: set[tuple[str, str]] = set()
        for kind, table, item, owner in _references_to(self.kind.noun):
            where = _equals([table.c[name] for name in columns_of(item, NOUNS)], values)
            rows = connection.execute(select(*(table.c[name] for name in owner)).where(where).distinct())
            found.update((kind.noun, kind.join_key(row)) for row in rows)
        return sorted(found)

    def _read(self, connection: Connection, statement: Select[Any]) -> list[N]:
        """Read the records that a statement on the noun's table selects, with their lists."""
        rows = connection.execute(statement).mappings().all()
        lists = {part.item.name: self._entries(connection, part, rows, statement) for part in self._tables.lists}
        return self._rows.records(rows, lists)

    def _entries(
        self, connection: Connection, part: ListTable, rows: Sequence[RowMapping], statement: Select[Any]
    ) -> Sequence[RowMapping]:
        """Read a list of all selected records at once: by their keys if there are few, else by the same
        selection."""
        if not rows:
            return ()
        owner = [part.table.c[OWNER + name] for name in self._tables.key]
        if len(rows) <= _FEW:
            keys: Any = [tuple(row[name] for name in self._tables.key) for row in rows]
        else:
            keys = statement.with_only_columns(*self._key_columns)
        entries = select(part.table).where(tuple_(*owner).in_(keys)).order_by(part.table.c[POSITION])
        return connection.execute(entries).mappings().all()

    def _matching(self, statement: Select[Any], criteria: Iterable[Criterion]) -> Select[Any]:
        for criterion in criteria:
            statement = statement.where(condition(self._tables, NOUNS, criterion))
        return statement

    def _order(self, field: str) -> list[ColumnElement[Any]]:
        if not field:
            return []
        fields = {
            item.name: item for item in settings_of(self.kind) if not item.is_list and not item.setting.secret
        }
        if field not in fields:
            raise Invalid("search", self.kind.noun, [FieldError("order", field, ", ".join(fields))])
        return [self._table.c[name] for name in columns_of(fields[field], NOUNS)]

    def _is(self, key: str) -> ColumnElement[bool]:
        try:
            return _equals(self._key_columns, split_key(self.kind, key))
        except ValueError:  # no record can have a key of this form
            return false()

    def _write_lists(self, connection: Connection, record: N) -> None:
        for part in self._tables.lists:
            if rows := self._rows.list_rows(part, record):
                connection.execute(insert(part.table), rows)


def _equals(columns: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(columns, values, strict=True)))


@cache
def _references_to(noun: str) -> tuple[tuple[type[Noun], Table, SettingField, tuple[str, ...]], ...]:
    """Every field that refers to a noun: whose it is, its table, the field, and the columns with its record's
    key."""
    found = []
    for tables in TABLES.values():
        places = [(tables.table, item, tables.key) for item in settings_of(tables.kind) if not item.is_list]
        places += [
            (part.table, item, tuple(OWNER + name for name in tables.key))
            for part in tables.lists
            for item in part.entries
        ]
        found += [
            (tables.kind, table, item, owner) for table, item, owner in places if item.setting.references == noun
        ]
    return tuple(found)


class Repositories:
    """The repository of every noun."""

    def __init__(self, secrets: SecretBox) -> None:
        self._by_noun: dict[str, Repository[Any]] = {
            noun: Repository(kind, secrets) for noun, kind in NOUNS.items()
        }

    def of(self, kind: type[N]) -> Repository[N]:
        """The repository of a noun."""
        return self._by_noun[kind.noun]
