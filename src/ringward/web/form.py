"""Settings of the domain as fields of a form: one description, here filled in by people who point and click.

A form is made of a record (which decides the fields that there are, PSP-04, ADMIN-11) and, when it comes back with
something wrong in it, of the texts that were typed: nothing of them is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from typing import Any

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, explained, format_value, parse_value, settings_of

MAX_ROWS = 100
"""Rows of a list of sub-records that are read from a form; a phone has at most some dozen lines."""
_PLACE = re.compile(r"(\w+)\[(\d+)\]\.(\w+)")
SHOWN = "shown"
"""Hidden fields of this name say which fields the form had: a box that is not checked sends nothing itself."""
AGAIN = ".again"
FORGET = ".forget"

Suggest = Callable[[str], Sequence[str]]
"""The names of the records of a noun, as far as there is room for them."""


@dataclass(frozen=True, slots=True)
class Control:
    """One field as the page draws it."""

    name: str
    label: str
    help: str
    kind: str
    """``text``, ``number``, ``box``, ``choice``, ``reference``, ``secret``, ``records`` or ``fixed``."""
    text: str = ""
    unit: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """Value and label of each choice."""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    error: str = ""
    is_set: bool = False
    """Whether a secret is stored; itself it is never shown (ADMIN-13)."""
    columns: tuple[Control, ...] = ()
    rows: tuple[tuple[Control, ...], ...] = ()
    max_rows: int | None = None


Texts = Mapping[str, Sequence[str]]
"""What a form sent: each name with its texts."""


def blank(kind: type[Noun], given: Mapping[str, Any]) -> Noun:
    """A record to begin with: what is given, else the defaults, else something empty that the user must fill."""
    return kind(**{item.name: given.get(item.name, _beginning(item)) for item in settings_of(kind)})


def _beginning(item: SettingField) -> Any:
    if item.default is not MISSING:
        return item.default
    if choices := item.choices_for():
        return choices[0]
    if item.type is int:
        return item.setting.minimum or 0
    return None if item.optional else item.type()


def controls(
    record: Noun,
    suggest: Suggest,
    *,
    texts: Texts | None = None,
    errors: Iterable[FieldError] = (),
    fixed: Iterable[str] = (),
    reveals: bool = False,
) -> list[Control]:
    """The fields that apply to a record, with its values or with what was typed last time.

    ``reveals``: whoever looks may see secrets that are to be handed over (ADMIN-13).
    """
    wrong = {error.field: error.allowed for error in errors}
    locked = frozenset(fixed)
    return [
        _control(
            item,
            record,
            suggest,
            texts,
            wrong,
            is_fixed=item.name in locked or item.setting.read_only,
            is_secret=item.setting.secret and not (reveals and item.setting.handed_over),
        )
        for item in settings_of(type(record))
        if item.setting.applies_to(record)
    ]


def _control(
    item: SettingField,
    record: Noun,
    suggest: Suggest,
    texts: Texts | None,
    wrong: Mapping[str, str],
    *,
    is_fixed: bool,
    is_secret: bool,
) -> Control:
    value = getattr(record, item.name)
    if item.is_record_list:
        return _records_control(item, value, suggest, texts, wrong)
    if is_secret:
        rule = item.setting
        return Control(
            item.name, rule.label, rule.help, "secret", is_set=bool(value), error=_error(wrong, item.name)
        )
    text = explained(item, value) if is_fixed else format_value(item, value)
    if texts is not None and not is_fixed and item.name in texts.get(SHOWN, ()):
        typed = texts.get(item.name, ())
        text = ("true" if typed else "false") if item.type is bool else (typed[0] if typed else "")
    return _plain(item, item.name, text, suggest, _error(wrong, item.name), record, is_fixed=is_fixed)


def _plain(
    item: SettingField,
    name: str,
    text: str,
    suggest: Suggest,
    error: str,
    record: Noun | None = None,
    *,
    is_fixed: bool = False,
) -> Control:
    rule = item.setting
    kind = "text"
    choices: tuple[tuple[str, str], ...] = ()
    words = () if item.is_list else item.choices_for(record)
    if is_fixed:
        kind = "fixed"
    elif item.type is bool:
        kind = "box"
    elif words:
        kind, choices = "choice", tuple((word, word) for word in (format_value(item, each) for each in words))
        if item.optional:
            choices = (("", "None"), *choices)
    elif item.type is int:
        kind = "number"
    elif rule.references:
        kind, choices = "reference", tuple((each, each) for each in suggest(rule.references))
    return Control(
        name,
        rule.label,
        rule.help,
        kind,
        text=text,
        unit=rule.unit,
        required=rule.required,
        choices=choices,
        minimum=rule.minimum,
        maximum=rule.maximum,
        max_length=None if item.is_list else rule.max_length,
        error=error,
    )


def _error(wrong: Mapping[str, str], name: str) -> str:
    return f"Allowed: {wrong[name]}." if name in wrong else ""


def _records_control(
    item: SettingField, value: Sequence[Noun], suggest: Suggest, texts: Texts | None, wrong: Mapping[str, str]
) -> Control:
    parts = settings_of(item.item_type)
    if texts is not None and item.name in texts.get(SHOWN, ()):
        rows = _typed_rows(item, texts)
    else:
        rows = [{part.name: format_value(part, getattr(record, part.name)) for part in parts} for record in value]
    used = len(rows)
    rows.append({part.name: _preset(part) for part in parts})
    drawn = tuple(
        tuple(
            _plain(
                part,
                f"{item.name}.{number}.{part.name}",
                row.get(part.name, ""),
                suggest,
                _error(wrong, f"{item.name}[{number + 1}].{part.name}"),
            )
            for part in parts
        )
        for number, row in enumerate(rows)
    )
    headings = tuple(_plain(part, part.name, "", suggest, "") for part in parts)
    rule = item.setting
    return Control(
        item.name,
        rule.label,
        rule.help,
        "records",
        columns=headings,
        rows=drawn if rule.max_items is None else drawn[: max(rule.max_items, used)],
        max_rows=rule.max_items,
        error=_error(wrong, item.name),
    )


def _preset(part: SettingField) -> str:
    return "" if part.default is MISSING or part.setting.key else format_value(part, part.default)


def _typed_rows(item: SettingField, texts: Texts) -> list[dict[str, str]]:
    """The rows that were filled in: those in which a field without a default, or the key, holds something."""
    parts = settings_of(item.item_type)
    telling = [part.name for part in parts if part.default is MISSING]
    rows = []
    for number in range(MAX_ROWS):
        row = {
            part.name: texts[name][0]
            for part in parts
            if (name := f"{item.name}.{number}.{part.name}") in texts and texts[name]
        }
        if any(row.get(name, "").strip() for name in telling):
            rows.append(row)
    return rows


def values_of(record: Noun, texts: Texts, fixed: Iterable[str] = ()) -> dict[str, Any]:
    """What was entered, as values by field name; fields that the form did not have are left out.

    Raises :class:`Invalid` with every text that cannot be a value.
    """
    shown = set(texts.get(SHOWN, ())) - set(fixed)
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for item in settings_of(type(record)):
        if item.name not in shown or item.setting.read_only or not item.setting.applies_to(record):
            continue
        if item.setting.secret:
            _take_secret(item, texts, values, errors)
        elif item.is_record_list:
            values[item.name] = _rows_of(item, texts, errors)
        elif item.type is bool:
            values[item.name] = bool(texts.get(item.name))
        else:
            _take(item, item.name, next(iter(texts.get(item.name, ())), ""), values, errors)
    if errors:
        raise Invalid(record.noun, record.key, errors)
    return values


def _take(item: SettingField, place: str, text: str, values: dict[str, Any], errors: list[FieldError]) -> None:
    try:
        values[item.name] = parse_value(item, text)
    except ValueError:
        errors.append(FieldError(place, text[:80], item.allowed()))


def _take_secret(item: SettingField, texts: Texts, values: dict[str, Any], errors: list[FieldError]) -> None:
    """A secret is entered twice; left empty it stays as it is. One that is shown is entered once (ADMIN-13)."""
    if item.setting.handed_over and item.name + AGAIN not in texts:
        _take(item, item.name, next(iter(texts.get(item.name, ())), ""), values, errors)
        return
    first, second = (next(iter(texts.get(name, ())), "") for name in (item.name, item.name + AGAIN))
    if first != second:
        errors.append(FieldError(item.name, "(hidden)", "the same text in both fields"))
    elif first:
        values[item.name] = Secret(first)
    elif texts.get(item.name + FORGET):
        values[item.name] = None


def _rows_of(item: SettingField, texts: Texts, errors: list[FieldError]) -> tuple[Noun, ...]:
    records: list[Noun] = []
    for number, row in enumerate(_typed_rows(item, texts), 1):
        values: dict[str, Any] = {}
        before = len(errors)
        for part in settings_of(item.item_type):
            text = row.get(part.name)
            if text is None and part.type is bool:
                values[part.name] = False
            elif text is None and part.default is not MISSING:
                values[part.name] = part.default
            else:
                _take(part, f"{item.name}[{number}].{part.name}", text or "", values, errors)
        if len(errors) == before:
            records.append(item.item_type(**values))
    return tuple(records)
