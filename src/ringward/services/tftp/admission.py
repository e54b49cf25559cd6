"""How much a stranger may ask: buckets of tokens per address, in a table that cannot grow without limit.

A new address has a full bucket, so honest phones are served while others flood; a flood of forged addresses only
pushes out the buckets that were unused for longest.
"""

from __future__ import annotations

from collections import OrderedDict


class TokenBucket:
    """``burst`` events at once, then ``rate`` per second; ``now`` is a monotonic clock in seconds."""

    __slots__ = ("_burst", "_rate", "_tokens", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._updated = burst, now

    def take(self, now: float) -> bool:
        """Whether one more event is within the rate."""
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Admission:
    """One bucket for each address."""

    def __init__(self, rate: float, burst: float, max_addresses: int) -> None:
        self._rate, self._burst, self._max_addresses = rate, burst, max_addresses
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def admits(self, host: str, now: float) -> bool:
        """Whether a further request from ``host`` is within its rate."""
        bucket = self._buckets.get(host)
        if bucket is None:
            bucket = self._buckets[host] = TokenBucket(self._rate, self._burst, now)
            if len(self._buckets) > self._max_addresses:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(host)
        return bucket.take(now)
