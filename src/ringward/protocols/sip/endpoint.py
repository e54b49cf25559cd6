"""A SIP endpoint: transactions, dialogs and sessions behind one door for bytes.

Both the call manager and the software phone are one. The owner hands in bytes and the time, asks for the next
deadline, and is told of requests outside of dialogs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ringward.protocols.sip.client import ClientRequest, ResponseUser
from ringward.protocols.sip.dialog import Dialog, dialog_of_invite
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.header import parse_via
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.origin import MAGIC
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession, SessionUser
from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.transaction import ServerTransaction, Timing, TransactionLayer

METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY, UPDATE, INFO, REGISTER"


class EndpointUser(Protocol):
    """Who owns the endpoint."""

    def authorise(self, transaction: ServerTransaction, session: InviteSession | None, now: float) -> bool:
        """Whether the request may go on; if not, it has been answered (challenged or refused)."""

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """An authorised request outside of a dialog; for INVITE call :meth:`SipEndpoint.take`."""


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
        supported: str = "",
    ) -> None:
        """``new_token`` gives unguessable texts for tags, branches and Call-IDs; ``random_share`` 0 to 1.

        ``supported``: extensions that the user itself supports, as a Supported value.
        """
        self._user = user
        self.new_token = new_token
        self.random_share = random_share
        self.timing = timing or Timing()
        self.timers = TimerQueue()
        self.transactions = TransactionLayer(self, transmit, self.timers, lambda: MAGIC + new_token(), self.timing)
        self._sessions: dict[str, InviteSession] = {}
        self._by_invite: dict[ServerTransaction, InviteSession] = {}
        self.allow: Headers = {"Allow": [METHODS]}
        self.invite_headers: Headers = {"Allow": [METHODS], "User-Agent": [product]}
        self.response_headers: Headers = {"Allow": [METHODS], "Server": [product]}
        if supported:
            self.invite_headers["Supported"] = self.response_headers["Supported"] = [supported]

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
        dialog = dialog_of_invite(transaction.request, transaction.flow, self.new_token(), contact)
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
        """The session that a Replaces means (RFC 3891 section 3)."""
        session = self._sessions.get(f"{replaces.call_id} {replaces.to_tag}")
        return session if session is not None and session.dialog.remote_tag == replaces.from_tag else None

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
        """An incoming INVITE has its final response: a CANCEL has no effect any more."""
        self._by_invite.pop(transaction, None)

    # -- for the transaction layer ------------------------------------------------------------------------

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """Find the session of a request, have it authorised, and pass it on."""
        request = transaction.request
        tag = request.to_tag
        session = None
        if tag:
            session = self._sessions.get(f"{request.call_id} {tag}")
            if session is None:
                transaction.refuse(481, now)
                return
        try:
            if not self._user.authorise(transaction, session, now):
                return
            if session is not None:
                session.request_received(transaction, now)
            else:
                self._user.request_received(transaction, now)
        except MalformedMessage as error:
            transaction.refuse(error.status, now, to_tag="malformed", reason=error.reason)

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
