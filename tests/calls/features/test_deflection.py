"""Ladders of deflection: A calls B, whose phone sends the call on."""

from __future__ import annotations

from calls.conftest import OpenOffice
from calls.ladder import Office, phone, sound
from ringward.calls.events import Answered, Cause, Ended, Failed, Redirected, Redirection, RedirectReason
from ringward.calls.features.forward import MAX_REDIRECTIONS, ForwardRules


def test_the_call_goes_on_to_the_number_that_the_phone_names(office: Office) -> None:
    a = office.dial("A", "2", sound("A"))
    office.rung("B").tells(Redirected("3"))
    assert office.ladder() == ["B place from 1: A", "C place from 1: A"]
    c = office.rung("C")
    assert c.redirections == (Redirection("2", RedirectReason.DEFLECTION),)
    c.tells(Answered(sound("C")))
    a.tells(Ended())
    (record,) = office.records
    assert (record.final_called_number, record.redirecting_number, record.redirect_reason) == (
        "3",
        "2",
        "deflection",
    )


def test_the_other_phones_of_the_number_stop(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2"), phone("C", "2"), phone("D", "4"))
    office.dial("A", "2", sound("A"))
    office.ladder()
    office.rung("B").tells(Redirected("4"))
    assert office.ladder() == ["C hang up ANSWERED_ELSEWHERE", "D place from 1: A"]


def test_a_number_that_the_phone_may_not_call_is_a_refusal(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2"), phone("C", "3", partition="Staff"))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Redirected("3"))
    assert office.ladder() == ["B place from 1: A", "A reject CALL_REJECTED"]


def test_a_refusal_leaves_the_others_ringing(open_office: OpenOffice) -> None:
    office = open_office(phone("A", "1"), phone("B", "2"), phone("C", "2"))
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Redirected("99"))
    office.rung("C").tells(Answered(sound("C")))
    assert office.ladder()[-1] == "A answer 2: C"


def test_a_phone_that_sends_calls_to_itself_is_found_out(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Redirected("2"))
    assert office.ladder() == ["B place from 1: A", "A reject CALL_REJECTED"]


def test_two_phones_that_send_calls_to_each_other_are_found_out(office: Office) -> None:
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Redirected("3"))
    office.rung("C").tells(Redirected("2"))
    assert office.ladder() == ["B place from 1: A", "C place from 1: A", "A reject CALL_REJECTED"]


def test_a_long_chain_is_cut(open_office: OpenOffice) -> None:
    last = MAX_REDIRECTIONS + 2
    office = open_office(phone("A", "1"), *(phone(f"P{n}", str(100 + n)) for n in range(last + 1)))
    office.dial("A", "100", sound("A"))
    for n in range(MAX_REDIRECTIONS + 1):
        office.rung(f"P{n}").tells(Redirected(str(101 + n)))
    assert office.ladder()[-1] == "A reject CALL_REJECTED"


def test_forwards_hold_where_the_call_comes_to(open_office: OpenOffice) -> None:
    office = open_office(
        *(phone(name, str(number)) for number, name in enumerate("ABCD", 1)),
        treatments={"2": ForwardRules(no_answer="1"), "3": ForwardRules(busy="4")},
    )
    office.dial("A", "2", sound("A"))
    office.rung("B").tells(Redirected("3"))
    office.rung("C").tells(Failed(Cause.USER_BUSY))
    assert office.ladder() == ["B place from 1: A", "C place from 1: A", "D place from 1: A"]
