"""Who may call CAPF, and who has to make room: a phone that has proved itself stays, strangers come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Generic, TypeVar

from ringward.services.call_manager.admission import Budget, TokenBucket

MAX_CALLS = 500
"""Phones that are served at a time; the others wait for their retry."""
MAX_CALLS_PER_SOURCE = 100
"""Phones from one address: an office may be behind one, and a stranger has only some of his own."""
SOURCE_BUDGET = Budget(burst=400, rate=50)
"""Calls of one address: a handshake and an answer cost some five milliseconds, so a flood a quarter of a processor
at most. Two thousand phones behind one address are through within their three retries (CAPF-07)."""
MAX_BUDGETS = 4096
"""Addresses remembered; over this the table is begun anew, which costs nobody anything but a little time."""

Call = TypeVar("Call")


class Callers(Generic[Call]):
    """The calls that go on."""

    def __init__(self) -> None:
        self._sources: dict[Call, str] = {}
        self._counts: Counter[str] = Counter()
        self._strangers: dict[Call, None] = {}
        self._budgets: dict[str, TokenBucket] = {}

    def __contains__(self, call: Call) -> bool:
        return call in self._sources

    def __len__(self) -> int:
        return len(self._sources)

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._sources))

    def refusal(self, source: str, now: float) -> str:
        """Why one more call from there is refused; empty if it is not."""
        if self._counts[source] >= MAX_CALLS_PER_SOURCE:
            return "too many phones call from there at a time"
        if len(self._budgets) >= MAX_BUDGETS:
            self._budgets.clear()
        bucket = self._budgets.setdefault(source, TokenBucket(SOURCE_BUDGET, now))
        if not bucket.take(SOURCE_BUDGET, 1, now):
            return "too many calls from there"
        if len(self) >= MAX_CALLS and not self._strangers:
            return "too many phones call at a time"
        return ""

    def must_go(self) -> Call | None:
        """The call that has to make room for a new one: the oldest that has not proved to be a phone's."""
        return next(iter(self._strangers)) if len(self) >= MAX_CALLS and self._strangers else None

    def enter(self, call: Call, source: str) -> None:
        """A call begins."""
        self._sources[call] = source
        self._counts[source] += 1
        self._strangers[call] = None

    def proved(self, call: Call) -> None:
        """It is a phone's for which something is pending."""
        self._strangers.pop(call, None)

    def leave(self, call: Call) -> None:
        """A call is over."""
        source = self._sources.pop(call)
        self._strangers.pop(call, None)
        self._counts[source] -= 1
        if not self._counts[source]:
            del self._counts[source]
