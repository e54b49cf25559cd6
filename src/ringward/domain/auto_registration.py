"""Auto-registration: from which numbers a server gives one to each phone that nobody has configured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ringward.domain.errors import FieldError
from ringward.domain.partition import NO_PARTITION
from ringward.domain.setting import Noun, setting

MOST_NUMBERS = 10_000
"""Numbers of one range: so many phones can strangers make at most, if they are on the network."""


def _number(label: str, help: str) -> Any:
    return setting(
        label, help, required=True, max_length=15, pattern=r"[0-9]+", pattern_help="digits", listed=True
    )


@dataclass(frozen=True, slots=True)
class AutoRegistration(Noun):
    """Numbers that a server gives to phones that nobody has configured. Without them such phones are refused."""

    noun: ClassVar[str] = "auto-registration"
    title: ClassVar[str] = "Auto-registration"

    server: str = setting(
        "Cisco Unified CallManager",
        "The server at which unknown phones are registered.",
        key=True,
        required=True,
        references="server",
        listed=True,
    )
    first: str = _number("Starting Directory Number", "The first number that is given to a new phone.")
    last: str = _number("Ending Directory Number", "The last one; it has as many digits as the first.")
    enabled: bool = setting(
        "Auto-registration Enabled",
        "Whether a phone that is not configured is taken in: it gets the next free number and the Non-Secure "
        "profile of its model. Whoever can reach the server can use up the range, so switch this off again when "
        "the new phones are there. It does not work in mixed mode, and mixed mode switches it off.",
        default=True,
        listed=True,
        requirement="CLUSTER-11, PSP-02",
    )
    partition: str = setting(
        "Partition",
        "Partition of these numbers.",
        default=NO_PARTITION,
        required=True,
        references="partition",
        listed=True,
    )
    device_pool: str = setting(
        "Device Pool", "Of new phones.", default="Default", required=True, references="device-pool"
    )
    calling_search_space: str | None = setting(
        "Calling Search Space",
        "What may be called from new phones until somebody has looked at them.",
        default=None,
        references="calling-search-space",
    )

    def numbers(self) -> Iterator[str]:
        """The numbers of the range, in their order."""
        return (f"{number:0{len(self.first)}}" for number in range(int(self.first), int(self.last) + 1))

    def rule_errors(self) -> Iterator[FieldError]:
        """The two ends belong together."""
        if len(self.last) != len(self.first):
            yield FieldError("last", self.last, f"a number of {len(self.first)} digits, like the first")
        elif not 0 <= int(self.last) - int(self.first) < MOST_NUMBERS:
            yield FieldError(
                "last", self.last, f"at least {self.first}, and at most {MOST_NUMBERS} numbers in all"
            )
