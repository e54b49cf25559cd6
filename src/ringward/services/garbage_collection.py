"""Python's search for cycles of objects, kept off the way of calls.

Whatever a call makes is freed by reference counts alone: nothing that is over refers to what referred to it (the
benchmark ``anatomy`` counts what does not keep to that, and its test allows none). Cycles come from administration
alone: pages, commands, statements of the database. A search reads every object that was made since the start, by
the hundred thousand those of calls and requests that are up, and nothing else happens meanwhile: some microseconds
for ten objects, so that calls wait for tenths of a second.

Python's own thresholds do not spare them. It counts objects made *above those freed*: where as many calls end as
begin the count stands still while the objects of all calls of half a minute gather in what it calls the youngest
generation, and then are searched at one go. So Python searches by itself only when very many objects have
gathered, and otherwise the node searches when hardly a call is to be expected meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Literal

LIMIT = 2_000_000
"""Objects made, above those freed, at which Python searches whoever waits: some 250 MB, about what 1,200 calls a
second make in the half minute for which their requests are kept; 75,000 pages leave as much behind."""
WORTH = 20_000
"""Objects made, above those freed, from which on a search is worth its time: some two megabytes."""
LOOK = 5.0
"""Seconds between two looks whether a search is due."""
HELD_UP = 0.25
"""Calls that may be expected to begin during a search, by the calls since the last look and the last search."""
REST = 1_000
"""For so many times as long as a search took, none is made after it: a thousandth of the calls waits for one."""


def spare_calls() -> float:
    """Leave alone from now on what has been made, and search the rest but seldom.

    To be called when everything that stays has been made. Returns how many seconds the last search took.
    """
    began = time.monotonic()
    gc.collect()
    took = time.monotonic() - began
    gc.freeze()
    gc.set_threshold(LIMIT, 1, 1)
    return took


class GarbageCollection:
    """Searches when hardly a call is held up by it."""

    def __init__(self, calls: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        """``calls`` tells how many were begun since the start."""
        self._calls = calls
        self._clock = clock
        self._begun = 0
        self._looked_at = 0.0
        self._began = 0.0
        self._took = 0.0
        """Seconds of the last search, Python's own among them."""
        self._rests_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin; to be called when everything that stays has been made."""
        self._took = spare_calls()
        self._begun, self._looked_at = self._calls(), self._clock()
        gc.callbacks.append(self._note)
        self._wait()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            gc.callbacks.remove(self._note)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK, self._tick)

    def _tick(self) -> None:
        self.look()
        self._wait()

    def look(self) -> bool:
        """Search, if that is worth it and holds up nobody; returns whether it was done."""
        now, calls = self._clock(), self._calls()
        expected = (calls - self._begun) / max(now - self._looked_at, LOOK) * self._took
        self._begun, self._looked_at = calls, now
        if gc.get_count()[0] < WORTH or expected > HELD_UP or now < self._rests_until:
            return False
        gc.collect()
        return True

    def _note(self, phase: Literal["start", "stop"], _: dict[str, int]) -> None:
        now = self._clock()
        if phase == "start":
            self._began = now
        else:
            self._took = now - self._began
            self._rests_until = now + REST * self._took
