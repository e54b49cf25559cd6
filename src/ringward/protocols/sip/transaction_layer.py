"""SIP transactions (RFC 3261 section 17, as corrected by RFC 6026), as tables.

The layer takes bytes and the time, calls its user with requests, and gives bytes to ``transmit``. What each of the
four machines does with an input is written in the tables of :mod:`ringward.protocols.sip.machines`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.machines import CLIENT_INVITE, CLIENT_OTHER, SERVER_INVITE, SERVER_OTHER
from ringward.protocols.sip.message import Headers, Request, Response, response_to
from ringward.protocols.sip.message_parser import parse_for_refusal, parse_message
from ringward.protocols.sip.origin import same_hop, stamp_source, transaction_key
from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.transaction import ClientTransaction, ClientUser, ServerTransaction, Timing
from ringward.protocols.sip.uri import without_headers

LONGEST_PROCEEDING = 7_200.0
"""Seconds after the last provisional response to an INVITE after which no other is waited for. Twice what a call
may ring: it ends no call, it only keeps peers that never answer (re-INVITEs above all) from filling the memory."""
GRAIN = 0.001
"""Seconds by which a timer may be early and count as in time: sums of delays are not exact."""

MAX_SERVER_TRANSACTIONS = 150_000
"""Requests that are being dealt with, or were in the last 32 seconds (timers H, J and L); each takes some 3 KB.
Over this only requests in a dialog are taken, so that calls can end. 2,300 calls a second leave as many behind."""
RETRY_AFTER = "32"
"""Seconds until all that is there now has gone (section 20.33)."""


class TransactionUser(Protocol):
    """Who uses the layer: an endpoint."""

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """A new request came."""

    def ack_received(self, request: Request, flow: Flow, now: float) -> None:
        """An ACK for a 2xx came."""

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None:
        """The INVITE of this transaction is cancelled; the CANCEL itself is answered already."""

    def invite_unacknowledged(self, transaction: ServerTransaction, now: float) -> None:
        """A refusal of an INVITE was never acknowledged."""

    def stray_response(self, response: Response, flow: Flow, now: float) -> None:
        """A 2xx to an INVITE came when its transaction was over."""


class TransactionLayer:
    """All transactions of one endpoint."""

    def __init__(
        self,
        user: TransactionUser,
        transmit: Callable[[Flow, bytes], None],
        timers: TimerQueue,
        new_branch: Callable[[], str],
        timing: Timing | None = None,
    ) -> None:
        self._user = user
        self._transmit = transmit
        self._timers = timers
        self._new_branch = new_branch
        self.timing = timing or Timing()
        self._timeout = self.timing.timeout
        self._servers: dict[str, ServerTransaction] = {}
        self._identities: dict[str, ServerTransaction] = {}
        self._clients: dict[str, ClientTransaction] = {}

    # -- from the wire ------------------------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow, now: float) -> str:
        """Take one message. Returns an empty text, or what was wrong with it (for log and count)."""
        try:
            message = parse_message(data)
            if isinstance(message, Response):
                return self._response(message, flow, now)
            return self._request(message, flow, now)
        except MalformedMessage as error:
            self._refuse(data, flow, error)
            return error.reason

    def _refuse(self, data: bytes, flow: Flow, error: MalformedMessage) -> None:
        request = parse_for_refusal(data)
        if request is not None:
            flow = stamp_source(request, flow)
            # Stateless: a malformed request must not be able to occupy memory.
            self._transmit(
                flow, response_to(request, error.status, to_tag="malformed", reason=error.reason).encode()
            )

    def _response(self, response: Response, flow: Flow, now: float) -> str:
        method = response.cseq[1]
        via = response.headers["Via"]
        if len(via) > 1 or "," in via[0]:
            # We put exactly one there: whatever has more was meant for somebody else (section 8.1.3.3).
            return "response with more than one Via"
        transaction = self._clients.get(f"{response.via.branch} {method}")
        if transaction is None:
            if method == "INVITE" and 200 <= response.status < 300:
                self._user.stray_response(response, flow, now)
                return ""
            return "response without transaction"
        status = response.status
        self.run(transaction, "1xx" if status < 200 else "2xx" if status < 300 else "refusal", now, response)
        return ""

    def _request(self, request: Request, flow: Flow, now: float) -> str:
        flow = stamp_source(request, flow)
        method = request.method
        key = transaction_key(request, "INVITE" if method == "ACK" else method)
        transaction = self._servers.get(key)
        if transaction is not None:
            self.run(transaction, "ack" if method == "ACK" else "request", now, None)
            if method == "ACK" and transaction.state == "accepted":
                self._user.ack_received(request, flow, now)
            return ""
        if method == "ACK":
            self._user.ack_received(request, flow, now)
            return ""
        if len(self._servers) >= MAX_SERVER_TRANSACTIONS and not request.to_tag:
            headers: Headers = {"Retry-After": [RETRY_AFTER]}
            self._transmit(flow, response_to(request, 503, to_tag="overload", headers=headers).encode())
            return "too many requests are being dealt with"
        transaction = ServerTransaction(self, key, request, flow)
        self._servers[key] = transaction
        if method == "CANCEL":
            self._cancel(transaction, now)
            return ""
        if not request.to_tag:
            identity = f"{request.call_id} {request.from_tag} {request.cseq[0]} {method}"
            if identity in self._identities:
                transaction.refuse(482, now, to_tag="merged")
                return "the same request came by another way"
            self._identities[identity] = transaction
            transaction.identity = identity
        if transaction.is_invite:
            transaction.timer = self._timers.start(self.timing.trying, now, self._trying, transaction)
        self._user.request_received(transaction, now)
        return ""

    def _cancel(self, transaction: ServerTransaction, now: float) -> None:
        invite = self._servers.get(transaction_key(transaction.request, "INVITE"))
        if invite is None or not same_hop(invite.flow, transaction.flow):
            # A CANCEL cannot be challenged; it has to come from where the INVITE came from (section 22.1).
            transaction.refuse(481, now, to_tag="none")
            return
        transaction.answer(200, now, to_tag=invite.sent_tag or "cancelled")
        if not invite.answered:
            self._user.cancel_received(invite, now)

    # -- from the user ------------------------------------------------------------------------------------

    def send(self, request: Request, flow: Flow, user: ClientUser, now: float) -> ClientTransaction:
        """Send a request in a new transaction; the Via is put on top here."""
        branch = self._new_branch()
        request.uri = without_headers(request.uri)
        request.headers = {"Via": [flow.via_prefix + branch], **request.headers}
        key = f"{branch} {request.method}"
        transaction = ClientTransaction(self, key, request, flow, user)
        self._clients[key] = transaction
        self._begin(transaction, now)
        return transaction

    def cancel(self, invite: ClientTransaction, user: ClientUser, now: float) -> None:
        """Send a CANCEL for an INVITE that has had a provisional response (RFC 3261 section 9.1)."""
        source = invite.request.headers
        headers: Headers = {
            name: source[name] for name in ("Via", "Max-Forwards", "From", "To", "Call-ID") if name in source
        }
        headers["CSeq"] = [f"{invite.request.cseq[0]} CANCEL"]
        if "Route" in source:
            headers["Route"] = source["Route"]
        request = Request("CANCEL", invite.request.uri, headers)
        key = f"{invite.key.partition(' ')[0]} CANCEL"
        transaction = ClientTransaction(self, key, request, invite.flow, user)
        self._clients[key] = transaction
        self._begin(transaction, now)

    def _begin(self, transaction: ClientTransaction, now: float) -> None:
        transaction.data = transaction.request.encode()
        transaction.until = now + self._timeout
        if transaction.flow.reliable:
            transaction.timer = self._timers.start(self._timeout, now, self._client_tick, transaction)
        else:
            transaction.interval = self.timing.t1
            transaction.timer = self._timers.start(self.timing.t1, now, self._client_tick, transaction)
        self._transmit(transaction.flow, transaction.data)

    def send_stateless(self, request: Request, flow: Flow) -> bytes:
        """Send an ACK for a 2xx, which has no transaction of its own; returns its bytes for retransmission."""
        request.uri = without_headers(request.uri)
        request.headers = {"Via": [flow.via_prefix + self._new_branch()], **request.headers}
        data = request.encode()
        self._transmit(flow, data)
        return data

    def repeat(self, transaction: ServerTransaction) -> None:
        """Send the last response of a transaction again."""
        if transaction.last:
            self._transmit(transaction.flow, transaction.last)

    def send_again(self, transaction: ClientTransaction) -> None:
        """Send an INVITE once more that has had provisional responses only, to whoever may have forgotten it.

        Who has not answers with the same provisional response again (section 17.2.1).
        """
        if transaction.state == "proceeding":
            self._transmit(transaction.flow, transaction.data)

    def abandon(self, transaction: ClientTransaction) -> None:
        """Forget a transaction that will never end by itself."""
        self._end(transaction)

    def flow_lost(self, flow: Flow, now: float) -> None:
        """A connection is gone: whatever waits for a response on it fails now."""
        for transaction in [each for each in self._clients.values() if each.flow is flow]:
            self.run(transaction, "lost", now, None)
        for server in [each for each in self._servers.values() if each.flow is flow]:
            self._end(server)

    @property
    def waiting_clients(self) -> int:
        """Requests of ours that have no final response yet."""
        return sum(1 for each in self._clients.values() if each.state in ("calling", "trying", "proceeding"))

    @property
    def server_count(self) -> int:
        """Requests that are being dealt with or may still come again."""
        return len(self._servers)

    def is_waiting(self, branch: str, method: str) -> bool:
        """Whether a request of ours with this branch is under way."""
        return f"{branch} {method}" in self._clients

    def __len__(self) -> int:
        return len(self._servers) + len(self._clients)

    # -- timers -------------------------------------------------------------------------------------------

    def _trying(self, transaction: ServerTransaction, now: float) -> None:
        if not transaction.last and not transaction.answered:
            transaction.timer = None
            transaction.answer(100, now)

    def _client_tick(self, transaction: ClientTransaction, now: float) -> None:
        self.run(transaction, "timeout" if now + GRAIN >= transaction.until else "retransmit", now, None)

    def _server_tick(self, transaction: ServerTransaction, now: float) -> None:
        self.run(transaction, "timeout" if now + GRAIN >= transaction.until else "retransmit", now, None)

    def _tick_again(self, transaction: ServerTransaction | ClientTransaction, now: float) -> None:
        """Wait for the next retransmission, or for the end if that is nearer."""
        tick = self._server_tick if isinstance(transaction, ServerTransaction) else self._client_tick
        interval, until = transaction.interval, transaction.until
        if now + interval < until:
            transaction.timer = self._timers.start(interval, now, tick, transaction)
        else:
            transaction.timer = self._timers.start_at(until, tick, transaction)

    def _over(self, transaction: ServerTransaction | ClientTransaction, now: float) -> None:
        del now
        self._end(transaction)
        if isinstance(transaction, ClientTransaction):
            transaction.user.on_over(transaction)

    # -- the machines -------------------------------------------------------------------------------------

    def run(
        self, transaction: ServerTransaction | ClientTransaction, event: str, now: float, response: Response | None
    ) -> None:
        """One step of a machine: look up the row, take the next state, do the action."""
        if isinstance(transaction, ServerTransaction):
            table = SERVER_INVITE if transaction.is_invite else SERVER_OTHER
        else:
            table = CLIENT_INVITE if transaction.is_invite else CLIENT_OTHER
        row = table.get((transaction.state, event))
        if row is None:
            return
        action, transaction.state = row
        _ACTIONS[action](self, transaction, now, response)

    def _wait(self, transaction: ServerTransaction | ClientTransaction, delay: float, now: float) -> None:
        """Stay for retransmissions of the peer, then forget the transaction."""
        if transaction.timer is not None:
            transaction.timer.stop()
        if delay and not (transaction.flow.reliable and transaction.state != "accepted"):
            transaction.timer = self._timers.start(delay, now, self._over, transaction)
        else:
            self._end(transaction)

    def _end(self, transaction: ServerTransaction | ClientTransaction) -> None:
        transaction.state = "terminated"
        if transaction.timer is not None:
            transaction.timer.stop()
            transaction.timer = None
        key = transaction.key
        if isinstance(transaction, ServerTransaction):
            if self._servers.get(key) is transaction:
                del self._servers[key]
            if transaction.identity:
                del self._identities[transaction.identity]
                transaction.identity = ""
        elif self._clients.get(key) is transaction:
            del self._clients[key]

    # Actions of the server machines

    def _reply(self, transaction: ServerTransaction, now: float, response: Response) -> None:
        transaction.last = response.encode()
        self._transmit(transaction.flow, transaction.last)

    def _repeat(self, transaction: ServerTransaction, now: float, response: Response | None) -> None:
        self.repeat(transaction)

    def _reply_and_wait(self, transaction: ServerTransaction, now: float, response: Response) -> None:
        self._reply(transaction, now, response)
        self._wait(transaction, self._timeout, now)

    def _reply_and_forget(self, transaction: ServerTransaction, now: float, response: Response) -> None:
        self._reply(transaction, now, response)
        self._end(transaction)

    def _refuse_until_ack(self, transaction: ServerTransaction, now: float, response: Response) -> None:
        self._reply(transaction, now, response)
        if transaction.timer is not None:
            transaction.timer.stop()
        transaction.until = now + self._timeout
        transaction.interval = self.timing.t1
        delay = self._timeout if transaction.flow.reliable else transaction.interval
        transaction.timer = self._timers.start(delay, now, self._server_tick, transaction)

    def _repeat_until_ack(self, transaction: ServerTransaction, now: float, response: Response | None) -> None:
        self._transmit(transaction.flow, transaction.last)
        transaction.interval = min(2 * transaction.interval, self.timing.t2)
        self._tick_again(transaction, now)

    def _acknowledged(self, transaction: ServerTransaction, now: float, response: Response | None) -> None:
        self._wait(transaction, self.timing.t4, now)

    def _unacknowledged(self, transaction: ServerTransaction, now: float, response: Response | None) -> None:
        self._end(transaction)
        self._user.invite_unacknowledged(transaction, now)

    # Actions of the client machines

    def _resend(self, transaction: ClientTransaction, now: float, response: Response | None) -> None:
        self._transmit(transaction.flow, transaction.data)
        interval = 2 * transaction.interval
        if not transaction.is_invite and (transaction.state == "proceeding" or interval > self.timing.t2):
            interval = self.timing.t2
        transaction.interval = interval
        self._tick_again(transaction, now)

    def _provisional(self, transaction: ClientTransaction, now: float, response: Response) -> None:
        if transaction.is_invite:
            # Timer B only guards the wait for the first response; how long to ring is the user's affair.
            transaction.interval, transaction.until = self._timeout, now + LONGEST_PROCEEDING
        transaction.user.on_response(transaction, response, now)

    def _wait_on(self, transaction: ClientTransaction, now: float, response: Response | None) -> None:
        self._tick_again(transaction, now)

    def _accepted(self, transaction: ClientTransaction, now: float, response: Response) -> None:
        self._wait(transaction, self._timeout, now)
        transaction.user.on_response(transaction, response, now)

    def _pass_up(self, transaction: ClientTransaction, now: float, response: Response) -> None:
        transaction.user.on_response(transaction, response, now)

    def _refused(self, transaction: ClientTransaction, now: float, response: Response) -> None:
        self._acknowledge(transaction, now, response)
        self._wait(transaction, self._timeout, now)
        transaction.user.on_response(transaction, response, now)

    def _acknowledge(self, transaction: ClientTransaction, now: float, response: Response) -> None:
        source = transaction.request.headers
        headers: Headers = {name: source[name] for name in ("Via", "Max-Forwards", "From") if name in source}
        headers["To"] = response.headers["To"]
        headers["Call-ID"] = source["Call-ID"]
        headers["CSeq"] = [f"{transaction.request.cseq[0]} ACK"]
        if "Route" in source:
            headers["Route"] = source["Route"]
        self._transmit(transaction.flow, Request("ACK", transaction.request.uri, headers).encode())

    def _final(self, transaction: ClientTransaction, now: float, response: Response) -> None:
        self._wait(transaction, self.timing.t4, now)
        transaction.user.on_response(transaction, response, now)

    def _timed_out(self, transaction: ClientTransaction, now: float, response: Response | None) -> None:
        self._end(transaction)
        transaction.user.on_timeout(transaction, now)


_ACTIONS: dict[str, Callable[..., None]] = {
    "reply": TransactionLayer._reply,
    "repeat": TransactionLayer._repeat,
    "reply_and_wait": TransactionLayer._reply_and_wait,
    "reply_and_forget": TransactionLayer._reply_and_forget,
    "refuse_until_ack": TransactionLayer._refuse_until_ack,
    "repeat_until_ack": TransactionLayer._repeat_until_ack,
    "acknowledged": TransactionLayer._acknowledged,
    "unacknowledged": TransactionLayer._unacknowledged,
    "resend": TransactionLayer._resend,
    "provisional": TransactionLayer._provisional,
    "wait_on": TransactionLayer._wait_on,
    "accepted": TransactionLayer._accepted,
    "pass_up": TransactionLayer._pass_up,
    "refused": TransactionLayer._refused,
    "acknowledge": TransactionLayer._acknowledge,
    "final": TransactionLayer._final,
    "timed_out": TransactionLayer._timed_out,
}
