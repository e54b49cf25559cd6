"""The messages that wait for the lines of a phone: asked for, or told by the call manager of its own accord."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ringward.phone import events
from ringward.phone.configuration import LineConfiguration
from ringward.phone.message_subscription import MessageSubscription
from ringward.phone.registration import Registration
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.message_summary import MessageSummary
from ringward.protocols.sip.transaction import ServerTransaction


class LineMessages:
    """See the module. A line with a number for messages asks, for as long as it is registered."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        registrations: Iterable[Registration],
        tell: Callable[[events.PhoneEvent], None],
    ) -> None:
        self._tell = tell
        self._subscriptions = {
            each: MessageSubscription(endpoint, each.credentials, partial(self._told, each.line))
            for each in registrations
            if each.line.messages_number
        }

    def follow(self, registration: Registration, flow: Flow, now: float) -> None:
        """The line is registered."""
        subscription = self._subscriptions.get(registration)
        if subscription is not None:
            subscription.start(flow, registration.address_of_record, registration.contact, now)

    def leave(self, registration: Registration, now: float) -> None:
        """The line is not registered any more."""
        subscription = self._subscriptions.get(registration)
        if subscription is not None:
            subscription.stop(now)

    def notified(self, transaction: ServerTransaction, called: Registration | None, tag: str, now: float) -> None:
        """Take a NOTIFY: of a subscription, or else for the line that was ``called``; answer with ``tag``."""
        for subscription in self._subscriptions.values():
            if subscription.is_for(transaction.request):
                subscription.notified(transaction, now)
                return
        if called is None:
            transaction.answer(481, now, to_tag=tag)
            return
        summary = MessageSummary.parse(transaction.request.body)
        transaction.answer(200, now, to_tag=tag)
        self._told(called.line, summary)

    def _told(self, line: LineConfiguration, summary: MessageSummary) -> None:
        self._tell(events.MessagesTold(line.number, summary.waiting, summary.new, summary.old))
