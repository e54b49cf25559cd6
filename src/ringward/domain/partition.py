"""Partition: a set of numbers that a calling search space can open or keep closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import NAME_PATTERN, Noun, name_setting, setting

NO_PARTITION = "<None>"
"""The partition of all numbers that are in no other; everyone may call into it."""


@dataclass(frozen=True, slots=True)
class Partition(Noun):
    """A group of numbers by who may call them (AUTHZ-02, ADMIN-32)."""

    noun: ClassVar[str] = "partition"
    title: ClassVar[str] = "Partition"

    name: str = name_setting("Name of the partition.", pattern=rf"{NO_PARTITION}|{NAME_PATTERN}")
    description: str = setting("Description", "Free text.", default="", listed=True)
