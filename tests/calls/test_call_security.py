"""The class of calls as they go on (CALL-03, CALL-04), and what is offered to whom because of it (MEDIA)."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.events import Answered, Ended, MediaAnswered, MediaOffered, TransferRequested
from ringward.calls.media import Direction, MediaDescription
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode


def srtp(name: str, codecs: str = "PCMU event", direction: Direction = Direction.SEND_RECEIVE) -> MediaDescription:
    return sound(name, codecs, direction, "RTP/SAVP", ("crypto", f"1 AES_CM_128_HMAC_SHA1_80 inline:{name}"))


@pytest.fixture
def secure_office(open_office: OpenOffice) -> Office:
    return open_office(
        phone("A", "1", mode=ENCRYPTED),
        phone("B", "2", mode=ENCRYPTED),
        phone("C", "3", mode=AUTHENTICATED),
        phone("D", "4"),
        phone("E", "5", mode=ENCRYPTED, wideband_when_encrypted=False),
    )


@pytest.mark.parametrize(
    ("called", "call_class", "reason"),
    [
        ("B", AUTHENTICATED, "authenticated because the media of the calling phone is not encrypted"),
        ("C", AUTHENTICATED, "authenticated because the media of the calling phone is not encrypted"),
        ("D", NONSECURE, "nonsecure because the called phone's profile is Non Secure"),
    ],
)
def test_a_call_has_the_class_of_its_weakest_leg(
    secure_office: Office, called: str, call_class: DeviceSecurityMode, reason: str
) -> None:
    """CALL-03, MEDIA-10: with plain media no call is encrypted."""
    a, _ = secure_office.connected("A", called)
    (live,) = secure_office.engine.live()
    assert (live.security_class, live.security_reason) == (int(call_class), reason)
    a.tells(Ended())
    (record,) = secure_office.records
    assert (record.security_class, record.security_reason) == (int(call_class), reason)


def test_an_encrypted_call(secure_office: Office) -> None:
    secure_office.dial("A", "2", srtp("A"))
    secure_office.rung("B").tells(Answered(srtp("B")))
    (live,) = secure_office.engine.live()
    assert live.security_class is CallSecurityClass.ENCRYPTED
    assert live.security_reason == "encrypted because the signalling and media of every party are"


def test_a_leg_that_is_less_secure_than_its_profile(secure_office: Office) -> None:
    """What counts is how the phone is registered now, not what is configured (CLUSTER-07)."""
    secure_office.security["B"] = CallSecurityClass.NONSECURE
    secure_office.connected("A", "B")
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.NONSECURE


def test_encrypted_becomes_nonsecure_when_the_media_no_longer_is(secure_office: Office) -> None:
    """CALL-04: nonsecure, not authenticated; and encrypted again when the media is."""
    a = secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    b.tells(MediaOffered(sound("B")))
    a.tells(MediaAnswered(sound("A")))
    (live,) = secure_office.engine.live()
    assert live.security_class is CallSecurityClass.NONSECURE
    assert live.security_reason.startswith("nonsecure because it was encrypted and is no longer")
    b.tells(MediaOffered(srtp("B")))
    a.tells(MediaAnswered(srtp("A")))
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.ENCRYPTED


def test_a_held_call_whose_streams_stay_encrypted_stays_encrypted(secure_office: Office) -> None:
    a = secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    b.tells(MediaOffered(srtp("B", direction=Direction.INACTIVE)))
    a.tells(MediaAnswered(srtp("A", direction=Direction.INACTIVE)))
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.ENCRYPTED


def test_a_transfer_of_an_encrypted_call(secure_office: Office) -> None:
    """CALL-04: to a phone without encryption; the class is worked out for the parties that are left."""
    secure_office.dial("A", "2", sound("A"))
    b = secure_office.rung("B")
    b.tells(Answered(sound("B")))
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.AUTHENTICATED
    b.tells(TransferRequested("4"))
    secure_office.rung("D").tells(Answered(sound("D")))
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.NONSECURE


def test_keys_never_reach_a_phone_with_plain_signalling(secure_office: Office) -> None:
    """MEDIA-10."""
    key = ("crypto", "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA")
    secure_office.dial("A", "4", sound("A", "PCMU event", Direction.SEND_RECEIVE, "RTP/AVP", key))
    d = secure_office.rung("D")
    assert d.hears is not None and d.hears.streams[0].attributes == ()


def test_wideband_is_passed_over_in_an_encrypted_call(secure_office: Office) -> None:
    """MEDIA-17: for a phone that cannot encrypt it; the plain call between the same two may use it."""
    secure_office.dial("A", "5", srtp("A", "L16 PCMU"))
    assert secure_office.ladder() == ["E place from 1: A [PCMU]"]
    secure_office.dial("A", "5", sound("A", "L16 PCMU"))
    assert secure_office.ladder() == ["E place from 1: A [PCMU L16]"]
