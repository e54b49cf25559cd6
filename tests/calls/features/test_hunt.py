"""Ladders of hunting: A calls the pilot 50, whose line groups hold B, C, D and E."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.digit_analysis import Treatment
from ringward.calls.events import Alerting, Answered, Cause, Ended, Failed, Redirected, TransferRequested
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.hunt import HuntGroup, HuntRules
from ringward.domain.partition import NO_PARTITION
from ringward.domain.vocabulary import DistributionAlgorithm, DoNotDisturb


def group(name: str, numbers: str, distribution: DistributionAlgorithm, ring_time: float = 10.0) -> HuntGroup:
    members = tuple((number, NO_PARTITION) for number in numbers.split())
    return HuntGroup(name, members, distribution, ring_time)


def hunting(open_office: OpenOffice, rules: HuntRules, **more: Treatment) -> Office:
    """Phones A to E with the numbers 1 to 5; 50 hunts, ``n51`` is the treatment of 51 and so on."""
    return open_office(
        *(phone(name, str(number), busy_trigger=1) for number, name in enumerate("ABCDE", 1)),
        treatments={"50": rules, **{name[1:]: treatment for name, treatment in more.items()}},
    )


TOP_DOWN = HuntRules((group("Sales", "2 3 4", DistributionAlgorithm.TOP_DOWN),))


def test_top_down_goes_on_when_nobody_answers_in_time(open_office: OpenOffice) -> None:
    office = hunting(open_office, TOP_DOWN)
    a = office.dial("A", "50", sound("A"))
    office.rung("B").tells(Alerting())
    office.passes(9.9)
    assert office.ladder() == ["B place from 1: A", "A ring 2"]
    office.passes(0.1)
    assert office.ladder() == ["B hang up NO_ANSWER", "C place from 1: A"]
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["D place from 1: A"]
    office.rung("D").tells(Answered(sound("D")))
    assert office.ladder() == ["A answer 4: D"]
    office.passes(500)
    assert office.ladder() == []
    a.tells(Ended())
    (record,) = office.records
    assert (record.originally_called_number, record.final_called_number) == ("50", "4")
    assert record.features == "hunt 50"


def test_busy_lines_are_passed_over(open_office: OpenOffice) -> None:
    office = hunting(open_office, TOP_DOWN)
    office.connected("B", "C")
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["D place from 1: A"]


def test_who_is_not_to_be_disturbed_or_not_there_is_passed_over(open_office: OpenOffice) -> None:
    office = open_office(
        phone("A", "1"),
        phone("B", "2", do_not_disturb=DoNotDisturb.CALL_REJECT),
        phone("C", "3"),
        phone("D", "4"),
        treatments={"50": TOP_DOWN},
    )
    office.contacts["C"] = 0
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["D place from 1: A"]


def test_circular_begins_after_the_member_that_was_rung_last(open_office: OpenOffice) -> None:
    office = hunting(open_office, HuntRules((group("Sales", "2 3 4", DistributionAlgorithm.CIRCULAR),)))
    for expected in ("B", "C", "D", "B"):
        a = office.dial("A", "50", sound("A"))
        assert office.ladder() == [f"{expected} place from 1: A"]
        a.tells(Ended(Cause.CANCELLED))
        office.ladder()
    office.dial("A", "50", sound("A"))
    office.passes(10)
    office.passes(10)
    assert [step for step in office.ladder() if "place" in step] == [
        "C place from 1: A",
        "D place from 1: A",
        "B place from 1: A",
    ]


def test_longest_idle_prefers_who_has_waited_longest(open_office: OpenOffice) -> None:
    office = hunting(open_office, HuntRules((group("Sales", "2 3 4", DistributionAlgorithm.LONGEST_IDLE),)))
    office.dial("A", "50", sound("A")).tells(Ended(Cause.CANCELLED))  # from now on the lines are remembered
    for caller, dialled in (("B", "5"), ("C", "5"), ("D", "5")):
        office.passes(10)
        office.dial(caller, dialled, sound(caller)).tells(Ended(Cause.CANCELLED))
    office.passes(10)
    office.dial("B", "5", sound("B")).tells(Ended(Cause.CANCELLED))
    office.ladder()
    office.dial("A", "50", sound("A"))
    office.passes(10)
    office.passes(10)
    assert [step for step in office.ladder() if "place" in step] == [
        "C place from 1: A",
        "D place from 1: A",
        "B place from 1: A",
    ]


def test_broadcast_rings_all_and_one_answers(open_office: OpenOffice) -> None:
    office = hunting(open_office, HuntRules((group("Sales", "2 3 4", DistributionAlgorithm.BROADCAST),)))
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["B place from 1: A", "C place from 1: A", "D place from 1: A"]
    office.rung("C").tells(Answered(sound("C")))
    assert office.ladder() == ["B hang up ANSWERED_ELSEWHERE", "D hang up ANSWERED_ELSEWHERE", "A answer 3: C"]


def test_the_next_line_group_comes_when_the_first_is_through(open_office: OpenOffice) -> None:
    office = hunting(
        open_office,
        HuntRules(
            (
                group("Sales", "2 3", DistributionAlgorithm.BROADCAST, 5.0),
                group("Support", "4 5", DistributionAlgorithm.TOP_DOWN),
            )
        ),
    )
    office.dial("A", "50", sound("A"))
    office.ladder()
    office.passes(5)
    assert office.ladder() == ["B hang up NO_ANSWER", "C hang up NO_ANSWER", "D place from 1: A"]


@pytest.mark.parametrize(("rung", "destination"), [(True, "5"), (False, "1")])
def test_the_final_forward_takes_what_is_left(open_office: OpenOffice, rung: bool, destination: str) -> None:
    final = ForwardRules(no_answer="5", busy="1")
    office = hunting(open_office, HuntRules((group("Sales", "2", DistributionAlgorithm.TOP_DOWN),), final))
    if not rung:
        office.contacts["B"] = 0
    office.dial_from_outside("77", "50", sound("77"))
    office.passes(10)
    device = {"5": "E", "1": "A"}[destination]
    assert office.ladder()[-1] == f"{device} place from 77: 77"
    office.rung(device).tells(Answered(sound(device)))
    office.rung(device).tells(Ended())
    (record,) = office.records
    assert (record.redirecting_number, record.redirect_reason) == ("50", "no-answer" if rung else "user-busy")


def test_without_a_final_forward_the_caller_hears_why(open_office: OpenOffice) -> None:
    office = hunting(open_office, HuntRules((group("Sales", "2", DistributionAlgorithm.TOP_DOWN),)))
    office.dial("A", "50", sound("A"))
    office.passes(10)
    assert office.ladder() == ["B place from 1: A", "B hang up NO_ANSWER", "A reject NO_ANSWER"]
    office.connected("C", "B")
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]


def test_a_pilot_without_members(open_office: OpenOffice) -> None:
    office = hunting(open_office, HuntRules(()))
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]


def test_a_hunt_may_not_last_for_ever(open_office: OpenOffice) -> None:
    rules = HuntRules(TOP_DOWN.groups, ForwardRules(no_answer="5"), maximum_time=15.0)
    office = hunting(open_office, rules)
    office.dial("A", "50", sound("A"))
    office.passes(15)
    assert office.ladder() == [
        "B place from 1: A",
        "B hang up NO_ANSWER",
        "C place from 1: A",
        "C hang up NO_ANSWER",
        "E place from 1: A",
    ]


def test_pilots_that_forward_to_each_other_are_found_out(open_office: OpenOffice) -> None:
    first = HuntRules(TOP_DOWN.groups, ForwardRules(busy="51", no_answer="51"))
    second = HuntRules((group("Support", "5", DistributionAlgorithm.TOP_DOWN),), ForwardRules(busy="50"))
    office = hunting(open_office, first, n51=second)
    office.contacts.update(B=0, C=0, D=0, E=0)
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]


def test_a_member_that_sends_the_call_on_is_passed_over(open_office: OpenOffice) -> None:
    """The call stays with its pilot, as it does for forwards of members."""
    office = hunting(open_office, TOP_DOWN, n2=ForwardRules(always="5"))
    office.dial("A", "50", sound("A"))
    office.rung("B").tells(Redirected("5"))
    assert office.ladder() == ["B place from 1: A", "C place from 1: A"]


def test_the_caller_gives_up(open_office: OpenOffice) -> None:
    office = hunting(open_office, TOP_DOWN)
    office.dial("A", "50", sound("A")).tells(Ended(Cause.CANCELLED))
    office.passes(100)
    assert office.ladder() == ["B place from 1: A", "B hang up CANCELLED"]


def test_early_media_is_not_heard(open_office: OpenOffice) -> None:
    office = hunting(open_office, TOP_DOWN)
    office.dial("A", "50", sound("A"))
    office.rung("B").tells(Alerting(sound("B")))
    assert office.ladder() == ["B place from 1: A", "A ring 2"]


def test_a_transfer_to_a_pilot(open_office: OpenOffice) -> None:
    office = hunting(open_office, TOP_DOWN)
    _, e = office.connected("A", "E")
    e.tells(TransferRequested("50"))
    office.passes(10)
    office.rung("C").tells(Answered(sound("C")))
    assert office.ladder()[:5] == [
        "B place from 1: A",
        "B hang up NO_ANSWER",
        "C place from 1: A",
        "E transfer done",
        "E hang up NORMAL",
    ]


def test_a_long_hunt_through_lines_that_are_all_away(open_office: OpenOffice) -> None:
    """A thousand members do not go to the head of the interpreter."""
    numbers = " ".join(str(number) for number in range(1000, 2000))
    office = open_office(
        phone("A", "1"),
        *(phone(f"P{number}", number) for number in numbers.split()),
        treatments={"50": HuntRules((group("All", numbers, DistributionAlgorithm.CIRCULAR),))},
    )
    office.contacts.update({f"P{number}": 0 for number in numbers.split()})
    office.dial("A", "50", sound("A"))
    assert office.ladder() == ["A reject USER_BUSY"]
