"""Ladders of blind transfers: A and B talk, one of them sends the other to C."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import HOLD, LISTEN, FakeLeg, Office, phone, sound
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    TransferRequested,
)
from ringward.calls.records import EndedBy


def test_the_called_party_transfers(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    assert office.ladder() == ["C place from 1: A"]
    c = office.rung("C")
    c.tells(Alerting())
    assert office.ladder() == ["B transfer ringing"]
    c.tells(Answered(sound("C")))
    assert office.ladder() == [
        "B transfer done",
        "B hang up NORMAL",
        "A identify 3",
        "C identify 1",
        "A offer C",
    ]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == []  # C knows all this from the first offer
    c.tells(Ended())
    assert office.ladder() == ["A hang up NORMAL"]


def test_the_calling_party_transfers(office: Office) -> None:
    a, b = office.connected()
    a.tells(TransferRequested("3"))
    c = office.rung("C")
    c.tells(Answered(sound("C")))
    assert office.ladder() == [
        "C place from 2: B",
        "A transfer done",
        "A hang up NORMAL",
        "B identify 3",
        "C identify 2",
        "B offer C",
    ]
    b.tells(MediaAnswered(sound("B")))
    b.tells(Ended())
    assert office.ladder() == ["C hang up NORMAL"]


def test_the_transferee_answers_with_other_media(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    c = office.rung("C")
    c.tells(Answered(sound("C", "PCMU PCMA event")))
    office.ladder()
    a.tells(MediaAnswered(sound("A moved", "PCMA event")))
    assert office.ladder() == ["C offer A moved [PCMA event]"]
    c.tells(MediaAnswered(sound("C", "PCMA event")))
    assert office.ladder() == []


def test_media_that_never_settles_is_left_alone(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    c = office.rung("C")
    c.tells(Answered(sound("C0")))
    for attempt in range(1, 3):
        a.tells(MediaAnswered(sound(f"A{attempt}")))
        c.tells(MediaAnswered(sound(f"C{attempt}")))
    assert office.ladder()[-4:] == ["A offer C0", "C offer A1", "A offer C1", "C offer A2"]
    a.tells(MediaOffered(sound("A3")))
    assert office.ladder() == ["C offer A3"]


def test_a_transferee_on_hold_is_heard_again(office: Office) -> None:
    a, b = office.connected()
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    office.ladder()
    b.tells(TransferRequested("3"))
    c = office.rung("C")
    c.tells(Answered(sound("C")))
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder()[-1] == "A offer C"
    assert office.ladder() == []
    assert office.engine.live()[0].held_by == ""


def test_a_transferee_that_holds_goes_on_holding(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(sound("A", direction=HOLD)))
    b.tells(MediaAnswered(sound("B", direction=LISTEN)))
    b.tells(TransferRequested("3"))
    office.rung("C").tells(Answered(sound("C")))
    office.ladder()
    a.tells(MediaAnswered(sound("A", direction=HOLD)))
    assert office.ladder() == ["C offer A sendonly"]
    office.rung("C").tells(MediaAnswered(sound("C", direction=LISTEN)))
    assert office.ladder() == ["A offer C recvonly"]
    a.tells(MediaAnswered(sound("A", direction=HOLD)))
    assert office.ladder() == []
    assert office.engine.live()[0].held_by == "calling"


@pytest.mark.parametrize(
    ("target", "cause"), [("99", "UNALLOCATED_NUMBER"), ("4", "SUBSCRIBER_ABSENT"), ("1", "USER_BUSY")]
)
def test_the_target_cannot_be_had(office: Office, target: str, cause: str) -> None:
    office.contacts["D"] = 0
    _a, b = office.connected()
    b.tells(TransferRequested(target))
    assert office.ladder() == [f"B transfer {cause}"]
    b.tells(MediaOffered(sound("B moved")))
    assert office.ladder() == ["A offer B moved"]  # the two still have each other
    assert office.engine.live()[0].state == "connected"


def test_the_target_refuses(office: Office) -> None:
    _a, b = office.connected()
    b.tells(TransferRequested("3"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["C place from 1: A", "B transfer USER_BUSY"]
    b.tells(TransferRequested("4"))
    office.rung("D").tells(Answered(sound("D")))
    assert office.ladder()[-1] == "A offer D"


def test_the_target_does_not_answer(office: Office) -> None:
    _a, b = office.connected()
    b.tells(TransferRequested("3"))
    office.now += 1000
    office.engine.expire(office.now)
    assert office.ladder() == ["C place from 1: A", "C hang up NO_ANSWER", "B transfer NO_ANSWER"]


def test_the_target_must_be_in_the_search_space_of_the_transferor(open_office: OpenOffice) -> None:
    """AUTHZ-02: it is B's doing, so B's search space counts."""
    office = open_office(
        phone("A", "1", search_space=("Managers",)),
        phone("B", "2"),
        phone("C", "3", partition="Managers"),
    )
    _, b = office.connected()
    b.tells(TransferRequested("3"))
    assert office.ladder() == ["B transfer UNALLOCATED_NUMBER"]


def test_one_transfer_at_a_time(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    office.ladder()
    a.tells(TransferRequested("4"))
    assert office.ladder() == ["A transfer TEMPORARY_FAILURE"]


def test_no_transfer_before_the_first_media_is_agreed(office: Office) -> None:
    a = office.dial("A", "2", None)
    b = office.rung("B")
    b.tells(Answered(sound("B")))
    office.ladder()
    b.tells(TransferRequested("3"))
    assert office.ladder() == ["B transfer TEMPORARY_FAILURE"]
    a.tells(MediaAnswered(sound("A")))
    b.tells(TransferRequested("3"))
    assert office.ladder()[-1] == "C place from 1: A"


# -- hang-ups ---------------------------------------------------------------------------------------------


def test_the_transferor_hangs_up_while_the_target_rings(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    b.tells(Ended())
    c = office.rung("C")
    c.tells(Alerting())
    assert office.ladder() == ["C place from 1: A"]
    a.tells(MediaOffered(sound("A moved")))
    a.tells(TransferRequested("4"))
    assert office.ladder() == ["A refuse OFFER_PENDING", "A transfer TEMPORARY_FAILURE"]
    c.tells(Answered(sound("C")))
    assert office.ladder() == ["A identify 3", "C identify 1", "A offer C"]


def test_the_transferor_hangs_up_and_the_target_refuses(office: Office) -> None:
    _a, b = office.connected()
    b.tells(TransferRequested("3"))
    b.tells(Ended())
    office.rung("C").tells(Failed(Cause.CALL_REJECTED))
    assert office.ladder() == ["C place from 1: A", "A hang up CALL_REJECTED"]


def test_the_transferor_hangs_up_then_the_transferee(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    b.tells(Ended())
    a.tells(Ended())
    assert office.ladder() == ["C place from 1: A", "C hang up CANCELLED"]


def test_the_transferee_hangs_up_while_the_target_rings(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    office.ladder()
    a.tells(Ended())
    assert office.ladder() == ["B transfer CANCELLED", "C hang up CANCELLED", "B hang up NORMAL"]


def test_the_transferee_hangs_up_while_media_is_brought_together(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    office.rung("C").tells(Answered(sound("C")))
    office.ladder()
    a.tells(Ended())
    assert office.ladder() == ["C hang up NORMAL"]


def test_the_service_stops_during_a_transfer(office: Office) -> None:
    _, b = office.connected()
    b.tells(TransferRequested("3"))
    office.ladder()
    office.engine.end_all()
    assert office.ladder() == [
        "B transfer CANCELLED",
        "C hang up CANCELLED",
        "A hang up TEMPORARY_FAILURE",
        "B hang up TEMPORARY_FAILURE",
    ]


# -- offers under way -------------------------------------------------------------------------------------


def _answer_at_target(office: Office) -> FakeLeg:
    c = office.rung("C")
    c.tells(Answered(sound("C")))
    return c


def test_the_transferee_still_owes_an_answer_to_the_transferor(office: Office) -> None:
    a, b = office.connected()
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    b.tells(TransferRequested("3"))
    office.ladder()
    _answer_at_target(office)
    assert office.ladder() == ["B transfer done", "B hang up NORMAL", "A identify 3", "C identify 1"]
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    assert office.ladder() == ["A offer C"]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == []


def test_the_transferee_refuses_the_offer_of_the_transferor(office: Office) -> None:
    a, b = office.connected()
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    b.tells(TransferRequested("3"))
    b.tells(Ended())
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    office.ladder()
    _answer_at_target(office)
    assert office.ladder() == ["A identify 3", "C identify 1", "A offer C"]


def test_the_transferee_waits_for_an_answer_of_the_transferor(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaOffered(sound("A moved")))
    b.tells(TransferRequested("3"))
    office.ladder()
    _answer_at_target(office)
    assert office.ladder()[:3] == ["A refuse OFFER_PENDING", "B transfer done", "B hang up NORMAL"]


def test_the_transferee_was_asked_for_an_offer(office: Office) -> None:
    a, b = office.connected()
    b.tells(MediaOffered(None))
    b.tells(TransferRequested("3"))
    b.tells(Ended())
    office.ladder()
    _answer_at_target(office)
    a.tells(MediaAnswered(sound("A moved")))
    assert office.ladder() == ["A identify 3", "C identify 1", "A accept B", "A offer C"]
    a.tells(MediaAnswered(sound("A moved")))
    assert office.ladder() == ["C offer A moved"]


def test_the_transferee_waits_for_the_answer_to_its_offer_that_was_asked_for(office: Office) -> None:
    a, b = office.connected()
    b.tells(MediaOffered(None))
    a.tells(MediaAnswered(sound("A")))
    b.tells(TransferRequested("3"))
    office.ladder()
    _answer_at_target(office)
    assert office.ladder()[0] == "A accept B"


def test_the_transferee_will_not_have_the_media_of_the_target(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    _answer_at_target(office)
    office.ladder()
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["A hang up INCOMPATIBLE_MEDIA", "C hang up INCOMPATIBLE_MEDIA"]


def test_the_transferee_offers_at_the_same_moment(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    c = _answer_at_target(office)
    office.ladder()
    a.tells(MediaOffered(sound("A")))
    a.tells(MediaRefused(Cause.OFFER_PENDING))
    assert office.ladder() == ["A refuse OFFER_PENDING"]
    a.tells(MediaOffered(sound("A")))
    c.tells(MediaAnswered(sound("C")))
    assert office.ladder() == ["C offer A", "A accept C"]


def test_a_transferred_party_is_transferred_again(office: Office) -> None:
    a, b = office.connected()
    b.tells(TransferRequested("3"))
    c = _answer_at_target(office)
    c.tells(TransferRequested("4"))
    office.ladder()
    office.rung("D").tells(Answered(sound("D")))
    assert office.ladder() == ["C transfer done", "C hang up NORMAL", "A identify 4", "D identify 1"]
    a.tells(MediaAnswered(sound("A")))  # to C's media
    assert office.ladder() == ["A offer D"]
    a.tells(MediaAnswered(sound("A")))
    a.tells(Ended())
    first, second, third = office.records
    assert (first.transferred_from, first.transferred_to) == (None, 2)
    assert (second.transferred_from, second.transferred_to) == (1, 3)
    assert (third.transferred_from, third.transferred_to) == (2, None)


def test_the_records_of_a_transfer(office: Office) -> None:
    a, b = office.connected()
    office.now = 1010.0
    b.tells(TransferRequested("3"))
    office.now = 1015.0
    _answer_at_target(office)
    (first,) = office.records
    assert (first.call_id, first.transferred_to, first.ended_by) == (1, 2, EndedBy.CALLED)
    assert (first.calling_number, first.final_called_number, first.duration) == ("1", "2", 15.0)
    office.now = 1030.0
    a.tells(MediaAnswered(sound("A")))
    a.tells(Ended())
    second = office.records[1]
    assert (second.call_id, second.transferred_from, second.transferred_to) == (2, 1, None)
    assert (second.calling_number, second.final_called_number, second.final_called_device) == ("1", "3", "C")
    assert (second.origination_time, second.answer_time, second.end_time) == (1010.0, 1015.0, 1030.0)


def test_a_failed_transfer_leaves_a_record_of_the_attempt(office: Office) -> None:
    _, b = office.connected()
    b.tells(TransferRequested("3"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    (attempt,) = office.records
    assert (attempt.call_id, attempt.transferred_from, attempt.called_cause) == (2, 1, Cause.USER_BUSY)
    assert attempt.answer_time is None
