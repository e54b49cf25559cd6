"""What reaches a phone outside of its calls: new calls, orders to reset, news of messages, questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.domain.errors import Unavailable
from ringward.phone import events
from ringward.phone.registration import Registration
from ringward.protocols.sip import message_summary
from ringward.protocols.sip.endpoint import refuse_extensions
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import parse_name_address
from ringward.protocols.sip.message import Headers, Request, response_to
from ringward.protocols.sip.offer_exchange import SDP
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.protocols.sip.uri import parse_uri

if TYPE_CHECKING:
    from ringward.phone.phone import Phone


class Reception:
    """See the module. Whoever asks has been authorised."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """A request outside of a dialog: a call, a question what we can do, or something we do not know."""
        request = transaction.request
        if refuse_extensions(transaction, self._phone.endpoint.extensions, now):
            return
        tag = self._phone.endpoint.new_token()
        match request.method:
            case "INVITE":
                self._called(transaction, now)
            case "OPTIONS":
                headers: Headers = {**self._phone.endpoint.response_headers, "Accept": [SDP]}
                transaction.respond(response_to(request, 200, to_tag=tag, headers=headers), now)
            case "NOTIFY":
                self._notified(transaction, tag, now)
            case _:
                allow = dict(self._phone.endpoint.allow)
                transaction.respond(response_to(request, 405, to_tag=tag, headers=allow), now)

    def _notified(self, transaction: ServerTransaction, tag: str, now: float) -> None:
        """Messages wait, or a reset is ordered, as of phones of the guide or of others."""
        request = transaction.request
        package, _, parameters = (request.get("Event") or "").partition(";")
        match package.strip().lower():
            case "service-control":
                restart = b"action=restart" in request.body
            case message_summary.PACKAGE:
                self._phone.messages.notified(transaction, self._line_called(request.uri), tag, now)
                return
            case "check-sync":
                restart = "reboot=false" in parameters.lower()
            case _:
                transaction.answer(489, now, to_tag=tag)
                return
        transaction.answer(200, now, to_tag=tag)
        self._phone.tell(events.ResetRequested(restart))

    def _called(self, transaction: ServerTransaction, now: float) -> None:
        request = transaction.request
        registration = self._line_called(request.uri)
        status = self._refusal(registration, request)
        if registration is None or status:
            transaction.answer(status, now, to_tag=self._phone.endpoint.new_token())
            return
        line, caller = registration.line, parse_name_address(request.headers["From"][0])
        try:
            call = self._phone.new_call(
                line, caller.uri.user or caller.uri.host, caller.display, transaction.flow, incoming=True
            )
        except Unavailable as error:
            transaction.answer(500, now, to_tag=self._phone.endpoint.new_token(), reason=str(error))
            return
        if request.body and not call.can_take(request.body):
            call.discard()
            transaction.answer(488, now, to_tag=self._phone.endpoint.new_token())
            return
        contact = registration.contact or f"<{transaction.flow.contact_uri(line.number)}>"
        try:
            call.session = self._phone.endpoint.take(transaction, contact, call, now, registration.credentials)
        except MalformedMessage:
            call.discard()
            raise
        delay = self._phone.options.answer_after
        if delay is None and line.auto_answer:
            delay = 0.0
        timer = None
        if delay is not None:
            timer = self._phone.endpoint.timers.start_at(now + delay, lambda _, __: call.answer(), None)
        call.ring(request.body, timer)

    def _line_called(self, uri: str) -> Registration | None:
        user = parse_uri(uri).user
        for registration in self._phone.registrations:
            if user in (registration.line.contact, registration.line.number):
                return registration
        return None

    def _refusal(self, registration: Registration | None, request: Request) -> int:
        """The status with which a call is refused at once, 0 if it may ring."""
        if registration is None:
            return 404
        if self._phone.is_stopping:
            return 480
        line = registration.line
        if sum(call.line is line for call in self._phone.calls) >= min(line.busy_trigger, line.max_calls):
            return 486
        return 415 if request.body and request.content_type != SDP else 0
