from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.administration import spreadsheet
from ringward.administration.spreadsheet import defuse, read, restore, write
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import BuiltInBridge, Protocol, SettingsAccess, Switch

printable = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=12).map(str.strip)
words = printable.filter(bool)
optional = st.none() | words
lines = st.builds(
    PhoneLine,
    button=st.integers(1, 8),
    directory_number=words,
    label=printable,
    display_name=printable,
    max_calls=st.integers(1, 200),
    busy_trigger=st.integers(1, 200),
)
phones = st.builds(
    Phone,
    device_name=words,
    model=words,
    protocol=st.sampled_from(Protocol),
    security_profile=words,
    description=printable,
    device_pool=words,
    calling_search_space=optional,
    owner=optional,
    digest_user=optional,
    lines=st.lists(lines, max_size=8, unique_by=lambda line: line.button).map(
        lambda some: tuple(sorted(some, key=lambda line: line.button))
    ),
    load_information=printable,
    built_in_bridge=st.sampled_from(BuiltInBridge),
    pc_port=st.sampled_from(Switch),
    settings_access=st.sampled_from(SettingsAccess),
)


@given(st.lists(phones, max_size=4))
def test_what_is_written_is_read_as_the_same_phones(some: list[Phone]) -> None:
    rows, errors = read(write(some))
    assert errors == []
    assert [Phone(**row.values) for row in rows] == some
    assert [row.row for row in rows] == list(range(2, len(some) + 2))


@given(st.text())
def test_defusing_is_undone_exactly_and_leaves_no_formula(cell: str) -> None:
    assert restore(defuse(cell)) == cell
    assert defuse(cell)[:1] not in tuple("=+-@\t\r")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "'=x", "''-x"])
def test_formulas_are_defused_in_the_file(cell: str) -> None:
    text = write([Phone("SEP001122AABBCC", "7960", Protocol.SIP, "P", cell)])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["description"] == f"'{cell}"


@pytest.mark.parametrize("cell", ["1001", "a=b", "'quoted'", "", "it's"])
def test_other_cells_are_written_as_they_are(cell: str) -> None:
    assert defuse(cell) == restore(cell) == cell


def test_secrets_are_not_written() -> None:
    text = write([Phone("SEP001122AABBCC", "7960", Protocol.SIP, "P", phone_password=Secret("hunter2"))])
    assert "hunter2" not in text
    assert "phone_password" not in text


@given(st.text() | st.text("device_name,;\"'\n\r123=\ufeff\0"))
def test_any_text_is_read_or_refused_without_another_error(text: str) -> None:
    read(text)
    rows, errors = read("device_name,model\r\n" + text)
    assert all(str(error) for error in errors)
    assert all("device_name" in row.values for row in rows)


def test_semicolons_a_byte_order_mark_and_empty_rows_are_understood() -> None:
    rows, errors = read(
        "\ufeffdevice_name; description;line_2_directory_number\r\nA;x, y;1002\r\n;;\r\n\r\nB;;\r\n"
    )
    assert errors == []
    assert [(row.row, dict(row.values)) for row in rows] == [
        (2, {"device_name": "A", "description": "x, y", "lines": (PhoneLine(2, "1002"),)}),
        (5, {"device_name": "B", "description": "", "lines": ()}),
    ]


def _messages(text: str) -> list[tuple[int, str, str]]:
    rows, errors = read(text)
    assert errors or rows == []
    return [(error.row, error.field, error.value) for error in errors]


def test_every_wrong_cell_is_named() -> None:
    text = (
        "device_name,protocol,pc_port,line_1_directory_number,line_1_max_calls,line_2_label,line_2_directory_number\n"
        "A,SIP,Enabled,1001,4,,\n"
        "B,MGCP,maybe,1001,many,,\n"
        ",SIP,Enabled,1001,4,,\n"
        "D,,Enabled,1001,4,,\n"
        "E,SIP,Enabled,1001,4,desk,\n"
        "F,SIP\n"
    )
    assert _messages(text) == [
        (3, "protocol", "MGCP"),
        (3, "pc_port", "maybe"),
        (3, "line_1_max_calls", "many"),
        (4, "device_name", ""),
        (6, "line_2_directory_number", ""),
        (7, "", "2 cells"),
    ]
    assert "SIP, SCCP" in str(read(text)[1][0])


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        ("device_name,colour", "colour"),
        ("device_name,model,model", "model"),
        ("model", "device_name"),
        ("", "device_name"),
        ("device_name,line_17_label", "line_17_label"),
        ("device_name,line_0_label", "line_0_label"),
        ("device_name,line_1_button", "line_1_button"),
        ("device_name,line_1_colour", "line_1_colour"),
        ("device_name,lines", "lines"),
    ],
)
def test_a_wrong_header_is_refused_before_any_row(header: str, wrong: str) -> None:
    rows, errors = read(f"{header}\nA,B,C\n")
    assert rows == []
    assert (1, wrong) in [(error.row, error.field) for error in errors]


def test_a_secret_that_cannot_be_read_is_not_repeated() -> None:
    """Cells that hold secrets are not shown in errors."""
    _, errors = read("device_name,phone_password,protocol\nA,hunter2,nonsense\n")
    assert errors
    assert "hunter2" not in str(errors)


def test_quotes_that_do_not_end_are_told_with_their_row() -> None:
    ((row, _, _),) = _messages('device_name,model\nA,7960\n"B,7960\n')
    assert row == 3


def test_a_file_that_is_no_list_of_phones_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_MOST_ROWS", 3)
    assert _messages("device_name\nA\nB\nC\nD\n") == [(4, "", "")]
