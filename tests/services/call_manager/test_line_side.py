"""Ladders through the call manager: phones on one side, phones on the other, the call engine between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.office import MANAGER, Office, Phone, sdp, tcp_office
from ringward.calls.events import Cause
from ringward.domain.vocabulary import DeviceSecurityMode, TransportType
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.message import Request


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def alice(office: Office) -> Phone:
    phone = office.phone("alice", "1001")
    assert phone.register() == "response 200"
    return phone


@pytest.fixture
def bob(office: Office) -> Phone:
    phone = office.phone("bob", "1002")
    assert phone.register() == "response 200"
    return phone


def clean(office: Office) -> None:
    """Nothing of the calls is left anywhere."""
    office.wire.run(70)
    assert office.side.endpoint.session_count == 0
    assert len(office.side.endpoint.transactions) == 0
    assert not office.engine.calls


def connect(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002")
    bob.answer()
    office.wire.settle()
    alice.log.clear()
    bob.log.clear()
    office.wire.ladder.clear()


# -- registration -------------------------------------------------------------------------------------------


def test_register_refresh_and_unregister(office: Office, alice: Phone) -> None:
    assert len(office.side.registrations) == 1
    assert alice.register() == "response 200"
    assert len(office.side.registrations) == 1
    assert alice.register(0) == "response 200"
    assert len(office.side.registrations) == 0


def test_registration_expires(office: Office, alice: Phone) -> None:
    alice.register(60)
    office.wire.run(59)
    office.side.advance(office.wire.now)
    assert len(office.side.registrations) == 1
    office.wire.run(2)
    office.side.advance(office.wire.now)
    assert len(office.side.registrations) == 0


def test_too_short_a_registration_is_told_the_minimum(office: Office, alice: Phone) -> None:
    assert alice.register(30) == "response 423"


def test_star_removes_all_contacts(office: Office, alice: Phone) -> None:
    assert alice.register(0, Contact=["*"]) == "response 200"
    assert len(office.side.registrations) == 0
    assert alice.register(60, Contact=["*"]) == "response 400"


def test_unknown_number_is_challenged_and_then_refused_like_a_wrong_password(office: Office) -> None:
    stranger = office.phone("mallory", "1009")
    office.devices.clear()
    office.configure()
    assert stranger.register() == "response 401"
    stranger.credentials = DigestCredentials("mallory", "guess", lambda: "c")
    assert stranger.register() == "response 403"


def test_digest_is_asked_for_on_register_and_invite_but_not_on_keepalive(office: Office, bob: Phone) -> None:
    """SIPD-05, SIPD-16, R-31."""
    carol = office.phone("carol", "1003", digest=("carol", "Secret1"))
    office.wire.ladder.clear()
    assert carol.register() == "response 200"
    assert [line for line in office.wire.ladder if line.startswith("cm")] == [
        "cm -> carol: 401 REGISTER",
        "cm -> carol: 200 REGISTER",
    ]
    office.wire.ladder.clear()
    assert carol.register() == "response 200"
    assert office.wire.ladder == ["carol -> cm: REGISTER", "cm -> carol: 200 REGISTER"]
    assert carol.register(0) == "response 200"
    assert "cm -> carol: 401 REGISTER" in office.wire.ladder  # to leave is no keepalive
    carol.register()
    office.wire.ladder.clear()
    carol.call("1002")
    bob.answer()
    assert "cm -> carol: 401 INVITE" in office.wire.ladder
    assert carol.log[-1].startswith("answered")
    # SIPD-02: the credentials of one leg are not seen on the other.
    received = [each.request for each in bob.agent.endpoint.transactions._servers.values()]
    assert received
    assert all("Authorization" not in request.headers for request in received)


def test_wrong_password_is_refused_and_the_reason_kept(office: Office) -> None:
    carol = office.phone("carol", "1003", digest=("carol", "Secret1"))
    carol.credentials = DigestCredentials("carol", "guess", lambda: "c")
    assert carol.register() == "response 403"
    assert "wrong digest credentials" in office.side.registrations.refusals[carol.device.name].reason


def test_digest_user_without_credentials_cannot_register(office: Office) -> None:
    """SIPD-20."""
    carol = office.phone("carol", "1003", digest=("carol", "Secret1"))
    office.passwords.clear()
    office.configure()
    assert carol.register() == "response 403"
    assert "has no digest credentials" in office.side.registrations.refusals[carol.device.name].reason


def test_a_phone_that_got_no_credentials_is_challenged_and_the_reason_kept(office: Office) -> None:
    """SIPD-20: its file had none to carry, so it sends none."""
    carol = office.phone("carol", "1003", digest=("carol", "Secret1"))
    carol.credentials = None
    office.passwords.clear()
    office.configure()
    assert carol.register() == "response 401"
    assert "has no digest credentials" in office.side.registrations.refusals[carol.device.name].reason


def test_another_users_credentials_do_not_serve(office: Office) -> None:
    office.phone("dave", "1004", digest=("dave", "Secret2"))
    carol = office.phone("carol", "1003", digest=("carol", "Secret1"))
    carol.credentials = DigestCredentials("dave", "Secret2", lambda: "c")
    assert carol.register() == "response 403"


def test_new_realm_is_used_from_the_next_challenge_on(office: Office) -> None:
    """RST-28, SIPD-10."""
    carol = office.phone("carol", "1003", digest=("carol", "Secret1"))
    carol.register()
    office.configure(sip_station_realm="other")
    carol.call_id = "new"
    assert carol.register() == "response 200"


def test_transport_must_be_the_profiles(office: Office) -> None:
    """PSP-22."""
    carol = office.phone("carol", "1003", transport=TransportType.TCP)
    assert carol.register() == "response 401"  # as a stranger is answered; the log says why
    assert "UDP" in office.side.registrations.refusals[carol.device.name].reason


def test_secure_device_without_certificate_does_not_register(office: Office) -> None:
    """CLUSTER-05."""
    carol = office.phone("carol", "1003", security_mode=DeviceSecurityMode.ENCRYPTED)
    assert carol.register() == "response 401"
    assert "Encrypted" in office.side.registrations.refusals[carol.device.name].reason


def test_device_that_is_no_longer_configured_is_unregistered(office: Office, alice: Phone) -> None:
    office.devices.clear()
    office.configure()
    assert len(office.side.registrations) == 0


def test_why_a_phone_that_was_registered_is_so_no_more_is_kept_until_it_comes_back(
    office: Office, alice: Phone
) -> None:
    gone, name = office.side.registrations.gone, alice.device.name
    alice.register(60)
    assert name not in gone
    office.wire.run(61)
    office.side.advance(office.wire.now)
    assert gone[name].reason == "it has not renewed its registration"
    alice.register(60)
    assert name not in gone
    alice.register(0)
    assert "signed off" in gone[name].reason


def test_a_phone_that_was_refused_is_away_for_that_reason(office: Office, alice: Phone) -> None:
    alice.register(60)
    office.reconfigure(alice, lambda device: replace(device, security_mode=DeviceSecurityMode.ENCRYPTED))
    alice.register(60)
    assert alice.device.name in office.side.registrations.refusals
    office.wire.run(61)
    office.side.advance(office.wire.now)
    assert len(office.side.registrations) == 0
    assert alice.device.name not in office.side.registrations.gone


# -- calls --------------------------------------------------------------------------------------------------


def test_call_through_two_legs(office: Office, alice: Phone, bob: Phone) -> None:
    session = alice.call("1002")
    bob.incoming[0].progress(180, office.wire.now)
    bob.answer()
    session.hang_up(office.wire.now)
    assert office.wire.ladder[4:] == [
        "alice -> cm: INVITE",
        "cm -> bob: INVITE",
        "bob -> cm: 180 INVITE",
        "cm -> alice: 180 INVITE",
        "bob -> cm: 200 INVITE",
        "cm -> bob: ACK",
        "cm -> alice: 200 INVITE",
        "alice -> cm: ACK",
        "alice -> cm: BYE",
        "cm -> alice: 200 BYE",
        "cm -> bob: BYE",
        "bob -> cm: 200 BYE",
    ]
    (record,) = office.records
    assert (record.calling_number, record.final_called_number) == ("1001", "1002")
    assert record.answer_time is not None
    clean(office)


def test_each_side_gets_the_others_media(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002", sdp("10.0.0.1", 4000))
    assert "c=IN IP4 10.0.0.1" in bob.log[-1] and "m=audio 4000 RTP/AVP 0 8" in bob.log[-1]
    bob.answer(sdp("10.0.0.2", 5000, formats="8"))
    assert "m=audio 5000 RTP/AVP 8" in alice.log[-1]


def test_called_party_hangs_up(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002")
    bob.answer().hang_up(office.wire.now)
    assert alice.log[-1] == "ended 200"
    clean(office)


@pytest.mark.parametrize(("status", "told"), [(486, 486), (603, 603), (480, 408), (488, 488), (404, 404)])
def test_refusals_reach_the_caller(office: Office, alice: Phone, bob: Phone, status: int, told: int) -> None:
    alice.call("1002")
    bob.incoming[0].refuse(status, office.wire.now)
    assert alice.log == [f"failed {told}"]
    clean(office)


def test_unknown_number(office: Office, alice: Phone) -> None:
    alice.call("4711")
    assert alice.log == ["failed 404"]
    clean(office)


def test_unregistered_number(office: Office, alice: Phone) -> None:
    office.phone("bob", "1002")
    alice.call("1002")
    assert alice.log == ["failed 480"]


def test_caller_gives_up(office: Office, alice: Phone, bob: Phone) -> None:
    session = alice.call("1002")
    bob.incoming[0].progress(180, office.wire.now)
    office.wire.settle()
    session.hang_up(office.wire.now)
    assert bob.log[-1] == "ended 487"
    assert alice.log[-1] == "failed 487"
    assert office.records[0].calling_cause is Cause.CANCELLED
    clean(office)


def test_phone_that_does_not_respond(office: Office, alice: Phone, bob: Phone) -> None:
    office.wire.lose = lambda line: line == "cm -> bob: INVITE"
    alice.call("1002")
    office.wire.run(33)
    assert alice.log == ["failed 408"]
    clean(office)


def test_nobody_answers(office: Office, alice: Phone, bob: Phone) -> None:
    office.configure(sip_invite_expires=20)
    alice.call("1002")
    bob.incoming[0].progress(180, office.wire.now)
    office.wire.run(21)
    assert alice.log[-1] == "failed 480"
    assert bob.log[-1] == "ended 487"
    clean(office)


def test_early_media(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002")
    bob.incoming[0].progress(183, office.wire.now, body=sdp("10.0.0.2", 5000))
    assert alice.log[-1].startswith("progress 183")
    assert "m=audio 5000" in alice.log[-1]


def test_call_without_offer(office: Office, alice: Phone, bob: Phone) -> None:
    session = alice.call("1002", b"")
    assert bob.log == ["invite"]
    bob.answer(sdp("10.0.0.2", 5000))
    assert "m=audio 5000" in alice.log[-1]
    session.acknowledge(sdp("10.0.0.1", 4000), office.wire.now)
    assert bob.log[-1].startswith("acknowledged") and "m=audio 4000" in bob.log[-1]
    session.hang_up(office.wire.now)
    clean(office)


@pytest.mark.parametrize("caller_holds", [True, False])
def test_hold_and_resume_by_either_side(office: Office, alice: Phone, bob: Phone, caller_holds: bool) -> None:
    session = alice.call("1002")
    other = bob.answer()
    holder, held, mine, theirs = (alice, bob, session, other) if caller_holds else (bob, alice, other, session)
    address = holder.agent.address[0]
    mine.offer(sdp(address, direction="sendonly"), office.wire.now)
    assert "a=sendonly" in held.log[-1]
    theirs.accept(sdp(held.agent.address[0], direction="recvonly"), office.wire.now)
    assert "offer-answered" in holder.log[-1] and "a=recvonly" in holder.log[-1]
    assert office.engine.live()[0].held_by == ("calling" if caller_holds else "called")
    mine.offer(sdp(address), office.wire.now)
    office.wire.settle()
    theirs.accept(sdp(held.agent.address[0]), office.wire.now)
    assert "a=sendrecv" in holder.log[-1]
    assert office.engine.live()[0].held_by == ""
    session.hang_up(office.wire.now)
    clean(office)


def test_blind_transfer(office: Office, alice: Phone, bob: Phone) -> None:
    carol = office.phone("carol", "1003")
    carol.register()
    session = alice.call("1002")
    transferor = bob.answer()
    office.wire.settle()
    transferor.refer(f"sip:1003@{MANAGER[0]}", office.wire.now)
    assert carol.log[-1].startswith("invite") and "10.0.0.1" in carol.log[-1]
    carol.incoming[0].progress(180, office.wire.now)
    carol.answer(sdp("10.0.0.3", 6000))
    assert "refer-progress 200 final" in bob.log
    office.wire.settle()
    assert "offer" in alice.log[-1] and "m=audio 6000" in alice.log[-1]
    session.accept(sdp("10.0.0.1"), office.wire.now)
    office.wire.settle()
    live = office.engine.live()
    assert [(call.calling.number, call.called.number) for call in live] == [("1001", "1003")]
    session.hang_up(office.wire.now)
    assert carol.log[-1] == "ended 200"
    clean(office)


def test_transfer_to_nobody_leaves_the_call(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002")
    bob.answer().refer("sip:4711@x", office.wire.now)
    assert bob.log[-1] == "refer-progress 404 final"
    assert len(office.engine.live()) == 1


def test_partition_outside_the_search_space_cannot_be_reached(office: Office, alice: Phone) -> None:
    """AUTHZ-02."""
    boss = office.phone("boss", "1000", partition="Board")
    boss.register()
    alice.call("1000")
    assert alice.log == ["failed 404"]


def test_encrypted_media_is_not_passed_off_as_clear(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002", sdp("10.0.0.1").replace(b"RTP/AVP", b"RTP/SAVP"))
    assert alice.log == ["failed 488"]


def test_malformed_description(office: Office, alice: Phone, bob: Phone) -> None:
    alice.call("1002", b"this is no description")
    assert alice.log == ["failed 488"]


def test_stranger_cannot_call(office: Office, alice: Phone, bob: Phone) -> None:
    mallory = office.phone("mallory", "1009")
    mallory.number = "1001"  # claims to be alice, from elsewhere
    mallory.call("1002")
    assert mallory.log == ["failed 403"]
    assert bob.incoming == []


def test_stranger_cannot_end_a_call(office: Office, alice: Phone, bob: Phone) -> None:
    session = alice.call("1002")
    bob.answer()
    mallory = office.phone("mallory", "1009")
    office.wire.settle()
    bye = session.dialog.request("BYE")
    mallory.agent.endpoint.request(bye, mallory.flow, mallory.agent, office.wire.now)
    assert mallory.log == ["response 403"]
    assert len(office.engine.live()) == 1


def test_options_as_keepalive_needs_nothing(office: Office, alice: Phone) -> None:
    alice.request("OPTIONS")
    assert alice.log == ["response 200"]


def test_required_extension_is_refused(office: Office, alice: Phone) -> None:
    alice.request("OPTIONS", {"Require": ["nonsense"]})
    assert alice.log == ["response 420"]


@pytest.mark.parametrize(("method", "status"), [("BREW", 501), ("PUBLISH", 405), ("BYE", 405)])
def test_method_that_is_not_served(office: Office, alice: Phone, method: str, status: int) -> None:
    alice.request(method, to="1002")
    assert alice.log == [f"response {status}"]


def test_too_many_hops(office: Office, alice: Phone) -> None:
    alice.request("INVITE", {"Max-Forwards": ["0"]}, to="1002")
    assert alice.log == ["response 483"]


def test_last_hop_is_where_we_are(office: Office, alice: Phone) -> None:
    alice.request("OPTIONS", {"Max-Forwards": ["0"]})
    assert alice.log == ["response 200"]


def test_reset_reaches_the_phone(office: Office, alice: Phone) -> None:
    office.wire.ladder.clear()
    assert office.side.reset(alice.device.name, restart=False, now=office.wire.now) == 1
    assert office.wire.ladder == ["cm -> alice: NOTIFY", "alice -> cm: 200 NOTIFY"]


def test_lost_connection_unregisters_and_ends_the_call() -> None:
    office = tcp_office()
    alice, bob = office.phone("alice", "1001"), office.phone("bob", "1002")
    alice.register()
    bob.register()
    alice.call("1002")
    bob.answer()
    office.wire.settle()
    lost = office.wire.flow(office, alice.agent)  # type: ignore[arg-type]
    office.side.flow_lost(lost, office.wire.now)
    assert bob.log[-1] == "ended 200"
    assert office.side.registrations.of_device(alice.device.name) == []
    clean(office)


def test_a_phone_that_restarts_elsewhere_again_and_again_replaces_its_oldest_contact(
    office: Office, alice: Phone
) -> None:
    for port in range(6000, 6020):
        office.wire.run(1)
        assert alice.register(3600, Contact=[f"<sip:1001@10.0.0.1:{port}>"]) == "response 200"
    contacts = [each.contact for each in office.side.registrations.of_line(alice.device.lines[0])]
    assert contacts == [f"sip:1001@10.0.0.1:{port}" for port in range(6012, 6020)]


def test_more_contacts_at_a_time_than_a_line_may_have_are_refused(office: Office, alice: Phone) -> None:
    contacts = [f"<sip:1001@10.0.0.1:{port}>" for port in range(6000, 6009)]
    assert alice.register(3600, Contact=contacts) == "response 503"
    assert len(office.side.registrations) == 1  # as before
    assert alice.register(3600, Contact=contacts[:8]) == "response 200"
    assert len(office.side.registrations) == 8


def test_changed_device_keeps_its_registration(office: Office, alice: Phone, bob: Phone) -> None:
    line = replace(alice.device.lines[0], display_name="Alice Liddell")
    office.reconfigure(alice, lambda each: replace(each, lines=(line,)))
    alice.call("1002")
    office.wire.settle()
    request: Request = next(iter(bob.agent.endpoint.transactions._servers.values())).request
    assert '"Alice Liddell" <sip:1001@' in request.headers["From"][0]
    assert '"Alice Liddell" <sip:1001@' in request.headers["P-Asserted-Identity"][0]


def test_removed_line_makes_no_calls_but_its_phone_can_be_reset(office: Office, alice: Phone, bob: Phone) -> None:
    """RST-26: the phone learns of its new line by the reset."""
    moved = replace(alice.device.lines[0], number="1099")
    office.reconfigure(alice, lambda each: replace(each, lines=(moved,)))
    alice.call("1002")
    assert alice.log == ["failed 403"]
    bob.call("1001")
    assert bob.log == ["failed 404"]
    assert office.side.reset(alice.device.name, restart=False, now=office.wire.now) == 1
    assert office.wire.ladder[-2:] == ["cm -> alice: NOTIFY", "alice -> cm: 200 NOTIFY"]


def test_transferred_party_is_told_whom_it_talks_to(office: Office, alice: Phone, bob: Phone) -> None:
    carol = office.phone("carol", "1003")
    carol.register()
    session = alice.call("1002")
    transferor = bob.answer()
    office.wire.settle()
    assert session.far_side.identity.startswith('"Bob" <sip:1002@')
    transferor.refer(f"sip:1003@{MANAGER[0]}", office.wire.now)
    carol.answer(sdp("10.0.0.3", 6000))
    office.wire.settle()
    session.accept(sdp("10.0.0.1"), office.wire.now)
    assert session.far_side.identity.startswith('"Carol" <sip:1003@')
