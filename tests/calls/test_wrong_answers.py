"""Answers that are none to what was offered: no key goes astray, and no lock shows for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.conftest import OpenOffice
from calls.ladder import FakeLeg, Office, key, phone, sound, srtp
from ringward.calls.events import Alerting, Answered, Cause, MediaAnswered, MediaOffered, TransferRequested
from ringward.calls.media import Direction, MediaDescription, MediaKey
from ringward.calls.media_negotiation import as_answer
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

ENCRYPTED = DeviceSecurityMode.ENCRYPTED
OTHER = "AES_256_CM_HMAC_SHA1_80"
BOTH_WAYS = Direction.SEND_RECEIVE
WRONG = {
    "another suite": (key("B", OTHER),),
    "another tag": (key("B", tag=7),),
    "the tag of another suite": (key("B", "AEAD_AES_128_GCM"),),
    "two keys": (key("B"), key("B", tag=2)),
}
REFUSED = "refused because the called phone answered with a key that fits none of those offered"


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    return open_office(
        phone("A", "1", mode=ENCRYPTED),
        phone("B", "2", mode=ENCRYPTED),
        phone("D", "4"),
        phone("E", "5", mode=ENCRYPTED),
        phone("F", "6", mode=ENCRYPTED),
    )


def with_keys(name: str, *keys: MediaKey) -> MediaDescription:
    return srtp(name, "PCMU event", BOTH_WAYS, *keys)


def encrypted(office: Office) -> tuple[FakeLeg, FakeLeg]:
    a = office.dial("A", "2", srtp("A"))
    b = office.rung("B")
    b.tells(Answered(srtp("B")))
    office.ladder()
    return a, b


@pytest.mark.parametrize("keys", WRONG.values(), ids=WRONG.keys())
def test_a_phone_that_answers_with_a_key_that_was_not_offered_is_not_connected(
    office: Office, keys: tuple[MediaKey, ...]
) -> None:
    """RFC 4568 section 5.1.3, CALL-03: else the lock would be shown, and nobody would hear anything."""
    a = office.dial("A", "2", with_keys("A", key("A"), key("A", "AEAD_AES_128_GCM", tag=2)))
    b = office.rung("B")
    b.tells(Answered(with_keys("B", *keys)))
    assert (a.hears, a.ends, b.ends) == (None, 1, 1)
    (record,) = office.records
    assert record.called_cause is Cause.INCOMPATIBLE_MEDIA
    assert "answered with a key that fits none of those offered" in record.security_reason


def test_it_is_rung_once_more_and_offered_rtp_where_the_caller_takes_that(office: Office) -> None:
    """MEDIA-08."""
    office.falls_back.add("A")
    a = office.dial("A", "2", srtp("A"))
    office.rung("B").tells(Answered(with_keys("B", key("B", OTHER))))
    again = office.rung("B")
    assert again.hears == sound("A")
    again.tells(Answered(sound("B")))
    assert a.hears == sound("B")


def test_no_key_that_came_in_the_clear_is_handed_on(office: Office) -> None:
    """MEDIA-02, MEDIA-10: a nonsecure phone answers with a key, under the tag that the caller has offered."""
    office.falls_back.add("A")
    a = office.dial("A", "4", srtp("A"))
    d = office.rung("D")
    assert d.hears == sound("A")
    d.tells(Answered(srtp("D")))
    assert (a.hears, a.ends, d.ends) == (None, 1, 1)
    assert office.records[0].security_reason == REFUSED


def test_a_key_beside_a_profile_in_the_clear_that_nobody_asked_for_is_passed_over(office: Office) -> None:
    a = office.dial("A", "4", sound("A"))
    office.rung("D").tells(Answered(sound("D", keys=(key("D"),))))
    assert a.hears == sound("D")


def test_no_such_key_is_handed_on_in_early_media(office: Office) -> None:
    a = office.dial("A", "2", srtp("A"))
    b = office.rung("B")
    b.tells(Alerting(with_keys("B", key("B", tag=3))))
    assert office.ladder()[-1] == "A ring 2"
    b.tells(Answered(srtp("B")))
    assert a.hears == srtp("B")


def test_a_connected_call_ends(office: Office) -> None:
    """The one that answered encrypts already in a way that nobody can undo."""
    a, b = encrypted(office)
    a.tells(MediaOffered(with_keys("A", key("A anew", tag=2))))
    b.tells(MediaAnswered(with_keys("B", key("B anew", tag=1))))
    assert (a.ends, b.ends) == (1, 1)
    assert office.records[0].security_reason == REFUSED


def test_two_that_are_brought_together_are_not_connected_by_such_a_key(office: Office) -> None:
    a, b = encrypted(office)
    b.tells(TransferRequested("5"))
    e = office.rung("E")
    e.tells(Answered(srtp("E")))
    a.tells(MediaAnswered(with_keys("A", key("A anew", tag=4))))
    assert e.offered_by_us == with_keys("A", key("A anew", tag=4))
    e.tells(MediaAnswered(with_keys("E", key("E anew", tag=1))))
    assert (a.ends, e.ends) == (1, 1)


def test_whoever_waits_is_answered_meanwhile_with_a_key_under_its_own_tag(office: Office) -> None:
    """A has offered anew for B, who transfers it to F: until F answers, A goes on with the key that it knows."""
    a = office.dial("A", "5", srtp("A"))
    e = office.rung("E")
    e.tells(Answered(srtp("E")))
    e2 = office.dial("E", "2", srtp("E"))
    b = office.rung("B")
    b.tells(Answered(srtp("B")))
    e.tells(TransferRequested("2", e2))
    b2 = office.dial("B", "6", srtp("B"))
    office.rung("F").tells(Answered(srtp("F")))
    a.tells(MediaAnswered(with_keys("A", key("A anew", tag=4), key("A anew", OTHER, tag=5))))
    assert b.owes == "answer"
    b2.tells(TransferRequested("1", b))
    assert a.hears is not None and a.hears.audio is not None
    (answered,) = a.hears.audio.keys
    assert (answered, answered.tag) == (key("E"), 4)


# -- the shape of an answer ---------------------------------------------------------------------------------


def two(one: MediaDescription, other: MediaDescription) -> MediaDescription:
    return MediaDescription((*one.streams, *other.streams))


def test_what_fits_stays_the_same_object() -> None:
    answer = srtp("B")
    assert as_answer(srtp("A"), answer) is answer


def test_a_stream_that_nobody_offered_is_left_out() -> None:
    assert as_answer(srtp("A"), two(srtp("B"), srtp("B2"))) == srtp("B")


def test_a_stream_that_the_answer_says_nothing_of_is_refused() -> None:
    fitting = as_answer(two(srtp("A"), srtp("A2")), srtp("B"))
    assert fitting is not None
    assert [(stream.port, bool(stream.keys)) for stream in fitting.streams] == [(4000, True), (0, False)]


def test_a_stream_that_was_not_offered_any_more_is_not_there() -> None:
    (gone,) = srtp("A").streams
    offer = MediaDescription((replace(gone, port=0, keys=()),))
    fitting = as_answer(offer, srtp("B"))
    assert fitting is not None and fitting.streams[0].port == 0 and not fitting.is_encrypted


def test_another_kind_of_stream_is_no_answer() -> None:
    (stream,) = srtp("B").streams
    assert as_answer(srtp("A"), MediaDescription((replace(stream, kind="video"),))) is None


def test_a_call_with_an_odd_stream_in_its_answer_is_encrypted_as_the_one_that_was_offered(office: Office) -> None:
    a = office.dial("A", "2", srtp("A"))
    office.rung("B").tells(Answered(two(srtp("B"), sound("B"))))
    assert a.hears == srtp("B")
    assert office.engine.live()[0].security_class is CallSecurityClass.ENCRYPTED
