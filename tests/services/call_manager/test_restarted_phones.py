"""A phone is switched off and on during a call: the call ends, and the other party is free again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.office import NONE, Office, Phone
from ringward.calls.events import Cause
from ringward.calls.message_waiting import Messages
from ringward.protocols.sip.session import InviteSession


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def phones(office: Office) -> tuple[Phone, Phone]:
    alice, bob = office.phone("alice", "1001"), office.phone("bob", "1002")
    for phone in (alice, bob):
        assert phone.register() == "response 200"
    connect(alice, bob)
    return alice, bob


def connect(alice: Phone, bob: Phone) -> None:
    alice.call("1002")
    bob.answer()
    assert alice.log.pop().startswith("answered")
    assert "acknowledged" in bob.log
    bob.log.clear()


def restarted(phone: Phone, host: str) -> Phone:
    """The same phone with an empty memory, and perhaps another address."""
    agent = phone.office.wire.agent(f"{phone.agent.name}'", host)
    return replace(phone, agent=agent, call_id="after the restart")


def test_a_phone_that_comes_back_is_asked_for_its_call(office: Office, phones: tuple[Phone, Phone]) -> None:
    """RFC 3261 12.2.1.2: 481 says that it knows nothing of it."""
    alice, bob = phones
    again = restarted(alice, alice.agent.address[0])
    assert again.register() == "response 200"
    assert "alice' -> cm: 481 UPDATE" in office.wire.ladder
    assert bob.log == ["ended 200"]
    assert not office.engine.calls
    (record,) = office.records
    assert record.calling_cause is Cause.DESTINATION_OUT_OF_ORDER
    assert office.side.endpoint.session_count == 0


def test_a_phone_without_update_is_asked_by_invite(office: Office) -> None:
    alice, bob = office.phone("alice", "1001"), office.phone("bob", "1002")
    office.wire.change = lambda line, data: data.replace(b"UPDATE, ", b"") if line.startswith("alice") else data
    for phone in (alice, bob):
        phone.register()
    connect(alice, bob)
    again = restarted(alice, alice.agent.address[0])
    assert again.register() == "response 200"
    assert "alice' -> cm: 481 INVITE" in office.wire.ladder
    assert bob.log == ["ended 200"]


def test_a_phone_that_comes_back_elsewhere_frees_the_other_one(
    office: Office, phones: tuple[Phone, Phone]
) -> None:
    """Nobody answers at the former address: the call ends when the question has not been answered in time."""
    alice, bob = phones
    office.wire.lose = lambda line: line.startswith("cm -> alice:")
    again = restarted(alice, "10.0.0.77")
    assert again.register() == "response 200"
    office.wire.run(31)
    assert bob.log == []
    office.wire.run(2)
    assert bob.log == ["ended 200"]
    assert "cm -> alice: BYE" in office.wire.ladder, "should it be there after all, it is not to talk to nobody"
    assert not office.engine.calls
    office.wire.run(65)
    assert office.side.endpoint.session_count == 0
    assert len(office.side.endpoint.transactions) == 0


def test_a_phone_that_still_has_the_call_keeps_it(office: Office, phones: tuple[Phone, Phone]) -> None:
    """Two phones at one line, or one that chooses a new Call-ID each time, are disturbed by the question only."""
    alice, bob = phones
    alice.call_id = "another"
    assert alice.register() == "response 200"
    second = restarted(alice, "10.0.0.77")
    assert second.register() == "response 200"
    office.wire.run(100)
    assert office.wire.ladder.count("alice -> cm: 200 UPDATE") == 2
    assert bob.log == []
    assert len(office.engine.calls) == 1


def test_a_registration_that_is_refreshed_asks_nothing(office: Office, phones: tuple[Phone, Phone]) -> None:
    alice, _ = phones
    assert alice.register() == "response 200"
    assert not [line for line in office.wire.ladder if "UPDATE" in line or "cm -> alice: INVITE" in line]


def test_a_restarted_phone_hears_of_its_messages(office: Office, phones: tuple[Phone, Phone]) -> None:
    """RFC 3842: its lamp is off, whatever it was told before."""
    alice, _ = phones
    office.side.message_waiting.replace({("1001", NONE): Messages(new=2, old=0)})
    again = restarted(alice, alice.agent.address[0])
    before = len(office.wire.ladder)
    again.register()
    assert "cm -> alice': NOTIFY" in office.wire.ladder[before:]


def ringing(caller: Phone, called: Phone) -> InviteSession:
    calling = caller.call(called.number)
    called.incoming[-1].progress(180, called.office.wire.now)
    assert caller.log.pop().startswith("progress 180")
    return calling


@pytest.fixture
def idle(office: Office) -> tuple[Phone, Phone, Phone]:
    alice, bob, carol = (
        office.phone(name, number) for name, number in (("alice", "1001"), ("bob", "1002"), ("carol", "1003"))
    )
    for phone in (alice, carol):
        assert phone.register() == "response 200"
    assert bob.register(Contact=[f"{bob.contact};{BOB}"]) == "response 200"
    return alice, bob, carol


BOB = '+sip.instance="<urn:uuid:00000000-0000-0000-0000-00000000000b>"'


def test_a_phone_that_restarts_while_it_rings_rings_anew(office: Office, idle: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, _ = idle
    calling = ringing(alice, bob)
    again = restarted(bob, bob.agent.address[0])
    again.request("REGISTER", {"Expires": ["3600"], "Contact": [f"{bob.contact};{BOB}"]})
    again.incoming[-1].progress(180, office.wire.now)
    again.answer()
    assert alice.log[-1].startswith("answered")
    calling.hang_up(office.wire.now)
    assert again.log[-1].startswith("ended")
    office.wire.run(65)
    assert office.side.endpoint.session_count == 0
    assert len(office.side.endpoint.transactions) == 0


def test_a_phone_that_only_chooses_another_call_id_rings_on(
    office: Office, idle: tuple[Phone, Phone, Phone]
) -> None:
    """RFC 3261 17.2.1: it takes the INVITE for a copy, and says again that it rings."""
    alice, bob, _ = idle
    ringing(alice, bob)
    office.wire.ladder.clear()
    bob.call_id = "another"
    bob.request("REGISTER", {"Expires": ["3600"]})
    assert office.wire.ladder[-2:] == ["cm -> bob: INVITE", "bob -> cm: 180 INVITE"]
    assert len(bob.incoming) == 1
    bob.answer()
    assert alice.log[-1].startswith("answered")


def test_a_refresh_does_not_send_the_invite_again(office: Office, idle: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, _ = idle
    ringing(alice, bob)
    office.wire.ladder.clear()
    bob.request("REGISTER", {"Expires": ["3600"]})
    assert office.wire.ladder == ["bob -> cm: REGISTER", "cm -> bob: 200 REGISTER"]


def test_a_ringing_phone_that_comes_back_elsewhere_lets_the_call_go_on(
    office: Office, idle: tuple[Phone, Phone, Phone]
) -> None:
    """RFC 5626 section 6: by its instance it is the same phone; what rang at its former address is lost."""
    alice, bob, carol = idle
    office.forward(bob, unregistered="1003")
    ringing(alice, bob)
    office.wire.lose = lambda line: "bob:" in line
    again = restarted(bob, "10.0.0.77")
    assert again.register(Contact=[f"{again.contact};{BOB}"]) == "response 200"
    assert "cm -> bob: CANCEL" in office.wire.ladder
    carol.answer()
    assert alice.log[-1].startswith("answered")
    office.wire.run(65)
    assert office.side.endpoint.session_count == 2


def test_a_phone_that_moves_with_its_call_id_is_left_ringing(
    office: Office, idle: tuple[Phone, Phone, Phone]
) -> None:
    """It has not restarted: its address was changed under it."""
    alice, bob, _ = idle
    ringing(alice, bob)
    moved = replace(bob, agent=office.wire.agent("bob'", "10.0.0.77"))
    assert moved.register(Contact=[f"{moved.contact};{BOB}"]) == "response 200"
    bob.answer()
    assert alice.log[-1].startswith("answered")
