"""Commands for the lists of records within a noun: ``ringward phone line list|add|update|remove``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, replace
from typing import Any

import typer

from ringward.cli import fields
from ringward.cli.access import opened
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json
from ringward.cli.records import print_records, report
from ringward.cli.signature import DATA, JSON, key_parameter, signed
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.json_record import json_value
from ringward.domain.setting import Noun, SettingField, key_fields, settings_of


def part_group(kind: type[Noun], item: SettingField) -> LazyGroup:
    """The commands for one record list of a noun: ``ringward phone line list|add|update|remove``."""
    title = f"{item.item_type.title.lower()} of a {kind.title}"
    makers = {
        "list": lambda: command(_lister(kind, item), f"List every {title}."),
        "add": lambda: command(_adder(kind, item), f"Add a {title}."),
        "update": lambda: command(_updater(kind, item), f"Change the given fields of a {title}."),
        "remove": lambda: command(_remover(kind, item), f"Remove a {title}."),
    }
    return LazyGroup(fields.part_name(item), f"{item.setting.label} of a {kind.title}.", makers)


def _lister(kind: type[Noun], item: SettingField) -> Callable[..., None]:
    def run(owner: str, as_json: bool, data: Any) -> None:
        with opened(data) as (administration, actor):
            parts = getattr(administration.records(kind).get(actor, owner), item.name)
        if as_json:
            print_json(json_value(item, parts))
        else:
            print_records(
                item.item_type, parts, empty=f"{kind.title} {owner} has no {item.item_type.title.lower()}."
            )

    return signed(run, [key_parameter(kind, "owner"), JSON, DATA])


def _adder(kind: type[Noun], item: SettingField) -> Callable[..., None]:
    part = item.item_type
    arguments = [each for each in settings_of(part) if each.setting.key or each.default is MISSING]

    def run(owner: str, data: Any, **given: Any) -> None:
        added = part(**fields.values_from(part, owner, given))
        with opened(data) as (administration, actor):
            records = administration.records(kind)
            parts = getattr(records.get(actor, owner), item.name)
            parts = tuple(sorted((*parts, added), key=_place))
            saved = records.update(actor, owner, {item.name: parts})
        report(f"{part.title} {added.key} of {kind.title} {saved.record.key} is added.", saved.notes)

    options = [fields.option(each, adding=True) for each in settings_of(part) if each not in arguments]
    return signed(run, [key_parameter(kind, "owner"), *map(fields.argument, arguments), *options, DATA])


def _updater(kind: type[Noun], item: SettingField) -> Callable[..., None]:
    part = item.item_type

    def run(owner: str, part_key: str, data: Any, **given: Any) -> None:
        values = fields.values_from(part, owner, given)
        if not values:
            raise typer.BadParameter("nothing is to be changed: give at least one field")
        with opened(data) as (administration, actor):
            records = administration.records(kind)
            parts = getattr(records.get(actor, owner), item.name)
            _find_part(kind, item, owner, part_key, parts)
            changed = tuple(replace(each, **values) if each.key == part_key else each for each in parts)
            saved = records.update(actor, owner, {item.name: changed})
        report(f"{part.title} {part_key} of {kind.title} {saved.record.key} is saved.", saved.notes)

    options = [fields.option(each, adding=False) for each in fields.entered(part)]
    return signed(run, [key_parameter(kind, "owner"), key_parameter(part, "part_key"), *options, DATA])


def _remover(kind: type[Noun], item: SettingField) -> Callable[..., None]:
    part = item.item_type

    def run(owner: str, part_key: str, data: Any) -> None:
        with opened(data) as (administration, actor):
            records = administration.records(kind)
            parts = getattr(records.get(actor, owner), item.name)
            _find_part(kind, item, owner, part_key, parts)
            left = tuple(each for each in parts if each.key != part_key)
            saved = records.update(actor, owner, {item.name: left})
        report(f"{part.title} {part_key} of {kind.title} {saved.record.key} is removed.", saved.notes)

    return signed(run, [key_parameter(kind, "owner"), key_parameter(part, "part_key"), DATA])


def _place(part: Noun) -> tuple[Any, ...]:
    """Where a record belongs in its list: 2 before 10."""
    return tuple(getattr(part, item.name) for item in key_fields(type(part)))


def _find_part(kind: type[Noun], item: SettingField, owner: str, key: str, parts: Sequence[Noun]) -> None:
    if all(each.key != key for each in parts):
        there = ", ".join(each.key for each in parts) or "none yet"
        raise Invalid(kind.noun, owner, [FieldError(fields.part_name(item), key, there)])
