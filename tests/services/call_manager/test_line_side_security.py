"""How secure a leg is: by what its phone has proved and by its cipher, not by its profile alone."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from harness.office import Office, Phone, sdp
from harness.wire import Wire
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
    assert live.security_reason == "authenticated because the called phone's profile is Authenticated"
