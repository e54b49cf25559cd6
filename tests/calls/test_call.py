"""Ladders of plain calls: what legs tell, and what the engine orders in return."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import DEFAULT_REGIONS, HOLD, LISTEN, Office, phone, sound
from ringward.calls.call import CallState
from ringward.calls.directory import build_directory
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


def test_a_call_from_the_first_digit_to_the_end(office: Office) -> None:
    a = office.dial("A", "2", sound("A"))
    assert office.ladder() == ["B place from 1: A"]

    b = office.rung("B")
    b.tells(Alerting())
    assert office.ladder() == ["A ring 2"]

    b.tells(Answered(sound("B")))
    assert office.ladder() == ["A answer 2: B"]

    a.tells(Ended())
    assert office.ladder() == ["B hang up NORMAL"]


def test_the_called_party_hangs_up(office: Office) -> None:
    _, b = office.connected()
    b.tells(Ended(Cause.RECOVERY_ON_TIMER))
    assert office.ladder() == ["A hang up RECOVERY_ON_TIMER"]


def test_a_leg_lost_in_the_call_ends_it(office: Office) -> None:
    a, _ = office.connected()
    a.tells(Failed(Cause.DESTINATION_OUT_OF_ORDER))
    assert office.ladder() == ["B hang up DESTINATION_OUT_OF_ORDER"]


def test_the_caller_gives_up(office: Office) -> None:
    a = office.dial("A", "2", sound("A"))
    office.rung("B").tells(Alerting())
    office.ladder()
    a.tells(Ended(Cause.CANCELLED))
    assert office.ladder() == ["B hang up CANCELLED"]


def test_an_unknown_number_is_refused(office: Office) -> None:
    office.dial("A", "99", sound("A"))
    assert office.ladder() == ["A reject UNALLOCATED_NUMBER"]


def test_a_number_outside_the_search_space_is_refused_like_an_unknown_one(open_office: OpenOffice) -> None:
    """AUTHZ-02."""
    office = open_office(phone("A", "1", search_space=("Staff",)), phone("B", "2", partition="Managers"))
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["A reject UNALLOCATED_NUMBER"]


def test_a_phone_that_is_not_registered(office: Office) -> None:
    office.contacts["B"] = 0
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["A reject SUBSCRIBER_ABSENT"]


def test_a_busy_phone(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["B place from 1: A", "A reject USER_BUSY"]


def test_a_line_at_its_busy_trigger_is_not_rung(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2", busy_trigger=1), phone("C", "3"))
    _, b = office.connected("A", "B")
    office.dial("C", "2", sound("C"))
    assert office.ladder() == ["C reject USER_BUSY"]
    b.tells(Ended())
    office.ladder()
    office.dial("C", "2", sound("C"))
    assert office.ladder() == ["B place from 3: C"]


def test_two_contacts_of_a_line_are_one_call_at_it(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2", busy_trigger=2), phone("C", "3"), phone("D", "4"))
    office.contacts["B"] = 2
    office.dial("A", "2", sound("A"))
    office.ladder()
    office.dial("C", "2", sound("C"))
    assert office.ladder() == ["B place from 3: C", "B place from 3: C"]
    office.dial("D", "2", sound("D"))
    assert office.ladder() == ["D reject USER_BUSY"]


def test_a_line_with_all_its_calls_taken_cannot_make_another(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1", max_calls=2), phone("B", "2"), phone("C", "3"))
    office.dial("A", "2", sound("A"))
    office.dial("A", "3", sound("A"))
    office.ladder()
    office.dial("A", "3", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]


def test_a_line_that_calls_itself_is_busy(office: Office) -> None:
    office.dial("A", "1", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]


def test_a_shared_line_rings_at_the_other_phones_when_it_calls_itself(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "1"))
    office.dial("A", "1", sound("A"))
    assert office.ladder() == ["B place from 1: A"]


def test_a_caller_without_a_device(office: Office) -> None:
    outside = office.dial_from_outside("0301234", "2", sound("X"))
    office.rung("B").tells(Answered(sound("B")))
    assert office.ladder() == ["B place from 0301234: X", "0301234 answer 2: B"]
    outside.tells(Ended())


# -- several who ring ------------------------------------------------------------------------------------


@pytest.fixture
def shared(open_office: OpenOffice) -> Office:
    """Number 2 is on phones B and C."""
    return open_office(phone("A", "1"), phone("B", "2"), phone("C", "2"), phone("D", "4"))


def test_the_first_to_answer_gets_the_call(shared: Office) -> None:
    a = shared.dial("A", "2", sound("A"))
    b, c = shared.rung("B"), shared.rung("C")
    b.tells(Alerting())
    c.tells(Alerting())
    c.tells(Answered(sound("C")))
    assert shared.ladder() == [
        "B place from 1: A",
        "C place from 1: A",
        "A ring 2",
        "B hang up ANSWERED_ELSEWHERE",
        "A answer 2: C",
    ]
    b.tells(Answered(sound("B")))  # crossed the hang-up on the way
    b.ends = 1
    assert shared.ladder() == []
    a.tells(Ended())
    assert shared.ladder() == ["C hang up NORMAL"]


def test_early_media_is_heard_only_from_one_that_rings_alone(shared: Office) -> None:
    shared.dial("A", "2", sound("A"))
    b, c = shared.rung("B"), shared.rung("C")
    shared.ladder()
    b.tells(Alerting(sound("B")))
    assert shared.ladder() == ["A ring 2"]
    c.tells(Failed(Cause.USER_BUSY))
    b.tells(Alerting(sound("B")))
    assert shared.ladder() == ["A ring 2, early B"]


def test_ringing_is_told_once(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    b = office.rung("B")
    office.ladder()
    b.tells(Alerting())
    b.tells(Alerting())
    assert office.ladder() == ["A ring 2"]


def test_the_answer_may_have_come_with_the_ringing(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    b = office.rung("B")
    b.tells(Alerting(sound("B")))
    b.tells(Answered(None))
    assert office.ladder() == ["B place from 1: A", "A ring 2, early B", "A answer 2: B"]


def test_an_answer_without_media_is_none(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Answered(None))
    assert office.ladder() == ["B place from 1: A", "B hang up PROTOCOL_ERROR", "A reject PROTOCOL_ERROR"]


def test_one_fewer_who_rings_changes_nothing(shared: Office) -> None:
    shared.dial("A", "2", sound("A"))
    shared.rung("B").tells(Failed(Cause.CALL_REJECTED))
    assert shared.ladder() == ["B place from 1: A", "C place from 1: A"]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (Cause.USER_BUSY, Cause.NO_USER_RESPONDING, Cause.USER_BUSY),
        (Cause.DESTINATION_OUT_OF_ORDER, Cause.CALL_REJECTED, Cause.CALL_REJECTED),
        (Cause.TEMPORARY_FAILURE, Cause.CONGESTION, Cause.TEMPORARY_FAILURE),
    ],
)
def test_the_caller_is_told_the_cause_that_says_most(
    shared: Office, one: Cause, other: Cause, told: Cause
) -> None:
    shared.dial("A", "2", sound("A"))
    shared.ladder()
    shared.rung("B").tells(Failed(one))
    shared.rung("C").tells(Failed(other))
    assert shared.ladder() == [f"A reject {told.name}"]


def test_a_leg_that_fails_while_it_is_placed_is_heard_afterwards(shared: Office) -> None:
    shared.on_place["B"] = Failed(Cause.DESTINATION_OUT_OF_ORDER)
    shared.on_place["C"] = Answered(sound("C"))
    shared.dial("A", "2", sound("A"))
    assert shared.ladder() == ["B place from 1: A", "C place from 1: A", "A answer 2: C"]


def test_nobody_answers(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.ladder()
    assert office.engine.deadline() == 1180.0
    office.engine.expire(1179.0)
    assert office.ladder() == []
    office.now = 1180.0
    office.engine.expire(1180.0)
    assert office.ladder() == ["B hang up NO_ANSWER", "A reject NO_ANSWER"]
    assert office.engine.deadline() is None


def test_an_answered_call_has_no_deadline(office: Office) -> None:
    office.connected()
    assert office.engine.deadline() is None
    office.engine.expire(1e9)
    assert office.ladder() == []


# -- calls set up without an offer -----------------------------------------------------------------------


def test_the_called_side_offers_when_the_caller_does_not(office: Office) -> None:
    a = office.dial("A", "2", None)
    b = office.rung("B")
    b.tells(Alerting(sound("B")))
    b.tells(Answered(sound("B")))
    assert office.ladder() == ["B place from 1: no offer", "A ring 2", "A answer 2: B"]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == ["B accept A"]


def test_the_offer_of_the_called_side_is_refused(office: Office) -> None:
    a = office.dial("A", "2", None)
    office.rung("B").tells(Answered(sound("B")))
    office.ladder()
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["A hang up INCOMPATIBLE_MEDIA", "B hang up INCOMPATIBLE_MEDIA"]


def test_a_call_set_up_without_an_offer_is_held_like_any_other(office: Office) -> None:
    a = office.dial("A", "2", None)
    b = office.rung("B")
    b.tells(Answered(sound("B")))
    a.tells(MediaAnswered(sound("A")))
    office.ladder()
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    assert office.ladder() == ["A offer B sendonly"]


# -- events that do not fit ------------------------------------------------------------------------------


def test_offers_and_transfers_before_the_answer_are_refused(office: Office) -> None:
    a = office.dial("A", "2", sound("A"))
    b = office.rung("B")
    office.ladder()
    b.tells(MediaOffered(sound("B")))
    b.tells(TransferRequested("3"))
    assert office.ladder() == ["B refuse OFFER_PENDING", "B transfer TEMPORARY_FAILURE"]
    a.tells(Ended())


def test_answers_to_nothing_change_nothing(office: Office) -> None:
    a, b = office.connected()
    a.tells(MediaAnswered(sound("A")))
    b.tells(MediaRefused(Cause.CALL_REJECTED))
    b.tells(Alerting())
    assert office.ladder() == []


def test_the_directory_may_be_replaced_during_a_call(office: Office) -> None:
    a, b = office.connected()
    office.directory = build_directory([phone("C", "3")], DEFAULT_REGIONS)
    b.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    a.tells(Ended())
    assert office.ladder() == ["A offer B sendonly", "B accept A recvonly", "B hang up NORMAL"]


def test_the_states_of_a_call(office: Office) -> None:
    a = office.dial("A", "2", sound("A"))
    (call,) = office.engine.calls.values()
    states = [call.state]
    office.rung("B").tells(Alerting())
    states.append(call.state)
    office.rung("B").tells(Answered(sound("B")))
    states.append(call.state)
    a.tells(Ended())
    states.append(call.state)
    assert states == [CallState.PROCEEDING, CallState.ALERTING, CallState.CONNECTED, CallState.ENDED]
    del call
