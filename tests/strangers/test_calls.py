"""Calls, as SIPp makes them: every way one can begin, change and end."""

from __future__ import annotations

from collections.abc import Callable

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
        arrive = Caller("arrive", number)
        arrive.register()
        arrive.expect_response("200")
        phone.play(arrive)
        return phone

    return make


def play(caller: SippPhone, calling: Caller, callee: SippPhone, called: Callee) -> None:
    """Play both parts of a call."""
    answering = callee.begin(called)
    caller.play(calling)
    answering.finish()


def last_call(node: Node, number: str) -> dict[str, object]:
    """The newest record of a call to this number."""

    def look() -> dict[str, object]:
        return next(iter(node.ask("calls", "--number", number, "--limit", "1")), {})

    return eventually(look)


def test_two_phones_talk_and_the_caller_hangs_up(node: Node, registered: MakePhone) -> None:
    calling = Caller("calling", "1001", "1002")
    calling.invite()
    calling.answered(has="m=audio [0-9]+ RTP/AVP 0")
    calling.wait(300)
    calling.hang_up()
    called = Callee("called", "1002")
    called.invited(has="m=audio [0-9]+ RTP/AVP 0")
    called.ring()
    called.wait(200)
    called.answer()
    called.hung_up()
    play(registered("1001"), calling, registered("1002"), called)
    record = last_call(node, "1002")
    assert record, "no call detail record was kept"


def test_the_caller_gives_up_while_it_rings(registered: MakePhone) -> None:
    calling = Caller("giving-up", "1003", "1004")
    calling.invite()
    calling.responses_may_come("100")
    calling.expect_response("180")
    calling.wait(200)
    calling.cancelled()
    called = Callee("given-up", "1004")
    called.invited()
    called.ring()
    called.cancelled()
    play(registered("1003"), calling, registered("1004"), called)


def test_hold_and_resume(registered: MakePhone) -> None:
    calling = Caller("holding", "1005", "1006")
    calling.invite()
    calling.answered()
    calling.wait(100)
    calling.change("sendonly")
    calling.answered(has="a=(recvonly|inactive)", ringing=False)
    calling.wait(100)
    calling.change("sendrecv")
    calling.answered(has="a=sendrecv|m=audio", ringing=False)
    calling.hang_up()
    called = Callee("held", "1006")
    called.invited()
    called.ring()
    called.answer()
    called.agree(has="a=(sendonly|inactive)", direction="recvonly")
    called.agree()
    called.hung_up()
    play(registered("1005"), calling, registered("1006"), called)


def test_the_called_phone_is_busy(registered: MakePhone) -> None:
    calling = Caller("calling-busy", "1007", "1008")
    calling.invite()
    calling.refused("486")
    called = Callee("busy", "1008")
    called.invited()
    called.refuse("486 Busy Here")
    play(registered("1007"), calling, registered("1008"), called)


def test_nobody_answers(registered: MakePhone) -> None:
    """The phone gives up by itself: no answer from the user (Q.850 cause 18), which is 408 by RFC 3398 7.2.4.1."""
    calling = Caller("calling-absent", "1009", "1010")
    calling.invite()
    calling.refused("408")
    called = Callee("absent", "1010")
    called.invited()
    called.ring()
    called.wait(300)
    called.refuse("480 Temporarily Unavailable")
    play(registered("1009"), calling, registered("1010"), called)


def test_a_number_that_does_not_exist(registered: MakePhone) -> None:
    calling = Caller("misdialling", "1011", "9876")
    calling.invite()
    calling.refused("404")
    registered("1011").play(calling)


def test_a_phone_that_is_not_registered_cannot_be_reached(registered: MakePhone) -> None:
    calling = Caller("calling-nowhere", "1012", "1029")
    calling.invite()
    calling.refused("480")
    registered("1012").play(calling)


def test_a_phone_that_is_not_registered_may_not_call(registered: MakePhone, sipp_phone: MakePhone) -> None:
    """A stranger learns nothing, not even whether the number exists."""
    calling = Caller("intruding", "1028", "1002")
    calling.invite()
    calling.refused("403", provisional=("100",))
    sipp_phone("1028").play(calling)


def test_a_codec_that_nobody_speaks(registered: MakePhone) -> None:
    calling = Caller("calling-oddly", "1013", "1014")
    calling.invite(codec="120 ODDITY/8000")
    calling.refused("488")
    registered("1014")
    registered("1013").play(calling)


LOSS = 6
"""Percent of the messages. With so few, and so many calls, luck decides in fewer than one run of a million: a call
fails when seven copies of the INVITE to the called phone are lost (0.06 ^ 7, 80 times: 2e-7), and nothing is sent
again when neither INVITE nor BYE of any calling phone nor the answer to a BYE is lost (0.94 ^ 240: 4e-7)."""
CALLS = 80


def test_calls_survive_a_network_that_loses_packets(node: Node, registered: MakePhone) -> None:
    """RFC 3261 17: what is lost is sent again, and nothing is taken twice."""
    calling, called = Caller("calling-lossy", "1015", "1016"), Callee("called-lossy", "1016")
    calling.loss = called.loss = LOSS
    calling.invite()
    calling.answered(ringing=False)
    calling.wait(100)
    calling.hang_up()
    called.invited()
    called.ring()
    called.answer(lossy=True)
    called.hung_up()
    caller, callee = registered("1015"), registered("1016")
    # SIPp takes what comes late for a new call: the callee may not count, or the last call finds nobody.
    callee.begin(called, calls=None)
    # It gives up an INVITE after six copies, which is within luck; the lines take 50 calls.
    counted = caller.play(calling, "-max_invite_retrans", "10", "-r", "12", "-l", "30", calls=CALLS)
    assert counted.successful == CALLS
    assert counted.retransmissions > 0

    def kept() -> int:
        return len(node.ask("calls", "--number", "1016", "--limit", str(2 * CALLS)))

    assert eventually(lambda: kept() >= CALLS)
    assert kept() == CALLS
