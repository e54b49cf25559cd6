"""The commands of every noun, made from its description: ``ringward region list|show|add|update|copy|...``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from ringward.cli import fields
from ringward.cli.access import Data, Json, opened
from ringward.cli.criteria import Where, criterion
from ringward.cli.lazy import LazyGroup, command
from ringward.cli.output import print_json
from ringward.cli.parts import part_group
from ringward.cli.records import Particulars, print_one, print_records, report
from ringward.cli.signature import DATA, JSON, key_parameter, key_values, keyword, signed
from ringward.domain.json_record import json_record
from ringward.domain.setting import Noun, settings_of

_SOURCE = re.compile(r" \([^()]*\)(?=\.?$)")
"""Requirement IDs at the end of a docstring; they are for those who read the code."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


def noun_group(kind: type[Noun], particulars: Particulars, *, panel: str) -> LazyGroup:
    """All commands of a noun."""
    title = kind.title
    a_title = f"{'an' if title[0] in 'AEIO' else 'a'} {title}"
    makers: dict[str, Callable[[], Any]] = {
        "list": lambda: command(_lister(kind), "List the records, or those that meet every criterion."),
        "show": lambda: command(_shower(kind), f"Show one {title} with all fields that apply to it."),
        "add": lambda: command(_adder(kind, particulars), f"Add {a_title}."),
        "update": lambda: command(_updater(kind), f"Change the given fields of {a_title}."),
        "copy": lambda: command(_copier(kind), f"Add {a_title} that is like another one but for the name."),
        "rename": lambda: command(_renamer(kind), f"Rename {a_title}; whatever uses it follows."),
        "remove": lambda: command(_remover(kind), "Remove records that nothing else uses; all or none."),
    }
    for item in settings_of(kind):
        if item.is_record_list:
            makers[fields.part_name(item)] = partial(part_group, kind, item)
    summary = _SOURCE.sub("", (kind.__doc__ or title).split("\n\n")[0].strip())
    return LazyGroup(kind.noun, summary, makers | dict(particulars.commands), panel=panel)


def _lister(kind: type[Noun]) -> Callable[..., None]:
    def run(
        where: Where = None,
        as_json: Json = False,
        data: Data = None,
    ) -> None:
        with opened(data) as (administration, actor):
            criteria = [criterion(kind.noun, text) for text in where or ()]
            found = administration.records(kind).find(actor, criteria).records
        if as_json:
            print_json([json_record(record) for record in found])
        else:
            print_records(
                kind, found, empty=f"There is no such {kind.noun}." if where else f"There is no {kind.noun}."
            )

    return run


def _shower(kind: type[Noun]) -> Callable[..., None]:
    def run(key: str, as_json: bool, data: Any) -> None:
        with opened(data) as (administration, actor):
            record = administration.records(kind).get(actor, key)
        if as_json:
            print_json(json_record(record))
        else:
            print_one(record)

    return signed(run, [key_parameter(kind), JSON, DATA])


def _adder(kind: type[Noun], particulars: Particulars) -> Callable[..., None]:
    def run(key: str, data: Any, **given: Any) -> None:
        values = particulars.preset(key_values(kind, key) | fields.values_from(kind, key, given))
        if missing := fields.missing(kind, values):
            raise typer.BadParameter(f"a new {kind.noun} needs {' and '.join(missing)}")
        with opened(data) as (administration, actor):
            record = kind(**values)
            saved = administration.records(kind).add(actor, record)
        report(f"{kind.title} {saved.record.key} is added.", saved.notes)

    options = [
        fields.option(item, adding=True, preset=particulars.preset_help.get(item.name, ""))
        for item in fields.entered(kind)
    ]
    return signed(run, [key_parameter(kind), *options, DATA])


def _updater(kind: type[Noun]) -> Callable[..., None]:
    def run(key: str, data: Any, **given: Any) -> None:
        values = fields.values_from(kind, key, given)
        if not values:
            raise typer.BadParameter("nothing is to be changed: give at least one field")
        with opened(data) as (administration, actor):
            saved = administration.records(kind).update(actor, key, values)
        report(f"{kind.title} {saved.record.key} is saved.", saved.notes)

    options = [fields.option(item, adding=False) for item in fields.entered(kind)]
    return signed(run, [key_parameter(kind), *options, DATA])


def _copier(kind: type[Noun]) -> Callable[..., None]:
    def run(key: str, new_key: str, data: Any, **given: Any) -> None:
        values = fields.values_from(kind, new_key, given) | key_values(kind, new_key)
        with opened(data) as (administration, actor):
            saved = administration.records(kind).copy(actor, key, values)
        report(f"{kind.title} {saved.record.key} is added.", saved.notes)

    options = [fields.option(item, adding=False) for item in fields.entered(kind)]
    new = key_parameter(kind, "new_key", "Name of the copy.")
    return signed(run, [key_parameter(kind, help="The record to copy."), new, *options, DATA])


def _renamer(kind: type[Noun]) -> Callable[..., None]:
    def run(key: str, new_key: str, data: Any) -> None:
        with opened(data) as (administration, actor):
            saved = administration.records(kind).rename(actor, key, new_key)
        report(f"{kind.title} {key} is now {saved.record.key}.", saved.notes)

    new = key_parameter(kind, "new_key", "Its new name.")
    return signed(run, [key_parameter(kind, help="The record to rename."), new, DATA])


def _remover(kind: type[Noun]) -> Callable[..., None]:
    def run(keys: list[str], yes: bool, data: Any) -> None:
        with opened(data) as (administration, actor):
            if not yes:
                typer.confirm(f"Remove {kind.title} {', '.join(keys)}?", abort=True, err=True)
            administration.records(kind).remove(actor, *keys)
        report(f"{kind.title} {', '.join(keys)} {'is' if len(keys) == 1 else 'are'} removed.", ())

    key = key_parameter(kind, "keys", "The records to remove.", several=True)
    return signed(run, [key, keyword("yes", Yes, False), DATA])
