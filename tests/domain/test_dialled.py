"""What can be dialled: one thing behind each number."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ringward.domain.dialled import Dialled
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.hunt_pilot import HuntPilot
from ringward.domain.nouns import NOUNS
from ringward.domain.park_number import ParkNumber
from ringward.domain.pickup_group import PickupGroup
from ringward.domain.setting import Noun, record_errors


class Records:
    """A configuration with a few records."""

    def __init__(self, *records: Noun) -> None:
        self.records = records

    def find(self, kind: type[Noun], key: str) -> Noun | None:
        return next((each for each in self.records if type(each) is kind and each.key == key), None)

    def every(self, kind: type[Noun]) -> Iterable[Noun]:
        return [each for each in self.records if type(each) is kind]


def test_the_kinds_are_those_that_are_stored() -> None:
    assert {noun: kind for noun, kind in NOUNS.items() if issubclass(kind, Dialled)} == Dialled.kinds


def test_a_number_stands_for_one_thing() -> None:
    taken = Records(DirectoryNumber("1001"))
    for record in (HuntPilot("1001"), ParkNumber("1001"), PickupGroup("1001")):
        (error,) = record.cross_errors(taken)  # type: ignore[arg-type]
        assert (error.field, error.allowed) == (
            "number",
            "a number that is not taken: it is a directory-number already",
        )
        assert list(type(record)("1001", "Staff").cross_errors(taken)) == []  # type: ignore[arg-type]
    assert list(DirectoryNumber("1001").cross_errors(taken)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["60X", "6!", "[12]0"])
def test_a_pickup_group_has_one_number(number: str) -> None:
    (error,) = record_errors(PickupGroup(number))
    assert error.allowed == "one number, not a pattern of several"


def test_park_numbers_may_be_a_pattern() -> None:
    assert record_errors(ParkNumber("70X")) == []
    assert record_errors(ParkNumber("70[3-"))
