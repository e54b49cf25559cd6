"""The four transaction machines (RFC 3261 section 17, RFC 6026): what is sent, when, and when it is over."""

from __future__ import annotations

from itertools import count

import pytest

from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.message import Request, Response, response_to
from ringward.protocols.sip.message_parser import parse_message
from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.transaction import ClientTransaction, ServerTransaction
from ringward.protocols.sip.transaction_layer import LONGEST_PROCEEDING, TransactionLayer

START = 12345.678
"""No round number: sums of delays are not exact."""
T1_SERIES = [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
"""Timer A: an INVITE is sent when these seconds have passed (table 4)."""
T2_SERIES = [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
"""Timers E and G: other requests and refusals of an INVITE, at most every T2."""
VIA = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK"


class Side:
    """A transaction layer, its user, and what it sent with the time."""

    def __init__(self, transport: Transport = Transport.UDP) -> None:
        branches = count(1)
        self.timers = TimerQueue()
        self.layer = TransactionLayer(self, self._transmit, self.timers, lambda: f"z9hG4bK{next(branches)}")
        self.flow = Flow(transport, ("10.0.0.2", 5060), ("10.0.0.1", 5060))
        self.now = START
        self.sent: list[tuple[float, bytes]] = []
        self.told: list[str] = []
        self.requests: list[ServerTransaction] = []

    def _transmit(self, flow: Flow, data: bytes) -> None:
        self.sent.append((self.now, data))

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.timers.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.timers.advance(self.now)
        self.now = until

    def hear(self, data: bytes, flow: Flow | None = None) -> str:
        return self.layer.receive(data, flow or self.flow, self.now)

    def send(self, method: str) -> ClientTransaction:
        headers = {
            "Max-Forwards": ["70"],
            "From": ["<sip:a@x>;tag=1"],
            "To": ["<sip:b@x>"],
            "Call-ID": ["c"],
            "CSeq": [f"1 {method}"],
        }
        return self.layer.send(Request(method, "sip:b@x", headers), self.flow, self, self.now)

    def answer(self, transaction: ClientTransaction, status: int, to_tag: str = "t") -> None:
        self.hear(response_to(transaction.request, status, to_tag=to_tag).encode())

    def times(self, start: bytes) -> list[float]:
        """When what begins so was sent, in seconds since the start."""
        return [round(at - START, 6) for at, data in self.sent if data.startswith(start)]

    @property
    def statuses(self) -> list[int]:
        return [int(data.split(b" ")[1]) for _, data in self.sent if data.startswith(b"SIP/")]

    # users

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        self.requests.append(transaction)

    def ack_received(self, request: Request, flow: Flow, now: float) -> None:
        self.told.append("ack")

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None:
        self.told.append("cancel")

    def invite_unacknowledged(self, transaction: ServerTransaction, now: float) -> None:
        self.told.append(f"unacknowledged {round(now - START, 6)}")

    def stray_response(self, response: Response, flow: Flow, now: float) -> None:
        self.told.append("stray")

    def on_response(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        self.told.append(str(response.status))

    def on_over(self, transaction: ClientTransaction) -> None:
        """Nothing is kept here."""

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        self.told.append(f"timeout {round(now - START, 6)}")


def request(
    method: str, branch: str = "a", cseq: str = "1", to_tag: str = "", via: str = VIA, tag: str = "1"
) -> bytes:
    to = f"<sip:b@x>;tag={to_tag}" if to_tag else "<sip:b@x>"
    return (
        f"{method} sip:b@x SIP/2.0\r\nVia: {via}{branch}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:a@x>;tag={tag}\r\nTo: {to}\r\nCall-ID: c\r\nCSeq: {cseq} {method}\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode()


# -- client machines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "series"), [("INVITE", T1_SERIES), ("OPTIONS", T2_SERIES)])
def test_request_without_response(method: str, series: list[float]) -> None:
    side = Side()
    side.send(method)
    side.run(100)
    assert side.times(method.encode()) == series
    assert side.told == ["timeout 32.0"]
    assert len(side.layer) == 0 and side.timers.next_deadline() is None


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_reliable_transport_never_retransmits(method: str) -> None:
    side = Side(Transport.TLS)
    side.send(method)
    side.run(100)
    assert side.times(method.encode()) == [0.0]
    assert side.told == ["timeout 32.0"]


def test_provisional_response_stops_retransmission_of_an_invite_for_good() -> None:
    side = Side()
    invite = side.send("INVITE")
    side.run(2)
    side.answer(invite, 180)
    side.run(300)
    assert side.times(b"INVITE") == [0.0, 0.5, 1.5]
    assert side.told == ["180"]


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_peer_that_only_ever_says_trying_is_given_up_some_day(transport: Transport) -> None:
    side = Side(transport)
    invite = side.send("INVITE")
    side.run(1)
    side.answer(invite, 100)
    side.run(3600)
    side.answer(invite, 180)
    side.run(LONGEST_PROCEEDING - 0.1)
    assert side.told == ["100", "180"]
    side.run(0.2)
    assert side.told[2:] == ["timeout 10801.0"]
    assert len(side.layer) == 0 and side.timers.next_deadline() is None


def test_provisional_response_slows_retransmission_of_other_requests() -> None:
    side = Side()
    options = side.send("OPTIONS")
    side.answer(options, 100)
    side.run(100)
    assert side.times(b"OPTIONS") == [0.0, 0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert side.told == ["100", "timeout 32.0"]


def test_refused_invite_is_acknowledged_each_time_and_told_once() -> None:
    side = Side()
    invite = side.send("INVITE")
    for _ in range(3):
        side.answer(invite, 486)
    assert side.told == ["486"]
    acks = [parse_message(data) for _, data in side.sent if data.startswith(b"ACK")]
    assert len(acks) == 3
    for ack in acks:
        assert ack.headers["Via"] == invite.request.headers["Via"]
        assert (ack.to_tag, ack.cseq) == ("t", (1, "ACK"))


@pytest.mark.parametrize(
    ("method", "status", "transport", "wait"),
    [
        ("INVITE", 486, Transport.UDP, 32.0),  # timer D
        ("INVITE", 486, Transport.TCP, 0.0),
        ("INVITE", 200, Transport.UDP, 32.0),  # timer M
        ("INVITE", 200, Transport.TCP, 32.0),
        ("OPTIONS", 200, Transport.UDP, 5.0),  # timer K
        ("OPTIONS", 486, Transport.TCP, 0.0),
    ],
)
def test_how_long_a_client_transaction_stays(method: str, status: int, transport: Transport, wait: float) -> None:
    side = Side(transport)
    side.answer(side.send(method), status)
    if wait:
        side.run(wait - 0.1)
        assert len(side.layer) == 1
        side.run(0.2)
    assert len(side.layer) == 0
    assert side.told == [str(status)]


def test_repeated_acceptance_is_passed_up_until_timer_m() -> None:
    side = Side()
    invite = side.send("INVITE")
    for _ in range(3):
        side.answer(invite, 200)
    side.run(33)
    side.answer(invite, 200)
    assert side.told == ["200", "200", "200", "stray"]


def test_response_with_two_vias_is_not_ours() -> None:
    side = Side()
    invite = side.send("INVITE")
    response = response_to(invite.request, 200, to_tag="t")
    for vias in (["X"], ["X", "Y"], []):
        response.headers["Via"] = [invite.request.headers["Via"][0], *vias]
        side.hear(response.encode())
    response.headers["Via"] = [invite.request.headers["Via"][0] + ", SIP/2.0/UDP h"]
    side.hear(response.encode())
    assert side.told == ["200"]


def test_lost_connection_ends_what_waits() -> None:
    side = Side(Transport.TCP)
    side.send("INVITE")
    side.send("OPTIONS")
    side.layer.flow_lost(side.flow, side.now)
    assert side.told == ["timeout 0.0"] * 2
    assert len(side.layer) == 0


# -- server machines --------------------------------------------------------------------------------------------


def test_refusal_is_repeated_until_the_ack() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.requests[0].answer(486, side.now, to_tag="t")
    side.run(4)
    assert side.times(b"SIP/2.0 486") == [0.0, 0.5, 1.5, 3.5]
    side.hear(request("ACK", to_tag="t"))
    side.run(4.9)
    assert len(side.layer) == 1, "timer I"
    side.run(0.2)
    assert len(side.layer) == 0
    assert len(side.times(b"SIP/2.0 486")) == 4
    assert side.told == [], "an ACK for a refusal is nobody's affair"


def test_refusal_that_is_never_acknowledged() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.requests[0].answer(486, side.now, to_tag="t")
    side.run(100)
    assert side.times(b"SIP/2.0 486") == T2_SERIES
    assert side.told == ["unacknowledged 32.0"]
    assert len(side.layer) == 0


def test_refusal_on_a_reliable_transport_is_sent_once() -> None:
    side = Side(Transport.TCP)
    side.hear(request("INVITE"))
    side.requests[0].answer(486, side.now, to_tag="t")
    side.run(100)
    assert side.times(b"SIP/2.0 486") == [0.0]
    assert side.told == ["unacknowledged 32.0"]


@pytest.mark.parametrize(
    ("method", "status", "transport", "wait"),
    [
        ("INVITE", 200, Transport.UDP, 32.0),  # timer L
        ("INVITE", 200, Transport.TCP, 32.0),
        ("OPTIONS", 200, Transport.UDP, 32.0),  # timer J
        ("OPTIONS", 404, Transport.TCP, 0.0),
    ],
)
def test_how_long_a_server_transaction_stays(method: str, status: int, transport: Transport, wait: float) -> None:
    side = Side(transport)
    side.hear(request(method))
    side.requests[0].answer(status, side.now, to_tag="t")
    if wait:
        side.run(wait - 0.1)
        assert len(side.layer) == 1
        side.run(0.2)
    assert len(side.layer) == 0


def test_invite_is_answered_with_100_when_its_user_is_slow() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.run(1)
    assert side.times(b"SIP/2.0 100") == [0.2]
    quick = Side()
    quick.hear(request("INVITE"))
    quick.requests[0].answer(180, quick.now, to_tag="t")
    quick.run(1)
    assert quick.statuses == [180]


def test_retransmitted_requests_get_the_last_answer_and_are_told_once() -> None:
    side = Side()
    side.hear(request("OPTIONS"))
    side.hear(request("OPTIONS"))
    side.requests[0].answer(200, side.now, to_tag="t")
    side.hear(request("OPTIONS"))
    assert len(side.requests) == 1
    assert side.statuses == [200, 200]


def test_retransmitted_invite_after_acceptance_is_absorbed() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.requests[0].answer(200, side.now, to_tag="t")
    side.hear(request("INVITE"))
    assert (len(side.requests), side.statuses) == (1, [200])


def test_second_final_response_is_not_sent() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.requests[0].answer(486, side.now, to_tag="t")
    side.requests[0].answer(200, side.now, to_tag="t")
    side.requests[0].answer(180, side.now, to_tag="t")
    assert side.statuses == [486]


# -- merged requests (RFC 3261 section 8.2.2.2) -----------------------------------------------------------------


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER"])
def test_merged_request_is_refused(method: str) -> None:
    side = Side()
    side.hear(request(method, "one"))
    side.hear(request(method, "two"))
    assert len(side.requests) == 1
    assert side.statuses == [482]


@pytest.mark.parametrize(
    "other",
    [
        request("OPTIONS", "two", cseq="2"),
        request("OPTIONS", "two", tag="2"),
        request("OPTIONS", "two", to_tag="t"),
        request("INFO", "two"),
    ],
)
def test_request_that_only_looks_merged(other: bytes) -> None:
    side = Side()
    side.hear(request("OPTIONS", "one"))
    side.hear(other)
    assert len(side.requests) == 2


def test_request_is_not_merged_with_one_that_is_forgotten() -> None:
    side = Side()
    side.hear(request("OPTIONS", "one"))
    side.requests[0].answer(200, side.now, to_tag="t")
    side.run(33)
    side.hear(request("OPTIONS", "two"))
    assert len(side.requests) == 2


# -- CANCEL -----------------------------------------------------------------------------------------------------


def test_cancel_finds_its_invite_and_has_the_tag_of_its_responses() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.requests[0].answer(180, side.now, to_tag="ringing")
    side.hear(request("CANCEL"))
    assert side.told == ["cancel"]
    answer = parse_message(side.sent[-1][1])
    assert (answer.cseq[1], answer.to_tag) == ("CANCEL", "ringing")


def test_cancel_without_invite() -> None:
    side = Side()
    side.hear(request("CANCEL"))
    assert side.statuses == [481]


def test_cancel_after_the_answer_has_no_effect() -> None:
    side = Side()
    side.hear(request("INVITE"))
    side.requests[0].answer(200, side.now, to_tag="t")
    side.hear(request("CANCEL"))
    assert side.told == []
    assert side.statuses == [200, 200]


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_cancel_from_elsewhere_has_no_effect(transport: Transport) -> None:
    """Who can guess or see a branch must not be able to end the call (section 22.1)."""
    side = Side(transport)
    side.hear(request("INVITE"))
    for elsewhere in (Transport.UDP, Transport.TCP):
        side.hear(request("CANCEL"), Flow(elsewhere, ("10.0.0.2", 5060), ("10.6.6.6", 5060)))
    assert side.told == []
    assert set(side.statuses) == {481}


# -- requests of the RFC before, without a branch of ours ---------------------------------------------------------


def test_old_requests_are_matched_by_what_they_hold() -> None:
    side = Side()
    old = "SIP/2.0/UDP 10.0.0.1:5060"
    side.hear(request("INVITE", "", via=old))
    side.hear(request("INVITE", "", via=old))
    assert len(side.requests) == 1
    side.requests[0].answer(486, side.now, to_tag="t")
    side.hear(request("ACK", "", via=old, to_tag="t"))
    side.run(6)
    assert side.statuses == [486] and len(side.layer) == 0
    side.hear(request("INVITE", "", via=old, cseq="2"))
    side.hear(request("CANCEL", "", via=old, cseq="2"))
    assert side.told == ["cancel"]


# -- where responses go -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("via", "noted", "port"),
    [
        ("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa", 5060),
        ("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa", 5060),
        ("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa", "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa", 5070),
        (
            "SIP/2.0/UDP phone.example:5070;branch=z9hG4bKa;rport",
            "SIP/2.0/UDP phone.example:5070;branch=z9hG4bKa;rport=40000;received=10.0.0.1",
            40000,
        ),
        (
            "SIP/2.0/UDP 10.9.9.9;maddr=10.6.6.6;received=10.7.7.7;branch=z9hG4bKa",
            "SIP/2.0/UDP 10.9.9.9;maddr=10.6.6.6;branch=z9hG4bKa;received=10.0.0.1",
            5060,
        ),
        (
            'SIP/2.0/UDP 10.9.9.9;x=",;rport;";branch=z9hG4bKa, SIP/2.0/UDP other',
            'SIP/2.0/UDP 10.9.9.9;x=",;rport;";branch=z9hG4bKa;received=10.0.0.1, SIP/2.0/UDP other',
            5060,
        ),
    ],
)
def test_responses_go_to_the_address_the_request_came_from(via: str, noted: str, port: int) -> None:
    side = Side()
    sent: list[tuple[Flow, bytes]] = []
    layer = TransactionLayer(side, lambda flow, data: sent.append((flow, data)), TimerQueue(), lambda: "b")
    layer.receive(
        request("OPTIONS", "", via=via), Flow(Transport.UDP, ("10.0.0.2", 5060), ("10.0.0.1", 40000)), 0.0
    )
    side.requests[0].answer(200, 0.0, to_tag="t")
    flow, data = sent[0]
    assert flow.remote == ("10.0.0.1", port)
    assert parse_message(data).headers["Via"] == [noted]
