"""Replacement: a party takes the place of another leg in its call (RFC 3891), as in picking a call up elsewhere.

It is answered at once with what is known of the party that stays, and the two are then brought together; if that
is not possible, it is refused and the call is as it was. The two that are connected now get a call of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.calls import refusal
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import Cause
from ringward.calls.features.attended_transfer import joinable, unhold
from ringward.calls.media_negotiation import answer_from
from ringward.calls.reconciliation import Reconciliation
from ringward.calls.records import EndedBy

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.leg import Leg
    from ringward.calls.media import MediaDescription


def take_place(new: Call, replaced: Leg, offer: MediaDescription) -> None:
    """Let the caller of ``new``, who waits for an answer to ``offer``, take the place of ``replaced``."""
    leaving = replaced.connection
    old = leaving.call if leaving is not None else None
    if leaving is None or old is None:
        new.end(Cause.NO_SUCH_CALL, EndedBy.CALL_MANAGER)
        return
    staying = joinable(old, leaving)
    if staying is None:
        new.end(Cause.TEMPORARY_FAILURE, EndedBy.CALL_MANAGER)
        return
    new.entry = old.entry
    join(new, staying, old, offer, leaving)


def join(new: Call, staying: Connection, old: Call, offer: MediaDescription, leaving: Connection | None) -> None:
    """Connect the caller of ``new``, who waits for an answer to ``offer``, with a party of ``old``, which ends.

    ``leaving``: whose place in ``old`` it takes; None if nobody was there.
    """
    arriving = new.caller
    answer = _answer_for(new, arriving, staying, offer)
    if answer is None:
        refusal.note(new, arriving, staying)
        new.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
        return
    new.transferred_from = old.id
    new.was_encrypted = old.was_encrypted
    if leaving is not None and leaving is old.called:
        new.begin_connected(staying, arriving)
    else:
        new.begin_connected(arriving, staying)
    arriving.state = ConnectionState.CONNECTED
    arriving.told = answer
    arriving.leg.answer(staying.leg.party, answer)
    owed = old.move(staying, new)
    unhold(staying)
    if leaving is not None:
        old.end(Cause.NORMAL, old.side_of(leaving))
    else:
        old.end(Cause.NORMAL, EndedBy.CALL_MANAGER)
    staying.leg.identify(arriving.leg.party)
    new.media_changed()
    Reconciliation.begin(new, {staying: owed} if owed is not None else {})


def _answer_for(
    new: Call, arriving: Connection, staying: Connection, offer: MediaDescription
) -> MediaDescription | None:
    media = staying.media
    if media is None:
        return None
    shown = new.media_for(arriving, media if staying.holding else media.to_be_heard(), staying)
    answer = answer_from(offer, shown) if shown is not None else None
    return new.answer_for(arriving, offer, answer) if answer is not None else None
