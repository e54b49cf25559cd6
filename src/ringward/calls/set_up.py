"""How a call's news of its called side reaches the party that waits for it, until somebody has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ringward.calls import refusal
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import Cause
from ringward.calls.records import EndedBy

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.directory import LineAppearance
    from ringward.calls.media import MediaDescription


class SetUp(Protocol):
    """Who waits for the called side: a caller, or a feature that makes calls of its own."""

    def alerting(self, call: Call, connection: Connection, media: MediaDescription | None) -> None:
        """The called side rings; ``media`` is early media that the calling side may hear."""

    def answered(self, call: Call, connection: Connection, media: MediaDescription) -> None:
        """``connection`` is the one that answered; ``media`` answers ``call.offer``, or offers if that is None."""

    def failed(self, call: Call, cause: Cause) -> None:
        """Nobody is left who could answer. The call is to be ended."""

    def let_go(self, call: Call) -> LineAppearance | None:
        """Whoever brought the caller here need not wait any longer, though nobody has answered.

        Returns the line of that party; None if there is none.
        """


class WaitingCaller:
    """The plain way: the caller's own leg waits."""

    __slots__ = ()

    def alerting(self, call: Call, connection: Connection, media: MediaDescription | None) -> None:
        """Let the caller hear it ring."""
        if media is not None and call.offer is not None:
            media = call.answer_for(call.caller, call.offer, media)
        call.caller.leg.ring(connection.leg.party, media)

    def answered(self, call: Call, connection: Connection, media: MediaDescription) -> None:
        """Connect the caller."""
        caller = call.caller
        if call.offer is not None:
            answer = call.answer_for(caller, call.offer, media)
            if answer is None:
                refusal.note(call, caller, connection, answered=True)
                call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
                return
            connection.answered(media)
            caller.state = ConnectionState.CONNECTED
            caller.told = answer
            caller.leg.answer(connection.leg.party, answer)
            return
        connection.offered(media)
        offer = call.media_for(caller, media, connection)
        if offer is None:
            call.end(Cause.INCOMPATIBLE_MEDIA, EndedBy.CALL_MANAGER)
            return
        caller.state = ConnectionState.CONNECTED
        call.await_first_answer(connection, caller, offer)
        caller.leg.answer(connection.leg.party, offer)

    def failed(self, call: Call, cause: Cause) -> None:
        """Refuse the caller."""
        call.end(cause, EndedBy.CALLED)

    def let_go(self, call: Call) -> LineAppearance | None:
        """The caller came by itself."""
        return None


WAITING_CALLER = WaitingCaller()
"""It has no state of its own: one is enough for all calls."""
