"""How busy a thread is, by what it used of the time since one looked last, or by how late it came to look."""

from __future__ import annotations


class LoadMeter:
    """To be asked at regular times; all times in seconds."""

    __slots__ = ("_looked_at", "_period", "_used")

    def __init__(self, period: float, now: float, used: float) -> None:
        """``period``: how often it is asked; ``used``: the thread's processor time so far."""
        self._period = period
        self._looked_at = now
        self._used = used

    def share(self, now: float, used: float) -> float:
        """The share of the time since the last look for which the thread was busy, from 0 to 1.

        A thread that got no processor because others had it used little and was late: that is being busy too.
        """
        elapsed = max(now - self._looked_at, self._period)
        share = max((used - self._used) / elapsed, 1 - self._period / elapsed)
        self._looked_at, self._used = now, used
        return min(share, 1.0)
