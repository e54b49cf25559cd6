"""Call pickup: a phone answers a call that rings at another one of its pickup group.

A pickup group is what allows it: the number that rings and the line that picks up must be in the same one. The
call that rang keeps its record; the one by which it was asked for ends with a reference to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringward.calls import refusal
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import Cause
from ringward.calls.media_negotiation import answer_from
from ringward.calls.reconciliation import Reconciliation
from ringward.calls.records import EndedBy, Feature, FeatureUse

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.digit_analysis import DialPlan, DialPlanEntry
    from ringward.calls.directory import LineAppearance
    from ringward.calls.media import MediaDescription

_RINGS = (ConnectionState.PLACED, ConnectionState.ALERTING)


@dataclass(frozen=True, slots=True)
class GroupPickup:
    """The number of a pickup group: whoever is in it gets the call that has rung longest in it."""

    group: str

    def begin(self, call: Call, entry: DialPlanEntry) -> None:
        """Answer the call that rings, or refuse."""
        line = call.caller.leg.appearance
        if line is None or line.pickup_group != self.group:
            call.set_up.failed(call, Cause.NOT_PERMITTED)
        else:
            _pick_up_from(call, call.engine.directory().pickup_groups.get(self.group, ()))

    def account(self, plan: DialPlan) -> Iterator[str]:
        """Whose call is taken."""
        yield f"Who is in the pickup group {self.group} answers the call that has rung longest in it."


@dataclass(frozen=True, slots=True)
class DirectedPickup:
    """A code that is dialled before the number that rings."""

    code: str

    def begin(self, call: Call, entry: DialPlanEntry) -> None:
        """Answer the call that rings at the number, or refuse."""
        number = call.dialled.removeprefix(self.code)
        line = call.caller.leg.appearance
        target = call.engine.analyse(number, call.caller.leg) if number != call.dialled else None
        if target is None:
            call.set_up.failed(call, Cause.UNALLOCATED_NUMBER)
        elif line is None or not line.pickup_group:
            call.set_up.failed(call, Cause.NOT_PERMITTED)
        elif lines := [each for each in target.lines if each.pickup_group == line.pickup_group]:
            _pick_up_from(call, lines)
        else:
            call.set_up.failed(call, Cause.NOT_PERMITTED)

    def account(self, plan: DialPlan) -> Iterator[str]:
        """Whose call is taken."""
        yield f"Who dials {self.code} and a number answers the call that rings there, within one pickup group."


def _pick_up_from(new: Call, lines: Iterable[LineAppearance]) -> None:
    """Let the caller of ``new`` answer the call that rings at one of these lines, the oldest of several."""
    if new.caller.state is not ConnectionState.WAITING or new.redirections:
        new.set_up.failed(new, Cause.NOT_PERMITTED)  # who is transferred or forwarded here has not asked for it
        return
    found: tuple[Call, Connection] | None = None
    for line in lines:
        for each in new.engine.occupancy.at(line):
            call = each.call
            if each.state not in _RINGS or call is None or call.caller.device is new.caller.device:
                continue
            if found is None or call.started_at < found[0].started_at:
                found = call, each
    if found is None:
        new.end(Cause.NO_SUCH_CALL, EndedBy.CALL_MANAGER)
    else:
        _pick_up(new, *found)


def _pick_up(new: Call, call: Call, rings: Connection) -> None:
    arriving, offer = new.caller, new.offer
    media = _media_between(call, arriving, offer) if offer is not None else None
    if media is None:
        refusal.note(new, arriving, call.caller)
        new.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
        return
    use = FeatureUse(Feature.PICKUP, rings.leg.party.number)
    new.features = (*new.features, use)
    call.features = (*call.features, use)
    new.move(arriving, call)
    new.end(Cause.NORMAL, EndedBy.CALL_MANAGER)
    to_arriving, to_caller = media
    if to_arriving is not None:
        arriving.state = ConnectionState.CONNECTED
        arriving.told = to_arriving
        arriving.leg.answer(call.caller.leg.party, to_arriving)
    call.answered_by(arriving, to_caller)
    if to_arriving is not None:
        arriving.media = offer  # where and how it really listens; its answer spoke in the codes of the caller
        if call.exchange is None:
            Reconciliation(call).start()


def _media_between(
    call: Call, arriving: Connection, offer: MediaDescription
) -> tuple[MediaDescription | None, MediaDescription] | None:
    """The answers to the offer of the one that arrives and to that of the call; None if nothing fits.

    A call that was made without an offer gets the offer of the one that arrives, who waits for its answer then.
    """
    if call.offer is None:
        return (None, offer) if call.media_for(call.caller, offer, arriving) is not None else None
    shown = call.media_for(arriving, call.offer, call.caller)
    answer = answer_from(offer, shown) if shown is not None else None
    answer = call.answer_for(arriving, offer, answer) if answer is not None else None
    if answer is None:
        return None
    shown = call.media_for(call.caller, offer, arriving)
    return_answer = answer_from(call.offer, shown) if shown is not None else None
    return (answer, return_answer) if return_answer is not None else None
