"""Hunt pilot: a number whose calls are taken from one phone to the next until somebody answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.dialled import Dialled, destination_setting, number_setting, partition_setting
from ringward.domain.setting import setting

_MAX_GROUPS = 10


@dataclass(frozen=True, slots=True)
class HuntPilot(Dialled):
    """A number that hunts through the line groups of its hunt list."""

    noun: ClassVar[str] = "hunt-pilot"
    title: ClassVar[str] = "Hunt Pilot"

    number: str = number_setting("Hunt Pilot", "The number to call, or a pattern of numbers.")
    partition: str = partition_setting()
    description: str = setting("Description", "Free text.", default="", listed=True)
    hunt_list: tuple[str, ...] = setting(
        "Hunt List",
        "The line groups, in the order in which they are gone through.",
        default=(),
        references="line-group",
        listed=True,
        max_items=_MAX_GROUPS,
    )
    maximum_hunt_timer: int = setting(
        "Maximum Hunt Timer",
        "How long a call may hunt in all; 0 for as long as it takes to ring everybody.",
        default=0,
        minimum=0,
        maximum=3600,
        unit="seconds",
    )
    forward_no_answer: str = destination_setting(
        "Forward Hunt No Answer",
        "The number that takes the calls that nobody of the hunt list has answered; empty for none.",
    )
    forward_busy: str = destination_setting(
        "Forward Hunt Busy",
        "The number that takes the calls for which nobody of the hunt list could be rung; empty for none.",
    )
    forward_search_space: str | None = setting(
        "Forward Hunt Calling Search Space",
        "Where these two numbers are looked for.",
        default=None,
        references="calling-search-space",
        requirement="AUTHZ-02",
    )
