"""What can be dialled: the records that stand for a number in a partition, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from ringward.domain.errors import FieldError
from ringward.domain.partition import NO_PARTITION
from ringward.domain.rules.number_pattern import MAX_LENGTH, NumberPattern
from ringward.domain.setting import KEY_SEPARATOR, Lookup, Noun, setting

DESTINATION_PATTERN = r"\+?[0-9*#]+"
DESTINATION_HELP = "a number of digits, * and #, perhaps with + in front, or nothing"


def number_setting(label: str, help: str) -> Any:
    """Make the field that holds the number; it is part of the key."""
    return setting(
        label,
        help,
        key=True,
        required=True,
        listed=True,
        max_length=MAX_LENGTH,
        pattern=r"\+?([0-9*#X!]|\[\^?[0-9-]+\])+",
        pattern_help="digits, * and #, perhaps with + in front, and X, [ranges] or ! for patterns",
    )


def partition_setting() -> Any:
    """Make the field that says who may dial the number; it is part of the key."""
    return setting(
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


def destination_setting(label: str, help: str) -> Any:
    """Make a field with the number that calls go on to; empty for none."""
    return setting(
        label,
        help,
        default="",
        max_length=MAX_LENGTH,
        pattern=DESTINATION_PATTERN,
        pattern_help=DESTINATION_HELP,
    )


class Dialled(Noun):
    """Base of the records that are a number in a partition; the same number can be in several partitions.

    Each has the fields ``number`` and ``partition``, and these are its key.
    """

    __slots__ = ()
    kinds: ClassVar[dict[str, type[Dialled]]] = {}
    """All kinds of such records, by noun."""
    number: str
    partition: str

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.kinds[cls.noun] = cls  # a dataclass with slots is made anew: the later one stays

    def rule_errors(self) -> Iterator[FieldError]:
        """The number must be one, or a pattern that calls can be matched with."""
        try:
            NumberPattern.parse(self.number)
        except ValueError as error:
            yield FieldError("number", self.number, str(error))

    def cross_errors(self, lookup: Lookup) -> Iterator[FieldError]:
        """Whoever dials a number must reach one thing."""
        for kind in self.kinds.values():
            if kind.noun != self.noun and lookup.find(kind, self.key) is not None:
                yield FieldError("number", self.number, f"a number that is not taken: it is a {kind.noun} already")

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
