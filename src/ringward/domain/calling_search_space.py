"""Calling search space: which partitions a caller may reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.setting import Noun, name_setting, setting


@dataclass(frozen=True, slots=True)
class CallingSearchSpace(Noun):
    """An ordered list of partitions; who has it may call the numbers in them, and no others (AUTHZ-02)."""

    noun: ClassVar[str] = "calling-search-space"
    title: ClassVar[str] = "Calling Search Space"

    name: str = name_setting("Name of the calling search space.")
    description: str = setting("Description", "Free text.", default="")
    partitions: tuple[str, ...] = setting(
        "Partitions",
        "The partitions that can be called, first the one that wins when two hold equally good matches. The "
        "numbers of the partition <None> can always be called, after all others.",
        default=(),
        references="partition",
        listed=True,
        requirement="AUTHZ-02",
    )
