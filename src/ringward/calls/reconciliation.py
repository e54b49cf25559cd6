"""Bringing the media of two parties together who were not connected with each other before.

Each is offered the other's description until both know what is true (third-party call control, RFC 3725).
"""

from __future__ import annotations

import logging
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


class Reconciliation:
    """Offers made by the call manager, until the parties of a call agree."""

    __slots__ = ("_awaited", "_call", "_offers_left", "_shown", "_solicited")

    def __init__(self, call: Call, *, awaited: Connection | None = None, solicited: bool = False) -> None:
        """``awaited``: a party that owes a reply to an offer of the time before (``solicited``: owes an offer)."""
        self._call = call
        self._awaited = awaited
        self._solicited = solicited
        self._shown: MediaDescription | None = None
        """What the awaited party was offered here; None if what it owes dates from before."""
        self._offers_left = MAX_OFFERS

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
        if connection is not self._awaited:
            return
        self._awaited = None
        if self._solicited:
            self._solicited = False
            connection.offered(media)
            if connection.told is not None:
                connection.leg.accept(connection.told)
        else:
            connection.answered(media)
            if self._shown is not None:
                connection.told = self._shown
        self.start()

    def refused(self, connection: Connection, cause: Cause) -> None:
        """A party will not have the other's media."""
        if connection is not self._awaited:
            return
        self._awaited = None
        self._solicited = False
        if self._shown is None:
            self.start()
        elif cause is Cause.OFFER_PENDING:
            # The party is about to offer by itself; that will be relayed and brings the two together.
            self._call.exchange = None
        else:
            self._call.end(cause, EndedBy.CALL_MANAGER)

    def hand_over(self, remaining: Connection, call: Call) -> Reconciliation | None:
        """Nobody but the call manager waits for anything, but the party may still owe its reply."""
        if remaining is not self._awaited:
            return None
        return Reconciliation(call, awaited=remaining, solicited=self._solicited)
