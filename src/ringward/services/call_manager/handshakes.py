"""The order of TLS handshakes: how many run at a time, and whose turn it is.

A handshake costs the processor as much as some fifty messages, and one that is begun and never finished holds
memory. So only some run at a time and so many per second; the others wait, and addresses take turns: who opens a
thousand connections waits for himself, and everybody else for one round.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from ringward.services.call_manager.admission import Budget, TokenBucket

MAX_RUNNING = 64
"""Handshakes at a time: all of them together hold up the other messages for a tenth of a second at worst."""
HANDSHAKE_BUDGET = Budget(burst=64, rate=200)
"""Handshakes per second: 1.5 milliseconds each, so a third of a processor. 1,000 phones connect in 5 seconds."""
HANDSHAKE_TIMEOUT = 10.0
"""Seconds for a handshake; the slowest phones of the guide compute for two."""
PATIENCE = 3.0
"""Seconds for a handshake while others wait for their turn."""

Item = TypeVar("Item")


class HandshakeQueue(Generic[Item]):
    """See the module. How many wait is bounded by how many connections there may be."""

    def __init__(self, now: float) -> None:
        self._waiting: dict[str, deque[Item]] = {}
        self._running: dict[Item, float] = {}
        self._bucket = TokenBucket(HANDSHAKE_BUDGET, now)

    def enter(self, source: str, item: Item) -> None:
        """Wait for the turn of a source."""
        self._waiting.setdefault(source, deque()).append(item)

    def next(self, now: float) -> Item | None:
        """Whose handshake begins now, if one may; call again until nobody's does."""
        if not self._waiting or len(self._running) >= MAX_RUNNING:
            return None
        if not self._bucket.take(HANDSHAKE_BUDGET, 1, now):
            return None
        source = next(iter(self._waiting))
        items = self._waiting.pop(source)
        item = items.popleft()
        if items:
            self._waiting[source] = items  # behind all the others
        self._running[item] = now
        return item

    def overdue(self, now: float) -> list[Item]:
        """Handshakes to be broken off."""
        limit = PATIENCE if self._waiting else HANDSHAKE_TIMEOUT
        return [item for item, since in self._running.items() if now - since >= limit]

    def leave(self, source: str, item: Item) -> None:
        """A handshake is finished, or its connection is gone."""
        if self._running.pop(item, None) is not None:
            return
        items = self._waiting.get(source)
        if items is not None and item in items:
            items.remove(item)
            if not items:
                del self._waiting[source]

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits for his turn."""
        return bool(self._waiting)

    @property
    def running(self) -> int:
        """Handshakes that go on."""
        return len(self._running)

    def __len__(self) -> int:
        return len(self._running) + sum(len(items) for items in self._waiting.values())
