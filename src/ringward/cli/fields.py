"""Settings of the domain as options of the command line: one description, here read by people who type."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING
from inspect import Parameter
from typing import Annotated, Any

import typer

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, format_value, parse_value, settings_of

ASK = "ask"
STDIN = "-"
NOTHING = "none"
_SECRET_WAYS = f"'{ASK}' (typed twice), '{STDIN}' (one line of standard input) or '{NOTHING}' (removed)"
_NUMBERED = re.compile(r"(\d+)=(.*)")
_LONGEST_STDIN_SECRET = 4096
"""Far more than any setting allows; a wrong file on standard input is not read whole."""


def entered(kind: type[Noun]) -> tuple[SettingField, ...]:
    """The fields that a person enters as options: neither keys nor read-only ones."""
    return tuple(item for item in settings_of(kind) if not (item.setting.key or item.setting.read_only))


def part_name(item: SettingField) -> str:
    """What one record of a list of records is called within its owner: ``line`` for a phone's lines."""
    name: str = item.item_type.noun
    return name.rpartition("-")[2]


def option_name(item: SettingField) -> str:
    """The option of a field: ``--device-pool``; for a list of records one option per record: ``--line``."""
    return "--" + (part_name(item) if item.is_record_list else item.name.replace("_", "-"))


def option(item: SettingField, *, adding: bool, preset: str = "") -> Parameter:
    """The field as a parameter of a command. Its value is None (or empty) when the option is not given."""
    annotation: Any = str | None
    metavar = "TEXT"
    if item.type is bool:
        metavar = "true|false"
    elif item.is_record_list:
        annotation, metavar = list[str] | None, "WORDS"
    elif item.type is int:
        metavar = "NUMBER"
    elif item.setting.secret:
        metavar = f"{ASK}|{STDIN}|{NOTHING}"
    help = _help(item, adding=adding, preset=preset)
    info = typer.Option(option_name(item), help=help, metavar=metavar, show_default=False)
    return Parameter(item.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[annotation, info])


def argument(item: SettingField) -> Parameter:
    """A key field as a positional parameter."""
    info = typer.Argument(help=item.setting.help, metavar=item.name.upper(), show_default=False)
    return Parameter(item.name, Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[str, info])


def _help(item: SettingField, *, adding: bool, preset: str) -> str:
    rule = item.setting
    if rule.secret:
        facts = [f"Given as {_SECRET_WAYS}"]
    elif item.is_record_list:
        first, second, *others = [part.name for part in settings_of(item.item_type)]
        words = ", ".join(f"{name}=..." for name in others)
        facts = [f"As [{first}=]{second}, or in words: '{first} {second} {words}'. May be repeated"]
    elif item.type is bool or _is_free_text(item):
        facts = []
    else:
        facts = [f"Allowed: {item.allowed()}"]
        if item.is_list:
            facts.append("Several with commas")
    if rule.unit:
        facts.append(f"Unit: {rule.unit}")
    if adding and not rule.secret:
        if preset:
            facts.append(f"Default: {preset}")
        elif item.default is MISSING:
            facts.append("Must be given")
        elif text := format_value(item, item.default):
            facts.append(f"Default: {text}")
    return " ".join([rule.help, *(f"{fact}." for fact in facts)])


def _is_free_text(item: SettingField) -> bool:
    rule = item.setting
    limited = rule.choices or rule.references or rule.pattern_help or rule.required
    return item.type is str and not limited


def values_from(kind: type[Noun], key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what was given for options into values of fields; options that were not given are left out.

    Secrets are asked for here. Raises :class:`Invalid` with every text that cannot be a value.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for item in settings_of(kind):
        text = given.get(item.name)
        if text is None or text == []:
            continue
        try:
            values[item.name] = _value(item, text)
        except ValueError:
            wrong = "(hidden)" if item.setting.secret else str(text)
            errors.append(FieldError(item.name, wrong, _SECRET_WAYS if item.setting.secret else item.allowed()))
    if errors:
        raise Invalid(kind.noun, key, errors)
    return values


def _value(item: SettingField, given: Any) -> Any:
    if item.setting.secret:
        return _secret(item, given)
    if item.is_record_list:
        return parse_value(item, "; ".join(_words(position, text) for position, text in enumerate(given, 1)))
    return parse_value(item, given)


def _words(position: int, text: str) -> str:
    """The short forms ``1=1001`` and ``1001`` (at its position) of a numbered record, in full words."""
    numbered = _NUMBERED.fullmatch(text)
    if numbered:
        return " ".join(numbered.groups())
    return text if " " in text.strip() else f"{position} {text}"


def _secret(item: SettingField, way: str) -> Secret | None:
    """Fetch a secret by one of the three ways; text on the command line itself would be seen by others."""
    if way == NOTHING:
        return None
    if way == ASK:
        return Secret(typer.prompt(item.setting.label, hide_input=True, confirmation_prompt=True, err=True))
    if way == STDIN:
        return Secret(sys.stdin.readline(_LONGEST_STDIN_SECRET).rstrip("\r\n"))
    raise ValueError(way)


def missing(kind: type[Noun], values: Mapping[str, Any]) -> list[str]:
    """The options that a new record needs and that were not given."""
    return [option_name(item) for item in entered(kind) if item.default is MISSING and item.name not in values]
