"""Messages that are too much, too often, or have been here before; nothing of them is kept."""

from __future__ import annotations

import gc

import pytest

from harness.office import Office, Phone, sdp
from harness.stranger import Besieged, request, with_lines
from ringward.protocols.sip.flow import Transport
from ringward.protocols.sip.message_parser import MAX_HEADERS
from ringward.protocols.sip.transaction_layer import MAX_SERVER_TRANSACTIONS, RETRY_AFTER


@pytest.fixture
def besieged() -> Besieged:
    besieged = Besieged()
    besieged.add("1001")
    besieged.add("1002", ("bob", "right"))
    return besieged


STRANGE = [
    ("REGISTER", {"number": "1002"}, 401),
    ("REGISTER", {"number": "4711"}, 401),
    ("REGISTER", {"number": "4711", "extra": ['Authorization: Digest realm="ccmsipline"']}, 403),
    ("INVITE", {}, 403),
    ("OPTIONS", {}, 200),
    ("OPTIONS", {"uri": "sip:1001@10.0.0.254"}, 403),
    ("OPTIONS", {"max_forwards": "0"}, 200),
    ("OPTIONS", {"extra": ["Require: nonsense"]}, 420),
    ("CANCEL", {}, 481),
    ("BYE", {"to": "To: <sip:1001@10.0.0.254>;tag=x"}, 481),
    ("INVITE", {"to": "To: <sip:1001@10.0.0.254>;tag=x"}, 481),
    ("NONSENSE", {}, 403),
    ("OPTIONS", {"to": "To: <sip:x"}, 200),
    ("REGISTER", {"to": "To: <sip:x"}, 400),
]


@pytest.mark.parametrize(("method", "more", "status"), STRANGE)
@pytest.mark.parametrize("transport", list(Transport))
def test_nothing_is_kept_of_what_a_stranger_sends(
    besieged: Besieged, method: str, more: dict[str, str], status: int, transport: Transport
) -> None:
    for key in range(100):
        (answer,) = besieged.send(request(method, key=key, **more), transport=transport)  # type: ignore[arg-type]
        assert answer.status == status
    assert besieged.kept == 0
    timers = besieged.side.endpoint.timers
    besieged.pass_time(1.0)
    assert len(timers) == 0


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "garbage"])
def test_a_flood_costs_no_memory(besieged: Besieged, method: str) -> None:
    def flood(first: int, count: int) -> None:
        for key in range(first, first + count):
            besieged.now += 0.001
            data = request(method, "1002", key=f"{key:08}", extra=["X-Long: " + "x" * 1_500])
            besieged.send(data[:500] if method == "garbage" else data, f"203.0.113.{key % 250}")
            if key % 500 == 0:
                besieged.side.advance(besieged.now)

    def objects() -> int:
        besieged.flows.clear()
        gc.collect()
        return sum(not isinstance(each, tuple) for each in gc.get_objects())  # tuples: what the caches hold

    flood(0, 8_500)  # fills the caches, which have bounds of their own
    before = objects()
    flood(8_500, 3_000)
    assert objects() < before + 300, "a flood of 3,000 messages left something behind"


def test_max_forwards_is_spent(besieged: Besieged) -> None:
    besieged.ask("REGISTER")
    body = sdp("192.0.2.1")
    answer = besieged.ask(
        "INVITE", uri="sip:1002@10.0.0.254", max_forwards="0", body=body, extra=["Content-Type: application/sdp"]
    )
    assert answer.status == 483


@pytest.mark.parametrize(
    "data",
    [
        request(extra=["X: " + "x" * 9_000]),
        request(extra=[f"X-{number}: x" for number in range(MAX_HEADERS)]),
        request(extra=["Via: SIP/2.0/UDP " + "h" * 9_000]),
        request(to="To: <sip:" + "1" * 9_000 + "@10.0.0.254>"),
        request(uri="sip:" + "1" * 9_000 + "@10.0.0.254"),
        request(extra=[f"Contact: <sip:{'1' * 40}@h{number}>" for number in range(MAX_HEADERS)]),
    ],
)
def test_what_is_too_long_or_too_much_is_refused(besieged: Besieged, data: bytes) -> None:
    answers = besieged.send(data)
    assert [answer.status for answer in answers] in ([], [400], [414])
    assert besieged.side.counters.malformed == 1
    assert besieged.kept == 0


def test_a_body_longer_than_a_message_may_be_is_refused(besieged: Besieged) -> None:
    besieged.ask("REGISTER")
    besieged.send(request("INVITE", uri="sip:1002@10.0.0.254", body=b"x" * 70_000))
    assert besieged.side.endpoint.session_count == 0
    assert besieged.side.counters.malformed == 1


def test_too_many_requests_at_a_time_are_put_off(besieged: Besieged, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SERVER_TRANSACTIONS > 100_000
    monkeypatch.setattr("ringward.protocols.sip.transaction_layer.MAX_SERVER_TRANSACTIONS", 50)
    statuses = [besieged.ask("REGISTER", cseq=1).status for _ in range(60)]
    assert statuses == [200] * 50 + [503] * 10
    besieged.send(request("REGISTER", key="again"))
    assert b"Retry-After: " + RETRY_AFTER.encode() in besieged.sent[-1][1]
    besieged.pass_time(33)
    assert besieged.ask("REGISTER").status == 200


def test_one_phone_does_not_crowd_out_the_others(besieged: Besieged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringward.services.call_manager.line_side.PRESSING", 30)
    besieged.add("1003")
    besieged.ask("REGISTER", "1003", host="198.51.100.3")
    accepted = 0
    for key in range(5_000):
        accepted += len(besieged.send(request("REGISTER", key=f"a{key}")))
        if key % 100 == 0:
            besieged.side.advance(besieged.now)
    assert accepted <= 1_200
    assert besieged.ask("REGISTER", "1003", host="198.51.100.3").status == 200


def test_coming_and_going_leaves_nothing_behind(besieged: Besieged) -> None:
    for key in range(5_000):
        besieged.now += 0.01
        besieged.send(request("REGISTER", key=f"k{key}", extra=[f"Expires: {3600 * (key % 2)}"]))
    assert len(besieged.side.registrations._expiries) < 2_000
    besieged.pass_time(40)
    assert besieged.kept == 0


# -- loops --------------------------------------------------------------------------------------------------


@pytest.fixture
def office() -> Office:
    return Office()


def pair(office: Office) -> tuple[Phone, Phone]:
    alice, bob = office.phone("alice", "1001"), office.phone("bob", "1002")
    alice.register()
    bob.register()
    return alice, bob


def test_a_call_that_comes_back_to_us_is_refused(office: Office) -> None:
    """RFC 3261 section 16.3, item 4: by the Via that we put there, below those that others added."""
    alice, bob = pair(office)
    sent: list[bytes] = []
    office.wire.lose = lambda line: line == "cm -> bob: INVITE"
    carry = office.wire.carry

    def tap(source: object, flow: object, data: bytes) -> None:
        sent.append(data)
        carry(source, flow, data)  # type: ignore[arg-type]

    office.wire.carry = tap  # type: ignore[method-assign]
    alice.call("1002")
    office.wire.settle()
    ours = next(data for data in sent if data.startswith(b"INVITE sip:1002@10.0.0.2:"))
    head, _, rest = ours.partition(b"\r\n")
    other_call = rest.replace(b"Call-ID: ", b"Call-ID: other")
    same_call = rest[rest.index(b"\r\n") + 2 :]
    proxy = b"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKproxy\r\n"
    for returned in (ours, head + b"\r\n" + proxy + other_call, head + b"\r\n" + proxy + same_call):
        sent.clear()
        office.receive(returned, office.wire.flow(office, bob.agent), office.wire.now)  # type: ignore[arg-type]
        assert sent[-1].startswith(b"SIP/2.0 482 "), sent
    assert len(office.engine.calls) == 1


def test_a_phone_at_our_own_address_makes_no_loop() -> None:
    """A contact that is ourselves: the INVITE that we send there comes back and ends the attempt."""
    besieged = Besieged()
    besieged.devices = [with_lines(besieged.add("1001"), max_calls=1_000), with_lines(besieged.add("1002"))]
    besieged.configure()
    besieged.ask("REGISTER", "1001", host="10.0.0.254", port=5070)
    besieged.ask("REGISTER", "1002", host="10.0.0.254", port=5060)
    body = sdp("10.0.0.254")
    besieged.send(
        request(
            "INVITE",
            "1001",
            key="call",
            uri="sip:1002@10.0.0.254",
            host="10.0.0.254",
            port=5070,
            body=body,
            extra=["Content-Type: application/sdp"],
        ),
        "10.0.0.254",
    )
    turns = 0
    while besieged.sent and turns < 50:
        pending, besieged.sent[:] = list(besieged.sent), []
        for flow, data in pending:
            if flow.remote == ("10.0.0.254", 5060):
                besieged.side.receive(data, besieged.flow("10.0.0.254"), besieged.now)
        turns += 1
    assert turns < 10
    besieged.pass_time(70)
    assert besieged.kept == 0
    assert not besieged.engine.calls
