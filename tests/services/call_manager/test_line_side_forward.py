"""Call forward, through the whole call manager."""

from __future__ import annotations

import pytest

from harness.office import Office, Phone


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def phones(office: Office) -> tuple[Phone, Phone, Phone]:
    alice, bob, carol = (
        office.phone(name, number) for name, number in (("alice", "1001"), ("bob", "1002"), ("carol", "1003"))
    )
    for phone in (alice, bob, carol):
        assert phone.register() == "response 200"
    return alice, bob, carol


def test_forward_all_never_rings_the_number(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    office.forward(bob, always="1003")
    alice.call("1002")
    carol.answer()
    assert bob.incoming == []
    assert alice.log[-1].startswith("answered")
    (call,) = office.engine.live()
    assert (call.calling.number, call.called.number) == ("1001", "1003")


def test_forward_busy(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    office.forward(bob, busy="1003")
    alice.call("1002")
    bob.incoming[0].refuse(486, office.wire.now)
    carol.answer()
    assert alice.log[-1].startswith("answered")


def test_forward_no_answer_stops_the_first_phone(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    office.forward(bob, no_answer="1003", ring_time=12.0)
    session = alice.call("1002")
    bob.incoming[0].progress(180, office.wire.now)
    office.wire.run(13)
    assert bob.log[-1] == "ended 487"
    carol.answer()
    assert alice.log[-1].startswith("answered")
    session.hang_up(office.wire.now)
    office.wire.settle()
    (record,) = office.records
    assert (record.originally_called_number, record.final_called_number) == ("1002", "1003")
    assert record.redirecting_number == "1002"


def test_forward_unregistered(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    office.forward(bob, unregistered="1003")
    bob.register(0)
    alice.call("1002")
    carol.answer()
    assert alice.log[-1].startswith("answered")


def test_circle_of_forwards_ends(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    office.forward(bob, always="1003")
    office.forward(carol, always="1002")
    alice.call("1002")
    assert alice.log == ["failed 482"]
    assert not office.engine.calls
