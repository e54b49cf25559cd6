"""Two transaction layers over a network that loses, repeats and reorders: what RFC 3261 section 17 promises holds.

A client and a server exchange requests. At any time packets may be delivered in any order, dropped or doubled
where the transport may do that; time may pass; the users may answer, cancel or lose the connection.
"""

from __future__ import annotations

from itertools import count, pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.message_parser import parse_message
from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.transaction import ClientTransaction, ServerTransaction
from ringward.protocols.sip.transaction_layer import TransactionLayer

T1, T2, TIMEOUT = 0.5, 4.0, 32.0
INVITE_GAPS = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
LIMIT = 6
"""Requests of one run; more would only be more of the same."""
LONG = 100.0
"""Seconds after which nothing is left of a transaction of which nothing more is heard."""


class Watched:
    """A request of the client, and all that became of it."""

    def __init__(self, transaction: ClientTransaction, now: float) -> None:
        self.transaction = transaction
        self.sent = [now]
        self.provisional_at: float | None = None
        self.finals: list[int] = []
        self.refusals_heard = 0
        self.acks = 0
        self.timed_out = False
        self.cancelled = False


class Network(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000.1  # no round number: sums of delays are not exact
        self.transit: list[tuple[bool, bytes]] = []
        self.watched: dict[str, Watched] = {}
        self.refusals: dict[str, list[float]] = {}
        self.repeats_asked: dict[str, int] = {}
        self.acknowledged: set[str] = set()
        self.open: list[ServerTransaction] = []
        self.calls = count(1)
        self.reliable = False
        self.client_lost = False

    @initialize(transport=st.sampled_from([Transport.UDP, Transport.UDP, Transport.TCP]))
    def connect(self, transport: Transport) -> None:
        branches = count(1)
        self.reliable = transport is not Transport.UDP
        self.client_timers, self.server_timers = TimerQueue(), TimerQueue()
        self.client_flow = Flow(transport, ("10.0.0.1", 5060), ("10.0.0.2", 5060))
        self.server_flow = Flow(transport, ("10.0.0.2", 5060), ("10.0.0.1", 5060))
        self.client = TransactionLayer(
            self, self._client_sends, self.client_timers, lambda: f"z9hG4bK{next(branches)}"
        )
        self.server = TransactionLayer(self, self._server_sends, self.server_timers, lambda: "unused")

    # -- the wire ---------------------------------------------------------------------------------------------

    def _client_sends(self, flow: Flow, data: bytes) -> None:
        request = parse_message(data)
        assert isinstance(request, Request)
        watched = self.watched.get(request.via.branch)
        if watched is not None and request.method == watched.transaction.request.method:
            watched.sent.append(self.now)
        elif watched is not None and request.method == "ACK":
            assert watched.refusals_heard, "an ACK in the transaction acknowledges a refusal of its INVITE"
            assert request.headers["Via"] == watched.transaction.request.headers["Via"]
            assert request.cseq[0] == watched.transaction.request.cseq[0]
            watched.acks += 1
        if not self.client_lost:
            self.transit.append((True, data))

    def _server_sends(self, flow: Flow, data: bytes) -> None:
        response = parse_message(data)
        assert isinstance(response, Response)
        if response.status >= 300 and response.cseq[1] == "INVITE":
            assert response.via.branch not in self.acknowledged, "repeated although acknowledged"
            self.refusals.setdefault(response.via.branch, []).append(self.now)
        if not self.client_lost:
            self.transit.append((False, data))

    def _deliver(self, to_server: bool, data: bytes) -> None:
        message = parse_message(data)
        branch = message.via.branch
        if to_server:
            if message.cseq[1] == "INVITE" and branch in self.refusals:
                self.repeats_asked[branch] = self.repeats_asked.get(branch, 0) + 1
            if message.cseq[1] == "ACK" and branch in self.refusals:
                self.acknowledged.add(branch)
            assert self.server.receive(data, self.server_flow, self.now) == ""
            return
        assert isinstance(message, Response)
        watched = self.watched.get(branch)
        if (
            watched is not None
            and message.cseq[1] == watched.transaction.request.method == "INVITE"
            and message.status >= 300
            and watched.transaction.state in ("calling", "proceeding", "completed")
        ):
            watched.refusals_heard += 1
        self.client.receive(data, self.client_flow, self.now)

    # -- users ------------------------------------------------------------------------------------------------

    def on_response(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        watched = self._of(transaction)
        if watched is None:
            return  # the answer to a CANCEL
        assert not watched.timed_out
        if response.status < 200:
            assert not watched.finals, "a provisional response after the final one"
            if watched.provisional_at is None:
                watched.provisional_at = now
            return
        accepted = transaction.is_invite and response.status < 300
        assert not watched.finals or (accepted and watched.finals[0] < 300), "more than one final response"
        watched.finals.append(response.status)
        if accepted:
            ack = Request("ACK", "sip:b@x", {**transaction.request.headers, "CSeq": ["1 ACK"]})
            ack.headers.pop("Via")
            self.client.send_stateless(ack, self.client_flow)

    def on_over(self, transaction: ClientTransaction) -> None:
        """Nothing is kept here."""

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        watched = self._of(transaction)
        if watched is None:
            return
        assert not watched.finals and not watched.timed_out
        if not self.client_lost:
            assert abs(now - watched.sent[0] - TIMEOUT) < 1e-6
        watched.timed_out = True

    def _of(self, transaction: ClientTransaction) -> Watched | None:
        found = self.watched.get(transaction.key.partition(" ")[0])
        return found if found is not None and found.transaction is transaction else None

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        assert transaction.request.method != "ACK"
        self.open = [each for each in self.open if each.state != "terminated"]
        assert transaction.key not in [each.key for each in self.open], "a retransmission is no new request"
        # A datagram that was under way until its transaction was forgotten is a new request like the first.
        branch = transaction.request.via.branch
        self.refusals.pop(branch, None)
        self.repeats_asked.pop(branch, None)
        self.acknowledged.discard(branch)
        self.open.append(transaction)

    def ack_received(self, request: Request, flow: Flow, now: float) -> None:
        pass

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None:
        assert not transaction.answered
        transaction.answer(487, now, to_tag="t")

    def invite_unacknowledged(self, transaction: ServerTransaction, now: float) -> None:
        branch = transaction.request.via.branch
        assert branch not in self.acknowledged
        sent = self.refusals[branch]
        assert abs(now - sent[0] - TIMEOUT) < 1e-6

    def stray_response(self, response: Response, flow: Flow, now: float) -> None:
        assert response.status < 300 and response.cseq[1] == "INVITE"

    # -- what may happen --------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.watched) < LIMIT and not self.client_lost)
    @rule(method=st.sampled_from(["INVITE", "INVITE", "OPTIONS", "BYE"]))
    def send(self, method: str) -> None:
        number = next(self.calls)
        headers = {
            "Max-Forwards": ["70"],
            "From": ["<sip:a@x>;tag=1"],
            "To": ["<sip:b@x>"],
            "Call-ID": [f"call{number}"],
            "CSeq": [f"1 {method}"],
        }
        transaction = self.client.send(Request(method, "sip:b@x", headers), self.client_flow, self, self.now)
        self.watched[transaction.key.partition(" ")[0]] = Watched(transaction, self.now)

    @precondition(lambda self: self.transit)
    @rule(which=st.integers(0, 100))
    def deliver(self, which: int) -> None:
        # A stream keeps the order; datagrams come as they like.
        index = 0 if self.reliable else which % len(self.transit)
        self._deliver(*self.transit.pop(index))

    @precondition(lambda self: self.transit)
    @rule(twice=st.booleans())
    def deliver_all(self, twice: bool) -> None:
        while self.transit:
            packet = self.transit.pop(0)
            self._deliver(*packet)
            if twice and not self.reliable:
                self._deliver(*packet)

    @precondition(lambda self: self.transit and not self.reliable)
    @rule(which=st.integers(0, 100))
    def lose(self, which: int) -> None:
        self.transit.pop(which % len(self.transit))

    @precondition(lambda self: self.transit and not self.reliable)
    @rule(which=st.integers(0, 100))
    def repeat(self, which: int) -> None:
        self.transit.append(self.transit[which % len(self.transit)])

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, 100), status=st.sampled_from([100, 180, 183, 200, 200, 404, 486, 603]))
    def answer(self, which: int, status: int) -> None:
        transaction = self.open[which % len(self.open)]
        transaction.answer(status, self.now, to_tag="t")
        if status >= 200 and not (transaction.is_invite and transaction.state == "accepted"):
            self.open.remove(transaction)

    @precondition(lambda self: not self.client_lost)
    @rule(which=st.integers(0, 100))
    def cancel(self, which: int) -> None:
        waiting = [
            each
            for each in self.watched.values()
            if each.transaction.is_invite and each.transaction.state == "proceeding" and not each.cancelled
        ]
        if waiting:
            watched = waiting[which % len(waiting)]
            watched.cancelled = True
            self.client.cancel(watched.transaction, self, self.now)

    @rule(seconds=st.sampled_from([0.05, 0.2, 0.5, 1.0, 4.0, 5.0, 31.0, 33.0]))
    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            due = [
                each for each in (self.client_timers.next_deadline(), self.server_timers.next_deadline()) if each
            ]
            if not due or min(due) > until:
                break
            self.now = max(self.now, min(due))
            self.client_timers.advance(self.now)
            self.server_timers.advance(self.now)
        self.now = until

    @precondition(lambda self: self.reliable and not self.client_lost and len(self.watched) == LIMIT)
    @rule()
    def lose_connection(self) -> None:
        self.client_lost = True
        self.transit.clear()
        self.client.flow_lost(self.client_flow, self.now)
        self.server.flow_lost(self.server_flow, self.now)
        assert len(self.server) == 0

    # -- what must hold ---------------------------------------------------------------------------------------

    @invariant()
    def retransmissions_keep_to_table_4(self) -> None:
        for watched in self.watched.values():
            gaps = [later - earlier for earlier, later in pairwise(watched.sent)]
            if self.reliable:
                assert not gaps, "a reliable transport needs no retransmission"
            elif watched.transaction.is_invite:
                assert _same(gaps, INVITE_GAPS[: len(gaps)])
                if watched.provisional_at is not None:
                    assert watched.sent[-1] <= watched.provisional_at
            else:
                assert len(gaps) <= 10
                for gap, longest in zip(gaps, [0.5, 1.0, 2.0, *[4.0] * 7], strict=False):
                    assert _same([gap], [longest]) or (watched.provisional_at is not None and _same([gap], [T2]))

    @invariant()
    def each_refusal_is_acknowledged_once(self) -> None:
        for watched in self.watched.values():
            assert watched.acks == watched.refusals_heard

    @invariant()
    def refusals_are_repeated_by_timer_or_on_request(self) -> None:
        for branch, sent in self.refusals.items():
            by_timer = [each for each in sent[1:] if self._is_timer_g(each - sent[0])]
            others = len(sent) - 1 - len(by_timer)
            assert others <= self.repeats_asked.get(branch, 0)
            if self.reliable:
                assert len(sent) == 1

    def _is_timer_g(self, passed: float) -> bool:
        return any(abs(passed - due) < 1e-6 for due in (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5))

    def teardown(self) -> None:
        if not hasattr(self, "client"):
            return
        while self.transit or self.open:
            self.deliver_all(twice=False)
            while self.open:
                self.open.pop().answer(486, self.now, to_tag="t")
            self.pass_time(LONG)
        for watched in self.watched.values():
            if watched.transaction.state == "proceeding" and watched.transaction.is_invite:
                # How long to wait for the end of ringing is the affair of the layer's user.
                self.client.abandon(watched.transaction)
        self.pass_time(LONG)
        assert len(self.client) == len(self.server) == 0
        assert not self.server._identities
        assert self.client_timers.next_deadline() is None and self.server_timers.next_deadline() is None


def _same(gaps: list[float], expected: list[float]) -> bool:
    return len(gaps) == len(expected) and all(abs(a - b) < 1e-6 for a, b in zip(gaps, expected, strict=True))


TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
