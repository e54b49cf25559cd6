"""Directory number: a number, or a pattern of numbers, that can be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ringward.domain.dialled import Dialled, destination_setting, number_setting, partition_setting
from ringward.domain.setting import setting


def _forward(label: str, when: str) -> Any:
    return destination_setting(label, f"The number that takes the calls {when}; empty for none.")


@dataclass(frozen=True, slots=True)
class DirectoryNumber(Dialled):
    """A number in a partition; the same number can be in several partitions."""

    noun: ClassVar[str] = "directory-number"
    title: ClassVar[str] = "Directory Number"

    number: str = number_setting(
        "Directory Number",
        "The number to call, or a pattern of numbers: X stands for any one digit, [2-5] for one of a range, ! "
        "for one or more digits.",
    )
    partition: str = partition_setting()
    description: str = setting("Description", "Free text.", default="", listed=True)
    alerting_name: str = setting(
        "Alerting Name",
        "Shown to the caller while the number rings.",
        default="",
        max_length=50,
        listed=True,
    )
    calling_search_space: str | None = setting(
        "Calling Search Space",
        "What may be called from this number; its partitions come before those of the device's calling search "
        "space.",
        default=None,
        references="calling-search-space",
        requirement="AUTHZ-02",
    )
    forward_all: str = _forward("Forward All", "at once: the phones of this number do not ring")
    forward_busy: str = _forward(
        "Forward Busy", "when every line with this number is busy, or the called person declines"
    )
    forward_no_answer: str = _forward(
        "Forward No Answer", "that nobody has answered when the ring duration is over"
    )
    forward_unregistered: str = _forward(
        "Forward Unregistered", "when no phone with this number is registered, or none can be reached"
    )
    no_answer_ring_duration: int = setting(
        "No Answer Ring Duration",
        "How long it rings here before Forward No Answer takes the call; 0 for the service parameter Forward No "
        "Answer Timer.",
        default=0,
        minimum=0,
        maximum=300,
        unit="seconds",
    )
    forward_search_space: str | None = setting(
        "Forward Calling Search Space",
        "Where the numbers that calls are forwarded to are looked for; without one, in the calling search space "
        "of this number. It is the forwarding number's permission that counts, not the caller's.",
        default=None,
        references="calling-search-space",
        requirement="AUTHZ-02",
    )
    pickup_group: str | None = setting(
        "Call Pickup Group",
        "The phones of this number may answer calls that ring at other numbers of the group, and the other way "
        "round.",
        default=None,
        references="pickup-group",
    )
