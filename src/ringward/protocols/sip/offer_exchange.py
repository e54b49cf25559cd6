"""Offers and answers of one session, one at a time (RFC 3261 section 14, RFC 3264, RFC 3311).

What is possible when is the table :data:`ringward.protocols.sip.machines.OFFERS`. Bodies are passed as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.protocols.sip.machines import OFFERS
from ringward.protocols.sip.message import Headers, Response, response_to

if TYPE_CHECKING:
    from ringward.protocols.sip.client import ClientRequest
    from ringward.protocols.sip.session import InviteSession
    from ringward.protocols.sip.timers import Timer
    from ringward.protocols.sip.transaction import ServerTransaction

SDP = "application/sdp"
MAX_RETRIES = 4
"""A re-INVITE refused with 491 or 422 is tried again this often (RFC 3261 section 14.1 names no limit)."""

Offer = tuple[bytes, Headers | None, bool]
"""Body (empty: asks for an offer), headers, and whether it only repeats what holds anyway: nobody is told then."""


class OfferExchange:
    """See the module. It is handed its session each time: objects that refer to each other are freed late."""

    __slots__ = (
        "_last",
        "_limit",
        "_pending",
        "_queued",
        "_retries",
        "_retry",
        "_sent",
        "_stood",
        "described",
        "state",
    )

    def __init__(self) -> None:
        self.state = "stable"
        self.described = b""
        """The latest description that we gave the far side."""
        self._stood = b""
        """The one before it, which stands if the latest is refused."""
        self._sent: ClientRequest | None = None
        """Our re-INVITE that waits for a response, or for our ACK."""
        self._pending: ServerTransaction | None = None
        """The far side's re-INVITE or UPDATE that waits for our answer."""
        self._queued: Offer | None = None
        """Our next offer, which must wait until the present exchange is over."""
        self._last: Offer = (b"", None, False)
        """Our latest re-INVITE, for another try."""
        self._retries = 0
        self._retry: Timer | None = None
        self._limit: Timer | None = None
        """Runs while a far side that said it tries has not answered our re-INVITE."""

    def step(self, event: str) -> str:
        """Take one step of the machine; returns the action, or an empty text if nothing is to be done."""
        row = OFFERS.get((self.state, event))
        if row is None:
            return ""
        action, self.state = row
        return action

    def describe(self, body: bytes) -> None:
        """Note what the far side is told."""
        if body:
            self._stood, self.described = self.described, body

    def can_offer(self, session: InviteSession) -> bool:
        """Whether no other offer is under way in either direction."""
        return session.state == "established" and self.state == "stable" and session.unacknowledged is None

    # -- ours ---------------------------------------------------------------------------------------------

    def offer(
        self, session: InviteSession, body: bytes, headers: Headers | None, now: float, *, silent: bool = False
    ) -> None:
        """Send a re-INVITE as soon as no other exchange is under way; the latest order counts."""
        if session.state in ("established", "answered") and not (silent and self._queued is not None):
            self._queued = (body, headers, silent)
            self.proceed(session, now)

    def proceed(self, session: InviteSession, now: float) -> None:
        """Send what waits, if it need not wait any longer."""
        if self._queued is not None and self.can_offer(session):
            self._retries = 0
            self._reinvite(session, now)

    def _reinvite(self, session: InviteSession, now: float) -> None:
        queued, self._queued = self._queued, None
        if queued is None:
            return
        self._stop_retry()
        self._last = queued
        body, headers, _ = queued
        self.step("offer" if body else "ask")
        fields: Headers = {
            "Contact": [session.dialog.contact],
            **session.endpoint.invite_headers,
            **session.timer.request_headers(),
        }
        if headers:
            fields.update(headers)
        if body:
            fields["Content-Type"] = [SDP]
            self.describe(body)
        self._sent = session.send(session.dialog.request("INVITE", fields, body), now)

    def on_response(self, session: InviteSession, sent: ClientRequest, response: Response, now: float) -> None:
        """A response to a re-INVITE of ours."""
        status = response.status
        if status < 200:
            if sent is self._sent and self._limit is None:
                self._limit = session.endpoint.timers.start(
                    session.endpoint.timing.timeout, now, self._take_back, session
                )
            return
        if sent is not self._sent:
            session.acknowledge_again(response.cseq[0])
            return
        self._stop_limit()
        if status >= 300:
            self._refused(session, response, now)
            return
        session.dialog.refresh(response)
        if session.is_over:
            # A BYE was under way meanwhile: the 2xx is acknowledged all the same, and nobody need know.
            session.acknowledge_final(sent.request.cseq[0], b"")
            return
        session.timer.answered(session, response, now)
        self.step("answer")
        if self.state == "stable":
            self._sent = None
            session.acknowledge_final(sent.request.cseq[0], b"")
        if not self._last[2]:
            session.user.on_offer_answered(session, response.body, now)
        self.proceed(session, now)

    def _refused(self, session: InviteSession, response: Response, now: float) -> None:
        status = response.status
        self._sent = None
        self.step("refusal")
        if session.state != "established":
            return
        if self._last[0]:
            self.described = self._stood
        if self._retries < MAX_RETRIES:
            if status == 491:
                self._retries += 1
                # The owner of the Call-ID waits 2.1 to 4 s, the other side up to 2 s (RFC 3261 section 14.1).
                share = session.endpoint.random_share()
                delay = 2.1 + 1.9 * share if session.is_caller else 2.0 * share
                self._retry = session.endpoint.timers.start_at(now + delay, self._try_again, session)
                return
            if status == 422 and session.timer.lengthen(response):
                self._retries += 1
                self._try_again(session, now)
                return
        if status not in (408, 481):
            # Only because of the time do we take a re-INVITE back.
            self._failed(session, 408 if status == 487 else status, now)

    def _failed(self, session: InviteSession, status: int, now: float) -> None:
        """What held before our offer holds on."""
        if not self._last[2]:
            session.user.on_offer_refused(session, status, now)
        self.proceed(session, now)

    def _take_back(self, session: InviteSession, now: float) -> None:
        """The far side has tried for too long: a CANCEL asks for a final response (RFC 3261 section 9.1)."""
        self._limit = None
        if self._sent is not None:
            self._sent.cancel(now)
            self._limit = session.endpoint.timers.start(
                session.endpoint.timing.timeout, now, self._give_up, session
            )

    def _give_up(self, session: InviteSession, now: float) -> None:
        """Not even the CANCEL brought one. The session stays; a refresh tells whether the far side knows it."""
        self._limit = None
        sent, self._sent = self._sent, None
        if sent is None:
            return
        sent.abandon()
        self.step("refusal")
        if self._last[0]:
            self.described = self._stood
        self._failed(session, 408, now)

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.stop()
            self._limit = None

    def _try_again(self, session: InviteSession, now: float) -> None:
        if session.state != "established":
            return
        if self._queued is None:
            self._queued = self._last
        if self.can_offer(session):
            self._reinvite(session, now)

    def _stop_retry(self) -> None:
        if self._retry is not None:
            self._retry.stop()
            self._retry = None

    @property
    def owes_answer(self) -> bool:
        """Whether the far side made an offer in a 2xx that our ACK must answer."""
        return self.state == "owing"

    def acknowledge(self, session: InviteSession, body: bytes, now: float) -> None:
        """Send the ACK with the answer to an offer that came in a 2xx."""
        sent = self._sent or session.first_invite
        if sent is not None and self.step("acknowledge"):
            self._sent = None
            self.describe(body)
            session.acknowledge_final(sent.request.cseq[0], body)
            self.proceed(session, now)

    # -- the far side's -----------------------------------------------------------------------------------

    def request_received(self, session: InviteSession, transaction: ServerTransaction, now: float) -> None:
        """The far side's re-INVITE, or UPDATE with an offer."""
        request = transaction.request
        awaits_ack = session.unacknowledged is not None and transaction.is_invite
        action = "refuse with 500" if awaits_ack and self.state == "stable" else self.step("far offer")
        if action == "refuse with 491":
            transaction.answer(491, now)
        elif action == "refuse with 500":
            headers: Headers = {"Retry-After": [str(int(10 * session.endpoint.random_share()))]}
            transaction.respond(response_to(request, 500, reason="Another Offer Pending", headers=headers), now)
        else:
            session.dialog.refresh(request)
            self._pending = transaction
            session.user.on_offer(session, request.body, now)

    def accept(self, session: InviteSession, body: bytes, headers: Headers | None, now: float) -> None:
        """Answer the far side's offer, or make the offer that it asked for."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        self.step("accept" if pending.request.body else "offer instead")
        self.describe(body)
        session.accepted(pending, body, headers, now)
        self.proceed(session, now)

    def refuse(self, session: InviteSession, status: int, now: float) -> None:
        """Refuse the far side's offer."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self.step("refuse")
            pending.answer(status, now, to_tag=session.dialog.local_tag)
            self.proceed(session, now)

    def cancelled(self, session: InviteSession, now: float) -> None:
        """The far side takes its re-INVITE back."""
        if self._pending is not None and self._pending.is_invite:
            self.refuse(session, 487, now)

    def end(self, session: InviteSession, now: float) -> None:
        """The session is over: what was asked in it is answered (RFC 3261 section 15.1.2), no more is said."""
        self._queued = None
        self._stop_retry()
        self._stop_limit()
        sent, self._sent = self._sent, None
        if sent is not None:
            # Its refusal is still to be acknowledged. A phone that has restarted sends none.
            session.endpoint.timers.start(session.endpoint.timing.timeout, now, _abandon, sent)
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.answer(487, now, to_tag=session.dialog.local_tag)


def _abandon(sent: ClientRequest, now: float) -> None:
    del now
    sent.abandon()
