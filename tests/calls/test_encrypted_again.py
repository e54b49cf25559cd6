"""Ladders of parties who are brought together and then encrypt with keys that nobody else was told.

A, B and E are in encrypted mode, C is authenticated, D nonsecure (MEDIA-08, MEDIA-09, CALL-04).
"""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import FakeLeg, Office, key, phone, sound, srtp
from ringward.calls.events import (
    Answered,
    Cause,
    Ended,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    TransferRequested,
)
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.park import ParkRules
from ringward.calls.features.pickup import GroupPickup
from ringward.calls.media import Direction, MediaDescription
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

NONSECURE, AUTHENTICATED, ENCRYPTED = DeviceSecurityMode


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    office = open_office(
        phone("A", "1", mode=ENCRYPTED),
        phone("B", "2", mode=ENCRYPTED, pickup_group="G"),
        phone("C", "3", mode=AUTHENTICATED),
        phone("D", "4", pickup_group="G"),
        phone("E", "5", mode=ENCRYPTED),
        treatments={
            "70": ParkRules(60.0),
            "80": GroupPickup("G"),
            "90": ForwardRules(always="2"),
            "91": ForwardRules(always="4"),
        },
    )
    office.falls_back.update("ABE")
    return office


def in_the_clear(office: Office, caller: str, called: str) -> tuple[FakeLeg, FakeLeg]:
    """A call with the nonsecure phone; an encrypted one that calls offers keys and gets none."""
    number = {"A": "1", "B": "2", "C": "3", "D": "4", "E": "5"}[called]
    one = office.dial(caller, number, sound(caller) if caller in "CD" else srtp(caller))
    other = office.rung(called)
    other.tells(Answered(sound(called)))
    office.ladder()
    assert one.hears == sound(called)
    return one, other


def offers_anew(office: Office, asked: FakeLeg, other: FakeLeg, name: str, answers: str) -> None:
    """One of two who are together now offers with new keys, and the other answers with its own."""
    fresh = srtp(name, "PCMU event", Direction.SEND_RECEIVE, key(f"{name} again"))
    asked.tells(MediaAnswered(fresh))
    assert other.offered_by_us == fresh
    other.tells(MediaAnswered(srtp(answers)))
    assert asked.hears == srtp(answers)
    assert other.hears == fresh


def is_encrypted(office: Office, *legs: FakeLeg) -> bool:
    (live,) = office.engine.live()
    return live.security_class is CallSecurityClass.ENCRYPTED and all(
        leg.icon is CallSecurityClass.ENCRYPTED for leg in legs
    )


@pytest.mark.parametrize("transferred", ["it called", "it was called"])
def test_attended_by_a_phone_in_the_clear(office: Office, transferred: str) -> None:
    if transferred == "it called":
        a, d = in_the_clear(office, "A", "D")
    else:
        d, a = in_the_clear(office, "D", "A")
    d2, b = in_the_clear(office, "D", "B")
    d.tells(TransferRequested("2", d2))
    assert office.ladder()[-3:] == ["A identify 2", "B identify 1", "A offer no offer"]
    assert not is_encrypted(office)
    offers_anew(office, a, b, "A", "B")
    assert is_encrypted(office, a, b)
    assert office.ladder() == ["B offer A", "A accept B"]
    a.tells(Ended())
    assert office.records[-1].security_class == int(CallSecurityClass.ENCRYPTED)


def test_blind_by_a_phone_in_the_clear(office: Office) -> None:
    a, d = in_the_clear(office, "A", "D")
    d.tells(TransferRequested("2"))
    b = office.rung("B")
    b.tells(Answered(srtp("B") if b.hears is not None and b.hears.is_encrypted else sound("B")))
    offers_anew(office, a, b, "A", "B")
    assert is_encrypted(office, a, b)


def test_retrieved_from_where_a_phone_in_the_clear_has_parked_it(office: Office) -> None:
    a, d = in_the_clear(office, "A", "D")
    d.tells(TransferRequested("70"))
    assert a.offered_by_us is not None
    a.tells(MediaAnswered(sound("A", direction=a.offered_by_us.streams[0].direction)))
    b = office.dial("B", "70", srtp("B"))
    assert b.hears == sound("A")
    assert not is_encrypted(office)
    offers_anew(office, b, a, "B", "A")
    assert is_encrypted(office, a, b)


def test_a_parked_party_shows_no_lock_until_it_is_fetched(office: Office) -> None:
    """CALL-04, CALL-08."""
    a = office.dial("A", "5", srtp("A"))
    e = office.rung("E")
    e.tells(Answered(srtp("E")))
    assert (a.icon,) == (CallSecurityClass.ENCRYPTED,)
    e.tells(TransferRequested("70"))
    assert (a.icon,) == (CallSecurityClass.NONSECURE,)
    (live,) = office.engine.live()
    assert live.security_reason == "nonsecure because it is not connected"
    assert a.offered_by_us is not None
    a.tells(MediaAnswered(srtp("A", direction=a.offered_by_us.streams[0].direction)))
    b = office.dial("B", "70", srtp("B"))
    offers_anew(office, b, a, "B", "A")
    assert is_encrypted(office, a, b)


def test_picked_up_by_an_encrypted_phone_of_a_phone_in_the_clear(office: Office) -> None:
    a = office.dial("A", "4", srtp("A"))
    assert office.rung("D").hears == sound("A")
    b = office.dial("B", "80", srtp("B"))
    while leg := next((each for each in (a, b) if each.owes), None):
        name, other = ("A", "B") if leg is a else ("B", "A")
        if leg.owes == "offer":
            offers_anew(office, leg, b if leg is a else a, name, other)
        else:
            leg.tells(MediaAnswered(srtp(name)))
    assert is_encrypted(office, a, b)


def test_picked_up_in_the_clear(office: Office) -> None:
    """CALL-01, CALL-04: whoever takes the call decides, not whom it was for."""
    a = office.dial("A", "2", srtp("A"))
    assert office.rung("B").hears == srtp("A")
    d = office.dial("D", "80", sound("D"))
    for _ in range(4):
        for leg, name in ((a, "A"), (d, "D")):
            if leg.owes:
                leg.tells(MediaAnswered(sound(name)))
    assert a.hears is not None and not a.hears.is_encrypted
    (live,) = office.engine.live()
    assert live.security_class is CallSecurityClass.NONSECURE
    assert live.security_reason == "nonsecure because the called phone's profile is Non Secure"
    assert a.icon is not CallSecurityClass.ENCRYPTED


@pytest.mark.parametrize(
    ("dialled", "reached", "reason"),
    [
        ("90", "B", "encrypted because all its signalling and media are encrypted"),
        ("91", "D", "nonsecure because the called phone's profile is Non Secure"),
    ],
)
def test_a_forwarded_call_is_as_secure_as_who_answers_it(
    office: Office, dialled: str, reached: str, reason: str
) -> None:
    """CALL-01, CALL-03, MEDIA-08."""
    a = office.dial("A", dialled, srtp("A"))
    other = office.rung(reached)
    other.tells(Answered(srtp("B") if reached == "B" else sound("D")))
    (live,) = office.engine.live()
    assert live.security_reason == reason
    icon = CallSecurityClass.ENCRYPTED if reached == "B" else None
    assert (a.icon, other.icon) == (icon, icon)


def test_nobody_is_asked_whose_keys_could_be_read(office: Office) -> None:
    """MEDIA-10: one of the two is authenticated, or nonsecure."""
    a, d = in_the_clear(office, "A", "D")
    d2, c = in_the_clear(office, "D", "C")
    d.tells(TransferRequested("3", d2))
    assert "no offer" not in " ".join(office.ladder())
    assert c.offered_by_us == sound("A") or a.offered_by_us == sound("C")


def transferred_by_an_encrypted_phone(office: Office) -> tuple[FakeLeg, FakeLeg]:
    """A talked with E, and E with B, encrypted; E, who knows the keys of both, has connected them."""
    a = office.dial("A", "5", srtp("A"))
    e = office.rung("E")
    e.tells(Answered(srtp("E")))
    e2 = office.dial("E", "2", srtp("E"))
    b = office.rung("B")
    b.tells(Answered(srtp("B")))
    office.ladder()
    e.tells(TransferRequested("2", e2))
    return a, b


def test_encrypted_parties_get_keys_that_the_transferor_does_not_know(office: Office) -> None:
    """MEDIA-07, CALL-04: the call is encrypted throughout, and each side is asked once."""
    a, b = transferred_by_an_encrypted_phone(office)
    assert office.ladder()[-1] == "A offer no offer"
    offers_anew(office, a, b, "A", "B")
    assert is_encrypted(office, a, b)
    assert office.ladder() == ["B offer A", "A accept B"]


def test_encrypted_parties_transferred_blindly_get_new_keys(office: Office) -> None:
    """MEDIA-07: B was shown the keys that A had with E; then A is asked for others."""
    a = office.dial("A", "5", srtp("A"))
    e = office.rung("E")
    e.tells(Answered(srtp("E")))
    e.tells(TransferRequested("2"))
    b = office.rung("B")
    assert b.hears == srtp("A")
    b.tells(Answered(srtp("B")))
    offers_anew(office, a, b, "A", "B")
    assert is_encrypted(office, a, b)


@pytest.mark.parametrize("cause", [Cause.INCOMPATIBLE_MEDIA, Cause.TEMPORARY_FAILURE])
def test_encrypted_parties_of_whom_one_offers_nothing_anew_are_told_of_each_other(
    office: Office, cause: Cause
) -> None:
    """Each answers with a new key as the other is a new party to it, and with the same one after that."""
    a, b = transferred_by_an_encrypted_phone(office)
    of_a = srtp("A", "PCMU event", Direction.SEND_RECEIVE, key("A for B"))
    of_b = srtp("B", "PCMU event", Direction.SEND_RECEIVE, key("B for A"))
    a.tells(MediaRefused(cause))
    assert a.offered_by_us == srtp("B")
    a.tells(MediaAnswered(of_a))
    assert b.offered_by_us == of_a
    b.tells(MediaAnswered(of_b))
    assert a.offered_by_us == of_b
    a.tells(MediaAnswered(of_a))
    assert (a.hears, b.hears) == (of_b, of_a)
    assert is_encrypted(office, a, b)
    assert not (a.owes or b.owes)


@pytest.mark.parametrize("cause", [Cause.INCOMPATIBLE_MEDIA, Cause.TEMPORARY_FAILURE])
def test_who_does_not_offer_anew_goes_on_in_the_clear(office: Office, cause: Cause) -> None:
    """MEDIA-08: no call fails for want of encryption."""
    d, a = in_the_clear(office, "D", "A")
    d2, b = in_the_clear(office, "D", "B")
    d.tells(TransferRequested("2", d2))
    a.tells(MediaRefused(cause))
    assert a.offered_by_us == sound("B")
    a.tells(MediaAnswered(sound("A")))
    b.tells(MediaAnswered(sound("B")))
    assert (a.hears, b.hears) == (sound("B"), sound("A"))
    assert not is_encrypted(office)


def refused_by_the_other(office: Office) -> tuple[FakeLeg, FakeLeg]:
    """B is in encrypted mode but cannot encrypt media, as a 7960 with SIP: it refuses what A offers anew."""
    d, a = in_the_clear(office, "D", "A")
    d2, b = in_the_clear(office, "D", "B")
    d.tells(TransferRequested("2", d2))
    a.tells(MediaAnswered(srtp("A")))
    return a, b


def test_whom_the_other_refuses_is_answered_in_the_clear_if_it_takes_that(office: Office) -> None:
    """MEDIA-08, MODEL-03."""
    a, b = refused_by_the_other(office)
    b.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert a.hears == sound("D")
    a.tells(MediaAnswered(sound("A")))
    b.tells(MediaAnswered(sound("B")))
    assert (a.hears, b.hears) == (sound("B"), sound("A"))
    (live,) = office.engine.live()
    assert live.security_class is CallSecurityClass.AUTHENTICATED


def test_a_phone_that_demands_encryption_is_not_left_in_the_clear(office: Office) -> None:
    """It has taken the offer back that it made in the clear; there is no answer for it that would be right."""
    a, b = refused_by_the_other(office)
    office.falls_back.discard("A")
    b.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert a.hears is not None and a.hears.audio is None
    assert (a.ends, b.ends) == (1, 1)
    assert office.records[-1].calling_cause is Cause.INCOMPATIBLE_MEDIA


def test_the_other_answers_in_the_clear(office: Office) -> None:
    a, b = refused_by_the_other(office)
    b.tells(MediaAnswered(sound("B")))
    assert (a.hears, b.hears) == (sound("B"), srtp("A"))
    assert not is_encrypted(office)


@pytest.mark.parametrize("leaves", ["the one that is asked", "the other"])
def test_hang_ups_meanwhile(office: Office, leaves: str) -> None:
    d, a = in_the_clear(office, "D", "A")
    d2, b = in_the_clear(office, "D", "B")
    d.tells(TransferRequested("2", d2))
    (a if leaves == "the one that is asked" else b).tells(Ended())
    assert office.engine.live() == []
    assert (a.ends, b.ends) == (1, 1)


def parties(office: Office, *, has_offered: bool) -> tuple[FakeLeg, FakeLeg, FakeLeg]:
    """D has joined B and A; E is in a call with B besides, which B is about to transfer to A."""
    d, b = in_the_clear(office, "D", "B")
    d2, a = in_the_clear(office, "D", "A")
    d.tells(TransferRequested("1", d2))
    b2 = office.dial("B", "5", srtp("B"))
    e = office.rung("E")
    e.tells(Answered(srtp("E")))
    if has_offered:
        b.tells(MediaAnswered(srtp("B")))
    b2.tells(TransferRequested("1", b))
    return a, b, e


def settle(office: Office, media: dict[FakeLeg, MediaDescription]) -> None:
    """Let everybody reply until nobody owes anything."""
    for _ in range(10):
        leg = next((each for each in media if each.owes), None)
        if leg is None:
            return
        leg.tells(MediaAnswered(media[leg]))
    raise AssertionError("they never agree")


@pytest.mark.parametrize("has_offered", [False, True])
def test_transferred_on_in_the_middle_of_it(office: Office, has_offered: bool) -> None:
    """Whoever is left with something owed pays it first; the two that remain are encrypted."""
    a, b, e = parties(office, has_offered=has_offered)
    assert b.ends == 1
    settle(office, {a: srtp("A"), e: srtp("E")})
    assert is_encrypted(office, a, e)


def test_who_holds_and_offers_meanwhile_is_told_to_wait(office: Office) -> None:
    d, a = in_the_clear(office, "D", "A")
    d2, b = in_the_clear(office, "D", "B")
    d.tells(TransferRequested("2", d2))
    office.ladder()
    b.tells(MediaOffered(srtp("B")))
    assert office.ladder() == ["B refuse OFFER_PENDING"]
    offers_anew(office, a, b, "A", "B")
    assert is_encrypted(office, a, b)


def rung_beside(open_office: OpenOffice, *, forwarded: bool) -> tuple[Office, FakeLeg, FakeLeg, FakeLeg]:
    """A calls a number at which B and E ring, or B rings and then E; E answers."""
    treatments = {"2": ForwardRules(no_answer="5", ring_time=10.0)} if forwarded else {}
    office = open_office(
        phone("A", "1", mode=ENCRYPTED),
        phone("B", "2", mode=ENCRYPTED),
        phone("E", "5" if forwarded else "2", mode=ENCRYPTED),
        treatments=treatments,
    )
    a = office.dial("A", "2", srtp("A"))
    b = office.rung("B")
    if forwarded:
        office.passes(11.0)
    e = office.rung("E")
    assert b.hears == e.hears == srtp("A")
    e.tells(Answered(srtp("E")))
    return office, a, b, e


@pytest.mark.parametrize("forwarded", [False, True])
def test_phones_that_rang_and_did_not_answer_know_no_key_of_the_call(
    open_office: OpenOffice, forwarded: bool
) -> None:
    """MEDIA-07: what was offered, all who rang were shown."""
    office, a, b, e = rung_beside(open_office, forwarded=forwarded)
    assert b.ends == 1
    assert is_encrypted(office, a, e)
    assert a.owes == "offer"
    offers_anew(office, a, e, "A", "E")
    assert is_encrypted(office, a, e)
    assert not (a.owes or e.owes)


def test_a_caller_that_offers_nothing_anew_goes_on_with_the_keys_it_has(open_office: OpenOffice) -> None:
    office, a, _, e = rung_beside(open_office, forwarded=False)
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert is_encrypted(office, a, e)
    assert (a.hears, e.hears, a.owes, e.owes) == (srtp("E"), srtp("A"), "", "")


def test_nobody_is_asked_anew_where_one_phone_alone_was_shown_the_keys(open_office: OpenOffice) -> None:
    """A nonsecure phone of the same line was offered none; and where it answers there are none."""
    for answers in "BD":
        office = open_office(phone("A", "1", mode=ENCRYPTED), phone("B", "2", mode=ENCRYPTED), phone("D", "2"))
        office.falls_back.add("A")
        a = office.dial("A", "2", srtp("A"))
        office.rung(answers).tells(Answered(srtp("B") if answers == "B" else sound("D")))
        assert not a.owes
