"""Our INVITE that began a session, until its final response (RFC 3261 section 13.2, RFC 3262 section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.protocols.sip.client import NOBODY, ClientRequest
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import parse_name_address
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.offer_exchange import SDP
from ringward.protocols.sip.reliable_provisional import EXTENSION
from ringward.protocols.sip.session_timer import longer_headers

if TYPE_CHECKING:
    from ringward.protocols.sip.dialog import Dialog
    from ringward.protocols.sip.message import Headers
    from ringward.protocols.sip.session import InviteSession
    from ringward.protocols.sip.timers import Timer

MAX_EARLY_DIALOGS = 8
"""Places that one INVITE may ring reliably at a time; a phone is one, and a proxy behind it would be few."""


class OutgoingInvite:
    """See the module."""

    __slots__ = ("_cancel_timer", "_numbers", "_used_tag", "cancelled", "sent")

    def __init__(self, session: InviteSession, headers: Headers, body: bytes, now: float) -> None:
        """Sends it."""
        self.cancelled = False
        self._cancel_timer: Timer | None = None
        self._used_tag = ""
        self._numbers: dict[str, int] | None = None
        """By To tag, the RSeq of the last provisional response that was acknowledged."""
        session.offers.step("offer" if body else "ask")
        own = session.endpoint.invite_headers if body else session.endpoint.asking_headers
        fields: Headers = {"Contact": [session.dialog.contact], **own, **headers}
        if body:
            fields["Content-Type"] = [SDP]
            session.offers.describe(body)
        self.sent: ClientRequest = session.send(session.dialog.request("INVITE", fields, body), now)

    def on_response(self, session: InviteSession, response: Response, now: float) -> None:
        """A response to it."""
        status = response.status
        if status < 200:
            self._on_provisional(session, response, now)
        elif status < 300:
            self._on_accepted(session, response, now)
        elif session.state in ("calling", "trying", "early"):
            if status == 422 and not self.cancelled and self._ask_for_longer(session, response, now):
                return
            if status < 400:
                session.redirected_to = _first_contact(response)
            session.end(now)
            session.user.on_failed(session, 487 if self.cancelled else status, response.reason, now)

    def on_timeout(self, session: InviteSession, now: float) -> None:
        """No response to it."""
        if session.state in ("calling", "trying", "early"):
            session.end(now)
            session.user.on_failed(session, 408, "no response", now)

    # -- provisional responses ----------------------------------------------------------------------------

    def _on_provisional(self, session: InviteSession, response: Response, now: float) -> None:
        status = response.status
        if self.cancelled and session.state == "calling":
            self.sent.cancel(now)
        if session.state in ("calling", "trying"):
            session.state = "early" if status > 100 else "trying"
        if status == 100 or session.is_over:
            return
        if "RSeq" in response.headers and not self._acknowledge_provisional(session, response, now):
            return
        if not self.cancelled:
            session.user.on_progress(session, status, response.body, now)

    def _acknowledge_provisional(self, session: InviteSession, response: Response, now: float) -> bool:
        """Send the PRACK to a reliable response; False if it is a copy, or out of order and will come again."""
        if EXTENSION not in [each.lower() for each in response.values("Require")]:
            return True
        try:
            number = response.number("RSeq")
        except MalformedMessage:
            return False
        tag = response.to_tag
        numbers = self._numbers = self._numbers or {}
        last = numbers.get(tag)
        if number is None or not tag or (last is not None and number != last + 1):
            return False
        if last is None and len(numbers) >= MAX_EARLY_DIALOGS:
            return False
        numbers[tag] = number
        dialog = session.dialog
        if not dialog.remote_tag:
            dialog.establish(response)
        elif dialog.remote_tag != tag:
            dialog = dialog.fork(response, dialog.next_cseq())
        invite = self.sent.request.cseq[0]
        headers: Headers = {"RAck": [f"{number} {invite} INVITE"]}
        session.send(dialog.request("PRACK", headers), now, dialog.flow)
        if response.body and dialog is session.dialog:
            session.offers.step("answer")
        return True

    def _ask_for_longer(self, session: InviteSession, response: Response, now: float) -> bool:
        """Try again with the session interval that a 422 demands (RFC 4028 section 7.3)."""
        longer = longer_headers(response)
        old = self.sent.request
        if longer is None or old.headers.get("Min-SE") == longer["Min-SE"]:
            return False
        headers: Headers = {name: values for name, values in old.headers.items() if name != "Via"}
        headers.update(longer)
        headers["CSeq"] = [f"{session.dialog.next_cseq()} INVITE"]
        session.state = "calling"
        self.sent = session.send(Request("INVITE", old.uri, headers, old.body), now)
        return True

    # -- acceptance ---------------------------------------------------------------------------------------

    def _on_accepted(self, session: InviteSession, response: Response, now: float) -> None:
        if self._used_tag:
            if response.to_tag == self._used_tag:
                session.acknowledge_again(self.sent.request.cseq[0])
            else:
                self._decline(session, response, now)
            return
        if session.is_over:
            # Given up while the answer was on its way: take it and end it at once (RFC 3261 section 9.1).
            self._decline(session, response, now)
            return
        self._used_tag = response.to_tag
        if session.dialog.remote_tag and session.dialog.remote_tag != response.to_tag:
            # Somebody else answers than the one whose early media was taken: that was no answer of this one.
            session.offers.state = "offered" if self.sent.request.body else "asked"
        session.dialog.establish(response)
        session.far_side.note_abilities(response)
        self._stop_cancelling()
        session.state = "established"
        if self.cancelled:
            session.acknowledge_final(self.sent.request.cseq[0], b"")
            session.hang_up(now)
            session.user.on_failed(session, 487, "cancelled", now)
            return
        session.timer.answered(session, response, now)
        has_answer = session.offers.state == "stable"
        session.offers.step("answer")
        if not session.offers.owes_answer:
            session.acknowledge_final(self.sent.request.cseq[0], b"")
        # An answer that came with a reliable provisional response is final (RFC 3262 section 5).
        session.user.on_answered(session, b"" if has_answer else response.body, now)

    def _decline(self, session: InviteSession, response: Response, now: float) -> None:
        """ACK and BYE an answer from a place that is not wanted (RFC 3261 section 13.2.2.4)."""
        number = self.sent.request.cseq[0]
        fork: Dialog = session.dialog.fork(response, number)
        transactions = session.endpoint.transactions
        transactions.send_stateless(fork.request("ACK", cseq=number), fork.flow)
        ClientRequest(transactions, fork.request("BYE"), fork.flow, NOBODY, now)

    def send_again(self) -> None:
        """Send the INVITE once more, unless it is taken back."""
        if not self.cancelled:
            self.sent.send_again()

    # -- giving up ----------------------------------------------------------------------------------------

    def cancel(self, session: InviteSession, now: float) -> None:
        """Give up, by CANCEL as soon as one may be sent: before any response it may not (RFC 3261 section 9.1)."""
        if self.cancelled:
            return
        self.cancelled = True
        if session.state != "calling":
            self.sent.cancel(now)
        endpoint = session.endpoint
        self._cancel_timer = endpoint.timers.start(endpoint.timing.timeout, now, self._cancel_over, session)

    def _cancel_over(self, session: InviteSession, now: float) -> None:
        """No final response to a cancelled INVITE in time: it counts as cancelled (section 9.1)."""
        self.sent.abandon()
        session.end(now)
        session.user.on_failed(session, 487, "cancelled", now)

    def _stop_cancelling(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer.stop()
            self._cancel_timer = None

    def end(self) -> None:
        """The session is over."""
        self._stop_cancelling()


def _first_contact(response: Response) -> str:
    """Where a 3xx would have the call go; empty if it does not say so."""
    try:
        contacts = response.values("Contact")
        return parse_name_address(contacts[0]).uri_text if contacts else ""
    except MalformedMessage:
        return ""
