"""Ladders of call pickup: A calls B, it rings, and C answers the call at its own phone."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.events import Alerting, Answered, Cause, Ended, MediaAnswered, MediaRefused, TransferRequested
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.pickup import DirectedPickup, GroupPickup


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    """A is outside the group Sales; B, C, D and F (which shares B's number) are in it; E is in another one."""
    return open_office(
        phone("A", "1"),
        phone("B", "2", pickup_group="Sales"),
        phone("C", "3", pickup_group="Sales"),
        phone("D", "4", pickup_group="Sales"),
        phone("E", "5", pickup_group="Support"),
        phone("F", "2", pickup_group="Sales"),
        treatments={
            "*8!": DirectedPickup("*8"),
            "600": GroupPickup("Sales"),
            "2": ForwardRules(no_answer="4", ring_time=12.0),
        },
    )


def rings(office: Office) -> None:
    """A calls 2."""
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Alerting())
    office.ladder()


@pytest.mark.parametrize("dialled", ["*82", "600"])
def test_the_call_is_answered_elsewhere(office: Office, dialled: str) -> None:
    rings(office)
    c = office.dial("C", dialled, sound("C"))
    assert office.ladder() == [
        "C answer 1: A",
        "B hang up ANSWERED_ELSEWHERE",
        "F hang up ANSWERED_ELSEWHERE",
        "A answer 3: C",
    ]
    (live,) = office.engine.live()
    assert (live.state, live.calling_device, live.called_device) == ("connected", "A", "C")
    office.passes(500)
    assert office.ladder() == []  # nothing is forwarded any more
    c.tells(Ended())
    assert office.ladder() == ["A hang up NORMAL"]
    asked, call = office.records
    assert (asked.originally_called_number, asked.features, asked.transferred_to) == (
        dialled,
        "pickup 2",
        call.call_id,
    )
    assert (call.originally_called_number, call.final_called_number, call.features) == ("2", "3", "pickup 2")


def test_codes_of_codecs_that_differ_are_settled_by_another_offer(office: Office) -> None:
    """RFC 3264 section 6.1: each side is sent what it listens to, in its own payload types."""
    office.dial("A", "2", sound("A", "PCMU PCMA event"))
    office.ladder()
    office.dial("C", "*82", sound("C", "PCMU event98"))
    assert office.ladder()[-2:] == ["A answer 3: C", "A offer C [PCMU event98]"]


def test_the_oldest_of_several_calls_is_picked_up(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.passes(1)
    office.dial("E", "4", sound("E"))
    office.ladder()
    office.dial("C", "600", sound("C"))
    assert office.ladder()[0] == "C answer 1: A"
    office.dial("F", "600", sound("F"))
    assert office.ladder()[0] == "F answer 5: E"


@pytest.mark.parametrize(
    ("device", "dialled", "cause"),
    [
        ("E", "*82", Cause.NOT_PERMITTED),
        ("E", "600", Cause.NOT_PERMITTED),
        ("A", "*82", Cause.NOT_PERMITTED),
        ("C", "*85", Cause.NOT_PERMITTED),
        ("C", "*899", Cause.UNALLOCATED_NUMBER),
        ("C", "*84", Cause.NO_SUCH_CALL),
    ],
)
def test_only_what_rings_in_the_own_group(office: Office, device: str, dialled: str, cause: Cause) -> None:
    rings(office)
    office.dial(device, dialled, sound(device))
    assert office.ladder() == [f"{device} reject {cause.name}"]


def test_a_group_in_which_nothing_rings(office: Office) -> None:
    office.dial("C", "600", sound("C"))
    assert office.ladder() == ["C reject NO_SUCH_CALL"]


def test_what_is_answered_already_is_not_picked_up(office: Office) -> None:
    rings(office)
    office.rung("B").tells(Answered(sound("B")))
    office.ladder()
    office.dial("C", "*82", sound("C"))
    assert office.ladder() == ["C reject NO_SUCH_CALL"]


def test_nothing_in_common_leaves_it_ringing(office: Office) -> None:
    rings(office)
    office.dial("C", "*82", sound("C", "G729"))
    assert office.ladder() == ["C reject INCOMPATIBLE_MEDIA"]
    office.rung("B").tells(Answered(sound("B")))
    assert "A answer 2: B" in office.ladder()


def test_a_caller_that_made_no_offer(office: Office) -> None:
    """The one who picks up waits until its offer is answered."""
    a = office.dial("A", "2", None)
    office.ladder()
    office.dial("C", "*82", sound("C"))
    assert office.ladder() == [
        "B hang up ANSWERED_ELSEWHERE",
        "F hang up ANSWERED_ELSEWHERE",
        "A answer 3: C",
    ]
    a.tells(MediaAnswered(sound("A")))
    assert office.ladder() == ["C answer 1: A"]


def test_a_caller_that_made_no_offer_does_not_agree(office: Office) -> None:
    a = office.dial("A", "2", None)
    office.dial("C", "*82", sound("C"))
    office.ladder()
    a.tells(MediaRefused(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["A hang up INCOMPATIBLE_MEDIA", "C reject INCOMPATIBLE_MEDIA"]


def test_who_waits_for_an_answer_to_its_pickup_gives_up(office: Office) -> None:
    office.dial("A", "2", None)
    c = office.dial("C", "*82", sound("C"))
    office.ladder()
    c.tells(Ended(Cause.CANCELLED))
    assert office.ladder() == ["A hang up CANCELLED"]


def test_a_transferred_call_is_picked_up(office: Office) -> None:
    _a, e = office.connected("A", "E")
    e.tells(TransferRequested("2"))
    office.ladder()
    office.dial("C", "*82", sound("C"))
    steps = office.ladder()
    assert steps[0] == "C answer 1: A"
    assert {"E transfer done", "E hang up NORMAL", "A identify 3", "A offer C"} < set(steps)


def test_nobody_picks_up_the_call_of_the_own_phone(office: Office) -> None:
    office.dial("C", "2", sound("C"))
    office.ladder()
    office.dial("C", "600", sound("C"))
    assert office.ladder() == ["C reject NO_SUCH_CALL"]


def test_nobody_is_transferred_to_a_pickup(office: Office) -> None:
    _, e = office.connected("A", "E")
    office.dial("D", "2", sound("D"))
    office.ladder()
    e.tells(TransferRequested("*82"))
    assert office.ladder() == ["E transfer NOT_PERMITTED"]
