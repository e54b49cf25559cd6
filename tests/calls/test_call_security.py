"""The class of calls as they go on (CALL-03, CALL-04), and what is offered to whom because of it (MEDIA)."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import Office, key, phone, sound, srtp
from ringward.calls.directory import RegionCodecs
from ringward.calls.events import (
    Answered,
    Cause,
    Ended,
    Failed,
    MediaAnswered,
    MediaOffered,
    TransferRequested,
)
from ringward.calls.media import Direction
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode


@pytest.fixture
def secure_office(open_office: OpenOffice) -> Office:
    return open_office(
        phone("A", "1", mode=ENCRYPTED),
        phone("B", "2", mode=ENCRYPTED),
        phone("C", "3", mode=AUTHENTICATED),
        phone("D", "4"),
        phone("E", "5", mode=ENCRYPTED, wideband_when_encrypted=False),
        phone("F", "6", mode=ENCRYPTED, srtp=False),
    )


@pytest.mark.parametrize(
    ("called", "call_class", "reason"),
    [
        ("B", AUTHENTICATED, "authenticated because the media of the calling phone is not encrypted"),
        ("C", AUTHENTICATED, "authenticated because the called phone's profile is Authenticated"),
        ("D", NONSECURE, "nonsecure because the called phone's profile is Non Secure"),
    ],
)
def test_a_call_has_the_class_of_its_weakest_leg(
    secure_office: Office, called: str, call_class: DeviceSecurityMode, reason: str
) -> None:
    """CALL-01, CALL-17, CALL-03, MEDIA-10: with plain media no call is encrypted."""
    a, _ = secure_office.connected("A", called)
    (live,) = secure_office.engine.live()
    assert (live.security_class, live.security_reason) == (int(call_class), reason)
    a.tells(Ended())
    (record,) = secure_office.records
    assert (record.security_class, record.security_reason) == (int(call_class), reason)


def test_an_encrypted_call(secure_office: Office) -> None:
    """CALL-02."""
    secure_office.dial("A", "2", srtp("A"))
    secure_office.rung("B").tells(Answered(srtp("B")))
    (live,) = secure_office.engine.live()
    assert live.security_class is CallSecurityClass.ENCRYPTED
    assert live.security_reason == "encrypted because all its signalling and media are encrypted"


def test_a_leg_that_is_less_secure_than_its_profile(secure_office: Office) -> None:
    """What counts is how the phone is registered now, not what is configured (CLUSTER-07)."""
    secure_office.security["B"] = CallSecurityClass.NONSECURE
    secure_office.connected("A", "B")
    (live,) = secure_office.engine.live()
    assert live.security_class is CallSecurityClass.NONSECURE
    assert (
        live.security_reason == "nonsecure because the called phone is registered as Non Secure until it is reset"
    )


@pytest.mark.parametrize(("answers", "call_class"), [("B", ENCRYPTED), ("C", NONSECURE)])
def test_phones_of_a_shared_line_keep_each_its_own_class(
    open_office: OpenOffice, answers: str, call_class: DeviceSecurityMode
) -> None:
    """CALL-05, CLUSTER-18, CLUSTER-19: what counts is the device that answers, not the line."""
    office = open_office(
        phone("A", "1", mode=ENCRYPTED), phone("B", "2", mode=ENCRYPTED), phone("C", "2", mode=NONSECURE)
    )
    office.falls_back.add("A")
    office.dial("A", "2", srtp("A"))
    office.rung("B"), office.rung("C")
    office.rung(answers).tells(Answered(srtp("B") if answers == "B" else sound("C")))
    assert office.engine.live()[0].security_class == int(call_class)


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


@pytest.mark.parametrize(("caller", "called"), [("A", "F"), ("F", "A")])
def test_a_model_that_cannot_encrypt_media_is_never_offered_keys(
    secure_office: Office, caller: str, called: str
) -> None:
    """MODEL-03, MEDIA-08: its signalling is encrypted all the same; the call is up, in RTP."""
    secure_office.falls_back.add("A")
    one = secure_office.dial(caller, {"A": "1", "F": "6"}[called], srtp("A") if caller == "A" else sound("F"))
    other = secure_office.rung(called)
    assert other.hears == sound(caller)
    other.tells(Answered(sound(called)))
    assert one.hears == sound(called)
    (live,) = secure_office.engine.live()
    who = "called" if called == "F" else "calling"
    assert live.security_reason == f"authenticated because the {who} phone cannot encrypt media"


def test_keys_never_reach_a_phone_with_plain_signalling(secure_office: Office) -> None:
    """MEDIA-02, MEDIA-10."""
    secure_office.dial("A", "4", sound("A", keys=(key("A"),)))
    assert secure_office.rung("D").hears == sound("A")


@pytest.mark.parametrize("called", ["C", "D"])
def test_a_phone_that_falls_back_calls_one_that_cannot_encrypt(secure_office: Office, called: str) -> None:
    """MEDIA-12, MEDIA-08: the call is up, in RTP, without a lock."""
    secure_office.falls_back.add("A")
    a = secure_office.dial("A", {"C": "3", "D": "4"}[called], srtp("A"))
    other = secure_office.rung(called)
    assert other.hears == sound("A")
    other.tells(Answered(sound(called)))
    assert a.hears == sound(called)
    (live,) = secure_office.engine.live()
    assert live.security_class is not CallSecurityClass.ENCRYPTED


def test_a_phone_that_demands_encryption_is_never_answered_in_the_clear(secure_office: Office) -> None:
    """It is told that it cannot be, and the called phone does not even ring."""
    a = secure_office.dial("A", "4", srtp("A"))
    assert "A reject INCOMPATIBLE_MEDIA" in secure_office.ladder()
    assert a.ends == 1
    assert reason_of_the_last(secure_office) == (
        "refused because the calling phone takes no media in the clear, "
        "and the called phone's profile is Non Secure"
    )


def test_a_called_phone_that_answers_in_the_clear_is_not_connected(secure_office: Office) -> None:
    secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(sound("B")))
    assert (b.ends, secure_office.engine.live()) == (1, [])
    assert secure_office.records[0].calling_cause is Cause.INCOMPATIBLE_MEDIA
    assert reason_of_the_last(secure_office) == (
        "refused because the calling phone takes no media in the clear, and the called phone answered in the clear"
    )


def reason_of_the_last(office: Office) -> str:
    """What the record of the call that ended last says of its security."""
    return office.records[-1].security_reason


@pytest.mark.parametrize(
    ("caller", "reason"),
    [("D", "the calling phone's profile is Non Secure"), ("C", "the calling phone's profile is Authenticated")],
)
def test_a_called_phone_that_demands_encryption_declines_with_a_reason(
    secure_office: Office, caller: str, reason: str
) -> None:
    secure_office.dial(caller, "2", sound(caller))
    secure_office.rung("B").tells(Failed(Cause.INCOMPATIBLE_MEDIA, "488 Not Acceptable Here"))
    assert reason_of_the_last(secure_office) == (
        f"refused because the called phone takes no media in the clear, and {reason}"
    )


def test_codecs_that_do_not_fit_are_no_matter_of_security(open_office: OpenOffice) -> None:
    office = open_office(
        phone("A", "1", mode=ENCRYPTED),
        phone("B", "2", mode=ENCRYPTED),
        regions={"Default": RegionCodecs("G729-8k", "G729-8k")},
    )
    office.dial("A", "2", srtp("A"))
    assert office.records[0].called_cause is Cause.INCOMPATIBLE_MEDIA
    assert reason_of_the_last(office) == "nonsecure because it is not connected"


def test_media_that_cannot_be_read_for_security_leaves_a_record(secure_office: Office) -> None:
    line = secure_office.line("A")
    leg = secure_office._leg(line, incoming=True)
    secure_office.engine.refuse(leg, "2", "the calling phone offered RTP/SAVP media without a key")
    assert secure_office.ladder() == ["A reject INCOMPATIBLE_MEDIA"]
    (record,) = secure_office.records
    assert (record.originally_called_number, record.calling_cause) == ("2", Cause.INCOMPATIBLE_MEDIA)
    assert record.security_reason == "refused because the calling phone offered RTP/SAVP media without a key"


class TestAPhoneDeclinesEncryptedMedia:
    """MEDIA-08: it is in encrypted mode, but has no suite in common with the caller, or cannot encrypt at all."""

    def test_it_is_offered_media_in_the_clear(self, secure_office: Office) -> None:
        secure_office.falls_back.add("A")
        a = secure_office.dial("A", "2", srtp("A"))
        first = secure_office.rung("B")
        assert first.hears == srtp("A")
        first.tells(Failed(Cause.INCOMPATIBLE_MEDIA, "488 Not Acceptable Here"))
        again = secure_office.rung("B")
        assert again is not first
        assert again.hears == sound("A")
        again.tells(Answered(sound("B")))
        assert a.hears == sound("B")
        (live,) = secure_office.engine.live()
        assert live.security_reason.startswith("authenticated because the media of the calling phone")

    def test_it_is_asked_only_once_more(self, secure_office: Office) -> None:
        secure_office.falls_back.add("A")
        a = secure_office.dial("A", "2", srtp("A"))
        for _ in range(2):
            secure_office.rung("B").tells(Failed(Cause.INCOMPATIBLE_MEDIA, "488 Not Acceptable Here"))
        assert a.ends == 1
        assert [leg.name for leg in secure_office.legs] == ["A", "B", "B"]

    def test_nothing_is_offered_in_the_clear_for_a_caller_that_takes_no_such_thing(
        self, secure_office: Office
    ) -> None:
        a = secure_office.dial("A", "2", srtp("A"))
        secure_office.rung("B").tells(Failed(Cause.INCOMPATIBLE_MEDIA, "488 Not Acceptable Here"))
        assert (a.ends, len(secure_office.legs)) == (1, 2)
        assert reason_of_the_last(secure_office) == (
            "refused because the calling phone takes no media in the clear, and the called phone did not accept "
            "its encrypted media (488 Not Acceptable Here)"
        )

    def test_the_others_of_a_shared_line_ring_on(self, open_office: OpenOffice) -> None:
        office = open_office(
            phone("A", "1", mode=ENCRYPTED), phone("B", "2", mode=ENCRYPTED), phone("C", "2", mode=ENCRYPTED)
        )
        office.falls_back.add("A")
        a = office.dial("A", "2", srtp("A"))
        office.rung("B").tells(Failed(Cause.INCOMPATIBLE_MEDIA, "488 Not Acceptable Here"))
        office.rung("C").tells(Answered(srtp("C")))
        assert a.hears == srtp("C")
        assert office.rung("B").ends == 1


def test_a_called_phone_may_fall_back_where_that_is_taken(
    secure_office: Office,
) -> None:
    secure_office.falls_back.add("A")
    a = secure_office.dial("A", "2", srtp("A"))
    secure_office.rung("B").tells(Answered(sound("B")))
    assert a.hears == sound("B")
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.AUTHENTICATED


def test_a_changed_call_that_loses_its_encryption_against_the_will_of_a_party_ends(secure_office: Office) -> None:
    a = secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    a.tells(MediaOffered(srtp("A", direction=Direction.SEND_ONLY)))
    b.tells(MediaAnswered(sound("B")))
    assert (a.ends, b.ends, secure_office.engine.live()) == (1, 1, [])
    assert reason_of_the_last(secure_office).endswith("and the called phone answered in the clear")


def test_keys_of_an_answer_never_reach_a_phone_with_plain_signalling(secure_office: Office) -> None:
    """Whatever the called phone sends: an answer with a key nobody asked for."""
    d = secure_office.dial("D", "2", sound("D"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    assert (d.hears, d.ends, b.ends) == (None, 1, 1)
    assert reason_of_the_last(secure_office) == (
        "refused because the called phone takes no media in the clear, "
        "and the calling phone's profile is Non Secure"
    )


def test_each_direction_has_a_key_of_its_own_and_each_call_new_ones(secure_office: Office) -> None:
    """MEDIA-02, MEDIA-04, MEDIA-07: phones make their keys; the call manager carries them and makes none."""
    a = secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    assert a.hears is not None and a.hears.streams[0].keys == (key("B"),)
    assert b.hears is not None and b.hears.streams[0].keys == (key("A"),)


def test_both_are_shown_the_lock_and_its_loss(secure_office: Office) -> None:
    """CALL-07, CALL-08: the icon follows each change of the class."""
    a = secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    assert (a.icon, b.icon) == (CallSecurityClass.ENCRYPTED, CallSecurityClass.ENCRYPTED)
    b.tells(MediaOffered(sound("B")))
    a.tells(MediaAnswered(sound("A")))
    assert (a.icon, b.icon) == (CallSecurityClass.NONSECURE, CallSecurityClass.NONSECURE)


def test_the_lock_goes_when_the_call_is_transferred_to_a_phone_in_the_clear(secure_office: Office) -> None:
    """CALL-04, CALL-08: the phone that stays is in another call now, and must not go on showing the old one's."""
    secure_office.falls_back.update("AB")
    a = secure_office.dial("A", "2", srtp("A"))
    b = secure_office.rung("B")
    b.tells(Answered(srtp("B")))
    assert (a.icon, b.icon) == (CallSecurityClass.ENCRYPTED, CallSecurityClass.ENCRYPTED)
    b.tells(TransferRequested("4"))
    secure_office.rung("D").tells(Answered(sound("D")))
    a.tells(MediaAnswered(sound("A")))
    assert (a.icon,) == (CallSecurityClass.NONSECURE,)
    assert secure_office.engine.live()[0].security_class is CallSecurityClass.NONSECURE


def test_a_plain_call_shows_nothing(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2"))
    a, b = office.connected("A", "B")
    assert (a.icon, b.icon) == (None, None)


def test_wideband_is_passed_over_in_an_encrypted_call(secure_office: Office) -> None:
    """MEDIA-17: for a phone that cannot encrypt it; the plain call between the same two may use it."""
    secure_office.dial("A", "5", srtp("A", "L16 PCMU"))
    assert secure_office.ladder() == ["E place from 1: A [PCMU]"]
    secure_office.dial("A", "5", sound("A", "L16 PCMU"))
    assert secure_office.ladder() == ["E place from 1: A [PCMU L16]"]
