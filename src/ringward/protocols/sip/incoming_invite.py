"""The INVITE of the far side that began a session, until our final response (RFC 3261 section 13.3, RFC 3262)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.protocols.sip.message import Headers, Request, response_to
from ringward.protocols.sip.reliable_provisional import EXTENSION, MAX_FIRST_NUMBER, ReliableProvisional

if TYPE_CHECKING:
    from ringward.protocols.sip.session import InviteSession
    from ringward.protocols.sip.transaction import ServerTransaction

Reply = tuple[int, bytes, Headers | None]
"""Status, body and headers of a response that waits for a PRACK."""


class IncomingInvite:
    """See the module.

    Provisional responses are sent reliably where the caller requires it, and early media where it supports that:
    if it were lost, the caller would not hear it.
    """

    __slots__ = (
        "_answer",
        "_number",
        "_outstanding",
        "_required",
        "_supported",
        "_waiting",
        "transaction",
    )

    def __init__(self, session: InviteSession, transaction: ServerTransaction) -> None:
        self.transaction = transaction
        headers = transaction.request.headers
        self._required = _names_extension(headers.get("Require"))
        self._supported = self._required or _names_extension(headers.get("Supported"))
        self._outstanding: ReliableProvisional | None = None
        self._number = 0
        self._waiting: Reply | None = None
        """A provisional response that must not overtake the reliable one before it."""
        self._answer: tuple[bytes, Headers | None] | None = None
        """Our answer, likewise."""
        session.offers.step("far offer")

    def progress(
        self, session: InviteSession, status: int, body: bytes, headers: Headers | None, now: float
    ) -> None:
        """Send a provisional response."""
        if self._outstanding is not None:
            self._waiting = (status, body, headers)
            return
        session.state = "ringing"
        if session.offers.state != "received":
            body = b""  # the offer is answered already, or there was none that early media could answer
        response = session.response(self.transaction, status, body, headers)
        if not (self._required or (self._supported and body)):
            self.transaction.respond(response, now)
            return
        if not self.transaction.request.body:
            response.body = b""
        if response.body:
            session.offers.step("accept")
            session.offers.describe(body)
        self._number = self._number + 1 or 1 + int(session.endpoint.random_share() * (MAX_FIRST_NUMBER // 2))
        self._outstanding = ReliableProvisional(
            session, self.transaction, response, self._number, self._never_acknowledged, now
        )

    def acknowledged(
        self, session: InviteSession, transaction: ServerTransaction, request: Request, now: float
    ) -> None:
        """A PRACK came."""
        outstanding = self._outstanding
        if outstanding is None or not outstanding.is_meant_by(request):
            transaction.answer(481, now)
            return
        outstanding.stop()
        self._outstanding = None
        # A new offer in a PRACK would have to be answered at once; that is what UPDATE is for.
        transaction.answer(488 if request.body else 200, now)
        waiting, self._waiting = self._waiting, None
        answer, self._answer = self._answer, None
        if answer is not None:
            session.answer(answer[0], now, headers=answer[1])
        elif waiting is not None:
            self.progress(session, *waiting, now)

    def _never_acknowledged(self, session: InviteSession, now: float) -> None:
        """No PRACK in time: the call is refused (RFC 3262 section 3)."""
        session.refuse(504, now)
        session.user.on_ended(session, 408, "ringing was never acknowledged", now)

    def answer(self, session: InviteSession, body: bytes, headers: Headers | None, now: float) -> None:
        """Answer it, once the caller has seen early media that was sent reliably."""
        outstanding = self._outstanding
        if outstanding is not None:
            if outstanding.has_media:
                self._answer = (body, headers)
                return
            self.stop()
        session.state = "answered"
        session.endpoint.answered(self.transaction)
        offers = session.offers
        later = b""
        if offers.state == "stable":
            # Answered already with early media, and once only (RFC 3262 section 5): other media is offered anew.
            later, body = body if body != offers.described else b"", b""
        else:
            offers.step("accept" if self.transaction.request.body else "offer instead")
            offers.describe(body)
        session.accepted(self.transaction, body, headers, now)
        if later:
            offers.offer(session, later, headers, now)

    def refuse(
        self, session: InviteSession, status: int, reason: str, headers: Headers | None, now: float
    ) -> None:
        """Refuse it; the session is over."""
        transaction = self.transaction
        session.end(now)
        tag = session.dialog.local_tag
        transaction.respond(
            response_to(transaction.request, status, to_tag=tag, reason=reason, headers=headers), now
        )

    def end(self, session: InviteSession) -> None:
        """The session is over, whether the INVITE was answered or its caller's connection is gone."""
        self.stop()
        session.endpoint.answered(self.transaction)

    def stop(self) -> None:
        """No PRACK is waited for any more."""
        if self._outstanding is not None:
            self._outstanding.stop()
            self._outstanding = None


def _names_extension(lines: list[str] | None) -> bool:
    return lines is not None and any(EXTENSION in line for line in lines)
