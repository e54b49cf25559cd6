"""Bringing the media of two parties together who were not connected with each other before.

Each is offered the other's description until both know what is true (third-party call control, RFC 3725).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from ringward.calls import refusal
from ringward.calls.events import Cause
from ringward.calls.media import Direction
from ringward.calls.media_negotiation import as_answer, is_settled
from ringward.calls.records import EndedBy

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection
    from ringward.calls.media import MediaDescription

_log = logging.getLogger(__name__)

MAX_OFFERS = 4
"""Two to each side. Parties that still change their minds then are left as they are."""


class Owed(Enum):
    """What a party has yet to reply with."""

    ANSWER = "answer"
    OFFER = "offer"
    """It was asked for one."""


class Reconciliation:
    """Offers made by the call manager, until the parties of a call agree."""

    __slots__ = ("_asks_anew", "_awaited", "_call", "_debts", "_offers_left", "_shown")

    def __init__(
        self, call: Call, debts: Mapping[Connection, Owed] | None = None, *, asks_anew: bool = True
    ) -> None:
        """``debts``: what the parties still owe from the time before; nothing is offered until that has come.

        ``asks_anew``: whether a party may be asked to offer anew, so that both encrypt with keys that nobody else
        was told.
        """
        self._call = call
        self._asks_anew = asks_anew
        self._debts = dict(debts) if debts else {}
        self._awaited: Connection | None = None
        """Who was offered :attr:`_shown` here and has not replied yet."""
        self._shown: MediaDescription | None = None
        self._offers_left = MAX_OFFERS

    @classmethod
    def begin(cls, call: Call, debts: Mapping[Connection, Owed]) -> None:
        """Bring the parties of a call together, as soon as they have paid what they owe."""
        call.exchange = beginning = cls(call, debts)
        if not debts:
            beginning.start()

    @classmethod
    def after_its_own_offer(cls, call: Call, connection: Connection) -> Reconciliation:
        """A leg has offered by itself what its party was told before, and its party answers that now."""
        begun = cls(call, asks_anew=False)
        begun._awaited, begun._shown = connection, connection.told
        return begun

    def start(self) -> None:
        """Offer what needs to be offered, first to the calling side."""
        call = self._call
        call.exchange = self
        called = call.called
        if called is None:
            self._leave_alone()
            return
        caller = call.caller
        if self._asks_anew and call.needs_new_keys:
            call.fetch_offer(caller, called)
            return
        for receiver, sender in ((caller, called), (called, caller)):
            if sender.media is None:
                continue
            media = call.media_for(receiver, sender.media, sender)
            if media is None:
                call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
                return
            if is_settled(receiver.told, receiver.media, media):
                continue
            if not self._offers_left:
                _log.warning("call %d: the parties' media does not settle", call.id)
                break
            self._offers_left -= 1
            self._awaited = receiver
            self._shown = media
            receiver.leg.offer(media)
            return
        call.exchange = None
        call.media_changed()

    def _leave_alone(self) -> None:
        """Nobody is there yet: a party that is parked is to send nothing, any other goes on as it did."""
        call = self._call
        caller, told = call.caller, call.caller.told
        if call.parked_at is not None and told is not None:
            silence = told.with_direction(Direction.INACTIVE)
            if silence != told:
                self._awaited = caller
                self._shown = silence
                caller.leg.offer(silence)
                return
        call.exchange = None  # it begins when somebody answers

    def answered(self, connection: Connection, media: MediaDescription) -> None:
        """A party has answered: see whether the other one has to hear of it."""
        owed = self._debts.pop(connection, None)
        if owed is Owed.OFFER:
            connection.offered(media)
            self._call.answer_meanwhile(connection, media)
        elif owed is Owed.ANSWER:
            # It answered whoever it was connected with before, perhaps a hold, and that is over.
            connection.answered(media)
            if not connection.holding:
                connection.media = media.to_be_heard()
        elif connection is self._awaited:
            self._awaited = None
            fitting = as_answer(self._shown, media) if self._shown is not None else media
            if fitting is None:
                refusal.note_wrong_answer(self._call, connection)
                self._call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
                return
            connection.answered(fitting)
            connection.told = self._shown
        else:
            return
        if not self._debts:
            self.start()

    def refused(self, connection: Connection, cause: Cause) -> None:
        """A party will not have the other's media."""
        if self._debts.pop(connection, None) is not None:
            if not self._debts:
                self.start()
        elif connection is self._awaited:
            self._awaited = None
            if cause is Cause.OFFER_PENDING:
                # The party is about to offer by itself; that will be relayed and brings the two together.
                self._call.exchange = None
            elif self._call.called is None:
                self._call.exchange = None  # it goes on sending to nobody, which does no harm
            else:
                self._call.end(cause, EndedBy.CALL_MANAGER)

    def hand_over(self, remaining: Connection) -> Owed | None:
        """Nobody but the call manager waits for anything, but the party may still owe its reply."""
        return Owed.ANSWER if remaining is self._awaited else self._debts.get(remaining)
