"""One description per setting, from which the command line, the pages and the API are all made.

A noun of the domain is a frozen dataclass whose fields are made with :func:`setting`. The metadata says what the
field is called for people, what it means, what it may hold and to which records it applies, so that every shell
shows the same label, the same help and the same limits (ADMIN-08, ADMIN-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import Enum, IntEnum
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from ringward.domain.errors import FieldError
from ringward.domain.secret import Secret

_METADATA = "setting"
_MAX_LENGTH = 128
"""Longest text where a field states no limit of its own; the guide's product has the same for names."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one field of a noun."""

    label: str
    """The guide's name of the field, as people read it."""
    help: str
    """One or two sentences: what it does and what to mind."""
    requirement: str = ""
    """Requirement IDs the field comes from."""
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = _MAX_LENGTH
    pattern: str = ""
    """Regular expression that the whole text must match."""
    pattern_help: str = ""
    """The pattern in words, for error messages."""
    choices: tuple[Any, ...] = ()
    """Allowed values where the type alone does not say it."""
    references: str = ""
    """Noun whose key this field holds: the named record must exist, and is then in use."""
    key: bool = False
    """Part of the record's key."""
    required: bool = False
    """May not be empty."""
    secret: bool = False
    """Entered twice and never shown (ADMIN-13)."""
    read_only: bool = False
    """Shown, never entered."""
    listed: bool = False
    """Shown as a column when records of the kind are listed."""
    applies: Callable[[Any], bool] | None = None
    """Whether a given record has this field at all (PSP-04); None means always."""


def setting(label: str, help: str, *, default: Any = MISSING, **more: Any) -> Any:
    """Make a dataclass field that carries a :class:`Setting`."""
    metadata = {_METADATA: Setting(label=label, help=help, **more)}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class SettingField:
    """A field of a noun: its name, its type without ``None``, and its :class:`Setting`."""

    name: str
    type: Any
    optional: bool
    """Whether ``None`` is a value (shown as empty)."""
    setting: Setting
    default: Any

    @property
    def is_list(self) -> bool:
        """Whether the field is an ordered list (a tuple in the dataclass)."""
        return get_origin(self.type) is tuple

    def allowed(self) -> str:
        """What the field may hold, in words."""
        rule = self.setting
        if rule.choices:
            return ", ".join(_text(choice) for choice in rule.choices)
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            return ", ".join(_text(member) for member in self.type)
        if self.type is bool:
            return "true, false"
        if self.type is int:
            low = rule.minimum if rule.minimum is not None else "any"
            high = rule.maximum if rule.maximum is not None else "any"
            return f"whole numbers from {low} to {high}"
        if rule.references:
            return f"the name of an existing {rule.references}"
        words = rule.pattern_help or f"text of at most {rule.max_length} characters"
        return f"{words}, not empty" if rule.required else words


def _text(value: Any) -> str:
    if isinstance(value, IntEnum):
        return str(getattr(value, "label", value.name.lower()))
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


class Noun:
    """Base of the records: tells their name, key and fields."""

    noun: ClassVar[str]
    """Singular name, as in ``ringward phone add``; words joined by dashes."""
    title: ClassVar[str]
    """Name for people, as in "Device Pool"."""
    __slots__ = ()

    @property
    def key(self) -> str:
        """The text that names this record among its kind; multi-part keys are joined with a slash."""
        parts = [str(getattr(self, item.name)) for item in settings_of(type(self)) if item.setting.key]
        return "/".join(parts)


_CACHE: dict[type, tuple[SettingField, ...]] = {}


def settings_of(kind: type) -> tuple[SettingField, ...]:
    """All setting fields of a noun, in the order they are declared."""
    if kind not in _CACHE:
        hints = get_type_hints(kind)
        _CACHE[kind] = tuple(
            _describe(item, hints[item.name]) for item in fields(kind) if _METADATA in item.metadata
        )
    return _CACHE[kind]


def _describe(item: Field[Any], hint: Any) -> SettingField:
    optional = False
    if get_origin(hint) in (Union, UnionType):
        optional = type(None) in get_args(hint)
        (hint,) = [each for each in get_args(hint) if each is not type(None)]
    default = item.default
    if default is MISSING and item.default_factory is not MISSING:
        default = item.default_factory()
    return SettingField(item.name, hint, optional, item.metadata[_METADATA], default)


def field_errors(record: Any) -> Iterator[FieldError]:
    """Check every field of a record against its own description; rules between fields are the noun's."""
    for item in settings_of(type(record)):
        value = getattr(record, item.name)
        rule = item.setting
        if rule.applies is not None and not rule.applies(record):
            continue
        if value is None:
            if not item.optional or rule.required:
                yield FieldError(item.name, "", item.allowed())
            continue
        if item.is_list:
            continue
        yield from _value_errors(item, value)


def _value_errors(item: SettingField, value: Any) -> Iterator[FieldError]:
    rule = item.setting
    plain = value.reveal() if isinstance(value, Secret) else value
    wrong = False
    if rule.choices and plain not in rule.choices:
        wrong = True
    elif isinstance(plain, int) and not isinstance(plain, (bool, Enum)):
        wrong = (rule.minimum is not None and plain < rule.minimum) or (
            rule.maximum is not None and plain > rule.maximum
        )
    elif isinstance(plain, str):
        wrong = (
            (rule.required and not plain)
            or len(plain) > rule.max_length
            or any(ord(char) < 32 or ord(char) == 127 for char in plain)
            or bool(plain and rule.pattern and not re.fullmatch(rule.pattern, plain))
        )
    if wrong:
        yield FieldError(item.name, "(hidden)" if rule.secret else _text(value), item.allowed())


def parse_value(item: SettingField, text: str) -> Any:
    """Turn what a person typed into the field's value.

    Raises ``ValueError`` when the text cannot be one; limits are checked by :func:`field_errors`.
    An empty text is ``None`` for optional fields.
    """
    stripped = text.strip()
    if item.optional and not stripped:
        return None
    kind = item.type
    if kind is bool:
        lowered = stripped.lower()
        if lowered in ("true", "yes", "on", "1"):
            return True
        if lowered in ("false", "no", "off", "0"):
            return False
        raise ValueError(text)
    if kind is int:
        return int(stripped)
    if kind is Secret:
        return Secret(text)
    if isinstance(kind, type) and issubclass(kind, Enum):
        for member in kind:
            if stripped.lower() in (_text(member).lower(), str(member.value).lower(), member.name.lower()):
                return member
        raise ValueError(text)
    if item.is_list:
        return tuple(part.strip() for part in stripped.split(",") if part.strip())
    return stripped
