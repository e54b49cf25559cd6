"""Criteria of Find and List windows: a field, a comparison, a value (ADMIN-01, ADMIN-03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import ColumnElement, String, Table, cast, exists, func, not_, or_, select

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.secret import Secret
from ringward.domain.setting import KEY_SEPARATOR, Noun, SettingField, format_value, settings_of
from ringward.store.noun_tables import OWNER, VALUE, ListTable, NounTable, columns_of


class Comparison(Enum):
    """How a field is compared with the value; letter case never matters."""

    BEGINS_WITH = "begins with"
    CONTAINS = "contains"
    ENDS_WITH = "ends with"
    IS_EXACTLY = "is exactly"
    IS_EMPTY = "is empty"
    IS_NOT_EMPTY = "is not empty"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition that a record must meet.

    Of a list field, one entry that meets it is enough. A field that names a record with a key of several parts (a
    line its number) is compared by the first part and by the whole key.
    """

    field: str
    comparison: Comparison
    value: str = ""


def condition(tables: NounTable, nouns: Mapping[str, type[Noun]], criterion: Criterion) -> ColumnElement[bool]:
    """The criterion as a condition on the noun's table.

    A field within the entries of a list is written with a dot (``lines.number``). Raises :class:`Invalid` for a
    field that cannot be searched, and never compares with a secret: that would tell it piece by piece.
    """
    name, _, within = criterion.field.partition(".")
    for item in settings_of(tables.kind):
        if item.name == name and not (item.is_list or within):
            return _compare(tables.table, item, columns_of(item, nouns), criterion)
    for part in tables.lists:
        entries = [item for item in part.entries if item.name == (within or VALUE)]
        if part.item.name == name and (entries or not within):
            return _any_entry(tables, part, entries, nouns, criterion)
    raise _unsearchable(tables, criterion)


def _any_entry(
    tables: NounTable,
    part: ListTable,
    entries: list[SettingField],
    nouns: Mapping[str, type[Noun]],
    criterion: Criterion,
) -> ColumnElement[bool]:
    mine = select(part.table.c.position).where(
        *(part.table.c[OWNER + name] == tables.table.c[name] for name in tables.key)
    )
    if criterion.comparison is Comparison.IS_EMPTY:
        return not_(exists(mine))
    if criterion.comparison is Comparison.IS_NOT_EMPTY:
        return exists(mine)
    if not entries:
        raise _unsearchable(tables, criterion)
    (entry,) = entries
    return exists(mine.where(_compare(part.table, entry, columns_of(entry, nouns), criterion)))


def _compare(
    table: Table, item: SettingField, names: tuple[str, ...], criterion: Criterion
) -> ColumnElement[bool]:
    columns = [table.c[name] for name in names]
    if criterion.comparison is Comparison.IS_EMPTY:
        return or_(columns[0].is_(None), cast(columns[0], String) == "")
    if criterion.comparison is Comparison.IS_NOT_EMPTY:
        return not_(or_(columns[0].is_(None), cast(columns[0], String) == ""))
    if item.type is Secret or item.setting.secret:
        raise Invalid("search", item.name, [FieldError(item.name, "", "for secrets only: is empty, is not empty")])
    if item.type is bool or issubclass(item.type, Enum):
        members = [True, False] if item.type is bool else list(item.type)
        matching = [
            getattr(each, "value", each) for each in members if _meets(format_value(item, each), criterion)
        ]
        return columns[0].in_(matching)
    shown: ColumnElement[str] = cast(columns[0], String)
    if len(columns) == 1:
        return _matches(shown, criterion)
    whole = shown
    for column in columns[1:]:
        whole = whole + KEY_SEPARATOR + column
    return or_(_matches(shown, criterion), _matches(whole, criterion))


def _matches(shown: ColumnElement[str], criterion: Criterion) -> ColumnElement[bool]:
    match criterion.comparison:
        case Comparison.BEGINS_WITH:
            return shown.istartswith(criterion.value, autoescape=True)
        case Comparison.CONTAINS:
            return shown.icontains(criterion.value, autoescape=True)
        case Comparison.ENDS_WITH:
            return shown.iendswith(criterion.value, autoescape=True)
    return func.lower(shown) == func.lower(criterion.value)


def _meets(shown: str, criterion: Criterion) -> bool:
    shown, value = shown.lower(), criterion.value.lower()
    match criterion.comparison:
        case Comparison.BEGINS_WITH:
            return shown.startswith(value)
        case Comparison.CONTAINS:
            return value in shown
        case Comparison.ENDS_WITH:
            return shown.endswith(value)
    return shown == value


def _unsearchable(tables: NounTable, criterion: Criterion) -> Invalid:
    fields = [item.name for item in settings_of(tables.kind) if not item.is_list]
    for part in tables.lists:
        fields += [
            part.item.name if part.kind is None else f"{part.item.name}.{item.name}" for item in part.entries
        ]
    return Invalid("search", tables.kind.noun, [FieldError("field", criterion.field, ", ".join(fields))])
