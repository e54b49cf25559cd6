"""Records as JSON: what ``--json`` prints and what the programming interface sends and takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from enum import Enum
from typing import Any

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, parse_value, settings_of, shown


def json_value(item: SettingField, value: Any) -> Any:
    """A field's value as JSON: numbers, truth values and lists as themselves, everything else as text."""
    if item.setting.secret:
        return "(hidden)" if value else None
    if value is None or isinstance(value, bool):
        return value
    if item.is_record_list:
        return [json_record(part) for part in value]
    if item.is_list:
        return [str(part) for part in value]
    if item.type is int:
        return value
    return shown(item, value)


def json_record(record: Noun) -> dict[str, Any]:
    """A record as a JSON object: the fields that apply to it, under their own names."""
    return {
        item.name: json_value(item, getattr(record, item.name))
        for item in settings_of(type(record))
        if item.setting.applies_to(record)
    }


def values_from_json(kind: type[Noun], given: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """The values of the fields that an object gives; raises :class:`Invalid` with everything that is wrong."""
    errors: list[FieldError] = []
    values = _values(kind, given, "", errors)
    if errors:
        raise Invalid(kind.noun, key, errors)
    return values


def _values(kind: type[Noun], given: Mapping[str, Any], prefix: str, errors: list[FieldError]) -> dict[str, Any]:
    fields = {item.name: item for item in settings_of(kind)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            errors.append(FieldError(f"{prefix}{name}"[:80], "", f"one of the fields {', '.join(fields)}"))
            continue
        item = fields[name]
        try:
            values[name] = _value(item, value, f"{prefix}{name}", errors)
        except ValueError:
            words = "(hidden)" if item.setting.secret else str(value)[:80]
            errors.append(FieldError(f"{prefix}{name}", words, item.allowed()))
    return values


def _value(item: SettingField, value: Any, place: str, errors: list[FieldError]) -> Any:
    if value is None and item.optional:
        return None
    if item.is_record_list:
        return _records(item, value, place, errors)
    if item.is_list:
        if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise ValueError
        return tuple(value)
    if item.type is bool or (item.type is int and not issubclass(item.type, Enum)):
        if type(value) is not item.type:
            raise ValueError
        return value
    if not isinstance(value, str):
        raise ValueError
    return Secret(value) if item.type is Secret else parse_value(item, value)


def _records(item: SettingField, value: Any, place: str, errors: list[FieldError]) -> tuple[Noun, ...]:
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise ValueError
    records = []
    for number, part in enumerate(value, 1):
        values = _values(item.item_type, part, f"{place}[{number}].", errors)
        absent = [
            each for each in settings_of(item.item_type) if each.default is MISSING and each.name not in part
        ]
        errors += [FieldError(f"{place}[{number}].{each.name}", "", each.allowed()) for each in absent]
        if not absent and len(values) == len(part):
            records.append(item.item_type(**values))
    return tuple(records)
