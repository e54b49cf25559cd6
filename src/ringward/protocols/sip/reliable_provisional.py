"""A provisional response that has to arrive, repeated until its PRACK comes (RFC 3262 section 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringward.protocols.sip.message import Request, Response
    from ringward.protocols.sip.session import InviteSession
    from ringward.protocols.sip.timers import Timer
    from ringward.protocols.sip.transaction import ServerTransaction

EXTENSION = "100rel"
"""The option tag (RFC 3262 section 8.1)."""
MAX_FIRST_NUMBER = 2**31 - 1
"""RSeq begins at 1 to this (section 3)."""


class ReliableProvisional:
    """See the module. Sent when made."""

    __slots__ = ("_interval", "_lost", "_response", "_timer", "_transaction", "_until", "number")

    def __init__(
        self,
        session: InviteSession,
        transaction: ServerTransaction,
        response: Response,
        number: int,
        lost: Callable[[InviteSession, float], None],
        now: float,
    ) -> None:
        """``number`` is its RSeq; ``lost`` is called when no PRACK came in time."""
        timing = session.endpoint.timing
        self._transaction = transaction
        self._response = response
        self._lost = lost
        self.number = number
        response.headers["Require"] = [EXTENSION]
        response.headers["RSeq"] = [str(number)]
        self._interval = timing.t1
        self._until = now + timing.timeout
        self._timer: Timer = session.endpoint.timers.start(self._interval, now, self._repeat, session)
        transaction.respond(response, now)

    @property
    def has_media(self) -> bool:
        """Whether it answers the offer of the INVITE: then the 2xx has to wait for the PRACK."""
        return bool(self._response.body)

    def is_meant_by(self, prack: Request) -> bool:
        """Whether a PRACK acknowledges this response (RAck: RSeq, CSeq, method)."""
        number, method = self._transaction.request.cseq
        return (prack.get("RAck") or "").split() == [str(self.number), str(number), method]

    def stop(self) -> None:
        """The PRACK came, or a final response was sent."""
        self._timer.stop()

    def _repeat(self, session: InviteSession, now: float) -> None:
        if now >= self._until:
            self._lost(session, now)
            return
        self._transaction.respond(self._response, now)
        self._interval *= 2
        delay = min(self._interval, max(self._until - now, 0.0))
        self._timer = session.endpoint.timers.start(delay, now, self._repeat, session)
