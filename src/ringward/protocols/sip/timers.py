"""Timers without a clock: started with the time that is now, fired when told what time it is.

SIP uses a handful of durations over and over, so each duration has a queue of its own that is already in order:
starting and stopping a timer costs no search. Odd durations (the expiry of a registration) share a heap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

MAX_QUEUES = 32
"""Durations that get a queue of their own; further ones go to the heap."""


class Timer:
    """A started timer; stop it by :meth:`stop`."""

    __slots__ = ("_argument", "_callback", "deadline")

    def __init__(self, deadline: float, callback: Callable[[Any, float], None], argument: Any) -> None:
        self.deadline = deadline
        self._callback: Callable[[Any, float], None] | None = callback
        self._argument = argument

    def stop(self) -> None:
        """Never fire; what the timer held is let go at once."""
        self._callback = None
        self._argument = None

    @property
    def running(self) -> bool:
        """Whether the timer may still fire."""
        return self._callback is not None

    def fire(self, now: float) -> None:
        """Call back, once, unless stopped."""
        callback, argument = self._callback, self._argument
        if callback is not None:
            self._callback = self._argument = None
            callback(argument, now)


class TimerQueue:
    """All timers of one endpoint. Times are seconds of any clock that does not go backwards."""

    __slots__ = ("_heap", "_order", "_queues")

    def __init__(self) -> None:
        self._queues: dict[float, deque[Timer]] = {}
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = 0

    def start(self, delay: float, now: float, callback: Callable[[Any, float], None], argument: Any) -> Timer:
        """Fire ``callback(argument, now)`` ``delay`` seconds from now."""
        timer = Timer(now + delay, callback, argument)
        queue = self._queues.get(delay)
        if queue is None:
            if len(self._queues) >= MAX_QUEUES:
                self._order += 1
                heappush(self._heap, (timer.deadline, self._order, timer))
                return timer
            queue = self._queues[delay] = deque()
        elif queue and queue[-1].deadline > timer.deadline:
            # The caller's clock stepped back a little: keep the queue in order rather than the delay exact.
            timer.deadline = queue[-1].deadline
        queue.append(timer)
        return timer

    def start_at(self, deadline: float, callback: Callable[[Any, float], None], argument: Any) -> Timer:
        """Fire at a given time; for durations that hardly ever recur."""
        timer = Timer(deadline, callback, argument)
        self._order += 1
        heappush(self._heap, (deadline, self._order, timer))
        return timer

    def next_deadline(self) -> float | None:
        """When :meth:`advance` has something to do next, or None."""
        earliest: float | None = None
        for queue in self._queues.values():
            while queue and not queue[0].running:
                queue.popleft()
            if queue and (earliest is None or queue[0].deadline < earliest):
                earliest = queue[0].deadline
        heap = self._heap
        while heap and not heap[0][2].running:
            heappop(heap)
        if heap and (earliest is None or heap[0][0] < earliest):
            earliest = heap[0][0]
        return earliest

    def advance(self, now: float) -> None:
        """Fire everything that is due."""
        for queue in list(self._queues.values()):
            while queue and (queue[0].deadline <= now or not queue[0].running):
                queue.popleft().fire(now)
        heap = self._heap
        while heap and (heap[0][0] <= now or not heap[0][2].running):
            heappop(heap)[2].fire(now)

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values()) + len(self._heap)
