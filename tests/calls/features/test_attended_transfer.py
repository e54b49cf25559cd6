"""Ladders of attended transfers: A and B talk, B consults C on a second call, and joins the two."""

from __future__ import annotations

from calls.ladder import HOLD, LISTEN, FakeLeg, Office, sound
from ringward.calls.events import (
    Answered,
    Cause,
    Ended,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    TransferRequested,
)
from ringward.calls.records import EndedBy


def consulting(office: Office) -> tuple[FakeLeg, FakeLeg, FakeLeg, FakeLeg]:
    """A has called B; B has put A on hold and talks to C. Returns the legs of A, B to A, B to C, and C."""
    a, b = office.connected("A", "B")
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    b2, c = office.connected("B", "C")
    return a, b, b2, c


def test_the_transferee_and_the_consulted_party_are_joined(office: Office) -> None:
    a, b, b2, c = consulting(office)
    b.tells(TransferRequested("3", b2))
    assert office.ladder() == [
        "B transfer done",
        "B hang up NORMAL",
        "B hang up NORMAL",
        "A identify 3",
        "C identify 1",
        "A offer C",
    ]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == ["C offer A"]
    c.tells(MediaAnswered(sound("C")))
    assert office.ladder() == []
    (live,) = office.engine.live()
    assert (live.calling_device, live.called_device, live.state) == ("A", "C", "connected")
    c.tells(Ended())
    assert office.ladder() == ["A hang up NORMAL"]


def test_the_consulted_party_had_called(office: Office) -> None:
    """It is all the same who called whom."""
    b, a = office.connected("B", "A")
    c, b2 = office.connected("C", "B")
    b2.tells(TransferRequested("1", b))
    assert office.ladder()[:3] == ["B transfer done", "B hang up NORMAL", "B hang up NORMAL"]
    (live,) = office.engine.live()
    assert (live.calling_device, live.called_device) == ("C", "A")
    assert c.hears is not None and a.hears is not None


def test_who_holds_goes_on_holding(office: Office) -> None:
    a, b, b2, c = consulting(office)
    c.tells(MediaOffered(sound("C", direction=HOLD)))
    b2.tells(MediaAnswered(sound("B", direction=LISTEN)))
    office.ladder()
    b.tells(TransferRequested("3", b2))
    assert office.ladder()[-1] == "A offer C sendonly"
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    assert office.ladder() == ["C offer A recvonly"]
    c.tells(MediaAnswered(sound("C", direction=HOLD)))
    assert office.engine.live()[0].held_by == "called"


def test_both_parties_still_owe_an_answer(office: Office) -> None:
    """Nothing is offered before what was asked earlier has been answered."""
    a, b = office.connected("A", "B")
    b2, c = office.connected("B", "C")
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    b2.tells(MediaOffered(None))
    office.ladder()
    b.tells(TransferRequested("3", b2))
    assert office.ladder()[-2:] == ["A identify 3", "C identify 1"]
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    assert office.ladder() == []
    c.tells(MediaAnswered(sound("C")))
    assert office.ladder() == ["C accept B", "A offer C"]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == ["C offer A"]
    c.tells(MediaAnswered(sound("C")))
    assert office.ladder() == []


def test_one_party_waits_for_an_answer_of_the_transferor(office: Office) -> None:
    _a, b, b2, c = consulting(office)
    c.tells(MediaOffered(sound("C2")))
    office.ladder()
    b.tells(TransferRequested("3", b2))
    assert office.ladder() == [
        "B transfer done",
        "B hang up NORMAL",
        "C refuse OFFER_PENDING",
        "B hang up NORMAL",
        "A identify 3",
        "C identify 1",
        "A offer C",
    ]


def test_the_consulted_call_is_gone(office: Office) -> None:
    a, b, b2, c = consulting(office)
    c.tells(Ended())
    office.ladder()
    b.tells(TransferRequested("3", b2))
    assert office.ladder() == ["B transfer NO_SUCH_CALL"]
    assert len(office.engine.live()) == 1
    assert a.connected and b.connected


def test_the_consulted_party_has_not_answered(office: Office) -> None:
    """RFC 3891 section 3: an early dialog that the transferor itself began cannot be taken over."""
    a, b = office.connected("A", "B")
    b2 = office.dial("B", "3", sound("B"))
    office.ladder()
    b.tells(TransferRequested("3", b2))
    assert office.ladder() == ["B transfer TEMPORARY_FAILURE"]
    office.rung("C").tells(Answered(sound("C")))
    assert office.ladder() == ["B answer 3: C"]
    assert a.connected and b.connected and b2.connected


def test_a_call_is_not_joined_with_itself(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("1", b))
    assert office.ladder() == ["B transfer NO_SUCH_CALL"]
    b.tells(TransferRequested("1", a))
    assert office.ladder() == ["B transfer NO_SUCH_CALL"]


def test_no_other_transfer_may_be_under_way(office: Office) -> None:
    _a, b, b2, c = consulting(office)
    c.tells(TransferRequested("4"))
    office.ladder()
    b.tells(TransferRequested("3", b2))
    assert office.ladder() == ["B transfer TEMPORARY_FAILURE"]
    assert len(office.engine.live()) == 3


def test_a_joined_party_that_will_not_have_the_media_ends_the_call(office: Office) -> None:
    a, b, b2, _c = consulting(office)
    b.tells(TransferRequested("3", b2))
    office.ladder()
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["A hang up INCOMPATIBLE_MEDIA", "C hang up INCOMPATIBLE_MEDIA"]


def test_the_records_of_an_attended_transfer(office: Office) -> None:
    a, b, b2, _c = consulting(office)
    office.now += 30
    b.tells(TransferRequested("3", b2))
    a.tells(MediaAnswered(sound("A")))
    office.now += 60
    a.tells(Ended())
    first, second, third = office.records
    assert (first.calling_device, first.final_called_device, first.duration) == ("A", "B", 30)
    assert (second.calling_device, second.final_called_device, second.duration) == ("B", "C", 30)
    assert (third.calling_device, third.final_called_device, third.duration) == ("A", "C", 60)
    assert first.transferred_to == second.transferred_to == third.call_id
    assert third.transferred_from == first.call_id
    assert (first.ended_by, second.ended_by) == (EndedBy.CALLED, EndedBy.CALLING)
    assert third.originally_called_number == "3"
