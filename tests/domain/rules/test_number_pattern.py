from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.rules.number_pattern import MAX_LENGTH, NumberPattern


@pytest.mark.parametrize(
    ("text", "matching", "others"),
    [
        ("1001", ["1001"], ["100", "10011", "1002", "", "100١"]),
        ("10XX", ["1000", "1099"], ["1100", "10", "100*", "100A"]),
        ("1x", ["15"], ["1x", "1X"]),
        ("[2-57]1", ["21", "51", "71"], ["11", "61", "1"]),
        ("[^2-5]", ["1", "6", "0"], ["2", "5", "*"]),
        ("0!", ["00", "0123456789"], ["0", "1", "0*", "0+"]),
        ("!#", ["1#", "12345#"], ["#", "1", "1##"]),
        ("0.1234", ["01234"], ["0.1234", "0.01234"]),
        ("+49!", ["+4930"], ["4930", "+49"]),
        (r"\+49X", ["+491"], [r"\+491"]),
        ("*66#", ["*66#"], ["66#"]),
        ("A1", ["A1"], ["a1", "11"]),
    ],
)
def test_what_a_pattern_stands_for(text: str, matching: list[str], others: list[str]) -> None:
    pattern = NumberPattern.parse(text)
    assert [number for number in matching if not pattern.matches(number)] == []
    assert [number for number in others if pattern.matches(number)] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (".", "empty"),
        ("9.@", "'@' (a numbering plan) is not supported"),
        ("1!2!", "only once"),
        ("1[23", "no matching ']'"),
        ("1]", "']' cannot be used"),
        ("[]", "must hold digits"),
        ("[^]", "must hold digits"),
        ("[1-]", "must hold digits"),
        ("[12X]", "must hold digits"),
        ("[5-2]", "runs backwards"),
        ("[^0-9]", "leaves no digit"),
        ("1+", "only be at the start"),
        ("++1", "only be at the start"),
        (r"\1", "cannot be used"),
        ("12 34", "cannot be used"),
        ("bob", "cannot be used"),
        ("1" * (MAX_LENGTH + 1), "longer than 50"),
    ],
)
def test_what_is_no_pattern_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        NumberPattern.parse(text)


@pytest.mark.parametrize(
    ("text", "length", "possible"),
    [
        ("1001", 4, 1),
        ("1001", 5, 0),
        ("10XX", 4, 100),
        ("10[2-4]X", 4, 30),
        ("[^1]", 1, 9),
        ("1!", 1, 0),
        ("1!", 4, 1000),
        ("1!#", 4, 100),
        ("X!", 3, 1000),
    ],
)
def test_how_many_numbers_are_possible(text: str, length: int, possible: int) -> None:
    assert NumberPattern.parse(text).possible_numbers(length) == possible


def test_a_pattern_for_one_number_is_that_number() -> None:
    assert NumberPattern.parse("10.[0][1]").number == "1001"
    assert NumberPattern.parse(r"\+1").number == "+1"
    assert NumberPattern.parse("10X").number is None
    assert NumberPattern.parse("1!").number is None


def test_the_length_of_matching_numbers() -> None:
    assert NumberPattern.parse("1.0XX").length == 4
    assert NumberPattern.parse("10!").length is None


@given(st.text(alphabet="0123456789X[]^-!.+\\*#@AD", max_size=12))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    try:
        pattern = NumberPattern.parse(text)
    except ValueError as error:
        assert str(error)
    else:
        length = pattern.length or len(pattern.elements) + 2
        assert pattern.possible_numbers(length) >= 1
        example = "".join(each[0] if each else "123" for each in pattern.elements)
        assert pattern.matches(example)
