"""Ladders of forwarded calls: A calls 2, whose phone is B, and 2 has rules."""

from __future__ import annotations

import pytest

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.digit_analysis import Treatment
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    Redirection,
    RedirectReason,
    TransferRequested,
)
from ringward.calls.features.forward import MAX_REDIRECTIONS, ForwardRules


def forwarded(open_office: OpenOffice, **rules: ForwardRules) -> Office:
    """Phones A to D with the numbers 1 to 4; ``n2=...`` are the rules of number 2."""
    treatments: dict[str, Treatment] = {name.removeprefix("n"): each for name, each in rules.items()}
    return open_office(
        *(phone(name, str(number), busy_trigger=1) for number, name in enumerate("ABCD", 1)), treatments=treatments
    )


def test_all_calls_go_elsewhere(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(always="3"))
    a = office.dial("A", "2", sound("A"))
    assert office.ladder() == ["C place from 1: A"]
    c = office.rung("C")
    assert c.redirections == (Redirection("2", RedirectReason.ALWAYS),)
    c.tells(Alerting())
    c.tells(Answered(sound("C")))
    assert office.ladder() == ["A ring 3", "A answer 3: C"]
    a.tells(Ended())
    (record,) = office.records
    assert (record.originally_called_number, record.final_called_number) == ("2", "3")
    assert (record.redirecting_number, record.redirect_reason) == ("2", "unconditional")
    assert record.final_called_device == "C"


@pytest.mark.parametrize(
    ("told", "rules", "reason"),
    [
        (Cause.USER_BUSY, ForwardRules(busy="3"), RedirectReason.BUSY),
        (Cause.CALL_REJECTED, ForwardRules(busy="3"), RedirectReason.BUSY),
        (Cause.NO_USER_RESPONDING, ForwardRules(unregistered="3"), RedirectReason.UNREGISTERED),
    ],
)
def test_what_the_phone_says_decides(
    open_office: OpenOffice, told: Cause, rules: ForwardRules, reason: RedirectReason
) -> None:
    office = forwarded(open_office, n2=rules)
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Failed(told))
    assert office.ladder() == ["B place from 1: A", "C place from 1: A"]
    assert office.rung("C").redirections == (Redirection("2", reason),)


def test_a_reason_without_a_destination_fails_the_call(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(no_answer="3", unregistered="4"))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["B place from 1: A", "A reject USER_BUSY"]


def test_other_failures_are_not_forwarded(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(busy="3", no_answer="3", unregistered="3"))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Failed(Cause.INCOMPATIBLE_MEDIA))
    assert office.ladder() == ["B place from 1: A", "A reject INCOMPATIBLE_MEDIA"]


def test_a_line_that_is_in_use_forwards_at_once(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(busy="3"))
    office.connected("D", "B")
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["C place from 1: A"]


def test_an_unregistered_phone_forwards_at_once(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(unregistered="3"))
    office.contacts["B"] = 0
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["C place from 1: A"]


def test_a_number_without_phones_can_forward(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n77=ForwardRules(unregistered="3"))
    office.dial("A", "77", sound("A"))
    assert office.ladder() == ["C place from 1: A"]


def test_nobody_answers_in_time(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(no_answer="3", ring_time=12.0))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Alerting())
    office.passes(11.9)
    assert office.ladder() == ["B place from 1: A", "A ring 2"]
    office.passes(0.1)
    assert office.ladder() == ["B hang up NO_ANSWER", "C place from 1: A"]
    office.rung("C").tells(Alerting())
    assert office.ladder() == ["A ring 3"]
    office.passes(179.0)
    assert office.ladder() == []  # the new number has all the time that a call has
    office.passes(1.0)
    assert office.ladder() == ["C hang up NO_ANSWER", "A reject NO_ANSWER"]
    assert office.records[0].redirect_reason == "no-answer"


def test_no_answer_counts_though_another_phone_of_the_number_was_busy(open_office: OpenOffice) -> None:
    office = open_office(
        phone("A", "1"),
        phone("B", "2"),
        phone("C", "2"),
        phone("D", "4"),
        treatments={"2": ForwardRules(no_answer="4")},
    )
    office.dial("A", "2", sound("A"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    office.passes(12.0)
    assert office.ladder()[-2:] == ["B hang up NO_ANSWER", "D place from 1: A"]


def test_who_answers_in_time_keeps_the_call(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(no_answer="3"))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Answered(sound("B")))
    office.ladder()
    office.passes(500.0)
    assert office.ladder() == []
    assert office.engine.deadline() is None


def test_who_gives_up_in_time_is_not_forwarded(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(no_answer="3"))
    office.dial("A", "2", sound("A")).tells(Ended(Cause.CANCELLED))
    office.passes(500.0)
    assert office.ladder() == ["B place from 1: A", "B hang up CANCELLED"]


def test_early_media_of_a_number_that_may_forward_is_not_heard(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(no_answer="3"))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Alerting(sound("B")))
    assert office.ladder() == ["B place from 1: A", "A ring 2"]


def test_a_chain_keeps_the_whole_way(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(always="3"), n3=ForwardRules(busy="4"))
    a = office.dial("A", "2", sound("A"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    d = office.rung("D")
    assert d.redirections == (
        Redirection("2", RedirectReason.ALWAYS),
        Redirection("3", RedirectReason.BUSY),
    )
    d.tells(Answered(sound("D")))
    a.tells(Ended())
    (record,) = office.records
    assert (record.originally_called_number, record.final_called_number) == ("2", "4")
    assert (record.redirecting_number, record.redirect_reason) == ("3", "user-busy")


def test_a_number_that_forwards_to_itself_is_found_out(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(always="2"))
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["A reject ROUTING_ERROR"]


def test_a_circle_is_found_out(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(always="3"), n3=ForwardRules(busy="2"))
    office.dial("A", "2", sound("A"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["C place from 1: A", "A reject USER_BUSY"]


def test_a_chain_that_is_too_long_is_cut(open_office: OpenOffice) -> None:
    chain = {f"n{100 + n}": ForwardRules(always=str(101 + n)) for n in range(MAX_REDIRECTIONS + 1)}
    office = forwarded(open_office, **chain, n113=ForwardRules())
    office.dial("A", "100", sound("A"))
    assert office.ladder() == ["A reject ROUTING_ERROR"]
    assert len(chain) == MAX_REDIRECTIONS + 1
    office.dial("A", "101", sound("A"))
    assert office.ladder() == ["A reject SUBSCRIBER_ABSENT"]  # one hop fewer arrives


def test_a_destination_that_does_not_exist(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n2=ForwardRules(always="99"), n3=ForwardRules(busy="99"))
    office.dial("A", "2", sound("A"))
    assert office.ladder() == ["A reject UNALLOCATED_NUMBER"]
    office.dial("A", "3", sound("A"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["C place from 1: A", "A reject USER_BUSY"]


def test_the_forwarding_number_must_be_allowed_to_call_the_destination(open_office: OpenOffice) -> None:
    def make(search_space: tuple[str, ...]) -> Office:
        return open_office(
            phone("A", "1"),
            phone("B", "2"),
            phone("C", "3", partition="Staff"),
            treatments={"2": ForwardRules(always="3", search_space=search_space)},
        )

    allowed, refused = make(("Staff",)), make(())
    allowed.dial("A", "2", sound("A"))
    refused.dial("A", "2", sound("A"))
    assert allowed.ladder() == ["C place from 1: A"]  # A itself may not call 3
    assert refused.ladder() == ["A reject UNALLOCATED_NUMBER"]


def test_a_transfer_to_a_number_that_forwards(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n3=ForwardRules(no_answer="4"))
    _, b = office.connected()
    b.tells(TransferRequested("3"))
    office.passes(12.0)
    assert office.ladder() == ["C place from 1: A", "C hang up NO_ANSWER", "D place from 1: A"]
    office.rung("D").tells(Answered(sound("D")))
    assert office.ladder()[:4] == ["B transfer done", "B hang up NORMAL", "A identify 4", "D identify 1"]


def test_a_transfer_whose_forward_fails_comes_back(open_office: OpenOffice) -> None:
    office = forwarded(open_office, n3=ForwardRules(always="4"))
    _, b = office.connected()
    b.tells(TransferRequested("3"))
    office.rung("D").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["D place from 1: A", "B transfer USER_BUSY"]
