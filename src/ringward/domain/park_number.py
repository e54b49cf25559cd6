"""Park number: where a call can be left, for somebody to fetch at another phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.dialled import Dialled, destination_setting, number_setting, partition_setting
from ringward.domain.setting import setting


@dataclass(frozen=True, slots=True)
class ParkNumber(Dialled):
    """A number that a call can be transferred to, to wait there until the number is dialled."""

    noun: ClassVar[str] = "park-number"
    title: ClassVar[str] = "Call Park Number"

    number: str = number_setting(
        "Call Park Number", "The number, or a pattern of them, as 70X for ten; each takes one call."
    )
    partition: str = partition_setting()
    description: str = setting("Description", "Free text.", default="", listed=True)
    reversion_number: str = destination_setting(
        "Reversion Number",
        "Where a call rings that nobody has fetched in time; empty for the number it was parked from.",
    )
    reversion_search_space: str | None = setting(
        "Reversion Calling Search Space",
        "Where the reversion number is looked for.",
        default=None,
        references="calling-search-space",
        requirement="AUTHZ-02",
    )
