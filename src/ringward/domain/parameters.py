"""How parameters are stored and entered: as texts by name, only where they differ from the default.

:func:`read_parameters` makes of such texts a record with typed fields; the fields are described with the same
settings as those of the nouns, so that help and limits are shown alike (ADMIN-08, ADMIN-09, ADMIN-15).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.domain.setting import Noun, SettingField, parse_value, record_errors, settings_of, shown

P = TypeVar("P", bound=Noun)


def parameter_of(kind: type[Noun], name: str) -> SettingField:
    """The parameter with this field name or label, in any case; ``NotFound`` if there is none."""
    wanted = name.strip().lower()
    for item in settings_of(kind):
        if wanted.replace("-", "_") == item.name or wanted == item.setting.label.lower():
            return item
    raise NotFound(f"parameter of {kind.title}", name)


def parse_parameter(kind: type[Noun], name: str, text: str) -> tuple[str, Any]:
    """The field name and the value of a parameter that an administrator enters.

    Raises ``NotFound``, ``Invalid``, or ``Refused`` for one that is only shown (CLUSTER-04). Rules between
    parameters are checked by :func:`read_parameters`.
    """
    item = parameter_of(kind, name)
    if item.setting.read_only:
        raise Refused(f"{item.setting.label} cannot be set here: {item.setting.help}")
    return item.name, _parse(kind, item, text)


def read_parameters(kind: type[P], texts: Mapping[str, str]) -> P:
    """The parameters of one kind with the stored texts, by field name, in place of the defaults.

    Raises ``NotFound`` for a name that is none, ``Invalid`` for texts that are no value and for broken rules.
    """
    values = {}
    for name, text in texts.items():
        item = parameter_of(kind, name)
        values[item.name] = _parse(kind, item, text)
    record = kind(**values)
    if errors := record_errors(record):
        raise Invalid(kind.title, errors[0].field, errors)
    return record


def _parse(kind: type[Noun], item: SettingField, text: str) -> Any:
    try:
        return parse_value(item, text)
    except ValueError:
        raise Invalid(kind.title, item.setting.label, [FieldError(item.name, text, item.allowed())]) from None


def with_texts(texts: Mapping[str, str], kind: type[Noun], entered: Mapping[str, str]) -> dict[str, str]:
    """The stored texts after parameters are entered, by name or label; values that are the default are not stored.

    The rules between parameters are checked when all of them are in. Raises what :func:`parse_parameter` and
    :func:`read_parameters` raise.
    """
    after = dict(texts)
    for name, text in entered.items():
        field, value = parse_parameter(kind, name, text)
        item = parameter_of(kind, field)
        after.pop(field, None)
        if value != item.default:
            after[field] = shown(item, value)
    read_parameters(kind, after)
    return after
