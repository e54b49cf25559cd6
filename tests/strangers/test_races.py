"""What crosses on the wire or gets lost, as SIPp does it: both phones are free in the end, and no call is left."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from strangers.node import Node, eventually
from strangers.scenario import Callee, Caller
from strangers.sipp import SippPhone

pytestmark = pytest.mark.stranger

MakePhone = Callable[..., SippPhone]


@pytest.fixture
def registered(sipp_phone: MakePhone) -> MakePhone:
    """Makes phones that are registered, without digest."""

    def make(number: str) -> SippPhone:
        phone = sipp_phone(number)
        phone.play(arriving(number))
        return phone

    return make


@pytest.fixture(autouse=True)
def _nothing_is_left(node: Node) -> Iterator[None]:
    yield
    assert eventually(lambda: not node.ask("calls", "--live")), node.ask("calls", "--live")
    assert eventually(lambda: node.ask("status")["counters"]["sessions"] == 0), node.ask("status")["counters"]


def arriving(number: str) -> Caller:
    arrive = Caller("arrive", number)
    arrive.register()
    arrive.expect_response("200")
    return arrive


def play(caller: SippPhone, calling: Caller, callee: SippPhone, called: Callee) -> None:
    """Play both parts of a call."""
    answering = callee.begin(called)
    caller.play(calling)
    answering.finish()


def record(node: Node, number: str) -> dict[str, object]:
    """The record of the one call to this number."""
    (found,) = eventually(lambda: node.ask("calls", "--number", number))
    return dict(found)


def ladder(node: Node, number: str) -> Counter[str]:
    """How often each message was sent in the one call to this number."""
    heard = node.ask("calls", "show", str(record(node, number)["call_id"]), "--messages")["messages"]
    return Counter(kind_of(each["text"]) for each in heard)


def kind_of(message: str) -> str:
    """As `INVITE`, `200 INVITE`."""
    words = message.split(" ", 2)
    method = re.search(r"^CSeq: +\d+ (\w+)", message, re.MULTILINE)
    assert method is not None
    return f"{words[1]} {method[1]}" if words[0] == "SIP/2.0" else method[1]


# -- CANCEL -----------------------------------------------------------------------------------------------


def test_the_called_phone_answers_while_the_call_is_taken_back(registered: MakePhone) -> None:
    """RFC 3261 9.1: its 200 is acknowledged and followed by a BYE, and the caller hears 487."""
    calling = Caller("taking-back", "1030", "1031")
    calling.invite()
    calling.rung()
    calling.cancelled()
    called = Callee("too-late", "1031")
    called.invited()
    called.ring()
    called.expect("CANCEL")
    called.respond("200 OK", tag=called.TAG)
    called.answer()
    called.hung_up()
    play(registered("1030"), calling, registered("1031"), called)


def test_a_cancel_that_crosses_the_answer_has_no_effect(registered: MakePhone) -> None:
    """RFC 3261 9.2: the call stands, and its caller ends it by BYE."""
    calling = Caller("too-late", "1032", "1033")
    calling.invite()
    calling.rung()
    calling.accepted()
    calling.take_back()
    calling.acknowledge()
    calling.hang_up()
    called = Callee("answering", "1033")
    called.invited()
    called.ring()
    called.answer()
    called.hung_up()
    play(registered("1032"), calling, registered("1033"), called)


# -- loss -------------------------------------------------------------------------------------------------


def test_an_answer_that_is_lost_is_sent_again_until_the_ack(node: Node, registered: MakePhone) -> None:
    """RFC 3261 13.3.1.4."""
    calling = Caller("hearing-late", "1034", "1035")
    calling.invite()
    calling.rung()
    calling.accepted()
    calling.wait(2500)  # SIPp passes over the copies
    calling.acknowledge()
    calling.hang_up()
    called = Callee("answering", "1035")
    called.invited()
    called.ring()
    called.answer()
    called.hung_up()
    play(registered("1034"), calling, registered("1035"), called)
    assert ladder(node, "1035")["200 INVITE"] > 2  # one of the called phone, and ours with its copies


def test_an_answer_that_is_never_acknowledged_ends_the_call(node: Node, registered: MakePhone) -> None:
    """After 64 times T1, by BYE to both; an ACK that comes then is nobody's."""
    calling = Caller("silent", "1036", "1037")
    calling.invite()
    calling.rung()
    calling.accepted()
    calling.hung_up()
    calling.acknowledge()
    called = Callee("answering", "1037")
    called.invited()
    called.ring()
    called.answer()
    called.hung_up()
    play(registered("1036"), calling, registered("1037"), called)
    assert ladder(node, "1037")["200 INVITE"] > 2
    assert record(node, "1037")["calling_cause"] == "destination_out_of_order"


def test_an_ack_that_is_lost_is_sent_again(node: Node, registered: MakePhone) -> None:
    """RFC 3261 13.2.2.4: each copy of the 200 gets an ACK."""
    calling = Caller("calling", "1038", "1039")
    calling.invite()
    calling.answered()
    calling.hung_up()
    called = Callee("deaf", "1039")
    called.invited()
    called.ring()
    called.answer()
    called.answer()
    called.answer()
    called.hang_up()
    play(registered("1038"), calling, registered("1039"), called)
    assert ladder(node, "1039")["ACK"] == 3 + 1  # to the called phone, and from the calling one


# -- offers -----------------------------------------------------------------------------------------------


def test_offers_of_both_phones_cross(registered: MakePhone) -> None:
    """RFC 3261 14.1: 491 to each, and then each has its turn."""
    calling = Caller("holding", "1040", "1041")
    calling.invite()
    calling.answered()
    calling.change("sendonly")
    calling.answered(has="a=recvonly", ringing=False)
    calling.agree(has="a=inactive|a=sendrecv|a=recvonly", direction="sendonly")
    calling.hang_up()
    called = Callee("holding-too", "1041")
    called.invited()
    called.ring()
    called.answer()
    called.expect("INVITE", has="a=sendonly", keep="offer")
    called.change("recvonly")
    called.expect_response("491")
    called.acknowledge_refusal()
    called.respond("491 Request Pending", to="offer", again=True)
    called.expect("ACK")
    called.agree(has="a=sendonly", direction="recvonly")
    called.change("recvonly")
    called.responses_may_come("100")
    called.expect_response("200", has="a=sendonly")
    called.acknowledge()
    called.hung_up()
    play(registered("1040"), calling, registered("1041"), called)


def test_an_offer_crosses_the_other_phones_bye(registered: MakePhone) -> None:
    calling = Caller("offering", "1042", "1043")
    calling.invite()
    calling.answered()
    calling.change()
    calling.responses_may_come("100")
    calling.expect_response("487")
    calling.acknowledge_refusal()
    calling.hung_up()
    called = Callee("leaving", "1043")
    called.invited()
    called.ring()
    called.answer()
    called.expect("INVITE", keep="offer")
    called.hang_up()
    called.respond("481 Call Does Not Exist", to="offer", again=True)
    called.expect("ACK")
    play(registered("1042"), calling, registered("1043"), called)


def test_a_bye_overtakes_the_answer_to_an_offer(registered: MakePhone) -> None:
    """RFC 3261 15.1.2: what is still unanswered is answered with 487."""
    calling = Caller("impatient", "1044", "1045")
    calling.invite()
    calling.answered()
    calling.change()
    calling.hang_up_before_the_answer()
    called = Callee("slow", "1045")
    called.invited()
    called.ring()
    called.answer()
    called.expect("INVITE", keep="offer")
    called.hung_up()
    called.respond("487 Request Terminated", to="offer", again=True)
    called.expect("ACK")
    play(registered("1044"), calling, registered("1045"), called)


# -- forks ------------------------------------------------------------------------------------------------


def test_two_places_behind_one_contact_ring_and_both_answer(registered: MakePhone) -> None:
    """RFC 3261 13.2.2.4: one is connected, the other one is acknowledged and ended; the caller hears of one."""
    calling = Caller("calling", "1046", "1047")
    calling.invite()
    calling.answered()
    calling.hung_up()
    called = Callee("forking", "1047")
    called.invited()
    called.ring(tag="another")
    called.ring()
    called.answer()
    called.pick_up(tag="another")
    called.expect("ACK", has="tag=another")
    called.expect("BYE", has="tag=another")
    called.respond("200 OK")
    called.hang_up()
    play(registered("1046"), calling, registered("1047"), called)


# -- calls that the other side does not know --------------------------------------------------------------


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_a_request_in_a_call_that_is_over(registered: MakePhone, method: str) -> None:
    lost = Caller("lost", "1048", "1049")
    lost.ask_in_a_lost_call(method)
    if method == "INVITE":
        lost.refused("481")
    else:
        lost.expect_response("481")
    registered("1048").play(lost)


def test_a_phone_that_does_not_know_the_call_any_more_ends_it(node: Node, registered: MakePhone) -> None:
    """RFC 3261 12.2.1.2."""
    calling = Caller("offering", "1050", "1051")
    calling.invite()
    calling.answered()
    calling.change()
    calling.responses_may_come("100")
    calling.expect_response("487")
    calling.acknowledge_refusal()
    calling.hung_up()
    called = Callee("forgetful", "1051")
    called.invited()
    called.ring()
    called.answer()
    called.expect("INVITE")
    called.respond("481 Call Does Not Exist", again=True)
    called.expect("ACK")
    play(registered("1050"), calling, registered("1051"), called)
    assert record(node, "1051")["called_cause"] == "destination_out_of_order"


def test_a_phone_that_does_not_know_the_call_any_more_is_hung_up(registered: MakePhone) -> None:
    calling = Caller("calling", "1052", "1053")
    calling.invite()
    calling.answered()
    calling.hang_up()
    called = Callee("forgetful", "1053")
    called.invited()
    called.ring()
    called.answer()
    called.expect("BYE")
    called.respond("481 Call Does Not Exist")
    play(registered("1052"), calling, registered("1053"), called)


# -- connections and phones that are gone -----------------------------------------------------------------


@pytest.mark.parametrize("state", ["alerting", "connected"])
def test_the_connection_of_the_calling_phone_is_closed(
    node: Node, registered: MakePhone, sipp_phone: MakePhone, state: str
) -> None:
    one, other = ("1054", "1055") if state == "alerting" else ("1056", "1057")
    calling = Caller("vanishing", one, other)
    calling.register()
    calling.expect_response("200")
    calling.invite()
    calling.answered()
    calling.hung_up()
    called = Callee("left-alone", other)
    called.invited()
    called.ring()
    if state == "connected":
        called.answer()
        called.hung_up()
    else:
        called.cancelled()
    answering = registered(other).begin(called)
    vanishing = sipp_phone(one, "t1").begin(calling)
    assert eventually(lambda: [call["state"] for call in node.ask("calls", "--live")] == [state])
    vanishing.break_off()
    answering.finish()
    assert record(node, other)["ended_by"] == "calling"


def test_a_phone_restarts_during_a_call(node: Node, registered: MakePhone) -> None:
    """It registers anew, and says that it knows nothing of the call it is asked for."""
    calling = Caller("rebooting", "1058", "1059")
    calling.invite()
    calling.answered()
    calling.wait(200)
    calling.register(restarted=True)
    calling.expect_response("200")
    calling.expect("INVITE")
    calling.respond("481 Call Does Not Exist", again=True)
    calling.expect("ACK")
    called = Callee("left-alone", "1059")
    called.invited()
    called.ring()
    called.answer()
    called.hung_up()
    play(registered("1058"), calling, registered("1059"), called)
    assert record(node, "1059")["calling_cause"] == "destination_out_of_order"


def test_a_phone_restarts_at_another_address_during_a_call(
    node: Node, registered: MakePhone, sipp_phone: MakePhone
) -> None:
    """Nobody answers at the old one; the other phone is free, and the phone can be called at its new address."""
    calling = Caller("rebooting", "1060", "1061")
    calling.invite()
    calling.answered()
    called = Callee("left-alone", "1061")
    called.invited()
    called.ring()
    called.answer()
    called.hung_up()
    talking = registered("1061").begin(called)
    registered("1060").play(calling)
    elsewhere = sipp_phone("1060")
    elsewhere.play(arriving("1060"))
    talking.finish()
    assert record(node, "1061")["calling_cause"] == "destination_out_of_order"
