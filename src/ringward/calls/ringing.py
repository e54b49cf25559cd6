"""Ringing: the lines of a call's called side, from the first ring until somebody answers or nobody is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringward.calls import refusal
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import Cause
from ringward.domain.vocabulary import DoNotDisturb

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.directory import LineAppearance
    from ringward.calls.leg import Leg

_CAUSES_BY_WORTH = (
    Cause.CALL_REJECTED,
    Cause.USER_BUSY,
    Cause.NO_ANSWER,
    Cause.NO_USER_RESPONDING,
    Cause.INCOMPATIBLE_MEDIA,
    Cause.SUBSCRIBER_ABSENT,
)
"""Which of several failures tells a caller most: what a person did comes before what a network could not do."""

_REJECT, _SILENT, _PLACED = DoNotDisturb.CALL_REJECT, DoNotDisturb.RINGER_OFF, ConnectionState.PLACED
"""Looking a member up in its enumeration costs ten times as much as a name of the module, and this is done for
every leg."""


def ring(call: Call, lines: Sequence[LineAppearance]) -> None:
    """Ring lines; the first to answer gets the call. If none of them can be rung, the set-up has failed."""
    if not begin(call, lines):
        call.set_up.failed(call, best_cause(call))


def begin(call: Call, lines: Sequence[LineAppearance]) -> bool:
    """Ring lines; returns whether any rings. Whoever cannot be rung is a failure with its cause."""
    for line in lines:
        _reach(call, line)
    caller = call.caller.leg.party
    for connection in call.ringing:
        leg = connection.leg
        if call.redirections:
            leg.redirections = call.redirections
        leg.place(caller, leg.party, connection.told)
    return bool(call.ringing)


def _reach(call: Call, line: LineAppearance) -> None:
    engine = call.engine
    own = call.caller.leg.appearance
    if own is not None and own.device == line.device and own.index == line.index:
        call.failures.append(Cause.USER_BUSY)  # nobody rings at the line that calls
        return
    if engine.occupancy.calls_at(line) >= min(line.busy_trigger, line.max_calls):
        call.failures.append(Cause.USER_BUSY)
        return
    disturbance = line.do_not_disturb
    if disturbance is _REJECT:
        call.failures.append(Cause.USER_BUSY)
        return
    legs = engine.endpoints.place(line)
    if not legs:
        call.failures.append(Cause.SUBSCRIBER_ABSENT)
    for leg in legs:
        if disturbance is _SILENT:
            leg.is_silent = True
        _add_leg(call, leg)


def _add_leg(call: Call, leg: Leg) -> None:
    connection = call.engine.connect(call, leg, _PLACED)
    if call.offer is not None:
        connection.told = call.media_for(connection, call.offer, call.caller)
        if connection.told is None:
            refusal.note(call, call.caller, connection)
            connection.hang_up(Cause.INCOMPATIBLE_MEDIA)
            call.failures.append(Cause.INCOMPATIBLE_MEDIA)
            return
        if connection.encrypts and connection.told.is_encrypted:
            call.key_holders += 1
    call.ringing.append(connection)


def declined(call: Call, connection: Connection, detail: str, *, answered: bool = False) -> None:
    """A phone would not have the media that it was offered, or ``answered`` something else.

    If that was encrypted, and the calling side takes RTP as well, the phone is rung once more and offered that:
    whatever it cannot encrypt, the call is made (MEDIA-08). ``detail``: what it said.
    """
    told, leg = connection.told, connection.leg
    another = (
        leg.another() if told is not None and told.demands_encryption and call.caller.leg.falls_back else None
    )
    if told is None or another is None:
        if answered:
            refusal.note_wrong_answer(call, connection)
        refusal.note_declined(call, connection, detail)
        connection.release()
        lost(call, connection, Cause.INCOMPATIBLE_MEDIA)
        return
    connection.release()
    call.ringing.remove(connection)
    again = call.engine.connect(call, another, _PLACED)
    again.told = told.in_the_clear()
    call.ringing.append(again)
    another.redirections, another.is_silent = leg.redirections, leg.is_silent
    another.place(call.caller.leg.party, another.party, again.told)


def lost(call: Call, connection: Connection, cause: Cause) -> None:
    """One fewer who can answer; after the last one the set-up has failed."""
    call.ringing.remove(connection)
    call.failures.append(cause)
    if not call.ringing:
        call.set_up.failed(call, best_cause(call))


def no_answer(call: Call) -> None:
    """It has rung for long enough."""
    call.failures.append(Cause.NO_ANSWER)
    stop(call, Cause.NO_ANSWER)
    call.set_up.failed(call, best_cause(call))


def stop(call: Call, cause: Cause) -> None:
    """Let nobody ring any longer."""
    for connection in call.ringing:
        connection.hang_up(cause)
    call.ringing.clear()


def best_cause(call: Call) -> Cause:
    """Which of the failures so far the calling side is told."""
    for cause in _CAUSES_BY_WORTH:
        if cause in call.failures:
            return cause
    return call.failures[0] if call.failures else Cause.SUBSCRIBER_ABSENT
