"""One description per setting, from which the command line, the pages and the API are all made.

A noun of the domain is a frozen dataclass whose fields are made with :func:`setting`. The metadata says what the
field is called for people, what it means, what it may hold and to which records it applies, so that every shell
shows the same label, the same help and the same limits (ADMIN-08, ADMIN-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import Enum, IntEnum
from types import UnionType
from typing import Any, ClassVar, Protocol, Self, TypeVar, Union, get_args, get_origin, get_type_hints

from ringward.domain.errors import FieldError
from ringward.domain.record_text import read_records, write_records
from ringward.domain.secret import Secret

_METADATA = "setting"
KEY_SEPARATOR = "/"
"""Between the parts of a key."""
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_TRUE = frozenset(("true", "yes", "on", "1"))
_FALSE = frozenset(("false", "no", "off", "0"))
_MAX_LENGTH = 128
"""Longest text where a field states no limit of its own; the guide's product has the same for names."""
_MAX_NAME_LENGTH = 64
"""Longest name of a record; long enough for "7961G-GE - Standard SIP Non-Secure Profile" and a remark."""
NAME_PATTERN = r"[^\s\"%&,/;<=>\\|]([^\"%&,/;<=>\\|]*[^\s\"%&,/;<=>\\|])?"
"""Names stand in lists, file names, keys and URLs, so the characters that part or quote there are kept out."""
_NAME_HELP = f'text of at most {_MAX_NAME_LENGTH} characters, without any of " % & , / ; < = > \\ |'


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
    """The pattern (or the check) in words, for error messages."""
    check: Callable[[str], bool] | None = None
    """Further test of a text, where a pattern cannot say it."""
    choices: tuple[Any, ...] = ()
    """Allowed values where the type alone does not say it."""
    max_items: int | None = None
    """Most items of a list; None means any number."""
    references: str = ""
    """Noun whose key this field holds: the named record must exist, and is then in use."""
    key: bool = False
    """Part of the record's key."""
    required: bool = False
    """May not be empty."""
    secret: bool = False
    """Entered twice and never shown (ADMIN-13)."""
    handed_over: bool = False
    """A secret that somebody has to be told: shown to those who may read it, and entered once (ADMIN-13)."""
    read_only: bool = False
    """Shown, never entered."""
    listed: bool = False
    """Shown as a column when records of the kind are listed."""
    applies: Callable[[Any], bool] | None = None
    """Whether a given record has this field at all (PSP-04); None means always."""
    offered: Callable[[Any], tuple[Any, ...]] | None = None
    """Which of the field's values a given record may have (SYS-10); None means all."""

    def applies_to(self, record: Any) -> bool:
        """Whether ``record`` has this field at all; one that has not keeps the field's default."""
        return self.applies is None or self.applies(record)


def setting(label: str, help: str, *, default: Any = MISSING, **more: Any) -> Any:
    """Make a dataclass field that carries a :class:`Setting`."""
    metadata = {_METADATA: Setting(label=label, help=help, **more)}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def name_setting(help: str, **more: Any) -> Any:
    """Make the field that names a record and is its key."""
    rule = {"max_length": _MAX_NAME_LENGTH, "pattern": NAME_PATTERN, "pattern_help": _NAME_HELP} | more
    return setting("Name", help, key=True, required=True, listed=True, **rule)


@dataclass(frozen=True, slots=True)
class SettingField:
    """A field of a noun: its name, its type without ``None``, and its :class:`Setting`."""

    name: str
    type: Any
    optional: bool
    """Whether ``None`` is a value (shown as empty)."""
    setting: Setting
    default: Any
    is_list: bool = field(init=False)
    """Whether the field is an ordered list (a tuple in the dataclass)."""
    item_type: Any = field(init=False)
    """Type of one value: of the items of a list, else of the field."""
    is_record_list: bool = field(init=False)
    """Whether the field is an ordered list of sub-records, such as the lines of a phone."""
    is_fine_by_default: bool = field(init=False)
    """Whether the default can stand in every record. Most fields of most records hold it."""

    def __post_init__(self) -> None:
        is_list = get_origin(self.type) is tuple
        item_type = get_args(self.type)[0] if is_list else self.type
        object.__setattr__(self, "is_list", is_list)
        object.__setattr__(self, "item_type", item_type)
        is_record = isinstance(item_type, type) and issubclass(item_type, Noun)
        object.__setattr__(self, "is_record_list", is_list and is_record)
        object.__setattr__(
            self, "is_fine_by_default", self.setting.offered is None and _is_fine(self, self.default)
        )

    def choices_for(self, record: Any = None) -> tuple[Any, ...]:
        """The values that the field may have one of, in any record or in this one; none if it is no such field."""
        rule, kind = self.setting, self.item_type
        if record is not None and rule.offered is not None:
            return rule.offered(record)
        if rule.choices:
            return rule.choices
        return tuple(kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()

    def allowed(self, record: Any = None) -> str:
        """What the field may hold, in any record or in this one, in words."""
        rule = self.setting
        if choices := self.choices_for(record):
            return ", ".join(_text(choice) for choice in choices)
        kind = self.item_type
        if kind is bool:
            return "true, false"
        if kind is int:
            low = rule.minimum if rule.minimum is not None else "any"
            high = rule.maximum if rule.maximum is not None else "any"
            return f"whole numbers from {low} to {high}"
        if rule.references:
            return f"the name of an existing {rule.references}"
        words = rule.pattern_help or f"text of at most {rule.max_length} characters"
        return f"{words}, not empty" if rule.required else words


class Noun:
    """Base of the records: tells their name, key, fields and rules."""

    noun: ClassVar[str]
    """Singular name, as in ``ringward phone add``; words joined by dashes."""
    title: ClassVar[str]
    """Name for people, as in "Device Pool"."""
    __slots__ = ()

    @property
    def key(self) -> str:
        """The text that names this record among its kind; multi-part keys are joined with a slash."""
        return self.join_key([getattr(self, item.name) for item in key_fields(type(self))])

    @classmethod
    def join_key(cls, parts: Iterable[Any]) -> str:
        """Write the values of the key fields as one text."""
        return KEY_SEPARATOR.join(str(part) for part in parts)

    @classmethod
    def split_key(cls, key: str) -> tuple[str, ...]:
        """The values of the key fields in their order, as texts; the inverse of :meth:`join_key`."""
        return tuple(key.split(KEY_SEPARATOR, len(key_fields(cls)) - 1))

    def settled(self) -> Self:
        """The record with those fields filled in that its other fields decide (PSP-22); called before checking."""
        return self

    def rule_errors(self) -> Iterator[FieldError]:
        """Broken rules between the record's own fields; none unless the noun has such rules."""
        return iter(())

    def cross_errors(self, lookup: Lookup) -> Iterator[FieldError]:
        """Broken rules between this and other records; none unless the noun has such rules."""
        return iter(())


_N = TypeVar("_N", bound=Noun)


class Lookup(Protocol):
    """What rules between records need to see of the configuration."""

    def find(self, kind: type[_N], key: str) -> _N | None:
        """The record of this kind with this key, if there is one."""

    def every(self, kind: type[_N]) -> Iterable[_N]:
        """All records of this kind, in any order."""


_CACHE: dict[type, tuple[SettingField, ...]] = {}
_KEYS: dict[type, tuple[SettingField, ...]] = {}
_NAMING: dict[type, tuple[SettingField, ...]] = {}


def settings_of(kind: type) -> tuple[SettingField, ...]:
    """All setting fields of a noun, in the order they are declared."""
    if kind not in _CACHE:
        hints = get_type_hints(kind)
        _CACHE[kind] = tuple(
            _describe(item, hints[item.name]) for item in fields(kind) if _METADATA in item.metadata
        )
    return _CACHE[kind]


def key_fields(kind: type) -> tuple[SettingField, ...]:
    """The parts of a noun's key, in order."""
    if kind not in _KEYS:
        _KEYS[kind] = tuple(item for item in settings_of(kind) if item.setting.key)
    return _KEYS[kind]


def differing(before: Noun, after: Noun) -> list[SettingField]:
    """The fields in which two records of a noun differ."""
    return [
        item
        for item in settings_of(type(before))
        if (was := getattr(before, item.name)) is not (now := getattr(after, item.name)) and was != now
    ]


def _describe(item: Field[Any], hint: Any) -> SettingField:
    optional = False
    if get_origin(hint) in (Union, UnionType):
        optional = type(None) in get_args(hint)
        (hint,) = [each for each in get_args(hint) if each is not type(None)]
    default = item.default
    if default is MISSING and item.default_factory is not MISSING:
        default = item.default_factory()
    return SettingField(item.name, hint, optional, item.metadata[_METADATA], default)


@dataclass(frozen=True, slots=True)
class Reference:
    """One place where a record names another."""

    field: str
    """Field that names it, as errors show it: ``device_pool``, ``lines[2].number``."""
    noun: str
    key: str


def references_of(record: Noun, prefix: str = "") -> Iterator[Reference]:
    """All records that ``record`` names, in the order of its fields; empty fields name nothing."""
    for item in _naming(type(record)):
        value = getattr(record, item.name)
        rule = item.setting
        if item.is_record_list:
            for position, part in enumerate(value, 1):
                yield from references_of(part, f"{prefix}{item.name}[{position}].")
        elif rule.references and value and rule.applies_to(record):
            name = prefix + item.name
            if item.is_list:
                yield from (Reference(name, rule.references, key) for key in value)
            else:
                yield Reference(name, rule.references, value)


def _naming(kind: type) -> tuple[SettingField, ...]:
    """The fields of a noun that name other records, or may in their parts."""
    if kind not in _NAMING:
        _NAMING[kind] = tuple(item for item in settings_of(kind) if item.is_record_list or item.setting.references)
    return _NAMING[kind]


def record_errors(record: Noun) -> list[FieldError]:
    """Everything that is wrong with a record by itself: its fields, then the rules between them."""
    return list(field_errors(record)) or list(record.rule_errors())


def field_errors(record: Any) -> Iterator[FieldError]:
    """Check every field of a record against its own description; rules between fields are the noun's."""
    for item in settings_of(type(record)):
        value = getattr(record, item.name)
        if value is item.default and item.is_fine_by_default:
            continue
        rule = item.setting
        if not rule.applies_to(record):
            if value != item.default:
                yield FieldError(item.name, shown(item, value), "nothing: this record has no such field")
        elif value is None:
            if not item.optional or rule.required:
                yield FieldError(item.name, "", item.allowed())
        elif item.is_list:
            yield from _list_errors(item, value)
        elif not _is_valid(item, value) or (rule.offered is not None and value not in rule.offered(record)):
            yield FieldError(item.name, shown(item, value), item.allowed(record))


def _is_fine(item: SettingField, value: Any) -> bool:
    """Whether a value can stand in a field that a record has; of lists only the empty one is looked at."""
    if value is None or value == ():
        return (item.is_list or item.optional) and not item.setting.required
    return not item.is_list and _is_valid(item, value)


def _list_errors(item: SettingField, values: tuple[Any, ...]) -> Iterator[FieldError]:
    rule = item.setting
    if rule.required and not values:
        yield FieldError(item.name, "", f"at least one: {item.allowed()}")
    if rule.max_items is not None and len(values) > rule.max_items:
        yield FieldError(item.name, f"{len(values)} items", f"at most {rule.max_items}")
    if item.is_record_list:
        for position, part in enumerate(values, 1):
            for error in record_errors(part):
                yield FieldError(f"{item.name}[{position}].{error.field}", error.value, error.allowed)
        return
    for value in values:
        if not value or "," in value or not _is_valid(item, value):
            yield FieldError(item.name, shown(item, value), item.allowed())
    if len(set(values)) != len(values):
        yield FieldError(item.name, shown(item, values), "each one only once")


def _is_valid(item: SettingField, value: Any) -> bool:
    rule, kind = item.setting, item.item_type
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return False
    plain = value.reveal() if isinstance(value, Secret) else value
    if rule.choices and plain not in rule.choices:
        return False
    if isinstance(plain, int) and not isinstance(plain, (bool, Enum)):
        return (rule.minimum is None or plain >= rule.minimum) and (rule.maximum is None or plain <= rule.maximum)
    if isinstance(plain, str):
        return _is_valid_text(rule, plain) and (isinstance(value, Secret) or plain == plain.strip())
    return True


def _is_valid_text(rule: Setting, text: str) -> bool:
    if not text:
        return not rule.required
    return (
        len(text) <= rule.max_length
        and text.isprintable()
        and (not rule.pattern or re.fullmatch(rule.pattern, text) is not None)
        and (rule.check is None or rule.check(text))
    )


def shown(item: SettingField, value: Any) -> str:
    """A field's value as tables, pages and messages show it; of a secret only whether there is one."""
    if item.setting.secret or isinstance(value, Secret):
        return "(hidden)" if value else ""
    return format_value(item, value)


def explained(item: SettingField, value: Any) -> str:
    """The same for people alone: beside a number that is the guide's it says what that means."""
    words: str | None = getattr(value, "explained", None)
    return shown(item, value) if words is None else words


def format_value(item: SettingField, value: Any) -> str:
    """A field's value as text from which :func:`parse_value` makes the same value again, secrets included."""
    if value is None:
        return ""
    if item.is_record_list:
        return write_records(_record_texts(part) for part in value)
    if item.is_list:
        return ", ".join(_text(part) for part in value)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, IntEnum):
        return str(getattr(value, "label", value.name.lower()))
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def parse_value(item: SettingField, text: str) -> Any:
    """Turn what a person typed into the field's value.

    Lists are written with commas, lists of sub-records as :mod:`ringward.domain.record_text` says.

    Raises ``ValueError`` when the text cannot be a value; limits are checked by :func:`field_errors`.
    An empty text is ``None`` for optional fields.
    """
    stripped = text.strip()
    if item.optional and not stripped:
        return None
    if item.type is Secret:
        return Secret(text)
    if item.is_record_list:
        names = [part.name for part in settings_of(item.item_type)]
        return tuple(_parse_record(item.item_type, texts) for texts in read_records(stripped, names))
    if item.is_list:
        return tuple(_parse_one(item.item_type, part.strip()) for part in stripped.split(",") if part.strip())
    return _parse_one(item.type, stripped)


def _parse_one(kind: Any, text: str) -> Any:
    if kind is bool:
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise ValueError(text)
    if kind is int:
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError(text)
        return int(text)
    if isinstance(kind, type) and issubclass(kind, Enum):
        for member in kind:
            if text.lower() in (_text(member).lower(), str(member.value).lower(), member.name.lower()):
                return member
        raise ValueError(text)
    return text


def _record_texts(record: Noun) -> dict[str, str]:
    values = {item: getattr(record, item.name) for item in settings_of(type(record))}
    return {
        item.name: format_value(item, value)
        for item, value in values.items()
        if item.setting.key or value != item.default
    }


def _parse_record(kind: type[Noun], texts: dict[str, str]) -> Noun:
    values = {item.name: parse_value(item, texts[item.name]) for item in settings_of(kind) if item.name in texts}
    try:
        return kind(**values)
    except TypeError:
        raise ValueError(f"a {kind.noun} needs more than {', '.join(values)}") from None
