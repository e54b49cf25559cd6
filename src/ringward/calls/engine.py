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

from ringward.calls import ringing
from ringward.calls.call import Alarm, Call
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.digit_analysis import DialPlanEntry
from ringward.calls.directory import Directory
from ringward.calls.endpoints import Endpoints
from ringward.calls.events import Cause, LegEvent
from ringward.calls.features.hunt import HuntMemory
from ringward.calls.features.park import ParkPlace
from ringward.calls.features.replacement import take_place
from ringward.calls.leg import Leg
from ringward.calls.line_occupancy import LineOccupancy
from ringward.calls.line_states import LineStates
from ringward.calls.live import LiveCall, live_call
from ringward.calls.media import MediaDescription
from ringward.calls.reactions import react
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.calls.set_up import WAITING_CALLER, SetUp
from ringward.domain.rules.call_security import CallSecurity
from ringward.domain.vocabulary import CallSecurityClass

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
        self.occupancy = LineOccupancy(clock)
        self.line_states = LineStates(self.occupancy, directory)
        self._line_news = self.line_states.news  # looked at after each step
        self._on_record = on_record
        self._on_change = on_change
        self._ringing_limit = ringing_limit
        self._call_ids = call_ids if call_ids is not None else count(1)
        self._calls: dict[int, Call] = {}
        self._waiting: dict[int, Call] = {}
        """Calls that nobody has answered yet, those first that have waited longest."""
        self._alarms: list[tuple[float, int]] = []
        """Heap of times and calls; one that is no longer its call's is outdated."""
        self.parked: dict[ParkPlace, Call] = {}
        """The calls that can be retrieved at park numbers."""
        self.hunt_memory = HuntMemory()
        self._listener = self._listen  # bound once, not for each leg
        self._later: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._busy = False

    # -- from the services --------------------------------------------------------------------------------

    def incoming(self, leg: Leg, dialled: str, media: MediaDescription | None) -> int:
        """A party calls ``dialled`` and offers ``media`` (None: wants an offer); returns the number of the call.

        The leg will be answered or rejected, unless its party gives up first.
        """
        call = self.new_call(dialled, WAITING_CALLER)
        call.caller = caller = self.connect(call, leg, ConnectionState.WAITING)
        call.offer = media
        if media is not None:
            caller.offered(media)
        self._run(self._carefully, call, call.route)
        return call.id

    def refuse(self, leg: Leg, dialled: str, reason: str) -> int:
        """A party calls ``dialled`` with media that nobody can be shown, for the sake of security.

        It is rejected with INCOMPATIBLE_MEDIA, and the ``reason`` stays in the record. Returns the call's number.
        """
        call = self.new_call(dialled, WAITING_CALLER)
        call.caller = self.connect(call, leg, ConnectionState.WAITING)
        call.refusal = CallSecurity(CallSecurityClass.NONSECURE, f"refused because {reason}")
        self._run(self._carefully, call, partial(call.end, Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER))
        return call.id

    def replace(self, leg: Leg, replaced: Leg, media: MediaDescription) -> int:
        """A party offers ``media`` and asks to take the place of another leg; whether it may is known already.

        Returns the number of the call.

        The leg will be answered or rejected.
        """
        call = self.new_call(leg.party.number, WAITING_CALLER)
        call.caller = caller = self.connect(call, leg, ConnectionState.WAITING)
        call.offer = media
        caller.offered(media)
        self._run(self._carefully, call, partial(take_place, call, replaced, media))
        return call.id

    def live(self) -> list[LiveCall]:
        """All calls as they are now."""
        return [live_call(call) for call in self._calls.values()]

    @property
    def calls(self) -> Mapping[int, Call]:
        """The calls by their number. Only to be read."""
        return self._calls

    def deadline(self) -> float | None:
        """When :meth:`expire` wants to be called next, by the engine's clock; None if nothing is waited for."""
        alarms = self._alarms
        while alarms and self._is_outdated(*alarms[0]):
            heapq.heappop(alarms)
        soonest = alarms[0][0] if alarms else None
        for call in self._waiting.values():
            limit = call.waiting_since + self._ringing_limit()
            return limit if soonest is None else min(limit, soonest)
        return soonest

    def _is_outdated(self, at: float, call_id: int) -> bool:
        call = self._calls.get(call_id)
        return call is None or call.alarm is None or call.alarm.at != at

    def expire(self, now: float) -> None:
        """Do what is due, and give up calls that have waited for an answer for too long."""
        while self._alarms and self._alarms[0][0] <= now:
            at, call_id = heapq.heappop(self._alarms)
            call = self._calls.get(call_id)
            if call is None or call.alarm is None or call.alarm.at != at:
                continue
            alarm, call.alarm = call.alarm, None
            self._run(self._carefully, call, partial(alarm.action, call))
        while self._waiting:
            call = next(iter(self._waiting.values()))
            if now < call.waiting_since + self._ringing_limit():
                return
            self._waiting.pop(call.id)
            self._run(self._carefully, call, partial(ringing.no_answer, call))

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
        if self.occupancy.on_change is not None:
            self.line_states.call_changed(call)
        if self._on_change is not None:
            self._on_change(call)

    def waits_no_longer(self, call: Call) -> None:
        """Somebody has answered a call, or it is not to ring any longer."""
        self._waiting.pop(call.id, None)
        call.alarm = None

    def waits_anew(self, call: Call) -> None:
        """A call that nobody has answered yet goes on to somebody else."""
        self._waiting.pop(call.id, None)
        self._waiting[call.id] = call
        call.waiting_since = self.clock()
        call.alarm = None

    def set_alarm(self, call: Call, seconds: float, action: Callable[[Call], None]) -> None:
        """Have something done to a call after so long, unless it is answered, goes on or ends before.

        A call has one alarm at a time.
        """
        call.alarm = alarm = Alarm(self.clock() + seconds, action)
        heapq.heappush(self._alarms, (alarm.at, call.id))

    def ended(self, call: Call, record: CallDetailRecord) -> None:
        """A call is over."""
        del self._calls[call.id]
        self._waiting.pop(call.id, None)
        if call.parked_at is not None:
            del self.parked[call.parked_at]
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
        if self._line_news:
            self.line_states.tell()

    def _hear(self, leg: Leg, event: LegEvent) -> None:
        connection = leg.connection
        if connection is None or connection.call is None:
            return  # said before it heard that it had been hung up
        call = connection.call
        try:
            react(call, connection, event)
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
