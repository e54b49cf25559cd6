"""Pages take turns: few are made at a time, and each is followed by a rest, so that calls keep the processor.

All threads of the node share one interpreter. Without this, fifty people who open pages would leave the thread
that carries the calls a fiftieth of it.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AT_A_TIME = 2
"""More would not be done sooner: one interpreter makes them all."""
REST = 1.0
"""For so many times as long as a page took of the processor its turn stays empty: so calls have
half of the processor, however many pages are asked for."""


class Turns:
    """See the module. Threads wait here; those who wait for the node or the database hold their turn."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.thread_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``used``: what the present thread has used of the processor, in seconds as all others."""
        self._now, self._used, self._sleep = now, used, sleep
        self._free: queue.SimpleQueue[float] = queue.SimpleQueue()
        for _ in range(AT_A_TIME):
            self._free.put(0.0)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and keep it for the time of the block."""
        free_from = self._free.get()
        used = 0.0
        try:
            if (wait := free_from - self._now()) > 0:
                self._sleep(wait)
            began = self._used()
            try:
                yield
            finally:
                used = self._used() - began
        finally:
            self._free.put(self._now() + REST * used)
