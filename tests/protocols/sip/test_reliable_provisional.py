"""Reliable provisional responses (RFC 3262), and UPDATE in early dialogs (RFC 3311), as ladders."""

from __future__ import annotations

from harness.wire import ANSWER, OFFER, Agent, Wire
from ringward.protocols.sip.session import InviteSession


def ring_with_media(alice: Agent, bob: Agent) -> tuple[InviteSession, InviteSession]:
    calling = alice.call(bob)
    called = bob.incoming[-1]
    called.progress(183, alice.wire.now, body=ANSWER)
    alice.wire.settle()
    return calling, called


def test_early_media_is_acknowledged_and_the_answer_has_none_of_its_own(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    calling, called = ring_with_media(alice, bob)
    called.answer(ANSWER, wire.now)
    assert wire.ladder == [
        "alice -> bob: INVITE",
        "bob -> alice: 183 INVITE",
        "alice -> bob: PRACK",
        "bob -> alice: 200 PRACK",
        "bob -> alice: 200 INVITE",
        "alice -> bob: ACK",
    ]
    assert alice.log == ["progress 183 v=0 answer", "answered"]
    assert calling.can_offer and called.can_offer


def test_ringing_without_media_is_not_worth_a_prack(wire: Wire, alice: Agent, bob: Agent) -> None:
    alice.call(bob)
    bob.incoming[0].progress(180, wire.now)
    assert wire.ladder == ["alice -> bob: INVITE", "bob -> alice: 180 INVITE"]


def test_caller_that_requires_it_gets_every_ringing_reliably(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.change = lambda line, data: data.replace(b"Max-Forwards", b"Require: 100rel\r\nMax-Forwards")
    alice.call(bob)
    bob.incoming[0].progress(180, wire.now)
    assert wire.ladder[-2:] == ["alice -> bob: PRACK", "bob -> alice: 200 PRACK"]


def test_caller_that_does_not_support_it_is_left_alone(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.change = lambda line, data: data.replace(b"100rel, ", b"")
    ring_with_media(alice, bob)
    assert wire.ladder == ["alice -> bob: INVITE", "bob -> alice: 183 INVITE"]


def test_lost_early_media_is_repeated_until_acknowledged(wire: Wire, alice: Agent, bob: Agent) -> None:
    lost: list[str] = []

    def lose(line: str) -> bool:
        if ("183" in line or "PRACK" in line) and lost.count(line) < 2:
            lost.append(line)
            return True
        return False

    wire.lose = lose
    _, called = ring_with_media(alice, bob)
    wire.run(20)
    assert alice.log == ["progress 183 v=0 answer"], "copies are told once"
    assert bob.log == ["invite v=0 offer"]
    wire.ladder.clear()
    called.answer(ANSWER, wire.now)
    assert wire.ladder == ["bob -> alice: 200 INVITE", "alice -> bob: ACK"]


def test_answer_waits_until_early_media_is_acknowledged(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.hold = lambda line: line == "alice -> bob: PRACK"
    calling, called = ring_with_media(alice, bob)
    called.answer(ANSWER, wire.now)
    assert wire.ladder[-1] == "alice -> bob: PRACK"
    wire.release()
    assert wire.ladder[-3:] == ["bob -> alice: 200 PRACK", "bob -> alice: 200 INVITE", "alice -> bob: ACK"]
    assert calling.state == called.state == "established"


def test_call_whose_early_media_is_never_acknowledged_is_refused(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.lose = lambda line: line == "alice -> bob: PRACK"
    ring_with_media(alice, bob)
    wire.run(33)
    assert "bob -> alice: 504 INVITE" in wire.ladder
    assert alice.log[-1] == "failed 504"
    assert bob.log[-1] == "ended 408"
    wire.run(70)
    assert alice.endpoint.session_count == bob.endpoint.session_count == 0
    assert len(alice.endpoint.transactions) == len(bob.endpoint.transactions) == 0


def test_cancel_while_early_media_waits_for_its_acknowledgement(wire: Wire, alice: Agent, bob: Agent) -> None:
    wire.lose = lambda line: line == "alice -> bob: PRACK"
    calling, called = ring_with_media(alice, bob)
    calling.hang_up(wire.now)
    wire.settle()
    assert called.is_over
    assert bob.log[-1] == "ended 487"
    wire.run(70)
    assert bob.endpoint.next_deadline() is None


def test_other_media_than_the_early_ones_is_offered_after_the_answer(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = ring_with_media(alice, bob)
    called.answer(b"v=0 other", wire.now)
    assert wire.ladder[-3:] == ["bob -> alice: 200 INVITE", "alice -> bob: ACK", "bob -> alice: INVITE"]
    assert alice.log[-1] == "offer v=0 other"
    calling.accept(OFFER, wire.now)
    wire.settle()
    assert calling.can_offer and called.can_offer


def test_responses_out_of_order_are_not_acknowledged(wire: Wire, alice: Agent, bob: Agent) -> None:
    numbers = iter((5, 7, 6))

    def change(line: str, data: bytes) -> bytes:
        if "183" not in line:
            return data
        start = data.index(b"RSeq: ")
        return data[:start] + b"RSeq: %d" % next(numbers) + data[data.index(b"\r\n", start) :]

    wire.change = change
    ring_with_media(alice, bob)
    assert wire.ladder.count("alice -> bob: PRACK") == 1
    wire.run(0.6)
    assert wire.ladder.count("alice -> bob: PRACK") == 1, "7 does not follow 5"
    wire.run(1.0)
    assert wire.ladder.count("alice -> bob: PRACK") == 2


def test_prack_that_means_nothing_is_refused(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, called = ring_with_media(alice, bob)
    calling.send(calling.dialog.request("PRACK", {"RAck": ["1 1 INVITE"]}), wire.now)
    assert wire.ladder[-1] == "bob -> alice: 481 PRACK"
    assert called.state == "ringing"


def test_offerless_invite_gets_no_offer_before_the_answer(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling = alice.call(bob, body=b"")
    called = bob.incoming[0]
    called.progress(183, wire.now, body=OFFER)
    assert wire.ladder[-1] == "bob -> alice: 183 INVITE"
    called.answer(OFFER, wire.now)
    wire.settle()
    calling.acknowledge(ANSWER, wire.now)
    wire.settle()
    assert calling.can_offer and called.can_offer


def test_update_in_an_early_dialog_may_change_media_once_they_are_agreed(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    calling, called = ring_with_media(alice, bob)
    headers = {"Contact": [calling.dialog.contact], "Content-Type": ["application/sdp"]}
    calling.send(calling.dialog.request("UPDATE", headers, b"v=0 moved"), wire.now)
    assert bob.log[-1] == "offer v=0 moved"
    called.accept(b"v=0 again", wire.now)
    assert wire.ladder[-1] == "bob -> alice: 200 UPDATE"
    called.answer(ANSWER, wire.now)
    wire.settle()
    assert calling.state == called.state == "established"


def test_update_with_an_offer_before_the_first_is_answered_is_put_off(
    wire: Wire, alice: Agent, bob: Agent
) -> None:
    calling = alice.call(bob)
    called = bob.incoming[0]
    called.progress(180, wire.now)
    wire.settle()
    calling.dialog.remote_tag = called.dialog.local_tag
    headers = {"Contact": [calling.dialog.contact], "Content-Type": ["application/sdp"]}
    calling.send(calling.dialog.request("UPDATE", headers, b"v=0 moved"), wire.now)
    assert wire.ladder[-1] == "bob -> alice: 500 UPDATE"
    assert called.state == "ringing"


def test_update_without_offer_is_taken_in_an_early_dialog(wire: Wire, alice: Agent, bob: Agent) -> None:
    calling, _ = ring_with_media(alice, bob)
    calling.send(calling.dialog.request("UPDATE", {"Contact": [calling.dialog.contact]}), wire.now)
    assert wire.ladder[-1] == "bob -> alice: 200 UPDATE"
