"""Pickup group: whose calls may be answered by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.dialled import Dialled, number_setting, partition_setting
from ringward.domain.errors import FieldError
from ringward.domain.rules.number_pattern import NumberPattern
from ringward.domain.setting import setting


@dataclass(frozen=True, slots=True)
class PickupGroup(Dialled):
    """A group of directory numbers whose phones may answer each other's calls."""

    noun: ClassVar[str] = "pickup-group"
    title: ClassVar[str] = "Call Pickup Group"

    number: str = number_setting(
        "Call Pickup Group Number",
        "Dialled by a phone of the group, it answers the call that has rung longest in the group.",
    )
    partition: str = partition_setting()
    description: str = setting("Description", "Free text.", default="", listed=True)

    def rule_errors(self) -> Iterator[FieldError]:
        """One number, no pattern."""
        yield from Dialled.rule_errors(self)
        try:
            several = NumberPattern.parse(self.number).number is None
        except ValueError:
            return
        if several:
            yield FieldError("number", self.number, "one number, not a pattern of several")
