"""baresip on each end: real phones of others, their audio included."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strangers.baresip import Baresip
from strangers.node import Node, eventually

pytestmark = pytest.mark.stranger

MakePhone = Callable[..., Baresip]

TRANSPORTS = {"udp": "20", "tcp": "21", "tls": "22"}


def connected(node: Node, *numbers: str) -> bool:
    """Whether a call between these is connected just now."""
    calls = node.ask("calls", "--live")
    return any(
        call["state"] == "connected" and {call["calling"], call["called"]} == set(numbers) for call in calls
    )


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_phones_hear_each_other(node: Node, desk_phone: MakePhone, transport: str) -> None:
    prefix = TRANSPORTS[transport]
    one, other = f"{prefix}01", f"{prefix}02"
    alice = desk_phone(one, transport, tone=440)
    bob = desk_phone(other, transport, tone=1000, answers=True)
    assert {one, other} <= node.registered()
    alice.order("dial", other)
    alice.saw("CALL_RINGING")
    alice.saw("CALL_ESTABLISHED")
    bob.saw("CALL_ESTABLISHED")
    assert eventually(lambda: alice.hears(1000)), "the caller does not hear the called phone"
    assert eventually(lambda: bob.hears(440)), "the called phone does not hear the caller"
    assert connected(node, one, other)
    bob.order("hangup")
    alice.saw("CALL_CLOSED")
    assert eventually(lambda: not connected(node, one, other))


def test_hold_silences_and_resume_brings_back(node: Node, desk_phone: MakePhone) -> None:
    alice = desk_phone("2001", "udp", tone=440)
    bob = desk_phone("2002", "udp", tone=1000, answers=True)
    alice.order("dial", "2002")
    alice.saw("CALL_ESTABLISHED")
    assert eventually(lambda: bob.hears(440))
    alice.order("hold")
    assert eventually(lambda: any(call["held_by"] == "2001" for call in node.ask("calls", "--live")))
    heard = eventually(lambda: _still(bob), 5)
    assert heard, "the held phone still gets audio"
    alice.order("resume")
    assert eventually(lambda: len(bob.heard()) > heard + 4000 and bob.hears(440))
    assert eventually(lambda: alice.hears(1000))
    alice.order("hangup")
    bob.saw("CALL_CLOSED")


def _still(phone: Baresip) -> int:
    """How much the phone has heard, if nothing more has come for a while; else nothing."""
    before = len(phone.heard())
    more = eventually(lambda: len(phone.heard()) > before, 0.5)
    return 0 if more else before


def test_blind_transfer(node: Node, desk_phone: MakePhone) -> None:
    alice = desk_phone("2001", "udp", tone=440)
    bob = desk_phone("2002", "udp", tone=1000, answers=True)
    carol = desk_phone("2003", "udp", tone=1600, answers=True)
    alice.order("dial", "2002")
    alice.saw("CALL_ESTABLISHED")
    bob.order("transfer", "sip:2003@127.0.0.1")
    carol.saw("CALL_ESTABLISHED")
    assert eventually(lambda: alice.hears(1600)), "the transferred phone does not hear its new party"
    assert eventually(lambda: carol.hears(440))
    bob.saw("CALL_CLOSED")
    assert eventually(lambda: connected(node, "2001", "2003"))
    carol.order("hangup")
    alice.saw("CALL_CLOSED")


def test_a_wrong_password_never_registers(node: Node, desk_phone: MakePhone) -> None:
    desk_phone("2103", "tcp", tone=440, password="guessed", registers=False)
    assert eventually(
        lambda: any("SEP000000002103" in line and "wrong digest" in line for line in node.warnings())
    )
    assert "2103" not in node.registered()
