"""The call engine: all calls of a node, and the one way in for what legs tell.

Each event is handled to its end before the next one begins: a leg may tell something from inside an order it is
given, and it is heard afterwards. Nothing here waits; time comes from the clock that the engine is given.
"""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any

from ringward.calls.call import Call
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.digit_analysis import DialPlanEntry
from ringward.calls.directory import Directory
from ringward.calls.endpoints import Endpoints
from ringward.calls.events import Cause, LegEvent
from ringward.calls.features.replacement import take_place
from ringward.calls.leg import Leg
from ringward.calls.line_occupancy import LineOccupancy
from ringward.calls.live import LiveCall, live_call
from ringward.calls.media import MediaDescription
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.calls.set_up import WAITING_CALLER, SetUp

_log = logging.getLogger(__name__)

RINGING_LIMIT = 180.0
"""Seconds that a call may wait for an answer: the length of timer T301 at least (ITU-T Q.931 section 9.2)."""


class CallEngine:
    """Joins legs to calls."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        endpoints: Endpoints,
        *,
        clock: Callable[[], float],
        on_record: Callable[[CallDetailRecord], None],
        on_change: Callable[[Call], None] | None = None,
        call_ids: Iterator[int] | None = None,
        ringing_limit: Callable[[], float] = lambda: RINGING_LIMIT,
    ) -> None:
        """``directory``: gives the directory as it is now. ``clock``: seconds since the epoch.

        ``on_record`` is told of every call once, when it is over; ``on_change`` of its changes before that.
        ``call_ids``: distinct numbers for calls; from 1 if none are given. ``ringing_limit``: seconds that a call
        may wait for an answer.
        """
        self.directory = directory
        self.endpoints = endpoints
        self.clock = clock
        self.occupancy = LineOccupancy()
        self._on_record = on_record
        self._on_change = on_change
        self._ringing_limit = ringing_limit
        self._call_ids = call_ids if call_ids is not None else count(1)
        self._calls: dict[int, Call] = {}
        self._waiting: dict[int, Call] = {}
        """Calls that nobody has answered yet, those first that have waited longest."""
        self._ring_limits: list[tuple[float, int]] = []
        """Heap of the times until which features let calls ring; one that is no longer its call's is outdated."""
        self._listener = self._listen  # bound once, not for each leg
        self._later: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._busy = False

    # -- from the services --------------------------------------------------------------------------------

    def incoming(self, leg: Leg, dialled: str, media: MediaDescription | None) -> None:
        """A party calls ``dialled`` and offers ``media`` (None: wants an offer).

        The leg will be answered or rejected, unless its party gives up first.
        """
        call = self.new_call(dialled, WAITING_CALLER)
        call.caller = caller = self.connect(call, leg, ConnectionState.WAITING)
        call.offer = media
        if media is not None:
            caller.offered(media)
        self._run(self._carefully, call, call.route)

    def replace(self, leg: Leg, replaced: Leg, media: MediaDescription) -> None:
        """A party offers ``media`` and asks to take the place of another leg; whether it may is known already.

        The leg will be answered or rejected.
        """
        call = self.new_call(leg.party.number, WAITING_CALLER)
        call.caller = caller = self.connect(call, leg, ConnectionState.WAITING)
        call.offer = media
        caller.offered(media)
        self._run(self._carefully, call, partial(take_place, call, replaced, media))

    def live(self) -> list[LiveCall]:
        """All calls as they are now."""
        return [live_call(call) for call in self._calls.values()]

    @property
    def calls(self) -> Mapping[int, Call]:
        """The calls by their number. Only to be read."""
        return self._calls

    def deadline(self) -> float | None:
        """When :meth:`expire` wants to be called next, by the engine's clock; None if nothing is waited for."""
        limits = self._ring_limits
        while limits and self._is_outdated(*limits[0]):
            heapq.heappop(limits)
        soonest = limits[0][0] if limits else None
        for call in self._waiting.values():
            limit = call.waiting_since + self._ringing_limit()
            return limit if soonest is None else min(limit, soonest)
        return None

    def _is_outdated(self, until: float, call_id: int) -> bool:
        call = self._waiting.get(call_id)
        return call is None or call.ringing_until != until

    def expire(self, now: float) -> None:
        """Give up calls that have waited for an answer for too long."""
        while self._ring_limits and self._ring_limits[0][0] <= now:
            until, call_id = heapq.heappop(self._ring_limits)
            if not self._is_outdated(until, call_id):
                call = self._waiting[call_id]
                call.ringing_until = None
                self._run(self._carefully, call, call.no_answer)
        while self._waiting:
            call = next(iter(self._waiting.values()))
            if now < call.waiting_since + self._ringing_limit():
                return
            self._waiting.pop(call.id)
            self._run(self._carefully, call, call.no_answer)

    def end_all(self, cause: Cause = Cause.TEMPORARY_FAILURE) -> None:
        """End every call: the service stops."""
        for call in list(self._calls.values()):
            self._run(self._carefully, call, partial(call.end, cause, EndedBy.CALL_MANAGER))

    # -- for calls and features ---------------------------------------------------------------------------

    def new_call(self, dialled: str, set_up: SetUp) -> Call:
        """A call that nobody is in yet; its caller must be set next."""
        call = Call(self, next(self._call_ids), dialled, set_up, self.clock())
        self._calls[call.id] = self._waiting[call.id] = call
        return call

    def connect(self, call: Call, leg: Leg, state: ConnectionState) -> Connection:
        """Give a leg its place in a call."""
        line = leg.appearance
        device = self.directory().devices.get(line.device) if line is not None else None
        leg.listener = self._listener
        return Connection(call, leg, device, state, self.occupancy)

    def analyse(self, dialled: str, leg: Leg) -> DialPlanEntry | None:
        """What ``dialled`` stands for when the party of ``leg`` dials it (AUTHZ-02)."""
        line = leg.appearance
        return self.directory().dial_plan.match(dialled, line.search_space if line is not None else ())

    def changed(self, call: Call) -> None:
        """A call has changed."""
        if self._on_change is not None:
            self._on_change(call)

    def waits_no_longer(self, call: Call) -> None:
        """Somebody has answered a call."""
        self._waiting.pop(call.id, None)

    def waits_anew(self, call: Call) -> None:
        """A call that nobody has answered yet goes on to somebody else."""
        self._waiting.pop(call.id, None)
        self._waiting[call.id] = call
        call.waiting_since = self.clock()
        call.ringing_until = None

    def limit_ringing(self, call: Call, seconds: float) -> None:
        """Let a call ring for so long at most, if nobody answers and nothing else happens."""
        call.ringing_until = until = self.clock() + seconds
        heapq.heappush(self._ring_limits, (until, call.id))

    def ended(self, call: Call, record: CallDetailRecord) -> None:
        """A call is over."""
        del self._calls[call.id]
        self._waiting.pop(call.id, None)
        self._on_record(record)

    # -- inside -------------------------------------------------------------------------------------------

    def _listen(self, leg: Leg, event: LegEvent) -> None:
        self._run(self._hear, leg, event)

    def _run(self, step: Callable[..., None], *arguments: Any) -> None:
        """Do a step now, or after the one that is being done."""
        if self._busy:
            self._later.append((step, arguments))
            return
        self._busy = True
        try:
            step(*arguments)
            while self._later:
                step, arguments = self._later.popleft()
                step(*arguments)
        finally:
            self._busy = False

    def _hear(self, leg: Leg, event: LegEvent) -> None:
        connection = leg.connection
        if connection is None or connection.call is None:
            return  # said before it heard that it had been hung up
        call = connection.call
        try:
            call.handle(connection, event)
        except Exception:
            self._give_up(call)

    def _carefully(self, call: Call, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            self._give_up(call)

    def _give_up(self, call: Call) -> None:
        """A fault of ours costs the one call it happened in, and never leaves a leg behind in it."""
        _log.exception("call %d is ended because of an internal error", call.id)
        try:
            call.end(Cause.TEMPORARY_FAILURE, EndedBy.CALL_MANAGER)
        except Exception:
            _log.exception("call %d could not be ended cleanly", call.id)
