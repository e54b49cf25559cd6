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
    Delete,
    RowMapping,
    Select,
    Table,
    and_,
    bindparam,
    delete,
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
from ringward.store.late_rows import RowChange
from ringward.store.noun_tables import OWNER, POSITION, ListTable, columns_of
from ringward.store.rows import Rows, split_key
from ringward.store.tables import TABLES

N = TypeVar("N", bound=Noun)

_FEW = 100
"""Records whose keys are written into a query one by one."""
_HERE = "here_"
"""Before the names of the parameters that hold a key; the bare names are those of a row to be written."""
_AMONG = "among"
"""Name of the parameter that holds many keys."""


class Repository(Generic[N]):
    """All records of one noun."""

    def __init__(self, kind: type[N], secrets: SecretBox) -> None:
        self.kind = kind
        self._tables = TABLES[kind.noun]
        self._table = self._tables.table
        self._key_columns = [self._table.c[name] for name in self._tables.key]
        self._rows: Rows[N] = Rows(self._tables, NOUNS, secrets)
        # What is done with one record at a time is written once: to write a statement takes longer than to run it.
        here = and_(*(column == bindparam(_HERE + column.name) for column in self._key_columns))
        self._one = select(self._table).where(here)
        self._is_there = select(1).select_from(self._table).where(here)
        self._replace = update(self._table).where(here)
        self._remove = delete(self._table).where(here)
        self._lists = [(part, *_of_one_owner(part, self._tables.key)) for part in self._tables.lists]
        self._some = select(self._table).where(_among(self._key_columns))
        self._entries_of_some = {part.item.name: _of_owners(part, self._tables.key) for part in self._tables.lists}

    def get(self, connection: Connection, key: str) -> N:
        """The record with this key; raises :class:`NotFound`."""
        place = self._place(key)
        rows = connection.execute(self._one, place).mappings().all() if place is not None else ()
        if not rows:
            raise NotFound(self.kind.noun, key)
        lists = {part.item.name: connection.execute(read, place).mappings().all() for part, read, _ in self._lists}
        return self._rows.records(rows, lists)[0]

    def some(self, connection: Connection, keys: Iterable[str]) -> list[N]:
        """The records with these keys, as far as there are any, in any order."""
        places = [tuple(place.values()) for place in map(self._place, keys) if place is not None]
        rows = connection.execute(self._some, {_AMONG: places}).mappings().all()
        return self._records(connection, rows, None)

    def find(
        self,
        connection: Connection,
        criteria: Iterable[Criterion] = (),
        *,
        order: str = "",
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        where: Iterable[ColumnElement[bool]] = (),
    ) -> list[N]:
        """The records that meet every criterion, in the order of a field (of the key by default).

        ``where``: conditions on the noun's table besides.
        """
        columns = [*self._order(order), *self._key_columns]
        ordered = [column.desc() if descending else column.asc() for column in columns]
        statement = (
            self._matching(select(self._table).where(*where), criteria)
            .order_by(*ordered)
            .offset(offset)
            .limit(limit)
        )
        return self._read(connection, statement)

    def count(
        self,
        connection: Connection,
        criteria: Iterable[Criterion] = (),
        where: Iterable[ColumnElement[bool]] = (),
    ) -> int:
        """How many records meet every criterion, and the conditions besides."""
        statement = self._matching(select(func.count()).select_from(self._table).where(*where), criteria)
        return int(connection.execute(statement).scalar_one())

    def exists(self, connection: Connection, key: str) -> bool:
        """Whether there is a record with this key."""
        place = self._place(key)
        return place is not None and connection.execute(self._is_there, place).first() is not None

    def add(self, connection: Connection, record: N) -> None:
        """Store a new record, whose references exist; raises :class:`AlreadyExists`."""
        if self.exists(connection, record.key):
            raise AlreadyExists(self.kind.noun, record.key)
        connection.execute(insert(self._table), self._rows.row(record))
        self._write_lists(connection, record, self._tables.lists)

    def update(self, connection: Connection, before: N, after: N) -> None:
        """Store the present state of a record that was as ``before``; another key in it renames the record.

        Records that refer to it follow a rename (PSP-07). Raises :class:`NotFound` or :class:`AlreadyExists` (the
        new key is taken).
        """
        if after.key != before.key and self.exists(connection, after.key):
            raise AlreadyExists(self.kind.noun, after.key)
        place, row = self._place(before.key), self._rows.difference(before, after)
        there = place is not None and (
            connection.execute(self._replace, place | row).rowcount if row else self.exists(connection, before.key)
        )
        if not there:
            raise NotFound(self.kind.noun, before.key)
        changed = [each for each in self._lists if _list(each[0], before) != _list(each[0], after)]
        owner = self._place(after.key)
        for _, _, remove in changed:
            connection.execute(remove, owner)
        self._write_lists(connection, after, [part for part, _, _ in changed])

    def row_change(self, before: N, after: N) -> RowChange | None:
        """What is to be written of ``after`` where ``before`` is stored; it may be written late.

        None if that is more than one row, for :meth:`update` to do.
        """
        if after.key != before.key or any(
            _list(part, before) != _list(part, after) for part in self._tables.lists
        ):
            return None
        return RowChange(self._table, split_key(self.kind, before.key), self._rows.difference(before, after))

    def remove(self, connection: Connection, key: str) -> None:
        """Remove a record with its lists; raises :class:`NotFound` or, when others refer to it, :class:`InUse`."""
        if not self.exists(connection, key):
            raise NotFound(self.kind.noun, key)
        if users := self.dependents(connection, key):
            raise InUse(self.kind.noun, key, users)
        connection.execute(self._remove, self._place(key))

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
        return self._records(connection, connection.execute(statement).mappings().all(), statement)

    def _records(
        self, connection: Connection, rows: Sequence[RowMapping], statement: Select[Any] | None
    ) -> list[N]:
        """The records of rows, with their lists. ``statement`` has selected them; None if that is to be written by
        their keys."""
        lists = {part.item.name: self._entries(connection, part, rows, statement) for part in self._tables.lists}
        return self._rows.records(rows, lists)

    def _entries(
        self, connection: Connection, part: ListTable, rows: Sequence[RowMapping], statement: Select[Any] | None
    ) -> Sequence[RowMapping]:
        """Read a list of all selected records at once: by their keys if there are few, else by the same
        selection."""
        if not rows:
            return ()
        if statement is None or len(rows) <= _FEW:
            keys = [tuple(row[name] for name in self._tables.key) for row in rows]
            return connection.execute(self._entries_of_some[part.item.name], {_AMONG: keys}).mappings().all()
        owner = [part.table.c[OWNER + name] for name in self._tables.key]
        keys_of_all = statement.with_only_columns(*self._key_columns)
        entries = select(part.table).where(tuple_(*owner).in_(keys_of_all)).order_by(part.table.c[POSITION])
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

    def _place(self, key: str) -> dict[str, Any] | None:
        """The parameters that make a statement mean the record with this key; None if no record can have it."""
        try:
            values = split_key(self.kind, key)
        except ValueError:
            return None
        return {_HERE + name: value for name, value in zip(self._tables.key, values, strict=True)}

    def _write_lists(self, connection: Connection, record: N, parts: Iterable[ListTable]) -> None:
        for part in parts:
            if rows := self._rows.list_rows(part, record):
                connection.execute(insert(part.table), rows)


def _of_one_owner(part: ListTable, key: Sequence[str]) -> tuple[Select[Any], Delete]:
    """The statements that read and remove a list of one record."""
    here = and_(*(part.table.c[OWNER + name] == bindparam(_HERE + name) for name in key))
    return select(part.table).where(here).order_by(part.table.c[POSITION]), delete(part.table).where(here)


def _of_owners(part: ListTable, key: Sequence[str]) -> Select[Any]:
    """The statement that reads a list of some records."""
    among = _among([part.table.c[OWNER + name] for name in key])
    return select(part.table).where(among).order_by(part.table.c[POSITION])


def _among(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Whether these columns hold one of the keys that are given with the statement."""
    return tuple_(*columns).in_(bindparam(_AMONG, expanding=True))


def _list(part: ListTable, record: Noun) -> Any:
    return getattr(record, part.item.name)


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
        self.secrets = secrets
        """The cluster key, for what is sealed or stamped beside the records."""
        self._by_noun: dict[str, Repository[Any]] = {
            noun: Repository(kind, secrets) for noun, kind in NOUNS.items()
        }

    def of(self, kind: type[N]) -> Repository[N]:
        """The repository of a noun."""
        return self._by_noun[kind.noun]
