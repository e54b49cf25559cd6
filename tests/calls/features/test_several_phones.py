"""Ladders of several calls on a phone, and of several phones with a number: no feature of their own is needed."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import HOLD, LISTEN, Office, phone, sound
from ringward.calls.events import Alerting, Answered, Ended, MediaAnswered, MediaOffered
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode, DoNotDisturb


@pytest.fixture
def shared(open_office: OpenOffice) -> Office:
    """B and C share the number 2."""
    return open_office(phone("A", "1"), phone("B", "2"), phone("C", "2"), phone("D", "4"))


def test_a_shared_line_rings_everywhere_and_one_answers(shared: Office) -> None:
    shared.dial("A", "2", sound("A"))
    shared.rung("B").tells(Alerting())
    shared.rung("C").tells(Alerting())
    assert shared.ladder() == ["B place from 1: A", "C place from 1: A", "A ring 2"]
    shared.rung("C").tells(Answered(sound("C")))
    assert shared.ladder() == ["B hang up ANSWERED_ELSEWHERE", "A answer 2: C"]


def test_a_phone_of_a_shared_line_takes_the_next_call_while_another_talks(shared: Office) -> None:
    shared.dial("A", "2", sound("A"))
    shared.rung("B").tells(Answered(sound("B")))
    shared.ladder()
    shared.dial("D", "2", sound("D"))
    assert shared.ladder() == ["B place from 4: D", "C place from 4: D"]  # B has call waiting


def test_calls_wait_until_the_busy_trigger(open_office: OpenOffice) -> None:
    office = open_office(
        phone("A", "1"), phone("B", "2", max_calls=3, busy_trigger=2), phone("C", "3"), phone("D", "4")
    )
    office.connected("A", "B")
    office.dial("C", "2", sound("C"))
    assert office.ladder() == ["B place from 3: C"]
    office.dial("D", "2", sound("D"))
    assert office.ladder() == ["D reject USER_BUSY"]
    office.dial("B", "4", sound("B"))  # who is over the busy trigger may still call
    assert office.ladder() == ["D place from 2: B"]
    office.dial("B", "1", sound("B"))
    assert office.ladder() == ["B reject USER_BUSY"]


def test_a_phone_mixes_three_parties_by_itself(open_office: OpenOffice) -> None:
    """Two legs of one phone are connected at once, and each call keeps the security that it has by itself."""
    office = open_office(
        phone("A", "1"),
        phone("B", "2", mode=DeviceSecurityMode.AUTHENTICATED),
        phone("C", "3", mode=DeviceSecurityMode.AUTHENTICATED),
    )
    a, to_a = office.connected("A", "B")
    to_a.tells(MediaOffered(sound("B", direction=HOLD)))
    a.tells(MediaAnswered(sound("A", direction=LISTEN)))
    to_c = office.dial("B", "3", sound("B2"))
    c = office.rung("C")
    c.tells(Answered(sound("C")))
    to_a.tells(MediaOffered(sound("B")))
    a.tells(MediaAnswered(sound("A")))
    office.ladder()
    first, second = office.engine.live()
    assert (first.state, first.held_by, second.state, second.held_by) == ("connected", "", "connected", "")
    assert first.security_class is CallSecurityClass.NONSECURE
    assert second.security_class is CallSecurityClass.AUTHENTICATED
    c.tells(Ended())
    assert office.ladder() == ["B hang up NORMAL"]
    assert to_a.connected and not to_c.connected


def test_calls_are_rejected_where_nobody_is_to_be_disturbed(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2", do_not_disturb=DoNotDisturb.CALL_REJECT))
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]
    office.dial("B", "1", sound("B"))
    assert office.ladder() == ["A place from 2: B"]


def test_calls_ring_silently_where_the_ringer_is_off(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2", do_not_disturb=DoNotDisturb.RINGER_OFF), phone("C", "2"))
    office.dial("A", "2", sound("A"))
    assert (office.rung("B").is_silent, office.rung("C").is_silent) == (True, False)
