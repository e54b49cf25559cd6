"""Directory numbers and their keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.partition import NO_PARTITION
from ringward.domain.setting import NAME_PATTERN, record_errors, references_of


def test_the_key_leaves_out_no_partition() -> None:
    assert DirectoryNumber("1001").key == "1001"
    assert DirectoryNumber("1001", "Staff").key == "1001/Staff"


@given(
    st.from_regex(r"[0-9*#X!+]{1,50}", fullmatch=True),
    st.just(NO_PARTITION) | st.from_regex(NAME_PATTERN, fullmatch=True),
)
def test_a_key_splits_into_number_and_partition(number: str, partition: str) -> None:
    assert DirectoryNumber.split_key(DirectoryNumber(number, partition).key) == (number, partition)


@pytest.mark.parametrize(
    "number", ["1001", "*97", "#1", "+4312345", "1XXX", "[2-5]XX", "[^19]X", "9!", "0", "1" * 50]
)
def test_numbers_and_patterns(number: str) -> None:
    assert record_errors(DirectoryNumber(number)) == []


@pytest.mark.parametrize(
    "number",
    [
        "",
        "1001 ",
        "10/01",
        "abc",
        "1+1",
        "[2-5",
        "[]",
        "2-5]",
        "1001,1002",
        "1" * 51,
        "9@",
        "١",
        "!1!",
        "[5-2]",
        "[^0-9]",
        "9.011",
    ],
)
def test_what_is_no_number(number: str) -> None:
    assert [error.field for error in record_errors(DirectoryNumber(number))] == ["number"]


def test_it_names_partition_and_search_space() -> None:
    number = DirectoryNumber("1001", "Staff", calling_search_space="All", forward_search_space="Inside")
    assert [(each.noun, each.key) for each in references_of(number)] == [
        ("partition", "Staff"),
        ("calling-search-space", "All"),
        ("calling-search-space", "Inside"),
    ]


@pytest.mark.parametrize("destination", ["", "1002", "+4312345", "*97", "9#"])
def test_calls_are_forwarded_to_numbers(destination: str) -> None:
    assert record_errors(DirectoryNumber("1001", forward_all=destination)) == []


@pytest.mark.parametrize("destination", ["1XX", "9!", "anna", "10 01", "1001/Staff", "1" * 51])
def test_calls_are_not_forwarded_to_patterns(destination: str) -> None:
    wrong = record_errors(DirectoryNumber("1", forward_busy=destination))
    assert [error.field for error in wrong] == ["forward_busy"]
