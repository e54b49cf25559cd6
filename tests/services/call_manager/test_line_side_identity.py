"""What phones are told of each other during a call: who is there, where it came from, which keys were pressed."""

from __future__ import annotations

import re

import pytest

from harness.office import Office, Phone, sdp
from ringward.protocols.sip.session import InviteSession


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


def talk(caller: Phone, number: str, called: Phone) -> tuple[InviteSession, InviteSession]:
    calling = caller.call(number)
    session = called.answer()
    assert calling.state == session.state == "established"
    return calling, session


def record(office: Office, pattern: str) -> list[bytes]:
    """Messages from now on whose ladder line matches."""
    seen: list[bytes] = []

    def change(line: str, data: bytes) -> bytes:
        if re.search(pattern, line):
            seen.append(data)
        return data

    office.wire.change = change
    return seen


def test_key_by_info_reaches_the_other_party(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, _ = phones
    calling, _ = talk(alice, "1002", bob)
    seen = record(office, "cm -> bob: INFO")
    calling.info("application/dtmf-relay", b"Signal=5\r\nDuration=200\r\n", office.wire.now)
    assert bob.log[-1] == "info application/dtmf-relay"
    assert seen[0].endswith(b"\r\n\r\nSignal=5\r\nDuration=200\r\n")


def test_info_that_is_no_key_is_answered_and_goes_nowhere(
    office: Office, phones: tuple[Phone, Phone, Phone]
) -> None:
    alice, bob, _ = phones
    calling, _ = talk(alice, "1002", bob)
    calling.info("application/dtmf-relay", b"Signal=shout\r\n", office.wire.now)
    assert office.wire.ladder[-1] == "cm -> alice: 200 INFO"


def test_key_is_not_sent_to_a_phone_that_takes_no_info(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, _ = phones
    office.wire.change = lambda line, data: data.replace(b"INFO, ", b"") if line.startswith("bob") else data
    calling, _ = talk(alice, "1002", bob)
    calling.info("application/dtmf", b"5", office.wire.now)
    assert office.wire.ladder[-1] == "cm -> alice: 200 INFO"


def test_forwarded_call_says_which_numbers_it_was_for(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    dave = office.phone("dave", "1004")
    assert dave.register() == "response 200"
    office.forward(bob, always="1003")
    office.forward(carol, busy="1004")
    seen = record(office, "cm -> (carol|dave): INVITE")
    alice.call("1002")
    carol.incoming[0].refuse(486, office.wire.now)
    dave.answer()
    first, second = (re.findall(rb"Diversion: <sip:(\d+)@[^>]*>;reason=([a-z-]+)", each) for each in seen)
    assert first == [(b"1002", b"unconditional")]
    assert second == [(b"1003", b"user-busy"), (b"1002", b"unconditional")]


def test_phone_that_answers_302_sends_the_call_on(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, carol = phones
    alice.call("1002")
    bob.incoming[0].refuse(302, office.wire.now, headers={"Contact": ["<sip:1003@10.0.0.254>"]})
    carol.answer()
    assert alice.log[-1].startswith("answered")


@pytest.mark.parametrize("contact", [None, "<sip:10.0.0.254>", "<tel:>", "<sip:9999@10.0.0.254>"])
def test_302_that_leads_nowhere_is_a_refusal(
    office: Office, phones: tuple[Phone, Phone, Phone], contact: str | None
) -> None:
    alice, bob, _ = phones
    alice.call("1002")
    bob.incoming[0].refuse(302, office.wire.now, headers={"Contact": [contact]} if contact else {})
    assert alice.log[-1].startswith("failed")
    assert not office.engine.calls


def test_parties_of_an_attended_transfer_learn_at_once_who_is_there(
    office: Office, phones: tuple[Phone, Phone, Phone]
) -> None:
    alice, bob, carol = phones
    talk(alice, "1002", bob)
    consulting, _ = talk(bob, "1003", carol)
    asserted = record(office, "cm -> (alice|carol): (INVITE|UPDATE)")
    first = bob.incoming[0]
    dialog = consulting.dialog
    replaces = f"{dialog.call_id}%3Bto-tag%3D{dialog.remote_tag}%3Bfrom-tag%3D{dialog.local_tag}"
    first.refer(f"sip:1003@10.0.0.254?Replaces={replaces}", office.wire.now)
    office.wire.settle()
    told = b"".join(asserted)
    assert b'P-Asserted-Identity: "Carol" <sip:1003@' in told
    assert b'P-Asserted-Identity: "Alice" <sip:1001@' in told


SOMEBODY_ELSE = '"The Boss" <sip:9999@10.0.0.254>'


def test_phone_that_says_it_is_somebody_else_by_update_is_answered_and_not_believed(
    office: Office, phones: tuple[Phone, Phone, Phone]
) -> None:
    """RFC 4916 section 4.4.2: a changed From does not break the dialog, but who is at a phone is configured."""
    alice, bob, _ = phones
    calling, session = talk(alice, "1002", bob)
    to_alice = record(office, "cm -> alice: ")
    office.wire.ladder.clear()
    session.dialog.local_address = SOMEBODY_ELSE
    session.refresh(
        office.wire.now,
        {"P-Asserted-Identity": [SOMEBODY_ELSE], "Remote-Party-ID": [f"{SOMEBODY_ELSE};party=calling;screen=yes"]},
    )
    assert office.wire.ladder == ["bob -> cm: UPDATE", "cm -> bob: 200 UPDATE"], "Alice is not told"
    assert not to_alice
    (call,) = office.engine.calls.values()
    assert call.called is not None
    assert (call.called.leg.party.number, call.called.leg.party.name) == ("1002", "Bob")
    calling.hang_up(office.wire.now)
    assert bob.log[-1].startswith("ended"), "the dialog goes on by its tags"
    assert [(each.calling_number, each.final_called_number) for each in office.records] == [("1001", "1002")]


def test_phone_that_says_it_is_somebody_else_by_reinvite_is_held_and_not_believed(
    office: Office, phones: tuple[Phone, Phone, Phone]
) -> None:
    alice, bob, _ = phones
    calling, session = talk(alice, "1002", bob)
    to_alice = record(office, "cm -> alice: INVITE")
    session.dialog.local_address = SOMEBODY_ELSE
    session.offer(
        sdp("10.0.0.2", direction="sendonly"),
        office.wire.now,
        headers={"P-Asserted-Identity": [SOMEBODY_ELSE]},
    )
    assert "a=sendonly" in alice.log[-1]
    calling.accept(sdp("10.0.0.1", direction="recvonly"), office.wire.now)
    assert bob.log[-1].startswith("offer-answered")
    (offered,) = to_alice
    assert b'P-Asserted-Identity: "Bob" <sip:1002@' in offered
    assert b"9999" not in offered and b"Boss" not in offered


def test_hold_in_each_of_its_forms_is_passed_on(office: Office, phones: tuple[Phone, Phone, Phone]) -> None:
    alice, bob, _ = phones
    calling, session = talk(alice, "1002", bob)
    for address, direction in (("10.0.0.1", "sendonly"), ("10.0.0.1", "inactive"), ("0.0.0.0", "sendrecv")):
        offer = (
            f"v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio 4000 RTP/AVP 0 8\r\na={direction}\r\n"
        ).encode()
        calling.offer(offer, office.wire.now)
        assert "offer v=0" in bob.log[-1]
        assert f"a={direction}" in bob.log[-1]
        assert f"IN IP4 {address}" in bob.log[-1]
        session.accept(offer.replace(b"10.0.0.1", b"10.0.0.2").replace(b"sendonly", b"recvonly"), office.wire.now)
        office.wire.settle()
        assert alice.log[-1].startswith("offer-answered")
        assert calling.can_offer and session.can_offer
