"""A SIP endpoint: transactions, dialogs and sessions behind one door for bytes.

Both the call manager and the software phone are one. The owner hands in bytes and the time, asks for the next
deadline, and is told of requests outside of dialogs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ringward.protocols.sip import reliable_provisional, session_timer
from ringward.protocols.sip.client import ClientRequest, ResponseUser
from ringward.protocols.sip.dialog import Dialog, dialog_begun_by
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.header import parse_via
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.origin import MAGIC
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.session_user import SessionUser
from ringward.protocols.sip.subscription import Subscription
from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.transaction import ServerTransaction, Timing
from ringward.protocols.sip.transaction_layer import TransactionLayer
from ringward.protocols.sip.wheel import Wheel

METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY, UPDATE, PRACK, INFO, REGISTER"


class EndpointUser(Protocol):
    """Who owns the endpoint."""

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        """Whether the request may go on; if not, it has been answered (challenged or refused)."""

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """An authorised request outside of a dialog; for INVITE call :meth:`SipEndpoint.take`.

        A SUBSCRIBE or NOTIFY may also be one in the dialog of a subscription.
        """


class SipEndpoint:
    """See the module."""

    def __init__(
        self,
        user: EndpointUser,
        transmit: Callable[[Flow, bytes], None],
        new_token: Callable[[], str],
        random_share: Callable[[], float],
        product: str,
        timing: Timing | None = None,
        supported: frozenset[str] = frozenset(),
    ) -> None:
        """``new_token`` gives unguessable texts for tags, branches and Call-IDs; ``random_share`` 0 to 1.

        ``supported``: extensions that the user supports, beside those of sessions.
        """
        self._user = user
        self.new_token = new_token
        self.random_share = random_share
        self.timing = timing or Timing()
        self.timers = TimerQueue()
        self.transactions = TransactionLayer(self, transmit, self.timers, lambda: MAGIC + new_token(), self.timing)
        self._sessions: dict[str, InviteSession] = {}
        self._by_invite: dict[ServerTransaction, InviteSession] = {}
        self.session_timers: Wheel[InviteSession] = Wheel(self.timers, InviteSession.timer_due)
        self.subscriptions: dict[str, Subscription] = {}
        """By the key of their dialog; the user puts them in and takes them out."""
        self.watched: set[str] = set()
        """Keys of the dialogs in which the user has subscribed to something; their NOTIFYs go to it."""
        self.subscription_timers: Wheel[Subscription] = Wheel(self.timers, Subscription.timer_due)
        self.allow: Headers = {"Allow": [METHODS]}
        extensions = supported | {session_timer.EXTENSION}
        self.extensions = extensions | {reliable_provisional.EXTENSION}
        """What a request may require."""
        self.asking_headers: Headers = {
            "Allow": [METHODS],
            "User-Agent": [product],
            "Supported": [", ".join(sorted(extensions))],
            **session_timer.REQUEST_HEADERS,
        }
        """For an INVITE that asks for an offer: one in a reliable response would have to be answered in the PRACK,

        before anybody knows who answers the call."""
        self.invite_headers: Headers = {
            **self.asking_headers,
            "Supported": [", ".join(sorted(self.extensions))],
        }
        self.response_headers: Headers = {
            "Allow": [METHODS],
            "Server": [product],
            "Supported": self.invite_headers["Supported"],
        }

    # -- bytes and time -----------------------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow, now: float) -> str:
        """Take one message; returns an empty text, or what was wrong with it."""
        return self.transactions.receive(data, flow, now)

    def next_deadline(self) -> float | None:
        """When :meth:`advance` is due."""
        return self.timers.next_deadline()

    def advance(self, now: float) -> None:
        """Let everything that is due happen."""
        self.timers.advance(now)

    def flow_lost(self, flow: Flow, now: float) -> None:
        """A connection is gone."""
        self.transactions.flow_lost(flow, now)
        for session in [each for each in self._sessions.values() if each.dialog.flow is flow]:
            session.flow_lost(now)

    @property
    def session_count(self) -> int:
        """Sessions that are not over."""
        return len(self._sessions)

    # -- orders -------------------------------------------------------------------------------------------

    def invite(
        self,
        flow: Flow,
        target: str,
        local_address: str,
        remote_address: str,
        contact: str,
        user: SessionUser,
        now: float,
        *,
        body: bytes = b"",
        headers: Headers | None = None,
        credentials: DigestCredentials | None = None,
    ) -> InviteSession:
        """Call ``target``. Addresses are From and To values without tags, ``contact`` a Contact value."""
        dialog = Dialog(
            call_id=self.new_token(),
            local_address=local_address,
            local_tag=self.new_token(),
            remote_address=remote_address,
            remote_target=target,
            contact=contact,
            flow=flow,
            local_cseq=0,
        )
        session = InviteSession(self, dialog, user, credentials)
        self._sessions[dialog.key] = session
        session.start(headers or {}, body, now)
        return session

    def take(
        self,
        transaction: ServerTransaction,
        contact: str,
        user: SessionUser,
        now: float,
        credentials: DigestCredentials | None = None,
    ) -> InviteSession:
        """Make a session of an incoming INVITE; raises :class:`MalformedMessage` if it cannot be one."""
        dialog = dialog_begun_by(transaction.request, transaction.flow, self.new_token(), contact)
        session = InviteSession(self, dialog, user, credentials)
        session.begin_incoming(transaction, now)
        self._sessions[dialog.key] = session
        self._by_invite[transaction] = session
        return session

    def request(
        self,
        request: Request,
        flow: Flow,
        user: ResponseUser,
        now: float,
        credentials: DigestCredentials | None = None,
        renumber: Callable[[], int] | None = None,
    ) -> ClientRequest:
        """Send a request outside of any dialog (REGISTER, OPTIONS, NOTIFY)."""
        return ClientRequest(self.transactions, request, flow, user, now, credentials, renumber)

    def session_in(self, replaces: Replaces) -> InviteSession | None:
        """The session that a Replaces means (RFC 3891 section 3).

        Who is in the session names it from his side; who watches the far side (RFC 4235), from the far side's.
        """
        for ours, theirs in ((replaces.to_tag, replaces.from_tag), (replaces.from_tag, replaces.to_tag)):
            session = self._sessions.get(f"{replaces.call_id} {ours}")
            if session is not None and session.dialog.remote_tag == theirs:
                return session
        return None

    def has_come_back(self, request: Request) -> bool:
        """Whether an INVITE is one of ours that a loop has brought back (RFC 3261 section 16.3, item 4).

        By a branch of ours among its Vias, or by the Call-ID and From tag of one of our dialogs.
        """
        if f"{request.call_id} {request.from_tag}" in self._sessions:
            return True
        waiting = self.transactions.is_waiting
        if waiting(request.via.branch, "INVITE"):
            return True
        return any(waiting(parse_via(each).branch, "INVITE") for each in request.values("Via")[1:])

    # -- for sessions -------------------------------------------------------------------------------------

    def forget(self, session: InviteSession) -> None:
        """A session is over."""
        self._sessions.pop(session.dialog.key, None)

    def answered(self, transaction: ServerTransaction) -> None:
        """An incoming INVITE has its final response, or its session is over: a CANCEL has no effect any more."""
        self._by_invite.pop(transaction, None)

    # -- for the transaction layer ------------------------------------------------------------------------

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """Find the session of a request, have it authorised, and pass it on."""
        request = transaction.request
        tag = request.to_tag
        session = None
        if tag:
            session = self._sessions.get(f"{request.call_id} {tag}")
            if session is None and not self._is_of_subscription(request):
                transaction.refuse(481, now)
                return
        try:
            if not self._user.authorise(transaction, session, now):
                return
            if session is not None:
                session.request_received(transaction, now)
            elif request.method == "INVITE" and session_timer.lacks_time(request):
                least: Headers = {"Min-SE": [str(session_timer.MIN_SE)]}
                transaction.dismiss(response_to(request, 422, to_tag="short", headers=least), now)
            else:
                self._user.request_received(transaction, now)
        except MalformedMessage as error:
            transaction.refuse(error.status, now, to_tag="malformed", reason=error.reason)

    def _is_of_subscription(self, request: Request) -> bool:
        key = f"{request.call_id} {request.to_tag}"
        if request.method == "NOTIFY":
            return key in self.watched
        return request.method == "SUBSCRIBE" and key in self.subscriptions

    def ack_received(self, request: Request, flow: Flow, now: float) -> None:
        """Hand an ACK to its session; one without session is dropped."""
        del flow
        session = self._sessions.get(f"{request.call_id} {request.to_tag}")
        if session is not None:
            session.acknowledged(request, now)

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None:
        """Hand a CANCEL to the session, or end the INVITE that has none."""
        request = transaction.request
        session = self._by_invite.get(transaction) or self._sessions.get(f"{request.call_id} {request.to_tag}")
        if session is not None:
            session.cancelled(now)
        else:
            transaction.answer(487, now, to_tag="cancelled")

    def invite_unacknowledged(self, transaction: ServerTransaction, now: float) -> None:
        """A refusal was never acknowledged: nothing is left to do."""

    def stray_response(self, response: Response, flow: Flow, now: float) -> None:
        """A late 2xx: its session, if any, acknowledges it again; a stranger's is dropped."""


def refuse_extensions(transaction: ServerTransaction, supported: frozenset[str], now: float) -> bool:
    """Answer 420 if the request requires an extension that is not supported (RFC 3261 section 8.2.2.3)."""
    missing = [each for each in transaction.request.values("Require") if each.lower() not in supported]
    if not missing:
        return False
    transaction.dismiss(
        response_to(transaction.request, 420, to_tag="unsupported", headers={"Unsupported": [", ".join(missing)]}),
        now,
    )
    return True
