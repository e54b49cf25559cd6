"""One offer and its answer, carried from one party of a connected call to the other (RFC 3264 section 4).

A call has at most one exchange at a time; a second offer is refused with ``OFFER_PENDING``.

===========  ===================  ===============================================  ===========
state        input                action                                           next
===========  ===================  ===============================================  ===========
RELAYED      answerer answers     offerer accepts; the call ends if it may not      over
RELAYED      answerer refuses     offerer is refused, the media before it stands   over
SOLICITED    offerer offers       answerer, who asked for it, gets the offer       ANSWER_DUE
SOLICITED    offerer refuses      answerer, who asked for it, is refused           over
ANSWER_DUE   answerer answers     offerer accepts                                  over
ANSWER_DUE   answerer refuses     the call ends: the offerer cannot be left so     over
FETCHED      offerer offers       answerer is offered it                           OFFERED
FETCHED      offerer refuses      the two are brought together as they are         over
OFFERED      answerer answers     offerer accepts                                  over
OFFERED      answerer refuses     offerer gets the media before it if it takes     over
                                  that, and the two are brought together as they
                                  are; otherwise the call ends
===========  ===================  ===============================================  ===========

FETCHED is how two who were connected with others before come to encrypted media (RFC 3725 section 4.3): what one
of them told somebody in the clear has no keys in it, and what it told somebody who has left has keys that this one
knows, so it is asked to offer anew.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from ringward.calls import refusal
from ringward.calls.events import Cause
from ringward.calls.media_negotiation import as_answer
from ringward.calls.reconciliation import Owed, Reconciliation
from ringward.calls.records import EndedBy

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection
    from ringward.calls.media import MediaDescription


class PendingExchange(Protocol):
    """What a call has under way about its media."""

    def answered(self, connection: Connection, media: MediaDescription) -> None:
        """``connection`` answered the offer it was given, or offers as it was asked to."""

    def refused(self, connection: Connection, cause: Cause) -> None:
        """``connection`` refused."""

    def hand_over(self, remaining: Connection) -> Owed | None:
        """The other party leaves and ``remaining`` goes to another call: settle what it waits for.

        Returns what ``remaining`` itself has yet to reply with, if there is something.
        """


class ExchangeState(IntEnum):
    """What the exchange waits for."""

    RELAYED = 0
    """The offer went to the answerer."""
    SOLICITED = 1
    """The answerer asked for an offer, and the offerer was asked for it."""
    ANSWER_DUE = 2
    """The answerer has got an offer as the reply to its own asking (also in a call set up without an offer)."""
    FETCHED = 3
    """The call manager asked the offerer for an offer, of its own accord."""
    OFFERED = 4
    """The answerer was given that offer; the offerer waits for what comes of it."""


_ASKED = (ExchangeState.SOLICITED, ExchangeState.FETCHED)
"""The offerer owes an offer."""


class MediaExchange:
    """An offer on its way between two parties."""

    __slots__ = ("_answerer", "_call", "_offer", "_offerer", "_shown", "_state")

    def __init__(
        self,
        call: Call,
        offerer: Connection,
        answerer: Connection,
        state: ExchangeState,
        *,
        offer: MediaDescription | None = None,
        shown: MediaDescription | None = None,
    ) -> None:
        """``offer``: what the offerer offered, ``shown``: as the answerer was given it; kept when accepted."""
        self._call = call
        self._offerer = offerer
        self._answerer = answerer
        self._state = state
        self._offer = offer
        self._shown = shown

    def answered(self, connection: Connection, media: MediaDescription) -> None:
        """Pass the reply on to the other party."""
        if not self._is_owed_by(connection):
            return
        if self._state in _ASKED:
            self._offer_obtained(media)
            return
        offerer, answerer = self._offerer, self._answerer
        fitting = as_answer(self._shown, media) if self._shown is not None else media
        if fitting is None:
            refusal.note_wrong_answer(self._call, answerer)
            self._call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
            return
        offer = self._offer or offerer.media
        answer = self._call.answer_for(offerer, offer, fitting) if offer is not None else fitting
        if answer is None:
            refusal.note(self._call, offerer, answerer, answered=True)
            self._call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
            return
        if self._offer is not None:
            offerer.offered(self._offer)
        answerer.answered(fitting)
        answerer.told = self._shown
        offerer.told = answer
        self._call.exchange = None
        offerer.accept(answer)
        self._call.media_changed()

    def refused(self, connection: Connection, cause: Cause) -> None:
        """Pass the refusal on, or end the call where that is not possible any more."""
        if not self._is_owed_by(connection):
            return
        if self._state is ExchangeState.ANSWER_DUE:
            self._call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
            return
        self._call.exchange = None
        if self._state in (ExchangeState.FETCHED, ExchangeState.OFFERED):
            self._as_they_are(cause)
            return
        waiting = self._offerer if self._state is ExchangeState.RELAYED else self._answerer
        waiting.leg.refuse(cause)

    def hand_over(self, remaining: Connection) -> Owed | None:
        """Whoever waits for a reply of the party that left gets one."""
        if self._is_owed_by(remaining):
            return Owed.OFFER if self._state in _ASKED else Owed.ANSWER
        match self._state:
            case ExchangeState.FETCHED:
                pass  # it has not heard of anything yet
            case ExchangeState.ANSWER_DUE | ExchangeState.OFFERED:
                self._call.answer_meanwhile(remaining, self._offer or remaining.media)
            case _:
                remaining.leg.refuse(Cause.OFFER_PENDING)
        return None

    def _is_owed_by(self, connection: Connection) -> bool:
        return connection is (self._offerer if self._state in _ASKED else self._answerer)

    def _as_they_are(self, cause: Cause) -> None:
        """No new offer came about: the parties go on with what they have told before."""
        call = self._call
        if self._offer is not None and not call.answer_meanwhile(self._offerer, self._offer):
            call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
        elif (
            cause is not Cause.OFFER_PENDING
        ):  # otherwise an offer of the party's own is under way, and is relayed
            Reconciliation(call, asks_anew=False).start()

    def _offer_obtained(self, media: MediaDescription) -> None:
        offer = self._call.media_for(self._answerer, media, self._offerer)
        if offer is None:
            self._offerer.offered(media)
            self._call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
            return
        self._offer = media
        self._shown = offer
        if self._state is ExchangeState.FETCHED:
            self._state = ExchangeState.OFFERED
            self._answerer.leg.offer(offer)
        else:
            self._state = ExchangeState.ANSWER_DUE
            self._answerer.leg.accept(offer)
