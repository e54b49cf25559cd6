"""Phones as rows of a spreadsheet (CSV) and rows as phones.

One column per setting of a phone, named like the field, and for each line button columns such as
``line_1_directory_number``. A cell that a spreadsheet program would take for a formula is defused with an
apostrophe in front, which reading takes away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass
from typing import Any

from ringward.domain.errors import FieldError
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.rules.phone_presets import PHONE_PRESETS
from ringward.domain.setting import SettingField, format_value, parse_value, settings_of

_FIELDS = {
    item.name: item for item in settings_of(Phone) if not item.is_record_list and not item.setting.read_only
}
_LINE_FIELDS = {item.name: item for item in settings_of(PhoneLine) if not item.setting.key}
(_LINES,) = (item for item in settings_of(Phone) if item.is_record_list)
_MOST_LINES = _LINES.setting.max_items or 1
_LINE_COLUMN = re.compile(r"line_([1-9][0-9]?)_([a-z_]+)")
_FORMULA = re.compile(r"'*[=+@\t\r-]")
_DEFUSED = re.compile(r"''*[=+@\t\r-]")
KEY_COLUMN = next(item.name for item in settings_of(Phone) if item.setting.key)
HEADER_ROW = 1
"""Spreadsheet programs number the header row 1."""
_MOST_ROWS = 50_000
"""More phones than any cluster has; a file beyond that is not a list of phones."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell."""

    row: int
    """As a spreadsheet program numbers it: the header is row 1."""
    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.field}: {self.value!r} is not valid; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """The fields of a phone that a row gives."""

    row: int
    values: Mapping[str, Any]

    def column_of(self, field: str) -> str:
        """The column from which a field came, as errors name it (``lines[2].label`` came from button 4, say)."""
        match = re.fullmatch(r"lines\[([0-9]+)\]\.(.+)", field)
        if match is None:
            return field
        button = self.values["lines"][int(match[1]) - 1].button
        return f"line_{button}_{match[2]}"


def header(lines: int) -> list[str]:
    """The names of all columns, with those of this many line buttons."""
    return [*_FIELDS, *(f"line_{button}_{name}" for button in range(1, lines + 1) for name in _LINE_FIELDS)]


def write(phones: Iterable[Phone]) -> str:
    """Phones as CSV, without their secrets; columns for as many line buttons as are in use."""
    phones = tuple(phones)
    lines = max((line.button for phone in phones for line in phone.lines), default=1)
    columns = [name for name in header(lines) if name not in _FIELDS or not _FIELDS[name].setting.secret]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for phone in phones:
        cells = {name: format_value(_FIELDS[name], getattr(phone, name)) for name in columns if name in _FIELDS}
        for line in phone.lines:
            for name, item in _LINE_FIELDS.items():
                cells[f"line_{line.button}_{name}"] = format_value(item, getattr(line, name))
        writer.writerow({name: defuse(cell) for name, cell in cells.items()})
    return text.getvalue()


def defuse(cell: str) -> str:
    """Keep spreadsheet programs from taking a cell for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restore(cell: str) -> str:
    """Undo :func:`defuse`."""
    return cell[1:] if _DEFUSED.match(cell) else cell


def read(text: str) -> tuple[list[PhoneRow], list[RowError]]:
    """The rows of a CSV text that can be read, and everything that cannot.

    Commas or semicolons part the cells. An empty cell stands for the field's default; a column that is not there,
    or an empty cell of a field that has presets instead, says nothing about its field. Empty rows are passed over.
    """
    text = text.removeprefix("\ufeff")
    first_line = text.split("\n", 1)[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[PhoneRow] = []
    errors: list[RowError] = []
    number = 0
    try:
        columns = [cell.strip() for cell in next(reader, [])]
        number = HEADER_ROW
        if errors := list(_header_errors(columns)):
            return [], errors
        for number, cells in enumerate(reader, HEADER_ROW + 1):
            if number > _MOST_ROWS:
                return [], [RowError(number, "", "", f"at most {_MOST_ROWS} rows")]
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                errors.append(
                    RowError(number, "", f"{len(cells)} cells", f"{len(columns)} cells, as in the header")
                )
                continue
            row, wrong = _read_row(number, dict(zip(columns, map(restore, cells), strict=True)))
            errors += wrong
            if not wrong:
                rows.append(row)
    except csv.Error as error:
        errors.append(RowError(number + 1, "", str(error), "CSV as spreadsheet programs write it"))
    return rows, errors


def _header_errors(columns: Sequence[str]) -> Iterator[RowError]:
    allowed = f"{', '.join(_FIELDS)}, line_N_FIELD with N from 1 to {_MOST_LINES} and {', '.join(_LINE_FIELDS)}"
    seen = set()
    for name in columns:
        if name in seen:
            yield RowError(HEADER_ROW, name, name, "each column only once")
        elif name not in _FIELDS and _line_column(name) is None:
            yield RowError(HEADER_ROW, name, name, allowed)
        seen.add(name)
    if KEY_COLUMN not in seen:
        yield RowError(HEADER_ROW, KEY_COLUMN, "", "the column must be there: it names the phone of each row")


def _line_column(name: str) -> tuple[int, SettingField] | None:
    match = _LINE_COLUMN.fullmatch(name)
    if match is None or int(match[1]) > _MOST_LINES or match[2] not in _LINE_FIELDS:
        return None
    return int(match[1]), _LINE_FIELDS[match[2]]


def _read_row(number: int, cells: Mapping[str, str]) -> tuple[PhoneRow, list[RowError]]:
    values: dict[str, Any] = {}
    lines: dict[int, dict[str, Any]] = {}
    errors: list[RowError] = []
    for column, cell in cells.items():
        place = _line_column(column)
        item = _FIELDS[column] if place is None else place[1]
        target = values if place is None else lines.setdefault(place[0], {})
        if not cell.strip():
            continue
        try:
            target[item.name] = parse_value(item, cell)
        except ValueError:
            shown = "(hidden)" if item.setting.secret else cell
            errors.append(RowError(number, column, shown, item.allowed()))
    for column in cells:
        if column in _FIELDS and column not in values and not errors:
            errors += _fill(number, _FIELDS[column], values)
    if lines:
        values[_LINES.name], wrong = _lines(number, lines)
        errors += wrong
    return PhoneRow(number, values), errors


def _fill(number: int, item: SettingField, values: dict[str, Any]) -> Iterator[RowError]:
    """Give an empty cell its default, or say that there is none."""
    if item.name in PHONE_PRESETS:
        return
    if item.default is MISSING and not item.setting.references:
        yield RowError(number, item.name, "", item.allowed())
    else:
        values[item.name] = "" if item.default is MISSING else item.default


def _lines(number: int, lines: Mapping[int, Mapping[str, Any]]) -> tuple[tuple[PhoneLine, ...], list[RowError]]:
    made: list[PhoneLine] = []
    errors: list[RowError] = []
    for button, values in sorted(lines.items()):
        if "directory_number" in values:
            made.append(PhoneLine(button=button, **values))
        elif values:
            column = f"line_{button}_directory_number"
            errors.append(RowError(number, column, "", _LINE_FIELDS["directory_number"].allowed()))
    return tuple(made), errors


def errors_of(row: PhoneRow, errors: Iterable[FieldError]) -> Iterator[RowError]:
    """Broken rules of a phone as errors of the row that it came from."""
    for error in errors:
        yield RowError(row.row, row.column_of(error.field), error.value, error.allowed)
