"""How secure a leg is: by what its phone has proved and by its cipher, not by its profile alone."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from harness.office import Office, Phone, sdp
from harness.wire import Wire
from ringward.calls.events import Cause
from ringward.domain.vocabulary import DeviceSecurityMode, TransportType
from ringward.protocols.sip.flow import Transport

ENCRYPTED, AUTHENTICATED = DeviceSecurityMode.ENCRYPTED, DeviceSecurityMode.AUTHENTICATED


@pytest.fixture
def office() -> Office:
    return Office(Wire(Transport.TLS))


def secured(office: Office, name: str, number: str, mode: DeviceSecurityMode) -> Phone:
    """A phone that is registered by its certificate and with the cipher of its mode."""
    phone = office.phone(name, number, security_mode=mode, transport=TransportType.TLS)
    flow = office.wire.flow(office, phone.agent)  # type: ignore[arg-type]
    flow.peer_subject, flow.cipher_encrypts = phone.device.name, mode is ENCRYPTED
    assert phone.register() == "response 200"
    return phone


def crypto(address: str, *lines: str) -> bytes:
    """A description that demands encryption."""
    keys = "".join(f"a=crypto:{line}\r\n" for line in lines)
    return sdp(address).replace(b"RTP/AVP", b"RTP/SAVP") + keys.encode()


KEY = f"1 AES_CM_128_HMAC_SHA1_80 inline:{b64encode(bytes(30)).decode()}"


def test_no_key_goes_by_the_cipher_of_a_former_mode(office: Office) -> None:
    """MEDIA-10, SIG-04: the profile has become Encrypted, the phone is still connected with NULL-SHA."""
    alice = secured(office, "alice", "1001", ENCRYPTED)
    bob = secured(office, "bob", "1002", AUTHENTICATED)
    office.reconfigure(bob, lambda device: replace(device, security_mode=ENCRYPTED))
    alice.call("1002", crypto("10.0.0.1", KEY).replace(b"RTP/SAVP", b"RTP/AVP"))
    assert "m=audio" in bob.log[-1]
    assert "crypto" not in bob.log[-1]
    bob.answer()
    (live,) = office.engine.live()
    assert live.security_reason == (
        "authenticated because the called phone is registered as Authenticated until it is reset"
    )


def keyed(address: str, letter: str, tag: int = 1, **more: str) -> bytes:
    """A description that demands encryption, with a key of whom the letter stands for."""
    key = b64encode(letter.encode() * 30).decode()
    body = crypto(address, f"{tag} AES_CM_128_HMAC_SHA1_80 inline:{key}")
    return body.replace(b"sendrecv", more.get("direction", "sendrecv").encode())


def holds(text: str, letter: str) -> bool:
    """Whether somebody's key is in a text."""
    return b64encode(letter.encode() * 30).decode() in text


@pytest.fixture
def pair(office: Office) -> tuple[Phone, Phone]:
    return secured(office, "alice", "1001", ENCRYPTED), secured(office, "bob", "1002", ENCRYPTED)


def clean(office: Office) -> None:
    """Nothing of the calls is left anywhere."""
    office.wire.run(70)
    assert office.side.endpoint.session_count == 0
    assert len(office.side.endpoint.transactions) == 0
    assert not office.engine.calls


def test_other_keys_than_those_of_early_media_are_known_to_both(office: Office, pair: tuple[Phone, Phone]) -> None:
    """MEDIA-07, RFC 3262 section 5: the caller is offered them anew, and its new key reaches the other one.

    The called phone knows nothing of reliable responses, and so may say something else when it answers.
    """
    alice, bob = pair
    office.wire.change = lambda line, data: data.replace(b"100rel", b"x") if line == "cm -> bob: INVITE" else data
    session = alice.call("1002", keyed("10.0.0.1", "a"))
    bob.incoming[0].progress(183, office.wire.now, body=keyed("10.0.0.2", "b"))
    assert holds(alice.log[-1], "b")
    other = bob.answer(keyed("10.0.0.2", "c"))
    assert alice.log[-1].startswith("offer") and holds(alice.log[-1], "c")
    session.accept(keyed("10.0.0.1", "d"), office.wire.now)
    assert bob.log[-1].startswith("offer") and holds(bob.log[-1], "d")
    other.accept(keyed("10.0.0.2", "c"), office.wire.now)
    office.wire.settle()
    (live,) = office.engine.live()
    assert live.security_class.name == "ENCRYPTED"
    session.hang_up(office.wire.now)
    clean(office)


@pytest.mark.parametrize(
    "answer", [sdp("10.0.0.2").replace(b"RTP/AVP", b"RTP/SAVP"), b"v=0\r\nm=what\r\n"], ids=["no key", "no sense"]
)
def test_a_call_ends_whose_party_agrees_to_what_nobody_knows(
    office: Office, pair: tuple[Phone, Phone], answer: bytes
) -> None:
    """The lock stayed, while one of the two had taken other keys already."""
    alice, bob = pair
    session = alice.call("1002", keyed("10.0.0.1", "a"))
    other = bob.answer(keyed("10.0.0.2", "b"))
    session.offer(keyed("10.0.0.1", "c", direction="sendonly"), office.wire.now)
    office.wire.settle()
    other.accept(answer, office.wire.now)
    assert (alice.log[-1], bob.log[-1]) == ("ended 200", "ended 200")
    assert office.records[0].called_cause is Cause.INCOMPATIBLE_MEDIA
    clean(office)


def test_a_party_that_is_asked_for_an_offer_and_makes_none_is_acknowledged(
    office: Office, pair: tuple[Phone, Phone]
) -> None:
    """It keeps its media, and is not left waiting for an ACK until it gives the call up."""
    alice, bob = pair
    session = alice.call("1002", keyed("10.0.0.1", "a"))
    other = bob.answer(keyed("10.0.0.2", "b"))
    session.offer(b"", office.wire.now)
    office.wire.settle()
    other.accept(b"", office.wire.now)
    assert alice.log[-1] == "offer-refused 488"
    office.wire.run(120)
    assert len(office.engine.live()) == 1
    other.hang_up(office.wire.now)
    clean(office)


@pytest.mark.parametrize("status", [406, 415, 488, 606])
def test_whoever_refuses_encrypted_media_is_offered_rtp(
    office: Office, pair: tuple[Phone, Phone], status: int
) -> None:
    """MEDIA-08: by whichever of the statuses that phones refuse media with."""
    alice, bob = pair
    host, _ = alice.agent.address
    alice.agent.endpoint.invite_headers["Supported"] = ["X-cisco-srtp-fallback"]
    alice.call("1002", keyed(host, "a"))
    bob.incoming[0].refuse(status, office.wire.now)
    assert len(bob.incoming) == 2
    assert "crypto" not in bob.log[-1] and "m=audio" in bob.log[-1]


def test_a_call_without_offer_that_is_refused_for_security_says_why(
    office: Office, pair: tuple[Phone, Phone]
) -> None:
    """MEDIA-08: the called phone offers encrypted media alone, which the calling one may not be shown."""
    _, bob = pair
    carol = secured(office, "carol", "1003", AUTHENTICATED)
    carol.call("1002", b"")
    bob.answer(keyed("10.0.0.2", "b"))
    assert carol.log[-1] == "failed 488"
    assert office.records[0].security_reason == (
        "refused because the called phone takes no media in the clear, "
        "and the calling phone's profile is Authenticated"
    )
