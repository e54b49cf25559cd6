"""Ladders of one session between two endpoints (RFC 3261 sections 13 to 15, RFC 3515, RFC 6026)."""

from __future__ import annotations

import gc

import pytest

from harness.wire import ANSWER, OFFER, Agent, Wire
from protocols.sip.conftest import connect
from ringward.protocols.sip.digest import Algorithm, DigestCredentials, DigestVerifier, Verdict, credentials_hash
from ringward.protocols.sip.flow import Transport
from ringward.protocols.sip.message import response_to
from ringward.protocols.sip.session import InviteSession
from ringward.protocols.sip.transaction import ServerTransaction


def nothing_left(*agents: Agent) -> None:
    agents[0].wire.run(70)
    for agent in agents:
        assert agent.endpoint.session_count == 0
        assert len(agent.endpoint.transactions) == 0
        assert agent.endpoint.next_deadline() is None


def test_call_ringing_answer_and_bye(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling = alice.call(bob)
    called = bob.incoming[0]
    called.progress(180, wire.now)
    called.answer(ANSWER, wire.now)
    wire.settle()
    calling.hang_up(wire.now)
    assert wire.ladder == [
        "alice -> bob: INVITE",
        "bob -> alice: 180 INVITE",
        "bob -> alice: 200 INVITE",
        "alice -> bob: ACK",
        "alice -> bob: BYE",
        "bob -> alice: 200 BYE",
    ]
    assert alice.log == ["progress 180", "answered v=0 answer"]
    assert bob.log == ["invite v=0 offer", "acknowledged", "ended 200"]
    nothing_left(alice, bob)


def test_slow_user_is_told_trying(wire: Wire, alice: Agent, bob: Agent) -> None:
    alice.call(bob)
    wire.run(1.0)
    assert wire.ladder == ["alice -> bob: INVITE", "bob -> alice: 100 INVITE"]


def test_invite_is_retransmitted_until_answered(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.lose = lambda line: True
    alice.call(bob)
    wire.run(31.9)
    assert wire.ladder == ["alice -> bob: INVITE"] * 7
    wire.run(0.2)
    assert alice.log == ["failed 408"]
    nothing_left(alice, bob)


def test_lost_answer_and_lost_ack_are_repeated(wire: Wire, alice: Agent, bob: Agent) -> None:
    lost: list[str] = []

    def lose_first(line: str) -> bool:
        if line in ("bob -> alice: 200 INVITE", "alice -> bob: ACK") and lost.count(line) < 1:
            lost.append(line)
            return True
        return False

    wire.lose = lose_first
    calling = alice.call(bob)
    bob.incoming[0].answer(ANSWER, wire.now)
    wire.run(3)
    assert wire.ladder.count("bob -> alice: 200 INVITE") == 3
    assert wire.ladder.count("alice -> bob: ACK") == 2
    assert alice.log == ["answered v=0 answer"]
    assert bob.incoming[0].state == "established"
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_answer_never_acknowledged_ends_the_call(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.lose = lambda line: line == "alice -> bob: ACK"
    alice.call(bob)
    bob.incoming[0].answer(ANSWER, wire.now)
    wire.run(33)
    assert bob.log[-1] == "ended 408"
    assert alice.log[-1] == "ended 200"
    nothing_left(alice, bob)


def test_refusal_is_acknowledged_by_the_transaction(wire: Wire, alice: Agent, bob: Agent) -> None:
    alice.call(bob)
    bob.incoming[0].refuse(486, wire.now)
    assert alice.log == ["failed 486"]
    assert wire.ladder[-2:] == ["bob -> alice: 486 INVITE", "alice -> bob: ACK"]
    nothing_left(alice, bob)


def test_cancel_while_ringing(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling = alice.call(bob)
    bob.incoming[0].progress(180, wire.now)
    calling.hang_up(wire.now)
    assert wire.ladder[2:] == [
        "alice -> bob: CANCEL",
        "bob -> alice: 200 CANCEL",
        "bob -> alice: 487 INVITE",
        "alice -> bob: ACK",
    ]
    assert bob.log[-1] == "ended 487"
    assert alice.log[-1] == "failed 487"
    nothing_left(alice, bob)


def test_cancel_waits_for_a_first_response(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.hold = lambda line: line == "alice -> bob: INVITE"
    calling = alice.call(bob)
    calling.hang_up(wire.now)
    assert "alice -> bob: CANCEL" not in wire.ladder
    wire.release()
    bob.incoming[0].progress(180, wire.now)
    assert bob.log[-1] == "ended 487"
    nothing_left(alice, bob)


def test_cancel_crosses_the_answer(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling = alice.call(bob)
    called = bob.incoming[0]
    called.progress(180, wire.now)
    wire.hold = lambda line: line == "bob -> alice: 200 INVITE"
    called.answer(ANSWER, wire.now)
    calling.hang_up(wire.now)
    wire.release()
    assert alice.log[-1] == "failed 487"
    assert bob.log[-1] == "ended 200"
    nothing_left(alice, bob)


def test_cancel_without_any_final_response_gives_up(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling = alice.call(bob)
    bob.incoming[0].progress(180, wire.now)
    wire.lose = lambda line: line.startswith("bob")
    calling.hang_up(wire.now)
    wire.run(33)
    assert alice.log[-1] == "failed 487"
    nothing_left(alice, bob)


def test_second_place_that_answers_is_hung_up(wire: Wire, alice: Agent, bob: Agent) -> None:
    """RFC 3261 section 13.2.2.4: a 2xx of another fork is acknowledged and ended."""
    alice.call(bob)
    called = bob.incoming[0]
    called.answer(ANSWER, wire.now)
    invite = next(iter(bob.endpoint.transactions._servers.values()))
    other = response_to(invite.request, 200, to_tag="elsewhere", headers={"Contact": ["<sip:bob@10.0.0.2:5060>"]})
    wire.ladder.clear()
    invite.respond(other, wire.now)
    assert wire.ladder == [
        "bob -> alice: 200 INVITE",
        "alice -> bob: ACK",
        "alice -> bob: BYE",
        "bob -> alice: 481 BYE",
    ]
    assert called.state == "established"


def test_call_without_offer(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling = alice.call(bob, body=b"")
    bob.incoming[0].answer(OFFER, wire.now)
    assert alice.log == ["answered v=0 offer"]
    assert "alice -> bob: ACK" not in wire.ladder
    calling.acknowledge(ANSWER, wire.now)
    assert bob.log == ["invite", "acknowledged v=0 answer"]
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_reoffer_accepted_and_refused(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    calling.offer(b"hold", wire.now)
    wire.settle()
    called.accept(b"held", wire.now)
    wire.settle()
    called.offer(b"codec", wire.now)
    wire.settle()
    calling.refuse_offer(488, wire.now)
    assert alice.log == ["offer-answered held", "offer codec"]
    assert bob.log == ["offer hold", "acknowledged", "offer-refused 488"]
    assert calling.state == called.state == "established"
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_glare_is_resolved_by_waiting(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    wire.hold = lambda line: line.endswith("INVITE") and not line.split(": ")[1][0].isdigit()
    calling.offer(b"from alice", wire.now)
    called.offer(b"from bob", wire.now)
    wire.release()
    assert wire.ladder.count("bob -> alice: 491 INVITE") == 1
    assert wire.ladder.count("alice -> bob: 491 INVITE") == 1
    wire.run(1.5)  # the called side waits up to 2 s, the caller at least 2.1 s
    assert alice.log == ["offer from bob"]
    calling.accept(b"ok bob", wire.now)
    wire.run(4)
    called.accept(b"ok alice", wire.now)
    assert "offer-answered ok bob" in bob.log
    assert "offer-answered ok alice" in alice.log
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_offer_waits_for_the_ack(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.hold = lambda line: line == "alice -> bob: ACK"
    alice.call(bob)
    called = bob.incoming[0]
    called.answer(ANSWER, wire.now)
    called.offer(b"again", wire.now)
    assert "bob -> alice: INVITE" not in wire.ladder
    wire.release()
    assert alice.log[-1] == "offer again"


def test_hang_up_before_the_ack_waits_for_it(wire: Wire, alice: Agent, bob: Agent) -> None:
    """RFC 3261 section 15: the called side sends no BYE before it has the ACK."""
    wire.hold = lambda line: line == "alice -> bob: ACK"
    alice.call(bob)
    called = bob.incoming[0]
    called.answer(ANSWER, wire.now)
    called.hang_up(wire.now)
    assert "bob -> alice: BYE" not in wire.ladder
    wire.release()
    assert wire.ladder[-2:] == ["bob -> alice: BYE", "alice -> bob: 200 BYE"]
    nothing_left(alice, bob)


def test_transfer_with_progress(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    called.refer("sip:carol@x", wire.now)
    assert alice.log == ["refer <sip:carol@x>"]
    calling.notify(180, wire.now, final=False)
    calling.notify(200, wire.now, final=True)
    assert bob.log == ["refer-progress 100", "refer-progress 180", "refer-progress 200 final"]
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_refused_transfer(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    alice.refer_status = 403
    called.refer("sip:carol@x", wire.now)
    assert bob.log == ["refer-progress 403 final"]
    assert calling.state == "established"


def test_request_of_unknown_dialog(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    bob.endpoint.forget(called)
    calling.hang_up(wire.now)
    assert wire.ladder[-1] == "bob -> alice: 481 BYE"


def test_far_side_that_forgot_the_call_ends_it(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    bob.endpoint.forget(called)
    calling.offer(OFFER, wire.now)
    assert alice.log == ["ended 481"]
    assert calling.is_over


def test_old_cseq_is_refused(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = connect(alice, bob)
    called.dialog.remote_cseq = 99
    calling.info("application/dtmf-relay", b"Signal=1", wire.now)
    assert wire.ladder[-1] == "bob -> alice: 500 INFO"


def test_unknown_method_in_dialog(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, _ = connect(alice, bob)
    request = calling.dialog.request("PUBLISH")
    alice.endpoint.request(request, calling.dialog.flow, alice, wire.now)
    assert alice.log == ["response 405"]


def test_digest_on_every_request(wire: Wire, alice: Agent, bob: Agent) -> None:
    """SIPD-05: INVITE and BYE are challenged, each with a nonce of its own; ACK and CANCEL cannot be."""
    tokens = iter(range(1000))
    verifier = DigestVerifier(b"k" * 32, lambda: f"n{next(tokens)}")
    checksum = credentials_hash(Algorithm.MD5, "alice", "realm", "secret")
    verdicts: list[Verdict] = []

    def challenge(transaction: ServerTransaction, now: float) -> bool:
        found = verifier.verify(
            transaction.request, "realm", lambda user, algorithm: checksum if user == "alice" else None, now
        )
        verdicts.append(found.verdict)
        if found.verdict is Verdict.ACCEPTED:
            return True
        headers = {"WWW-Authenticate": verifier.challenges("realm", [Algorithm.MD5], now, stale=False)}
        transaction.respond(response_to(transaction.request, 401, to_tag="c", headers=headers), now)
        return False

    bob.challenge = challenge
    credentials = DigestCredentials("alice", "secret", lambda: "cnonce")
    calling = alice.call(bob, credentials=credentials)
    bob.incoming[0].answer(ANSWER, wire.now)
    wire.settle()
    calling.hang_up(wire.now)
    wire.settle()
    assert verdicts == [Verdict.MISSING, Verdict.ACCEPTED] * 2
    assert alice.log == ["answered v=0 answer"]
    wrong = DigestCredentials("alice", "guess", lambda: "cnonce")
    alice.call(bob, credentials=wrong)
    assert alice.log[-1] == "failed 401"
    nothing_left(alice, bob)


def test_stream_needs_no_retransmission() -> None:
    wire = Wire(Transport.TCP)
    alice, bob = wire.agent("alice", "10.0.0.1"), wire.agent("bob", "10.0.0.2")
    calling = alice.call(bob)
    wire.run(5)
    assert wire.ladder == ["alice -> bob: INVITE", "bob -> alice: 100 INVITE"]
    bob.incoming[0].answer(ANSWER, wire.now)
    calling.hang_up(wire.now)
    nothing_left(alice, bob)


def test_lost_connection_ends_both_ways() -> None:
    wire = Wire(Transport.TLS)
    alice, bob = wire.agent("alice", "10.0.0.1"), wire.agent("bob", "10.0.0.2")
    connect(alice, bob)
    alice.endpoint.flow_lost(alice.flow_to(bob), wire.now)
    assert alice.log == ["ended 408"]
    alice.call(bob)
    alice.endpoint.flow_lost(alice.flow_to(bob), wire.now)
    assert alice.log[-1] == "failed 408"


def test_nothing_is_kept_of_a_call_whose_connection_is_lost_while_it_rings() -> None:
    wire = Wire(Transport.TLS)
    alice, bob = wire.agent("alice", "10.0.0.1"), wire.agent("bob", "10.0.0.2")
    alice.call(bob)
    bob.incoming.pop().progress(180, wire.now)
    bob.endpoint.flow_lost(wire.flow(bob, alice), wire.now)
    assert bob.log[-1] == "ended 408"
    wire.run(70)
    gc.collect()
    sessions = [each for each in gc.get_objects() if isinstance(each, InviteSession)]
    assert not [each for each in sessions if each.endpoint is bob.endpoint]


@pytest.mark.parametrize("by_asker", [True, False])
def test_offer_under_way_when_the_session_ends_is_answered(
    wire: Wire, alice: Agent, bob: Agent, by_asker: bool
) -> None:
    calling, called = connect(alice, bob)
    calling.offer(OFFER, wire.now)
    wire.settle()
    (calling if by_asker else called).hang_up(wire.now)
    assert "bob -> alice: 487 INVITE" in wire.ladder
    nothing_left(alice, bob)


def test_lost_connection_while_an_offer_is_under_way() -> None:
    wire = Wire(Transport.TCP)
    alice, bob = wire.agent("alice", "10.0.0.1"), wire.agent("bob", "10.0.0.2")
    calling, _ = connect(alice, bob)
    calling.offer(OFFER, wire.now)
    wire.settle()
    for one, other in ((alice, bob), (bob, alice)):
        one.endpoint.flow_lost(wire.flow(one, other), wire.now)
    nothing_left(alice, bob)
