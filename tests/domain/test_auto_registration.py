"""The range of numbers that unknown phones get (CLUSTER-11)."""

from __future__ import annotations

import pytest

from ringward.domain.auto_registration import MOST_NUMBERS, AutoRegistration
from ringward.domain.setting import record_errors


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("5000", "5099", []),
        ("5000", "5000", []),
        ("0098", "0102", []),
        ("10000", str(10000 + MOST_NUMBERS - 1), []),
        ("10000", str(10000 + MOST_NUMBERS), ["last"]),
        ("5001", "5000", ["last"]),
        ("500", "5000", ["last"]),
        ("", "5000", ["first"]),
        ("5X", "59", ["first"]),
        ("1" * 16, "1" * 16, ["first", "last"]),
    ],
)
def test_a_range_has_two_ends_of_the_same_length_and_a_limit(first: str, last: str, wrong: list[str]) -> None:
    assert [error.field for error in record_errors(AutoRegistration("node1", first, last))] == wrong


def test_its_numbers_keep_their_zeros() -> None:
    assert list(AutoRegistration("node1", "0098", "0101").numbers()) == ["0098", "0099", "0100", "0101"]
