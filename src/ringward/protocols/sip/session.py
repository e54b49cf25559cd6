"""An INVITE session, as caller or as called (RFC 3261 sections 13 to 15).

One object from the first INVITE to the end of the last transaction. The INVITE that begins it, offers and answers,
the session timer and transfers are parts with files of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import Dialog
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.far_side import FarSide
from ringward.protocols.sip.final_answer import FinalAnswer
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.incoming_invite import IncomingInvite
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.offer_exchange import SDP, OfferExchange
from ringward.protocols.sip.outgoing_invite import OutgoingInvite
from ringward.protocols.sip.referral import Referral
from ringward.protocols.sip.session_requests import HANDLERS
from ringward.protocols.sip.session_timer import SessionTimer
from ringward.protocols.sip.session_user import SessionUser
from ringward.protocols.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from ringward.protocols.sip.endpoint import SipEndpoint


class InviteSession:
    """See the module.

    States of a caller: calling, trying (a 100 came), early. Of a called side: incoming, ringing, answered
    (2xx sent, no ACK yet). Of both: established, ended.
    """

    __slots__ = (
        "_acknowledgement",
        "_hangs_up",
        "_outgoing",
        "_referral",
        "credentials",
        "dialog",
        "endpoint",
        "far_side",
        "incoming",
        "is_caller",
        "offers",
        "redirected_to",
        "state",
        "timer",
        "unacknowledged",
        "user",
    )

    def __init__(
        self, endpoint: SipEndpoint, dialog: Dialog, user: SessionUser, credentials: DigestCredentials | None
    ) -> None:
        self.endpoint = endpoint
        self.dialog = dialog
        self.user = user
        self.credentials = credentials
        self.is_caller = True
        self.state = "calling"
        self.offers = OfferExchange()
        self.timer = SessionTimer()
        self.unacknowledged: FinalAnswer | None = None
        """Our 2xx whose ACK has not come yet."""
        self.far_side = FarSide()
        self.redirected_to = ""
        """The URI to which the called side sent the call on with a 3xx."""
        self.incoming: IncomingInvite | None = None
        """The far side's INVITE that began the session."""
        self._outgoing: OutgoingInvite | None = None
        self._referral: Referral | None = None
        self._hangs_up = False
        """Whether the session is to end as soon as the ACK is there."""
        self._acknowledgement: Request | None = None
        """Our latest ACK, for copies of its 2xx."""

    @property
    def flow(self) -> Flow:
        """Where the far side is reached."""
        return self.dialog.flow

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be asked of the session."""
        return self.state == "ended"

    @property
    def first_invite(self) -> ClientRequest | None:
        """The INVITE of ours that began the session."""
        return self._outgoing.sent if self._outgoing is not None else None

    # -- the beginning ------------------------------------------------------------------------------------

    def start(self, headers: Headers, body: bytes, now: float) -> None:
        """Send the INVITE."""
        self._outgoing = OutgoingInvite(self, headers, body, now)

    def start_again(self) -> None:
        """Send the INVITE once more: the far side may have restarted before it gave its final response."""
        if self.state in ("trying", "early") and self._outgoing is not None:
            self._outgoing.send_again()

    def begin_incoming(self, transaction: ServerTransaction, now: float) -> None:
        """Take an incoming INVITE; called by the endpoint."""
        del now
        self.is_caller = False
        self.state = "incoming"
        self.incoming = IncomingInvite(self, transaction)
        self.far_side.note_abilities(transaction.request)
        self.far_side.note_identity(transaction.request)

    def progress(self, status: int, now: float, *, body: bytes = b"", headers: Headers | None = None) -> None:
        """Send a provisional response (180, 183 ...)."""
        if self.state in ("incoming", "ringing") and self.incoming is not None:
            self.incoming.progress(self, status, body, headers, now)

    def answer(self, body: bytes, now: float, *, headers: Headers | None = None) -> None:
        """Answer the call; ``body`` answers the offer, or is one if the INVITE had none."""
        if self.state in ("incoming", "ringing") and self.incoming is not None:
            self.incoming.answer(self, body, headers, now)

    def refuse(self, status: int, now: float, *, reason: str = "", headers: Headers | None = None) -> None:
        """Refuse the call; the session is over."""
        if self.state in ("incoming", "ringing") and self.incoming is not None:
            self.incoming.refuse(self, status, reason, headers, now)

    def cancelled(self, now: float) -> None:
        """The far side took back its INVITE; called by the endpoint."""
        if self.state in ("incoming", "ringing"):
            self.refuse(487, now)
            self.user.on_ended(self, 487, "cancelled by the caller", now)
        else:
            self.offers.cancelled(self, now)

    # -- sending, for the session and its parts -----------------------------------------------------------

    def send(self, request: Request, now: float, flow: Flow | None = None) -> ClientRequest:
        """Send a request of the dialog."""
        return ClientRequest(
            self.endpoint.transactions,
            request,
            flow or self.dialog.flow,
            self,
            now,
            self.credentials,
            self.dialog.next_cseq,
        )

    def response(
        self, transaction: ServerTransaction, status: int, body: bytes = b"", headers: Headers | None = None
    ) -> Response:
        """A response with what every one of the dialog has."""
        fields: Headers = {"Contact": [self.dialog.contact], **self.endpoint.response_headers}
        if headers:
            fields.update(headers)
        if body:
            fields["Content-Type"] = [SDP]
        response = response_to(transaction.request, status, to_tag=self.dialog.local_tag, headers=fields)
        response.body = body
        return response

    def respond(self, transaction: ServerTransaction, status: int, now: float) -> None:
        """Send a response without body."""
        transaction.respond(self.response(transaction, status), now)

    def accepted(self, transaction: ServerTransaction, body: bytes, headers: Headers | None, now: float) -> None:
        """Send a 2xx to an INVITE or UPDATE."""
        timer_headers = self.timer.answer(self, transaction.request, now)
        fields = {**headers, **timer_headers} if headers else timer_headers
        transaction.respond(self.response(transaction, 200, body, fields), now)
        if transaction.is_invite:
            self.unacknowledged = FinalAnswer(self.endpoint, transaction, self._never_acknowledged, now)

    def _never_acknowledged(self, now: float) -> None:
        # The far side may believe in the call or not, so it is ended (RFC 3261 section 13.3.1.4).
        told = self._hangs_up
        self._say_bye(now)
        if not told:
            self.user.on_ended(self, 408, "answer was never acknowledged", now)

    def acknowledged(self, request: Request, now: float) -> None:
        """An ACK for our 2xx came; called by the endpoint."""
        answer = self.unacknowledged
        if answer is None or request.cseq[0] != answer.number:
            return
        answer.stop()
        self.unacknowledged = None
        if self.state == "answered":
            self.state = "established"
            if self._hangs_up:
                self._say_bye(now)
                return
        asked = bool(self.offers.step("ack"))
        if asked and not request.body:
            # The offer in our 2xx must be answered in the ACK (RFC 3261 section 13.2.2.4).
            self.user.on_offer_refused(self, 488, now)
        else:
            self.user.on_acknowledged(self, request.body if asked else b"", now)
        self.offers.proceed(self, now)

    def acknowledge_final(self, number: int, body: bytes) -> None:
        """Send the ACK to a 2xx of the INVITE with this CSeq."""
        headers: Headers = {"Content-Type": [SDP]} if body else {}
        self._acknowledgement = self.dialog.request("ACK", headers, body, number)
        self.endpoint.transactions.send_stateless(self._acknowledgement, self.dialog.flow)

    def acknowledge_again(self, number: int) -> None:
        """The 2xx of the INVITE with this CSeq came again: so does the ACK."""
        request = self._acknowledgement
        if request is not None and request.cseq[0] == number:
            request.headers.pop("Via", None)
            self.endpoint.transactions.send_stateless(request, self.dialog.flow)

    # -- responses ----------------------------------------------------------------------------------------

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """A response to one of our requests."""
        self.far_side.note_identity(response)
        method, status = sent.request.method, response.status
        if self._outgoing is not None and sent is self._outgoing.sent:
            self._outgoing.on_response(self, response, now)
        elif method == "INVITE":
            self.offers.on_response(self, sent, response, now)
        elif method == "UPDATE":
            self._on_update_response(response, now)
        elif method == "REFER":
            self.referral.on_response(self, response, now)
        elif method == "NOTIFY" and status >= 300:
            self.referral.report_refused()
        if status in (408, 481) and self.state == "established" and method not in ("NOTIFY", "PRACK"):
            # The far side does not know the dialog any more (RFC 3261 section 12.2.1.2).
            self.end(now)
            self.user.on_ended(self, status, response.reason, now)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """No response to one of our requests."""
        if self._outgoing is not None and sent is self._outgoing.sent and self.state != "established":
            self._outgoing.on_timeout(self, now)
        elif self.state == "established" and sent.request.method not in ("NOTIFY", "PRACK"):
            self._say_bye(now)  # if it can be heard again, it is not to believe in the call (section 12.2.1.2)
            self.user.on_ended(self, 408, "no response", now)

    # -- established --------------------------------------------------------------------------------------

    @property
    def owes_answer(self) -> bool:
        """Whether the far side made an offer in a 2xx that our ACK must answer: :meth:`acknowledge`."""
        return self.offers.owes_answer

    @property
    def can_offer(self) -> bool:
        """Whether no other offer is under way in either direction."""
        return self.offers.can_offer(self)

    def acknowledge(self, body: bytes, now: float) -> None:
        """Send the ACK with the answer to an offer that came in a 2xx."""
        self.offers.acknowledge(self, body, now)

    def offer(self, body: bytes, now: float, *, headers: Headers | None = None) -> None:
        """Send a re-INVITE (without ``body``: ask for an offer); it waits while another offer is under way."""
        self.offers.offer(self, body, headers, now)

    def accept(self, body: bytes, now: float, *, headers: Headers | None = None) -> None:
        """Answer the far side's offer, or make the offer that it asked for."""
        self.offers.accept(self, body, headers, now)

    def refuse_offer(self, status: int, now: float) -> None:
        """Refuse the far side's offer."""
        self.offers.refuse(self, status, now)

    @property
    def referral(self) -> Referral:
        """Transfers within this session."""
        if self._referral is None:
            self._referral = Referral()
        return self._referral

    def refer(self, target: str, now: float, *, referred_by: str = "") -> None:
        """Ask the far side to call ``target`` instead (RFC 3515)."""
        self.referral.refer(self, target, now, referred_by=referred_by)

    def notify(self, status: int, now: float, *, final: bool, reason: str = "") -> None:
        """Report on the transfer that the far side asked for."""
        self.referral.notify(self, status, now, final=final, reason=reason)

    def info(self, content_type: str, body: bytes, now: float) -> None:
        """Send an INFO."""
        if self.state == "established":
            self.send(self.dialog.request("INFO", {"Content-Type": [content_type]}, body), now)

    def refresh(self, now: float, headers: Headers | None = None) -> None:
        """Say again what holds, perhaps with other headers: by UPDATE, else by re-INVITE with the same media."""
        if self.state != "established":
            return
        if self.far_side.allows("UPDATE"):
            fields: Headers = {
                "Contact": [self.dialog.contact],
                "Supported": self.endpoint.invite_headers["Supported"],
                **self.timer.request_headers(),
                **(headers or {}),
            }
            self.send(self.dialog.request("UPDATE", fields), now)
        elif self.offers.described:
            self.offers.offer(self, self.offers.described, headers, now, silent=True)

    def _on_update_response(self, response: Response, now: float) -> None:
        status = response.status
        if 200 <= status < 300:
            self.dialog.refresh(response)
            if self.state == "established":
                self.timer.answered(self, response, now)
        elif status in (405, 501):
            self.far_side.disbelieve_allow()
            self.refresh(now)
        elif status == 422 and self.timer.lengthen(response):
            self.refresh(now)

    # -- requests of the far side -------------------------------------------------------------------------

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """A request of the far side in this dialog; called by the endpoint, which has authorised it."""
        request = transaction.request
        number = request.cseq[0]
        if self.dialog.remote_tag and request.from_tag != self.dialog.remote_tag:
            transaction.answer(481, now)
            return
        if number <= self.dialog.remote_cseq:
            transaction.answer(500, now, reason="CSeq out of order")
            return
        self.dialog.remote_cseq = number
        self.far_side.note_identity(request)
        handler = HANDLERS.get(request.method)
        if handler is None:
            transaction.respond(
                response_to(request, 405, to_tag=self.dialog.local_tag, headers=dict(self.endpoint.allow)), now
            )
            return
        handler(self, transaction, now)

    # -- the end ------------------------------------------------------------------------------------------

    def hang_up(self, now: float, *, status: int = 480, reason: str = "") -> None:
        """End the session in whatever state it is: CANCEL, refusal with ``status``, or BYE."""
        if self.state in ("calling", "trying", "early"):
            if self._outgoing is not None:
                self._outgoing.cancel(self, now)
        elif self.state in ("incoming", "ringing"):
            self.refuse(status, now)
        elif self.state == "answered":
            # A BYE may not overtake the ACK (RFC 3261 section 15.1.1).
            self._hangs_up = True
        elif self.state == "established":
            self._say_bye(now, reason)

    def _say_bye(self, now: float, reason: str = "") -> None:
        self.offers.acknowledge(self, b"", now)
        headers: Headers = {"Reason": [reason]} if reason else {}
        request = self.dialog.request("BYE", headers)
        self.end(now)
        self.send(request, now)

    def timer_due(self, now: float) -> None:
        """The session timer is due; called by the endpoint."""
        self.timer.due(self, now)

    def expired(self, now: float) -> None:
        """The far side should have refreshed the session, and has not (RFC 4028 section 10)."""
        if self.state == "established":
            self._say_bye(now)
            self.user.on_ended(self, 408, "the session was not refreshed in time", now)

    def flow_lost(self, now: float) -> None:
        """The connection to the far side is gone; called by the endpoint."""
        if self.state in ("established", "answered", "incoming", "ringing"):
            self.end(now)
            self.user.on_ended(self, 408, "connection lost", now)

    def end(self, now: float) -> None:
        """Nothing more is said or asked."""
        self.state = "ended"
        self.offers.end(self, now)
        self.timer.stop(self)
        if self.unacknowledged is not None:
            self.unacknowledged.stop()
            self.unacknowledged = None
        if self._outgoing is not None:
            self._outgoing.end()
        if self.incoming is not None:
            self.incoming.end(self)
        self.endpoint.forget(self)
