"""baresip on each end: real phones of others, their audio included."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.capture import Capture
from strangers.baresip import Baresip
from strangers.node import Node, eventually

pytestmark = pytest.mark.stranger

MakePhone = Callable[..., Baresip]

SPEECH_PACKET_BYTES = 8 + 12 + 160  # UDP and RTP headers, 20 ms of G.711

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


def test_hold_silences_and_resume_brings_back(node: Node, desk_phone: MakePhone, tmp_path: Path) -> None:
    alice = desk_phone("2001", "udp", tone=440)
    bob = desk_phone("2002", "udp", tone=1000, answers=True)
    alice.order("dial", "2002")
    alice.saw("CALL_ESTABLISHED")
    assert eventually(lambda: bob.hears(440))

    alice.order("hold")
    assert eventually(lambda: any(call["held_by"] == "calling" for call in node.ask("calls", "--live")))
    held = tmp_path / "held"
    # A phone may take a moment longer than the node to obey.
    assert eventually(lambda: speech_on_the_wire(held, alice, bob) == [0, 0])

    alice.order("resume")
    assert eventually(lambda: not any(call["held_by"] for call in node.ask("calls", "--live")))
    # Fifty packets a second either way; half of them leaves room for a busy machine.
    resumed = tmp_path / "resumed"
    assert eventually(lambda: all(count >= 25 for count in speech_on_the_wire(resumed, alice, bob)))
    alice.order("hangup")
    bob.saw("CALL_CLOSED")


def speech_on_the_wire(file: Path, *phones: Baresip) -> list[int]:
    """How many packets of speech go to each of the phones within a second.

    What baresip itself keeps does not tell: it no longer writes down what it hears after a hold.
    """
    capture = Capture(file.with_suffix(".pcapng"))
    time.sleep(1)
    capture.end()
    counts = []
    for phone in phones:
        first, last = phone.rtp_ports
        to_phone = f"udp.dstport >= {first} && udp.dstport <= {last} && udp.length == {SPEECH_PACKET_BYTES}"
        counts.append(len(capture.read([], to_phone, "frame.number")))
    return counts


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


def test_a_phone_hears_that_messages_wait(node: Node, desk_phone: MakePhone) -> None:
    """RFC 3842: baresip subscribes, and is told of each change."""
    alice = desk_phone("2001", "udp", tone=440, watches_messages=True)
    assert eventually(lambda: "Voice-Message: 0/0" in alice.log.read_text())
    node.administer("message-waiting", "set", "2001", "--new", "2", "--old", "1")
    assert eventually(lambda: "Voice-Message: 2/1" in alice.log.read_text())
    node.administer("message-waiting", "set", "2001")
    assert eventually(lambda: alice.log.read_text().count("Voice-Message: 0/0") == 2)
