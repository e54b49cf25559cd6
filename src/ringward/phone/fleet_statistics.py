"""What happened to many phones together, counted from what they tell."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

from ringward.phone import events
from ringward.phone.call import Call

MAX_DURATIONS = 10_000
"""Durations kept of each kind; a longer run keeps the latest."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds."""

    count: int
    median: float
    ninety_five: float
    """95 of 100 were not slower."""
    longest: float


def spread_of(durations: deque[float]) -> Spread:
    """The spread of some durations, all zero if there are none."""
    if not durations:
        return Spread(0, 0.0, 0.0, 0.0)
    ordered = sorted(durations)
    count = len(ordered)
    return Spread(count, ordered[(count - 1) // 2], ordered[(count * 95 - 1) // 100], ordered[-1])


class FleetStatistics:
    """Counts the events of a fleet. A call between two of its phones has two sides, and each is counted."""

    def __init__(self) -> None:
        self.registrations = 0
        """Lines that became registered, refreshments not counted."""
        self.registrations_refused: Counter[int] = Counter()
        """By status."""
        self.members_lost = 0
        self.dialled = 0
        self.answered = 0
        """Calls that were dialled and answered, and are over."""
        self.failed: Counter[int] = Counter()
        """Calls that were dialled and never answered, by status."""
        self.sides_ended = 0
        """Sides of answered calls that are over; the figures of media are of these."""
        self.sides_heard = 0
        """Those of them that heard some phone's tone."""
        self.packets_sent = 0
        self.packets_received = 0
        self.packets_lost = 0
        self.answer_times: deque[float] = deque(maxlen=MAX_DURATIONS)
        """From dialling to the answer."""

    def note(self, event: events.PhoneEvent) -> None:
        """Count one event."""
        match event:
            case events.Registered():
                self.registrations += 1
            case events.RegistrationRefused(status=status):
                self.registrations_refused[status] += 1
            case events.MemberLost():
                self.members_lost += 1
            case events.Dialling():
                self.dialled += 1
            case events.Ended(call=call, status=status):
                self._ended(call, status)
            case _:
                pass

    def _ended(self, call: Call, status: int) -> None:
        if call.connected_at is None:
            if not call.is_incoming:
                self.failed[status] += 1
            return
        if not call.is_incoming:
            self.answered += 1
            self.answer_times.append(call.connected_at - call.began)
        report = call.last_report
        self.sides_ended += 1
        self.sides_heard += report.last_heard is not None
        self.packets_sent += report.packets_sent
        self.packets_received += report.packets_received
        self.packets_lost += report.lost
