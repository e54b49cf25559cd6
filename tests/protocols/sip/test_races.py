"""What crosses on the wire: both sides must come to the same end, and nothing may be left behind."""

from __future__ import annotations

import re

import pytest

from harness.wire import ANSWER, Agent, Wire
from protocols.sip.conftest import connect
from ringward.protocols.sip.flow import Transport


def nothing_left(*agents: Agent) -> None:
    agents[0].wire.run(70)
    for agent in agents:
        assert agent.endpoint.session_count == 0
        assert len(agent.endpoint.session_timers) == 0
        assert len(agent.endpoint.transactions) == 0
        assert agent.endpoint.next_deadline() is None


def test_reinvites_of_both_sides_cross_and_both_are_taken_in_the_end(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    wire.hold = lambda line: line.endswith(": INVITE")
    calling.offer(b"v=0 a", wire.now)
    called.offer(b"v=0 b", wire.now)
    wire.release()
    assert wire.ladder.count("alice -> bob: 491 INVITE") == 1
    assert wire.ladder.count("bob -> alice: 491 INVITE") == 1
    wire.run(1.5)
    assert alice.log == ["offer v=0 b"], "who does not own the Call-ID tries again first"
    calling.accept(ANSWER, wire.now)
    wire.run(3)
    assert bob.log[-1] == "offer v=0 a"
    called.accept(ANSWER, wire.now)
    wire.settle()
    assert calling.can_offer and called.can_offer
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_reinvite_that_is_never_answered_goes_with_the_session(wire: Wire, alice: Agent, bob: Agent) -> None:
    """The far side said that it tries, and has restarted since."""
    calling, _ = connect(alice, bob)
    calling.offer(b"v=0 a", wire.now)
    wire.run(1)
    assert "bob -> alice: 100 INVITE" in wire.ladder
    wire.lose = lambda line: True
    calling.hang_up(wire.now)
    wire.run(70)
    assert alice.endpoint.session_count == 0
    assert len(alice.endpoint.transactions) == 0
    assert alice.endpoint.next_deadline() is None


def test_reinvite_that_is_only_tried_is_taken_back_and_the_next_one_goes_out(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    """RFC 3261 section 9.1: the far side answers the CANCEL, and with it the re-INVITE."""
    calling, called = connect(alice, bob)
    calling.offer(b"v=0 a", wire.now)
    wire.run(20)
    calling.offer(b"v=0 b", wire.now)
    wire.run(11)
    assert wire.ladder == ["alice -> bob: INVITE", "bob -> alice: 100 INVITE"], "both wait"
    wire.run(2)
    assert wire.ladder[2:7] == [
        "alice -> bob: CANCEL",
        "bob -> alice: 200 CANCEL",
        "bob -> alice: 487 INVITE",
        "alice -> bob: ACK",
        "alice -> bob: INVITE",
    ]
    assert alice.log == ["offer-refused 408"]
    assert bob.log == ["offer v=0 a", "offer v=0 b"]
    called.accept(ANSWER, wire.now)
    wire.settle()
    assert alice.log[-1] == "offer-answered v=0 answer"
    assert calling.state == called.state == "established"
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_answer_that_crosses_the_taking_back_of_a_reinvite_counts(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    calling.offer(b"v=0 a", wire.now)
    wire.hold = lambda line: line.endswith(": CANCEL")
    wire.run(32.5)
    called.accept(ANSWER, wire.now)
    wire.release()
    assert "alice -> bob: CANCEL" in wire.ladder
    assert "bob -> alice: 487 INVITE" not in wire.ladder
    assert alice.log == ["offer-answered v=0 answer"]
    assert calling.can_offer and called.can_offer
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_reinvite_without_any_final_response_fails_and_the_call_goes_on(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    calling, called = connect(alice, bob)
    calling.offer(b"v=0 a", wire.now)
    wire.run(1)
    wire.lose = lambda line: line.endswith((": CANCEL", "INVITE")) and line != "alice -> bob: INVITE"
    wire.run(62)
    assert alice.log == []
    wire.run(2)
    assert alice.log == ["offer-refused 408"]
    assert calling.state == called.state == "established"
    assert calling.can_offer
    wire.lose = lambda line: False
    called.refuse_offer(488, wire.now)  # much too late: nobody waits for it any more
    wire.settle()
    calling.offer(b"v=0 b", wire.now)
    wire.settle()
    called.accept(ANSWER, wire.now)
    wire.settle()
    assert alice.log == ["offer-refused 408", "offer-answered v=0 answer"]
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_reinvite_crosses_a_bye(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    wire.hold = lambda line: line.endswith((": INVITE", ": BYE"))
    calling.offer(b"v=0 a", wire.now)
    called.hang_up(wire.now)
    wire.release()
    assert "bob -> alice: BYE" in wire.ladder
    assert "bob -> alice: 481 INVITE" in wire.ladder
    assert calling.is_over and called.is_over
    assert alice.log == ["ended 200"]
    nothing_left(alice, bob)


def test_byes_of_both_sides_cross(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    wire.hold = lambda line: line.endswith(": BYE")
    calling.hang_up(wire.now)
    called.hang_up(wire.now)
    wire.release()
    nothing_left(alice, bob)


@pytest.mark.parametrize("ringing", [True, False])
def test_connection_is_lost_in_the_middle(ringing: bool) -> None:
    wire = Wire(Transport.TCP)
    alice, bob = wire.agent("alice", "10.0.0.1"), wire.agent("bob", "10.0.0.2")
    if ringing:
        alice.call(bob)
        assert len(bob.incoming) == 1
        alice.log.clear()
    else:
        connect(alice, bob)
    alice.endpoint.flow_lost(alice.flow_to(bob), wire.now)
    bob.endpoint.flow_lost(bob.flow_to(alice), wire.now)
    assert re.fullmatch("(failed|ended) 408", alice.log[-1])
    assert bob.log[-1] == "ended 408"
    nothing_left(alice, bob)
