"""Message waiting: how many messages wait for a directory number, and who is told when that changes (RFC 3842).

Whoever takes messages tells it here: an administrator, later voice-mail ports. Phones subscribe through the line
side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringward.calls.watching import StopWatching, Watchers

Number = tuple[str, str]
"""A directory number and its partition."""


@dataclass(frozen=True, slots=True)
class Messages:
    """The voice messages of a number."""

    new: int = 0
    old: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the lamp is on: for messages that have not been heard yet."""
        return self.new > 0


NO_MESSAGES = Messages()


class MessageWaiting:
    """The messages of all numbers of a node."""

    __slots__ = ("_messages", "_watchers", "on_change")

    def __init__(self) -> None:
        self._messages: dict[Number, Messages] = {}
        self._watchers: Watchers[Number] = Watchers()
        self.on_change: Callable[[Number], None] | None = None
        """Called at each change of any number's messages, for phones that do not ask."""

    def of(self, number: str, partition: str) -> Messages:
        """The messages of a number; none if nobody has told of any."""
        return self._messages.get((number, partition), NO_MESSAGES)

    def replace(self, messages: Mapping[Number, Messages]) -> None:
        """These are all messages there are; whoever watches a number hears of it if it has changed."""
        before, self._messages = self._messages, dict(messages)
        for key in {**before, **self._messages}:
            if before.get(key, NO_MESSAGES) != self._messages.get(key, NO_MESSAGES):
                self._watchers.tell(key)
                if self.on_change is not None:
                    self.on_change(key)

    def watch(self, number: str, partition: str, tell: Callable[[Number], None]) -> StopWatching:
        """Have ``tell`` called at each change of a number's messages; returns what ends it."""
        return self._watchers.watch((number, partition), tell)
