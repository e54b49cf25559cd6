"""Admission: how much of the line side's time each source of messages may take.

Every source address has a budget of messages that fills up again with time (a token bucket). A datagram over the
budget of its source is dropped unread and unanswered: its address may be forged, and an answer would hit somebody
else. A stream whose source is over its budget is simply not read from for a while.

Addresses at which phones are registered have a budget of their own, the larger the more lines are registered
there: a proxy or session border controller with an office behind it is one address and not one phone. It holds
only while the node is busy: time that nobody else wants is refused to no registered phone, and when time gets
short the accounts already show who has taken most of it. All other addresses share one more budget, so that many
forged addresses together get but a share of the processor and cannot touch the registered phones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ringward.domain.address import source_of

MANY = "many addresses, of which some may be forged"
"""Who sends too much when nobody does by himself."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Messages at once, and messages per second in the long run."""

    burst: float
    rate: float


KNOWN_BUDGET = Budget(burst=8_000, rate=4_000)
"""An address with registered phones, however few: a test machine or a gateway. A message costs some 80
microseconds, so that it takes about a third of a processor."""
LINE_BUDGET = Budget(burst=20, rate=10)
"""What each line registered there adds: a call a second and some keep-alives. At 1,000 lines there is no limit
that the processor would not set before."""
BUSY = 0.8
"""Share of the processor that the node's thread takes, or of its time that it is late, when it is busy."""
BUSY_FOR = 5.0
"""Seconds for which it then counts as busy: a flood that is let in now and then has a hundredth of the time."""
STRANGER_BUDGET = Budget(burst=4_000, rate=200)
"""An address without: 1,000 phones that boot behind it may each send some REGISTERs before the first of them is
registered; from then on all have the larger budget."""
ALL_STRANGERS_BUDGET = Budget(burst=10_000, rate=2_000)
"""All addresses without registered phones: a building boots (some 1,000 registrations a second), yet a flood from
forged addresses takes a fifth of a processor, or half of one if each message is as costly as can be made."""
PRESSED_BUDGET = Budget(burst=1_000, rate=1_000)
"""An address with registered phones while too much is being dealt with: what it adds in the 32 seconds for which a
request is kept is less than the room that is left, and the other addresses hardly notice."""
SIZE_OF_ONE = 2_048
"""Bytes for which a message counts once; a larger one counts as several, since it costs as much."""
MAX_DELAY = 10.0
"""Longest time, in seconds, for which a stream is not read from; the debt beyond it is let off."""
MAX_SOURCES = 20_000
"""Addresses in a table of budgets; one that has been silent for long is forgotten, and so begins anew with a full
budget, which it would have anyway."""


@lru_cache(maxsize=1_024)
def known_budget(lines: int) -> Budget:
    """The budget of an address at which so many lines are registered."""
    return Budget(
        KNOWN_BUDGET.burst + lines * LINE_BUDGET.burst,
        KNOWN_BUDGET.rate + lines * LINE_BUDGET.rate,
    )


class TokenBucket:
    """What is left of one budget."""

    __slots__ = ("at", "left")

    def __init__(self, budget: Budget, now: float) -> None:
        self.left = budget.burst
        self.at = now
        """When that was."""

    def take(self, budget: Budget, cost: float, now: float) -> bool:
        """Take a message's cost if there is enough left."""
        left = self.left + (now - self.at) * budget.rate
        self.at = now
        if left > budget.burst:
            left = budget.burst
        if left < cost:
            self.left = left
            return False
        self.left = left - cost
        return True

    def charge(self, budget: Budget, cost: float, now: float) -> float:
        """Take a cost even into debt; returns the seconds until the debt is paid."""
        left = min(budget.burst, self.left + (now - self.at) * budget.rate) - cost
        left = max(left, -budget.rate * MAX_DELAY)
        self.left, self.at = left, now
        return -left / budget.rate if left < 0 else 0.0


class Sources:
    """Buckets by source address; a bounded table that forgets who was silent longest.

    Two generations: who is heard moves to the young one; when that is full it becomes the old one, and the old one
    is dropped. So nothing is ever searched.
    """

    __slots__ = ("_budget", "_limit", "_old", "_young")

    def __init__(self, budget: Budget, limit: int = MAX_SOURCES) -> None:
        """``budget`` is what a new source begins with."""
        self._budget = budget
        self._limit = limit // 2
        self._young: dict[str, TokenBucket] = {}
        self._old: dict[str, TokenBucket] = {}

    def find(self, address: str, now: float) -> TokenBucket:
        """The bucket of an address, a full one if it has none."""
        return self._young.get(address) or self._enter(address, now)

    def _enter(self, address: str, now: float) -> TokenBucket:
        bucket = self._old.pop(address, None) or TokenBucket(self._budget, now)
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}
        self._young[address] = bucket
        return bucket

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Admission:
    """Decides over each message before it is looked at."""

    def __init__(self, known: Mapping[str, int]) -> None:
        """``known``: at which addresses phones are registered now, with how many lines each."""
        self._known = known
        self._known_sources = Sources(KNOWN_BUDGET)
        self._strangers = Sources(STRANGER_BUDGET)
        self._all_strangers = TokenBucket(ALL_STRANGERS_BUDGET, 0.0)
        self.pressed = False
        """Whether so much is being dealt with that the known sources have to share too."""
        self.at_leisure = False
        """Whether there is time for more than the budgets of known sources give; until told so there is not."""
        self._busy_until = 0.0
        self.refused = 0
        """Messages that were over a budget."""

    def note_load(self, share: float, now: float) -> None:
        """Take note of the share of its time that the node was busy with messages just now, from 0 to 1."""
        if share >= BUSY:
            self._busy_until = now + BUSY_FOR
        self.at_leisure = now >= self._busy_until

    def refuses(self, address: str, size: int, now: float) -> str:
        """Who sends too much, if a datagram must be dropped without a word; empty if it is taken."""
        cost = 1 if size <= SIZE_OF_ONE else size / SIZE_OF_ONE
        lines = self._known.get(address)
        if lines:
            budget = PRESSED_BUDGET if self.pressed else known_budget(lines)
            taken = self._known_sources.find(address, now).take(budget, cost, now)
            if taken or (self.at_leisure and not self.pressed):
                return ""
        else:
            source = source_of(address)
            # The own budget first: who is over it must not use up what all strangers share.
            if self._strangers.find(source, now).take(STRANGER_BUDGET, cost, now):
                if self._all_strangers.take(ALL_STRANGERS_BUDGET, cost, now):
                    return ""
                address = MANY
        self.refused += 1
        return address

    def delay(self, address: str, messages: int, size: int, now: float) -> float:
        """Account for what a stream brought; returns the seconds for which it is not to be read from."""
        cost = max(messages, size / SIZE_OF_ONE)
        lines = self._known.get(address)
        if lines:
            bucket = self._known_sources.find(address, now)
            if self.at_leisure and not self.pressed:
                bucket.take(known_budget(lines), cost, now)  # an account without debts, should time get short
                return 0.0
            return bucket.charge(PRESSED_BUDGET if self.pressed else known_budget(lines), cost, now)
        own = self._strangers.find(source_of(address), now).charge(STRANGER_BUDGET, cost, now)
        return own or self._all_strangers.charge(ALL_STRANGERS_BUDGET, cost, now)

    def __len__(self) -> int:
        return len(self._known_sources) + len(self._strangers)
