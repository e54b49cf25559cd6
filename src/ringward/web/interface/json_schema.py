"""Words of JSON Schema, and records in them: made of the settings that forms and checks are made of, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, format_value, settings_of

INTEGER: Mapping[str, Any] = {"type": "integer"}
TEXT: Mapping[str, Any] = {"type": "string"}
FLAG: Mapping[str, Any] = {"type": "boolean"}
NUMBER: Mapping[str, Any] = {"type": "number"}
TEXTS: Mapping[str, Any] = {"type": "array", "items": TEXT}


def or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a schema of one type allows, or nothing."""
    return {**schema, "type": [schema["type"], "null"]}


def list_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """A list of such items."""
    return {"type": "array", "items": item}


def object_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def page_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a list, and how long the whole list is."""
    return object_of({"items": list_of(item), "total": INTEGER, "offset": INTEGER})


def reference(name: str) -> dict[str, Any]:
    """A schema by its name; there are two that say next to nothing: ``Present`` and ``Anything``."""
    if name == "Present":
        return {"type": ["object", "array"]}
    if name.startswith("Anything"):
        return {"type": "object"}
    return {"$ref": f"#/components/schemas/{name}"}


def shown_record(kind: type[Noun]) -> dict[str, Any]:
    """A record as it is answered; which fields it has, its model and protocol decide."""
    properties = {item.name: _answered(item) for item in settings_of(kind)}
    return {"type": "object", "title": kind.title, "properties": properties}


def entered_record(kind: type[Noun], *, new: bool) -> dict[str, Any]:
    """A record as it is sent."""
    items = [item for item in settings_of(kind) if not item.setting.read_only]
    found: dict[str, Any] = {
        "type": "object",
        "title": kind.title,
        "additionalProperties": False,
        "properties": {item.name: _field(item) for item in items},
    }
    needed = [item.name for item in items if item.default is MISSING]
    if new and needed:
        found["required"] = needed
    return found


def _answered(item: SettingField) -> dict[str, Any]:
    if item.is_record_list:
        return {"type": "array", "items": shown_record(item.item_type)}
    kind = "array" if item.is_list else _json_type(item)
    nullable = item.optional or item.setting.secret
    return {"type": [kind, "null"] if nullable else kind, "description": item.setting.label}


def _field(item: SettingField) -> dict[str, Any]:
    rule = item.setting
    found: dict[str, Any] = {"title": rule.label, "description": rule.help}
    if item.is_record_list:
        found |= {"type": "array", "items": entered_record(item.item_type, new=True)}
    elif item.is_list:
        found |= {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    else:
        found |= _one_value(item)
    if rule.max_items is not None:
        found["maxItems"] = rule.max_items
    if rule.secret:
        found["writeOnly"] = True
    return found


def _json_type(item: SettingField) -> str:
    if item.type is bool:
        return "boolean"
    return "integer" if item.type is int else "string"


def _one_value(item: SettingField) -> dict[str, Any]:
    rule, kind = item.setting, _json_type(item)
    found: dict[str, Any] = {"type": [kind, "null"] if item.optional else kind}
    if choices := item.choices_for():
        found["enum"] = [each if kind == "integer" else format_value(item, each) for each in choices]
    elif kind == "integer":
        found |= {
            name: limit
            for name, limit in (("minimum", rule.minimum), ("maximum", rule.maximum))
            if limit is not None
        }
    elif kind == "string" and item.type in (str, Secret):
        found["maxLength"] = rule.max_length
    if item.optional and "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found
