"""Directory number: a number, or a pattern of numbers, that can be called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ringward.domain.errors import FieldError
from ringward.domain.partition import NO_PARTITION
from ringward.domain.rules.number_pattern import MAX_LENGTH, NumberPattern
from ringward.domain.setting import KEY_SEPARATOR, Noun, setting

DESTINATION_PATTERN = r"\+?[0-9*#]+"
DESTINATION_HELP = "a number of digits, * and #, perhaps with + in front, or nothing"


def _forward(label: str, when: str) -> Any:
    return setting(
        label,
        f"The number that takes the calls {when}; empty for none.",
        default="",
        max_length=MAX_LENGTH,
        pattern=DESTINATION_PATTERN,
        pattern_help=DESTINATION_HELP,
    )


@dataclass(frozen=True, slots=True)
class DirectoryNumber(Noun):
    """A number in a partition; the same number can be in several partitions."""

    noun: ClassVar[str] = "directory-number"
    title: ClassVar[str] = "Directory Number"

    number: str = setting(
        "Directory Number",
        "The number to call, or a pattern of numbers: X stands for any one digit, [2-5] for one of a range, ! "
        "for one or more digits.",
        key=True,
        required=True,
        listed=True,
        max_length=MAX_LENGTH,
        pattern=r"\+?([0-9*#X!]|\[\^?[0-9-]+\])+",
        pattern_help="digits, * and #, perhaps with + in front, and X, [ranges] or ! for patterns",
    )
    partition: str = setting(
        "Partition",
        "The group of numbers it belongs to; who may call it is decided by the callers' calling search spaces. "
        "Numbers of the partition <None> can be called by everyone.",
        default=NO_PARTITION,
        key=True,
        required=True,
        references="partition",
        listed=True,
        requirement="AUTHZ-02",
    )
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

    def rule_errors(self) -> Iterator[FieldError]:
        """The number must be one, or a pattern that calls can be matched with."""
        try:
            NumberPattern.parse(self.number)
        except ValueError as error:
            yield FieldError("number", self.number, str(error))

    @classmethod
    def join_key(cls, parts: Iterable[Any]) -> str:
        """``1001`` for the partition ``<None>``, ``1001/Staff`` for the partition Staff."""
        number, partition = parts
        return number if partition == NO_PARTITION else f"{number}{KEY_SEPARATOR}{partition}"

    @classmethod
    def split_key(cls, key: str) -> tuple[str, ...]:
        """Number and partition; a key without partition means ``<None>``."""
        number, _, partition = key.partition(KEY_SEPARATOR)
        return number, partition or NO_PARTITION
