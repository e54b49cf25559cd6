"""How the value of one setting is kept in one column.

Texts, numbers and switches as they are; members of an enumeration by their value; secrets as sealed bytes; a
reference that names nothing as NULL, so that the database does not look for a record with an empty name.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum
from sys import intern
from typing import Any

from sqlalchemy import Boolean, Float, Integer, LargeBinary, String
from sqlalchemy.types import TypeEngine

from ringward.domain.secret import Secret
from ringward.domain.setting import SettingField

Seal = Callable[[Secret, str], bytes]
"""Seals the secret of a column."""
Open = Callable[[bytes, str], Secret]
"""Opens the secret of a column."""
Reader = Callable[[Any, Open], Any]
"""Makes a value of what a column holds."""


def column_type(kind: type) -> TypeEngine[Any]:
    """The column type for values of a Python type."""
    if kind is bool:
        return Boolean()
    if issubclass(kind, Enum):
        return Integer() if issubclass(kind, IntEnum) else String()
    if issubclass(kind, int):
        return Integer()
    if issubclass(kind, float):
        return Float()
    if issubclass(kind, Secret):
        return LargeBinary()
    if issubclass(kind, str):
        return String()
    raise TypeError(f"no column type for {kind}")


def nullable(item: SettingField) -> bool:
    """Whether the column can be NULL: optional values, unset secrets and references that name nothing."""
    return not item.setting.key and (
        item.optional or item.type is Secret or (bool(item.setting.references) and not item.setting.required)
    )


def to_column(item: SettingField, value: Any, seal: Seal) -> Any:
    """What the column holds for a value."""
    if value is None or (value == "" and nullable(item)):
        return None
    if isinstance(value, Secret):
        return seal(value, item.name) if value else None
    if isinstance(value, Enum):
        return value.value
    return value


def reader(item: SettingField) -> Reader:
    """What makes of a column the value that :func:`to_column` was given.

    It is chosen once for a field, as there are thousands of rows.
    """
    if item.type is Secret:
        unset = None if item.optional else Secret("")
        return lambda stored, open_: unset if stored is None else open_(stored, item.name)
    empty = None if item.optional else ""
    if issubclass(item.type, Enum):
        members = {each.value: each for each in item.type}
        return lambda stored, _: empty if stored is None else members.get(stored) or item.type(stored)
    if item.type is str and (item.setting.references or item.setting.choices):
        # Thousands of records hold the same few names: one text for all of them.
        return lambda stored, _: empty if stored is None else intern(stored)
    return lambda stored, _: empty if stored is None else stored
