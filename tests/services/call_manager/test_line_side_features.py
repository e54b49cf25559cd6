"""Park, pickup, hunting and do not disturb on the wire, through the whole call manager."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.office import MANAGER, NONE, Office, Phone, sdp
from ringward.calls.directory import Device
from ringward.calls.features.hunt import HuntGroup, HuntRules
from ringward.calls.features.park import ParkRules
from ringward.calls.features.pickup import DirectedPickup, GroupPickup
from ringward.domain.vocabulary import DistributionAlgorithm, DoNotDisturb
from ringward.protocols.sip.session import InviteSession


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def phones(office: Office) -> tuple[Phone, Phone, Phone]:
    """Alice, Bob and Carol, the last two in a pickup group; 70 is a park number, 5000 hunts for Bob and Carol."""
    made = tuple(office.phone(name, str(number)) for number, name in enumerate(("alice", "bob", "carol"), 1001))
    for phone in made[1:]:
        with_lines(office, phone, pickup_group="600")
    members = (("1002", NONE), ("1003", NONE))
    office.treatments = {
        ("70", NONE): ParkRules(60.0),
        ("600", NONE): GroupPickup("600"),
        ("*8!", NONE): DirectedPickup("*8"),
        ("5000", NONE): HuntRules((HuntGroup("All", members, DistributionAlgorithm.TOP_DOWN, 10.0),)),
    }
    office.configure()
    for phone in made:
        assert phone.register() == "response 200"
    return made  # type: ignore[return-value]


def with_lines(office: Office, phone: Phone, **changes: Any) -> None:
    def change(each: Device) -> Device:
        return replace(each, lines=tuple(replace(line, **changes) for line in each.lines))

    office.reconfigure(phone, change)


def parked(office: Office, alice: Phone, bob: Phone) -> InviteSession:
    """Alice has called Bob, and he has parked her."""
    session = alice.call("1002")
    at_bob = bob.answer()
    at_bob.refer(f"sip:70@{MANAGER[0]}", office.wire.now)
    office.wire.settle()
    return session


def test_a_parked_call_is_fetched(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    session = parked(office, alice, bob)
    assert "refer-progress 200 final" in bob.log
    offer = alice.log[-1]
    assert offer.startswith("offer") and "a=inactive" in offer
    session.accept(sdp("10.0.0.1", direction="inactive"), office.wire.now)
    office.wire.settle()
    (live,) = office.engine.live()
    assert live.state == "parked"
    carol.call("70")
    office.wire.settle()
    assert carol.log[-1].startswith("answered") and "10.0.0.1" in carol.log[-1]
    assert "10.0.0.3" in alice.log[-1] and "a=sendrecv" in alice.log[-1]
    session.accept(sdp("10.0.0.1"), office.wire.now)
    office.wire.settle()
    (live,) = office.engine.live()
    assert (live.state, live.calling.number, live.called.number) == ("connected", "1003", "1001")


def test_a_parked_call_rings_back(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, _ = phones
    session = parked(office, alice, bob)
    session.accept(sdp("10.0.0.1", direction="inactive"), office.wire.now)
    calls = len(bob.incoming)
    office.wire.run(61)
    assert len(bob.incoming) == calls + 1
    bob.answer()
    assert "10.0.0.2" in alice.log[-1]


def test_nobody_waits_there(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    phones[2].call("70")
    office.wire.settle()
    assert phones[2].log[-1] == "failed 404"


@pytest.mark.parametrize("code", ["*81002", "600"])
def test_a_call_is_picked_up(office: Office, phones: tuple[Phone, Phone, Phone], code: str) -> None:
    alice, bob, carol = phones
    alice.call("1002")
    bob.incoming[0].progress(180, office.wire.now)
    carol.call(code)
    office.wire.settle()
    assert bob.log[-1] == "ended 487"
    assert alice.log[-1].startswith("answered") and "10.0.0.3" in alice.log[-1]
    assert carol.log[-1].startswith("answered") and "10.0.0.1" in carol.log[-1]
    (live,) = office.engine.live()
    assert (live.calling.number, live.called.number) == ("1001", "1003")


def test_who_is_not_in_the_group_may_not(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, _bob, carol = phones
    carol.call("1002")
    alice.call("*81002")
    office.wire.settle()
    assert alice.log[-1] == "failed 403"


def test_nothing_rings_there(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    phones[2].call("*81002")
    office.wire.settle()
    assert phones[2].log[-1] == "failed 481"


def test_a_hunt_goes_on(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    alice.call("5000")
    bob.incoming[0].progress(180, office.wire.now)
    assert carol.incoming == []
    office.wire.run(11)
    assert bob.log[-1] == "ended 487"
    carol.answer()
    assert alice.log[-1].startswith("answered")


def test_do_not_disturb(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    with_lines(office, bob, do_not_disturb=DoNotDisturb.CALL_REJECT)
    with_lines(office, carol, do_not_disturb=DoNotDisturb.RINGER_OFF)
    alice.call("1002")
    office.wire.settle()
    assert alice.log[-1] == "failed 486"
    alice.call("1003")
    office.wire.settle()
    (invite,) = [each.request for each in carol.agent.endpoint.transactions._servers.values()]
    assert invite.headers["Alert-Info"] == ["<http://127.0.0.1/silent>;info=silent"]
