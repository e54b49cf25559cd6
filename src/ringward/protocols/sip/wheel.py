"""Long timers of which nearly all are stopped before they fire: one per call, for half an hour.

A timer of :mod:`ringward.protocols.sip.timers` that is stopped stays in its queue until those before it are due:
right for seconds, not for hours. Here items wait in slots of a few seconds and leave without a trace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ringward.protocols.sip.timers import Timer, TimerQueue

GRAIN = 4.0
"""Seconds by which an item may be late."""

Item = TypeVar("Item")


class Wheel(Generic[Item]):
    """See the module."""

    __slots__ = ("_due", "_slots", "_timers")

    def __init__(self, timers: TimerQueue, due: Callable[[Item, float], None]) -> None:
        self._timers = timers
        self._due = due
        self._slots: dict[int, tuple[dict[Item, None], Timer]] = {}

    def put(self, item: Item, deadline: float) -> int:
        """Call ``due`` with the item at the deadline or shortly after; returns the slot, for :meth:`take`."""
        slot = int(deadline / GRAIN) + 1
        found = self._slots.get(slot)
        if found is None:
            found = self._slots[slot] = ({}, self._timers.start_at(slot * GRAIN, self._fire, slot))
        found[0][item] = None
        return slot

    def take(self, item: Item, slot: int) -> None:
        """The item waits no longer."""
        found = self._slots.get(slot)
        if found is None:
            return
        items, timer = found
        items.pop(item, None)
        if not items:
            timer.stop()
            del self._slots[slot]

    def _fire(self, slot: int, now: float) -> None:
        items, _ = self._slots.pop(slot)
        for item in items:
            self._due(item, now)

    def __len__(self) -> int:
        return sum(len(items) for items, _ in self._slots.values())
