"""Session timers (RFC 4028), as ladders of two endpoints."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from harness.wire import ANSWER, Agent, Wire
from protocols.sip.conftest import connect
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.session_timer import (
    MAX_INTERVAL,
    MIN_SE,
    parse_expires,
    terms_as_server,
)


def without(*patterns: bytes, line: str = "") -> object:
    """A change of messages that takes header lines out."""

    def change(where: str, data: bytes) -> bytes:
        if line in where:
            for pattern in patterns:
                data = re.sub(rb"(?m)^" + pattern + rb":[^\r]*\r\n", b"", data)
        return data

    return change


def test_called_side_refreshes_at_half_of_the_interval(wire: Wire, alice: Agent, bob: Agent) -> None:
    connect(alice, bob)
    wire.run(895)
    assert wire.ladder == []
    wire.run(10)
    assert wire.ladder == ["bob -> alice: UPDATE", "alice -> bob: 200 UPDATE"]
    wire.run(910)
    assert wire.ladder[2:] == ["bob -> alice: UPDATE", "alice -> bob: 200 UPDATE"]
    assert alice.log == bob.log == []


def test_far_side_without_update_is_asked_by_reinvite_with_the_same_media(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    bodies: list[bytes] = []

    def change(line: str, data: bytes) -> bytes:
        if line == "bob -> alice: INVITE":
            bodies.append(data.partition(b"\r\n\r\n")[2])
        return data.replace(b" UPDATE, PRACK,", b"") if line.startswith("alice") else data

    wire.change = change
    _, called = connect(alice, bob)
    wire.run(905)
    assert wire.ladder[0] == "bob -> alice: INVITE"
    assert bodies == [ANSWER]
    alice.taken.clear()
    assert alice.log == ["offer v=0 answer"]
    assert called.state == "established"


def test_reinvite_that_only_refreshes_tells_its_user_nothing(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.change = lambda line, data: data.replace(b" UPDATE, PRACK,", b"") if line.startswith("alice") else data
    calling, called = connect(alice, bob)
    wire.run(905)
    calling.accept(b"v=0 offer", wire.now)
    wire.settle()
    assert [line for line in wire.ladder if "100" not in line] == [
        "bob -> alice: INVITE",
        "alice -> bob: 200 INVITE",
        "bob -> alice: ACK",
    ]
    assert bob.log == []
    assert called.can_offer


def test_update_that_is_not_known_after_all_is_followed_by_a_reinvite(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    calling, called = connect(alice, bob)
    wire.change = lambda line, data: (
        re.sub(rb"SIP/2.0 200 OK", b"SIP/2.0 405 Not", data) if line == "alice -> bob: 200 UPDATE" else data
    )
    wire.run(905)
    assert wire.ladder[:3] == ["bob -> alice: UPDATE", "alice -> bob: 200 UPDATE", "bob -> alice: INVITE"]
    assert calling.state == called.state == "established"


def test_far_side_that_has_restarted_ends_the_call(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    alice.endpoint.forget(calling)
    calling.timer.stop(calling)
    wire.run(905)
    assert wire.ladder == ["bob -> alice: UPDATE", "alice -> bob: 481 UPDATE"]
    assert bob.log == ["ended 481"]
    assert called.is_over


def test_far_side_that_is_gone_ends_the_call(wire: Wire, alice: Agent, bob: Agent) -> None:
    connect(alice, bob)
    wire.lose = lambda line: True
    wire.run(905 + 33)
    assert bob.log == ["ended 408"]
    wire.run(900)
    assert alice.log == ["ended 408"]
    wire.run(100)
    assert alice.endpoint.session_count == bob.endpoint.session_count == 0
    assert alice.endpoint.next_deadline() is None


def test_refresh_that_does_not_come_ends_the_call_before_the_interval_is_over(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    connect(alice, bob)
    wire.lose = lambda line: line.startswith("bob")
    wire.run(1800 - 32 - 1)
    assert alice.log == []
    wire.run(6)
    assert alice.log == ["ended 408"]
    assert "alice -> bob: BYE" in wire.ladder


def test_too_short_an_interval_is_refused_and_a_longer_one_tried(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.change = lambda line, data: data.replace(b"Session-Expires: 1800", b"Session-Expires: 60")
    refused = alice.call(bob)
    wire.settle()
    assert wire.ladder[:3] == ["alice -> bob: INVITE", "bob -> alice: 422 INVITE", "alice -> bob: ACK"]
    assert refused.is_over, "bob's Min-SE is what alice asked for already: trying again would not help"


def test_interval_grows_to_what_the_far_side_demands(wire: Wire, alice: Agent, bob: Agent) -> None:
    asked: list[bytes] = []

    def change(line: str, data: bytes) -> bytes:
        if line == "alice -> bob: INVITE":
            found = re.search(rb"Session-Expires: (\d+)", data)
            assert found is not None
            asked.append(found[1])
            if len(asked) == 1:
                return data.replace(b"Session-Expires: 1800", b"Session-Expires: 60")
        return data.replace(b"Min-SE: 90", b"Min-SE: 2400")

    wire.change = change
    calling = alice.call(bob)
    bob.incoming[0].answer(ANSWER, wire.now)
    wire.settle()
    assert asked == [b"1800", b"2400"]
    assert calling.state == "established"


def test_first_side_that_offers_to_refresh_does_so(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.change = lambda line, data: (
        data.replace(b"Session-Expires: 1800\r", b"Session-Expires: 1800;refresher=uac\r")
        if line == "alice -> bob: INVITE"
        else data
    )
    connect(alice, bob)
    wire.run(905)
    assert wire.ladder == ["alice -> bob: UPDATE", "bob -> alice: 200 UPDATE"]


def test_far_side_without_session_timers_is_asked_whether_it_is_still_there(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    wire.change = without(b"Session-Expires", b"Supported", b"Min-SE", line="alice ->")  # type: ignore[assignment]
    connect(alice, bob)
    wire.run(905)
    assert wire.ladder.count("bob -> alice: UPDATE") == 1


def test_malformed_interval_is_a_bad_request(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.change = lambda line, data: data.replace(b"Session-Expires: 1800", b"Session-Expires: soon")
    alice.call(bob)
    assert wire.ladder[1] == "bob -> alice: 400 INVITE"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        interval, refresher = parse_expires(text)
    except MalformedMessage:
        return
    assert 0 <= interval <= MAX_INTERVAL
    assert refresher in ("", "uac", "uas")


@given(st.integers(0, 10**9), st.sampled_from(["", ";refresher=uac", ";refresher=UAS"]), st.booleans())
def test_what_is_agreed_is_said(seconds: int, refresher: str, supported: bool) -> None:
    terms, headers = terms_as_server(f"{seconds}{refresher}", supported)
    assert MIN_SE <= terms.interval <= MAX_INTERVAL
    interval, said = parse_expires(headers["Session-Expires"][0])
    assert interval == terms.interval
    assert (said == "uas") == terms.we_refresh
    assert ("Require" in headers) == (said == "uac")
