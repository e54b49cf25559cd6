"""An INVITE session, as caller or as called (RFC 3261 sections 13 to 15; RFC 3264; RFC 3311; RFC 3515).

One object from the first INVITE to the end of the last transaction: it places, cancels, answers, refuses and ends
the call, relays offers both ways and guards against two at once, retransmits its 2xx until the ACK, and carries
REFER. Bodies are passed as they are; what they mean is the user's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import Dialog
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.message import Headers, Request, Response, reason_of, response_to
from ringward.protocols.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from ringward.protocols.sip.endpoint import SipEndpoint
    from ringward.protocols.sip.timers import Timer

SDP = "application/sdp"
MAX_GLARE_RETRIES = 4
"""A re-INVITE refused with 491 is tried again this often (RFC 3261 section 14.1 names no limit)."""


class SessionUser(Protocol):
    """Who has the session: a leg of the call manager, or a software phone."""

    def on_progress(self, session: InviteSession, status: int, body: bytes, now: float) -> None:
        """The called side sent a provisional response above 100."""

    def on_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """The called side answered. If our INVITE had no offer, ``body`` is one: then :meth:`acknowledge`."""

    def on_failed(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The called side refused, or did not respond (408). The session is over."""

    def on_ended(self, session: InviteSession, status: int, reason: str, now: float) -> None:
        """The far side ended the session: BYE (200), CANCEL (487), or it was lost (408, 481). It is over."""

    def on_offer(self, session: InviteSession, body: bytes, now: float) -> None:
        """The far side offers (empty: asks for an offer). Call :meth:`accept` or :meth:`refuse_offer`."""

    def on_offer_answered(self, session: InviteSession, body: bytes, now: float) -> None:
        """The far side answered our offer, or, if we asked for one, made its own: then :meth:`acknowledge`."""

    def on_offer_refused(self, session: InviteSession, status: int, now: float) -> None:
        """The far side refused our offer; the session goes on as before."""

    def on_acknowledged(self, session: InviteSession, body: bytes, now: float) -> None:
        """The ACK came; with ``body`` it answers the offer in our 2xx."""

    def on_refer(self, session: InviteSession, refer_to: str, request: Request, now: float) -> int:
        """The far side asks for a transfer. Return 202 to take it (then :meth:`notify`), else a refusal."""

    def on_refer_progress(self, session: InviteSession, status: int, final: bool, now: float) -> None:
        """How the transfer that we asked for goes; ``status`` is that of the new call."""

    def on_info(self, session: InviteSession, content_type: str, body: bytes, now: float) -> None:
        """An INFO came (DTMF)."""


class InviteSession:
    """See the module.

    States of a caller: calling, trying (a 100 came), early. Of a called side: incoming, ringing, answered
    (2xx sent, no ACK yet). Of both: established, ended.
    """

    __slots__ = (
        "_acknowledgement",
        "_asking",
        "_cancelled",
        "_endpoint",
        "_glare",
        "_incoming",
        "_interval",
        "_invite",
        "_offer_out",
        "_offered",
        "_pending",
        "_queued",
        "_refer_id",
        "_subscribed",
        "_timer",
        "_until",
        "_used_tag",
        "credentials",
        "dialog",
        "far_identity",
        "is_caller",
        "state",
        "user",
    )

    def __init__(
        self, endpoint: SipEndpoint, dialog: Dialog, user: SessionUser, credentials: DigestCredentials | None
    ) -> None:
        self._endpoint = endpoint
        self.dialog = dialog
        self.user = user
        self.credentials = credentials
        self.is_caller = True
        self.state = "calling"
        self._invite: ClientRequest | None = None
        self._incoming: ServerTransaction | None = None
        self._pending: ServerTransaction | None = None
        """The far side's re-INVITE or UPDATE that waits for our answer."""
        self._offer_out: ClientRequest | None = None
        """Our re-INVITE that waits for an answer."""
        self._offered: tuple[bytes, Headers | None] = (b"", None)
        """Our last re-INVITE, for another try after 491."""
        self._queued: tuple[bytes, Headers | None] | None = None
        """Our next offer, which must wait until the present exchange is over."""
        self._asking = False
        """Whether our INVITE or re-INVITE had no offer, so that our ACK must bring the answer."""
        self._cancelled = False
        self._acknowledgement: Request | None = None
        self._timer: Timer | None = None
        self._interval = 0.0
        self._until = 0.0
        self._glare = 0
        self._subscribed: int | None = None
        """CSeq of the REFER that we report on."""
        self._refer_id = 0
        self._used_tag = ""
        self.far_identity = ""
        """Who the far side last said is there, as an address value (RFC 3325); empty until it does."""

    @property
    def flow(self) -> Flow:
        """Where the far side is reached."""
        return self.dialog.flow

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be asked of the session."""
        return self.state == "ended"

    # -- caller -------------------------------------------------------------------------------------------

    def start(self, headers: Headers, body: bytes, now: float) -> None:
        """Send the INVITE."""
        self._asking = not body
        fields: Headers = {"Contact": [self.dialog.contact], **self._endpoint.invite_headers, **headers}
        if body:
            fields["Content-Type"] = [SDP]
        request = self.dialog.request("INVITE", fields, body)
        self._invite = self._send(request, now)

    def _send(self, request: Request, now: float) -> ClientRequest:
        return ClientRequest(
            self._endpoint.transactions,
            request,
            self.dialog.flow,
            self,
            now,
            self.credentials,
            self.dialog.next_cseq,
        )

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """A response to one of our requests."""
        self._note_identity(response)
        method = sent.request.method
        if sent is self._invite:
            self._on_invite_response(sent, response, now)
        elif method == "INVITE":
            self._on_reinvite_response(sent, response, now)
        elif method == "REFER":
            if response.status >= 300:
                self.user.on_refer_progress(self, response.status, True, now)
        elif method == "NOTIFY" and response.status >= 300:
            self._subscribed = None
        if response.status in (408, 481) and self.state == "established" and method != "NOTIFY":
            # The far side does not know the dialog any more (RFC 3261 section 12.2.1.2).
            self._end(now)
            self.user.on_ended(self, response.status, response.reason, now)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """No response to one of our requests."""
        if sent is self._invite and self.state in ("calling", "trying", "early"):
            self._end(now)
            self.user.on_failed(self, 408, "no response", now)
        elif self.state == "established" and sent.request.method != "NOTIFY":
            self._end(now)
            self.user.on_ended(self, 408, "no response", now)

    def _on_invite_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        status = response.status
        if status < 200:
            if self._cancelled and self.state == "calling":
                sent.cancel(now)
            if self.state in ("calling", "trying"):
                self.state = "early" if status > 100 else "trying"
            if status > 100 and not self._cancelled:
                self.user.on_progress(self, status, response.body, now)
        elif status < 300:
            self._on_invite_accepted(sent, response, now)
        elif self.state in ("calling", "trying", "early"):
            self._end(now)
            self.user.on_failed(self, 487 if self._cancelled else status, response.reason, now)

    def _on_invite_accepted(self, sent: ClientRequest, response: Response, now: float) -> None:
        if self._used_tag:
            if response.to_tag == self._used_tag:
                if self._acknowledgement is not None:
                    self._send_ack(self._acknowledgement)
            else:
                self._decline_fork(sent, response, now)
            return
        if self.state == "ended":
            # Given up while the answer was on its way: take it and end it at once (RFC 3261 section 9.1).
            self._decline_fork(sent, response, now)
            return
        self._used_tag = response.to_tag
        self.dialog.establish(response)
        if self._cancelled:
            self._acknowledge(sent.request.cseq[0], b"")
            self.state = "established"
            self.hang_up(now)
            self.user.on_failed(self, 487, "cancelled", now)
            return
        self.state = "established"
        if not self._asking:
            self._acknowledge(sent.request.cseq[0], b"")
        self.user.on_answered(self, response.body, now)

    def _decline_fork(self, sent: ClientRequest, response: Response, now: float) -> None:
        """ACK and BYE an answer from a second place (RFC 3261 section 13.2.2.4)."""
        own = self.dialog
        fork = Dialog(
            call_id=own.call_id,
            local_address=own.local_address,
            local_tag=own.local_tag,
            remote_address=own.remote_address,
            remote_target=own.remote_target,
            contact=own.contact,
            flow=own.flow,
            local_cseq=sent.request.cseq[0],
        )
        fork.establish(response)
        self._endpoint.transactions.send_stateless(fork.request("ACK", cseq=sent.request.cseq[0]), fork.flow)
        ClientRequest(self._endpoint.transactions, fork.request("BYE"), fork.flow, _SILENT, now)

    def acknowledge(self, body: bytes, now: float) -> None:
        """Send the ACK with the answer to an offer that came in a 2xx."""
        del now
        sent = self._offer_out or self._invite
        if self._asking and sent is not None:
            self._asking = False
            self._offer_out = None
            self._acknowledge(sent.request.cseq[0], body)

    def _acknowledge(self, cseq: int, body: bytes) -> None:
        headers: Headers = {"Content-Type": [SDP]} if body else {}
        self._acknowledgement = self.dialog.request("ACK", headers, body, cseq)
        self._send_ack(self._acknowledgement)

    def _send_ack(self, request: Request) -> None:
        request.headers.pop("Via", None)
        self._endpoint.transactions.send_stateless(request, self.dialog.flow)

    def _note_identity(self, message: Request | Response) -> None:
        asserted = message.headers.get("P-Asserted-Identity")
        if asserted is not None:
            self.far_identity = asserted[0]

    # -- called -------------------------------------------------------------------------------------------

    def begin_incoming(self, transaction: ServerTransaction, now: float) -> None:
        """Take an incoming INVITE; called by the endpoint."""
        del now
        self.is_caller = False
        self.state = "incoming"
        self._incoming = transaction
        self._note_identity(transaction.request)

    def progress(self, status: int, now: float, *, body: bytes = b"", headers: Headers | None = None) -> None:
        """Send a provisional response (180, 183 ...)."""
        if self.state in ("incoming", "ringing") and self._incoming is not None:
            self.state = "ringing"
            self._respond(self._incoming, status, body, headers, now)

    def answer(self, body: bytes, now: float, *, headers: Headers | None = None) -> None:
        """Answer the call; ``body`` answers the offer, or is one if the INVITE had none."""
        if self.state not in ("incoming", "ringing") or self._incoming is None:
            return
        self.state = "answered"
        self._endpoint.answered(self._incoming)
        self._asking = not self._incoming.request.body
        self._accept(self._incoming, body, headers, now)

    def refuse(self, status: int, now: float, *, reason: str = "", headers: Headers | None = None) -> None:
        """Refuse the call; the session is over."""
        if self.state in ("incoming", "ringing") and self._incoming is not None:
            transaction = self._incoming
            self._endpoint.answered(transaction)
            self._end(now)
            transaction.respond(
                response_to(
                    transaction.request, status, to_tag=self.dialog.local_tag, reason=reason, headers=headers
                ),
                now,
            )

    def cancelled(self, now: float) -> None:
        """The caller gave up; called by the endpoint."""
        if self.state in ("incoming", "ringing"):
            self.refuse(487, now)
            self.user.on_ended(self, 487, "cancelled by the caller", now)
        elif self._pending is not None and self._pending.is_invite:
            pending, self._pending = self._pending, None
            pending.answer(487, now, to_tag=self.dialog.local_tag)

    def _respond(
        self, transaction: ServerTransaction, status: int, body: bytes, headers: Headers | None, now: float
    ) -> Response:
        fields: Headers = {"Contact": [self.dialog.contact], **self._endpoint.response_headers}
        if headers:
            fields.update(headers)
        if body:
            fields["Content-Type"] = [SDP]
        response = response_to(transaction.request, status, to_tag=self.dialog.local_tag, headers=fields)
        response.body = body
        transaction.respond(response, now)
        return response

    def _accept(self, transaction: ServerTransaction, body: bytes, headers: Headers | None, now: float) -> None:
        """Send a 2xx to an INVITE and repeat it until the ACK comes (RFC 3261 section 13.3.1.4)."""
        self._incoming = transaction
        timing = self._endpoint.timing
        self._until = now + timing.timeout
        self._interval = timing.t1
        self._stop_timer()
        delay = timing.timeout if transaction.flow.reliable else timing.t1
        self._timer = self._endpoint.timers.start(delay, now, self._repeat_answer, transaction)
        self._respond(transaction, 200, body, headers, now)

    def _repeat_answer(self, transaction: ServerTransaction, now: float) -> None:
        if now >= self._until:
            # Never acknowledged: the far side may believe in the call or not, so it is ended (13.3.1.4).
            told = self._cancelled
            self._say_bye(now)
            if not told:
                self.user.on_ended(self, 408, "answer was never acknowledged", now)
            return
        transaction.repeat_answer()
        timing = self._endpoint.timing
        self._interval = min(2 * self._interval, timing.t2)
        delay = min(self._interval, max(self._until - now, 0.0))
        self._timer = self._endpoint.timers.start(delay, now, self._repeat_answer, transaction)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def acknowledged(self, request: Request, now: float) -> None:
        """An ACK for our 2xx came; called by the endpoint."""
        if self._incoming is None or request.cseq[0] != self._incoming.request.cseq[0] or self._timer is None:
            return
        self._stop_timer()
        self._incoming = None
        if self.state == "answered":
            self.state = "established"
            if self._cancelled:
                self._say_bye(now)
                return
        asked, self._asking = self._asking, False
        if asked and not request.body:
            # The offer in our 2xx must be answered in the ACK (RFC 3261 section 13.2.2.4).
            self.user.on_offer_refused(self, 488, now)
        else:
            self.user.on_acknowledged(self, request.body if asked else b"", now)
        self._offer_queued(now)

    @property
    def owes_answer(self) -> bool:
        """Whether the far side made an offer in a 2xx that our ACK must answer: :meth:`acknowledge`."""
        return self._asking and (self._offer_out is not None or (self.is_caller and self._acknowledgement is None))

    # -- established: offers ------------------------------------------------------------------------------

    @property
    def can_offer(self) -> bool:
        """Whether no other offer is under way in either direction."""
        return (
            self.state == "established"
            and self._offer_out is None
            and self._pending is None
            and self._timer is None
            and not self._asking
        )

    def offer(self, body: bytes, now: float, *, headers: Headers | None = None) -> None:
        """Send a re-INVITE (without ``body``: ask for an offer); it waits while another offer is under way."""
        if self.state not in ("established", "answered"):
            return
        self._queued = (body, headers)
        self._offer_queued(now)

    def _offer_queued(self, now: float) -> None:
        if self._queued is not None and self.can_offer:
            (body, headers), self._queued = self._queued, None
            self._glare = 0
            self._reinvite(body, now, headers)

    def _reinvite(self, body: bytes, now: float, headers: Headers | None = None) -> None:
        self._asking = not body
        self._offered = (body, headers)
        fields: Headers = {"Contact": [self.dialog.contact], **self._endpoint.invite_headers}
        if headers:
            fields.update(headers)
        if body:
            fields["Content-Type"] = [SDP]
        self._offer_out = self._send(self.dialog.request("INVITE", fields, body), now)

    def _on_reinvite_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        status = response.status
        if status < 200:
            return
        if sent is not self._offer_out:
            if status < 300 and self._acknowledgement is not None:
                self._send_ack(self._acknowledgement)
            return
        if status < 300:
            self.dialog.refresh(response)
            if not self._asking:
                self._offer_out = None
                self._acknowledge(sent.request.cseq[0], b"")
            self.user.on_offer_answered(self, response.body, now)
            self._offer_queued(now)
            return
        self._offer_out = None
        self._asking = False
        if status == 491 and self._glare < MAX_GLARE_RETRIES and self.state == "established":
            self._glare += 1
            # The owner of the Call-ID waits 2.1 to 4 s, the other side up to 2 s (RFC 3261 section 14.1).
            share = self._endpoint.random_share()
            delay = 2.1 + 1.9 * share if self.is_caller else 2.0 * share
            self._endpoint.timers.start_at(now + delay, self._try_again, None)
            return
        if status not in (408, 481):
            self.user.on_offer_refused(self, status, now)
            self._offer_queued(now)

    def _try_again(self, _: None, now: float) -> None:
        if self._queued is None and self.state == "established":
            self._queued = self._offered
        glare = self._glare
        self._offer_queued(now)
        self._glare = glare

    def accept(self, body: bytes, now: float, *, headers: Headers | None = None) -> None:
        """Answer the far side's offer, or make the offer that it asked for."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        if pending.is_invite:
            self._asking = not pending.request.body
            self._accept(pending, body, headers, now)
        else:
            self._respond(pending, 200, body, headers, now)
            self._offer_queued(now)

    def refuse_offer(self, status: int, now: float) -> None:
        """Refuse the far side's offer."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.answer(status, now, to_tag=self.dialog.local_tag)
            self._offer_queued(now)

    # -- established: requests of the far side ------------------------------------------------------------

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """A request of the far side in this dialog; called by the endpoint, which has authorised it."""
        request = transaction.request
        number = request.cseq[0]
        tag = request.from_tag
        if self.dialog.remote_tag and tag != self.dialog.remote_tag:
            transaction.answer(481, now)
            return
        if number <= self.dialog.remote_cseq:
            transaction.answer(500, now, reason="CSeq out of order")
            return
        self.dialog.remote_cseq = number
        self._note_identity(request)
        handler = _HANDLERS.get(request.method)
        if handler is None:
            transaction.respond(
                response_to(request, 405, to_tag=self.dialog.local_tag, headers=dict(self._endpoint.allow)), now
            )
            return
        handler(self, transaction, request, now)

    def _on_bye(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        transaction.answer(200, now)
        if self.state == "ended":
            return
        if self.state in ("incoming", "ringing") and self._incoming is not None:
            # A caller may end an early dialog by BYE (RFC 3261 section 15).
            self.refuse(487, now)
        self._end(now)
        self.user.on_ended(self, 200, request.get("Reason") or "", now)

    def _on_offer(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        if self.state not in ("established", "answered") and request.method == "INVITE":
            transaction.answer(481 if self.state == "ended" else 491, now)
            return
        if self._offer_out is not None or self._asking:
            transaction.answer(491, now)
            return
        if self._pending is not None or (self._timer is not None and request.method == "INVITE"):
            headers: Headers = {"Retry-After": [str(int(10 * self._endpoint.random_share()))]}
            transaction.respond(response_to(request, 500, reason="Another Offer Pending", headers=headers), now)
            return
        if request.body and request.content_type != SDP:
            transaction.respond(response_to(request, 415, headers={"Accept": [SDP]}), now)
            return
        self.dialog.refresh(request)
        if request.method == "UPDATE" and not request.body:
            self._respond(transaction, 200, b"", None, now)
            return
        self._pending = transaction
        self.user.on_offer(self, request.body, now)

    def _on_refer(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        targets = request.values("Refer-To")
        if len(targets) != 1 or self.state != "established":
            transaction.answer(400 if len(targets) != 1 else 481, now, to_tag=self.dialog.local_tag)
            return
        if self._subscribed is not None:
            transaction.answer(491, now)
            return
        status = self.user.on_refer(self, targets[0], request, now)
        if status == 202:
            self._subscribed = request.cseq[0]
        self._respond(transaction, status, b"", None, now)
        if status == 202:
            self.notify(100, now, final=False)

    def notify(self, status: int, now: float, *, final: bool, reason: str = "") -> None:
        """Report on the transfer that the far side asked for (RFC 3515 section 2.4.5)."""
        if self._subscribed is None or self.state == "ended":
            return
        state = "terminated;reason=noresource" if final else "active;expires=60"
        headers: Headers = {
            "Event": [f"refer;id={self._subscribed}"],
            "Subscription-State": [state],
            "Contact": [self.dialog.contact],
            "Content-Type": ["message/sipfrag;version=2.0"],
        }
        body = f"SIP/2.0 {status} {reason or reason_of(status)}\r\n".encode()
        if final:
            self._subscribed = None
        self._send(self.dialog.request("NOTIFY", headers, body), now)

    def _on_notify(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        event = (request.get("Event") or "").partition(";")[0].strip().lower()
        if event != "refer" or not self._refer_id:
            transaction.answer(489 if event != "refer" else 481, now, to_tag=self.dialog.local_tag)
            return
        self._respond(transaction, 200, b"", None, now)
        first = request.body[:64].decode("ascii", "replace").split(" ")
        status = int(first[1]) if len(first) > 1 and first[0] == "SIP/2.0" and first[1].isdigit() else 0
        final = (request.get("Subscription-State") or "").lower().startswith("terminated")
        self.user.on_refer_progress(self, status, final or status >= 200, now)

    def _on_info(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        self._respond(transaction, 200, b"", None, now)
        self.user.on_info(self, request.content_type, request.body, now)

    def _on_options(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        self._respond(transaction, 200, b"", None, now)

    def refer(self, target: str, now: float, *, referred_by: str = "") -> None:
        """Ask the far side to call ``target`` instead (RFC 3515)."""
        headers: Headers = {"Refer-To": [f"<{target}>"], "Contact": [self.dialog.contact]}
        if referred_by:
            headers["Referred-By"] = [f"<{referred_by}>"]
        request = self.dialog.request("REFER", headers)
        self._refer_id = self.dialog.local_cseq
        self._send(request, now)

    def info(self, content_type: str, body: bytes, now: float) -> None:
        """Send an INFO."""
        if self.state == "established":
            self._send(self.dialog.request("INFO", {"Content-Type": [content_type]}, body), now)

    def update(self, now: float, headers: Headers) -> None:
        """Send an UPDATE without an offer, to show changed headers (RFC 3311)."""
        if self.state == "established":
            fields: Headers = {"Contact": [self.dialog.contact], **headers}
            self._send(self.dialog.request("UPDATE", fields), now)

    # -- the end ------------------------------------------------------------------------------------------

    def hang_up(self, now: float, *, status: int = 480, reason: str = "") -> None:
        """End the session in whatever state it is: CANCEL, refusal with ``status``, or BYE."""
        if self.state in ("calling", "trying", "early"):
            self._cancel(now)
        elif self.state in ("incoming", "ringing"):
            self.refuse(status, now)
        elif self.state == "answered":
            # A BYE may not overtake the ACK (RFC 3261 section 15.1.1).
            self._cancelled = True
        elif self.state == "established":
            self._say_bye(now, reason)

    def _cancel(self, now: float) -> None:
        if self._cancelled or self._invite is None:
            return
        self._cancelled = True
        if self.state != "calling":
            self._invite.cancel(now)
        # Before any response a CANCEL may not be sent: it follows the first one (RFC 3261 section 9.1).
        self._timer = self._endpoint.timers.start(self._endpoint.timing.timeout, now, self._cancel_over, None)

    def _cancel_over(self, _: None, now: float) -> None:
        """No final response to a cancelled INVITE in time: it counts as cancelled (section 9.1)."""
        if self._invite is not None:
            self._endpoint.transactions.abandon(self._invite.transaction)
        self._end(now)
        self.user.on_failed(self, 487, "cancelled", now)

    def _say_bye(self, now: float, reason: str = "") -> None:
        if self._asking and self.is_caller and self._invite is not None and self._acknowledgement is None:
            self._acknowledge(self._invite.request.cseq[0], b"")
        headers: Headers = {"Reason": [reason]} if reason else {}
        request = self.dialog.request("BYE", headers)
        self._end(now)
        self._send(request, now)

    def flow_lost(self, now: float) -> None:
        """The connection to the far side is gone; called by the endpoint."""
        if self.state in ("established", "answered", "incoming", "ringing"):
            self._end(now)
            self.user.on_ended(self, 408, "connection lost", now)

    def _end(self, now: float) -> None:
        self.state = "ended"
        self._queued = None
        if self._pending is not None:
            # Whatever ends the dialog, what was asked in it is answered (RFC 3261 section 15.1.2).
            pending, self._pending = self._pending, None
            pending.answer(487, now, to_tag=self.dialog.local_tag)
        self._stop_timer()
        self._endpoint.forget(self)


class _Silent:
    """Nobody waits for the answer to a BYE in a dialog that was never wanted."""

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """Nothing."""

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """Nothing."""


_SILENT = _Silent()

_HANDLERS = {
    "BYE": InviteSession._on_bye,
    "INVITE": InviteSession._on_offer,
    "UPDATE": InviteSession._on_offer,
    "REFER": InviteSession._on_refer,
    "NOTIFY": InviteSession._on_notify,
    "INFO": InviteSession._on_info,
    "OPTIONS": InviteSession._on_options,
}
