"""Bringing the media of two parties together who were not connected with each other before.

Each is offered the other's description until both know what is true (third-party call control, RFC 3725).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from ringward.calls.events import Cause
from ringward.calls.media_negotiation import is_settled
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

    __slots__ = ("_awaited", "_call", "_debts", "_offers_left", "_shown")

    def __init__(self, call: Call, debts: Mapping[Connection, Owed] | None = None) -> None:
        """``debts``: what the parties still owe from the time before; nothing is offered until that has come."""
        self._call = call
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

    def start(self) -> None:
        """Offer what needs to be offered, first to the calling side."""
        call = self._call
        call.exchange = self
        called = call.called
        if called is None:
            call.exchange = None  # nobody has answered yet: it begins when somebody does
            return
        caller = call.caller
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

    def answered(self, connection: Connection, media: MediaDescription) -> None:
        """A party has answered: see whether the other one has to hear of it."""
        owed = self._debts.pop(connection, None)
        if owed is Owed.OFFER:
            connection.offered(media)
            if connection.told is not None:
                connection.leg.accept(connection.told)
        elif owed is Owed.ANSWER:
            connection.answered(media)
        elif connection is self._awaited:
            self._awaited = None
            connection.answered(media)
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
            else:
                self._call.end(cause, EndedBy.CALL_MANAGER)

    def hand_over(self, remaining: Connection) -> Owed | None:
        """Nobody but the call manager waits for anything, but the party may still owe its reply."""
        return Owed.ANSWER if remaining is self._awaited else self._debts.get(remaining)
