"""Ladders of attended transfer and of Replaces through the call manager (RFC 3891, RFC 5589)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.office import MANAGER, Office, Phone, sdp
from ringward.protocols.sip.message import Headers
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.session import InviteSession


@pytest.fixture
def office() -> Office:
    return Office()


def phones(office: Office) -> tuple[Phone, Phone, Phone]:
    made = []
    for number, name in enumerate(("alice", "bob", "carol"), 1001):
        made.append(office.phone(name, str(number)))
        assert made[-1].register() == "response 200"
    return made[0], made[1], made[2]


def seen_by(session: InviteSession) -> Replaces:
    """The dialog of a phone's session, as the call manager is asked to find it."""
    return Replaces(session.dialog.call_id, session.dialog.remote_tag, session.dialog.local_tag)


def refer_to(number: str, consulted: InviteSession) -> str:
    return f"sip:{number}@{MANAGER[0]}?{seen_by(consulted).for_uri()}"


def consulting(office: Office, alice: Phone, bob: Phone, carol: Phone) -> tuple[InviteSession, ...]:
    """Alice has called Bob, who holds her and has called Carol: Alice's, Bob's two, and Carol's session."""
    first = alice.call("1002")
    to_alice = bob.answer()
    office.wire.settle()
    to_alice.offer(sdp("10.0.0.2", direction="sendonly"), office.wire.now)
    office.wire.settle()
    first.accept(sdp("10.0.0.1", direction="recvonly"), office.wire.now)
    office.wire.settle()
    to_carol = bob.call("1003", sdp("10.0.0.2", 4002))
    at_carol = carol.answer(sdp("10.0.0.3", 6000))
    office.wire.settle()
    for phone in (alice, bob, carol):
        phone.log.clear()
    office.wire.ladder.clear()
    return first, to_alice, to_carol, at_carol


def invite_replacing(office: Office, phone: Phone, replaces: Replaces, **headers: list[str]) -> InviteSession:
    fields: Headers = {"Replaces": [replaces.encode()], "Require": ["replaces"], **headers}
    return phone.agent.endpoint.invite(
        phone.flow,
        f"sip:1001@{MANAGER[0]}",
        f"<sip:{phone.number}@{MANAGER[0]}>",
        f"<sip:1001@{MANAGER[0]}>",
        phone.contact,
        phone.agent,
        office.wire.now,
        body=sdp(phone.agent.address[0], 7000),
        headers=fields,
    )


def clean(office: Office) -> None:
    office.wire.run(70)
    assert office.side.endpoint.session_count == 0
    assert len(office.side.endpoint.transactions) == 0
    assert not office.engine.calls


def test_attended_transfer(office: Office) -> None:
    alice, bob, carol = phones(office)
    first, to_alice, to_carol, at_carol = consulting(office, alice, bob, carol)
    to_alice.refer(refer_to("1003", to_carol), office.wire.now)
    assert office.wire.ladder[:7] == [
        "bob -> cm: REFER",
        "cm -> bob: 202 REFER",
        "cm -> bob: NOTIFY",
        "cm -> bob: NOTIFY",
        "cm -> bob: BYE",
        "cm -> bob: BYE",
        "cm -> alice: INVITE",
    ]
    assert bob.log == ["refer-progress 100", "refer-progress 200 final", "ended 200", "ended 200"]
    assert "m=audio 6000" in alice.log[-1] and "a=sendrecv" in alice.log[-1]
    first.accept(sdp("10.0.0.1", 4000), office.wire.now)
    assert "m=audio 4000" in carol.log[-1] and "a=sendrecv" in carol.log[-1]
    at_carol.accept(sdp("10.0.0.3", 6000), office.wire.now)
    office.wire.settle()
    assert '"Carol" <sip:1003@' in first.far_side.identity
    assert '"Alice" <sip:1001@' in at_carol.far_side.identity
    (live,) = office.engine.live()
    assert (live.calling.number, live.called.number) == ("1001", "1003")
    first.hang_up(office.wire.now)
    assert carol.log[-1] == "ended 200"
    clean(office)
    assert [record.transferred_to for record in office.records] == [3, 3, None]


def test_consulted_call_that_is_over(office: Office) -> None:
    alice, bob, carol = phones(office)
    first, to_alice, to_carol, at_carol = consulting(office, alice, bob, carol)
    at_carol.hang_up(office.wire.now)
    to_alice.refer(refer_to("1003", to_carol), office.wire.now)
    assert bob.log[-1] == "refer-progress 481 final"
    assert first.state == to_alice.state == "established"
    first.hang_up(office.wire.now)
    clean(office)


def test_consulted_call_of_somebody_else(office: Office) -> None:
    """A phone cannot have strangers connected by naming their call."""
    alice, bob, carol = phones(office)
    first, _to_alice, to_carol, _ = consulting(office, alice, bob, carol)
    first.refer(refer_to("1003", to_carol), office.wire.now)
    assert alice.log == ["refer-progress 100", "refer-progress 481 final"]
    assert len(office.engine.live()) == 2


def test_consulted_party_that_still_rings(office: Office) -> None:
    alice, bob, carol = phones(office)
    first = alice.call("1002")
    to_alice = bob.answer()
    office.wire.settle()
    to_carol = bob.call("1003")
    carol.incoming[0].progress(180, office.wire.now)
    office.wire.settle()
    replaces = Replaces(to_carol.dialog.call_id, cm_tag(office, to_carol), to_carol.dialog.local_tag)
    to_alice.refer(f"sip:1003@{MANAGER[0]}?{replaces.for_uri()}", office.wire.now)
    assert bob.log[-1] == "refer-progress 500 final"
    carol.answer()
    assert first.state == to_alice.state == to_carol.state == "established"


def cm_tag(office: Office, session: InviteSession) -> str:
    """The call manager's tag in a dialog that the phone has not learned it of yet."""
    keys = [key.split(" ") for key in office.side.endpoint._sessions]
    return next(tag for call_id, tag in keys if call_id == session.dialog.call_id)


@pytest.mark.parametrize("headers", ["Replaces=x", "Replaces=x%3Bto-tag%3Da", "Replaces="])
def test_malformed_replaces_in_refer(office: Office, headers: str) -> None:
    alice, bob, carol = phones(office)
    _, to_alice, _, _ = consulting(office, alice, bob, carol)
    to_alice.refer(f"sip:1003@{MANAGER[0]}?{headers}", office.wire.now)
    assert bob.log == ["refer-progress 400 final"]
    assert len(office.engine.live()) == 2


# -- INVITE with Replaces -----------------------------------------------------------------------------------


def test_a_phone_takes_over_a_call_of_its_own_line(office: Office) -> None:
    alice, bob, _carol = phones(office)
    second = office.phone("desk", "1009")
    line = replace(second.device.lines[0], number="1002", index=2)
    office.reconfigure(second, lambda it: replace(it, lines=(*it.lines, line)))
    assert second.register() == "response 200"
    first = alice.call("1002")
    at_bob = bob.answer()
    office.wire.settle()
    taking = invite_replacing(office, second, seen_by(at_bob))
    assert second.log[-1].startswith("answered") and "m=audio 4000" in second.log[-1]
    assert bob.log[-1] == "ended 200"
    assert "m=audio 7000" in alice.log[-1]
    first.accept(sdp("10.0.0.1"), office.wire.now)
    office.wire.settle()
    (live,) = office.engine.live()
    assert live.called_device == second.device.name
    taking.hang_up(office.wire.now)
    assert alice.log[-1] == "ended 200"
    clean(office)


def test_a_phone_does_not_take_over_calls_of_other_lines(office: Office) -> None:
    alice, bob, carol = phones(office)
    first = alice.call("1002")
    at_bob = bob.answer()
    office.wire.settle()
    invite_replacing(office, carol, seen_by(at_bob))
    assert carol.log[-1] == "failed 403"
    assert first.state == at_bob.state == "established"


def test_replaces_of_no_call(office: Office) -> None:
    _, _, carol = phones(office)
    invite_replacing(office, carol, Replaces("nothing", "a", "b"))
    assert carol.log == ["failed 481"]
    clean(office)


def test_replaces_of_a_call_that_rings(office: Office) -> None:
    alice, _, _ = phones(office)
    calling = alice.call("1002")
    office.wire.settle()
    invite_replacing(
        office, alice, Replaces(calling.dialog.call_id, cm_tag(office, calling), calling.dialog.local_tag)
    )
    assert alice.log[-1] == "failed 481"


def test_replaces_of_early_calls_only(office: Office) -> None:
    alice, bob, _ = phones(office)
    alice.call("1002")
    at_bob = bob.answer()
    office.wire.settle()
    invite_replacing(office, bob, replace(seen_by(at_bob), early_only=True))
    assert bob.log[-1] == "failed 486"
    assert at_bob.state == "established"


def test_malformed_replaces(office: Office) -> None:
    alice, _, _ = phones(office)
    invite_replacing(office, alice, Replaces("x", "", ""))
    assert alice.log == ["failed 400"]
    clean(office)
