"""Digits in the media stream."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.rtp.packet import MalformedPacket, RtpPacket
from ringward.protocols.rtp.stream import RtpSender
from ringward.protocols.rtp.telephone_event import DIGITS, DigitReceiver, DigitSender, TelephoneEvent


def test_golden_payload() -> None:
    """RFC 4733 section 2.3: event 1, end, volume 20, duration 1760."""
    assert TelephoneEvent(1, 1760, end=True, volume=20).encode() == bytes.fromhex("01 94 06e0")


@given(st.builds(TelephoneEvent, st.integers(0, 255), st.integers(0, 0xFFFF), st.booleans(), st.integers(0, 63)))
def test_round_trip(event: TelephoneEvent) -> None:
    assert TelephoneEvent.parse(event.encode()) == event


@pytest.mark.parametrize("payload", [b"", b"\x01\x02\x03", b"\x01\x02\x03\x04\x05"])
def test_refused(payload: bytes) -> None:
    with pytest.raises(MalformedPacket):
        TelephoneEvent.parse(payload)


def test_the_reserved_bit_is_ignored() -> None:
    assert TelephoneEvent.parse(bytes.fromhex("05 4a 00a0")) == TelephoneEvent(5, 160)


def test_values_that_do_not_fit() -> None:
    for event in (TelephoneEvent(256, 0), TelephoneEvent(0, 0x10000), TelephoneEvent(0, 0, volume=64)):
        with pytest.raises(ValueError, match=r"."):
            event.encode()


def test_a_digit_begins_grows_and_ends_three_times() -> None:
    sender = DigitSender()
    sender.add("5")
    packets = []
    while sender.is_busy:
        packets.append(sender.next_packet())
    sent = [packet for packet in packets if packet is not None]
    assert [packet.first for packet in sent] == [True] + [False] * 6
    assert [packet.event.duration for packet in sent] == [160, 320, 480, 640, 800, 800, 800]
    assert [packet.event.end for packet in sent] == [False] * 4 + [True] * 3
    assert packets[-3:] == [None] * 3, "a pause follows"


def test_what_is_no_digit_is_refused_whole() -> None:
    sender = DigitSender()
    with pytest.raises(ValueError, match="not digits"):
        sender.add("12x")
    with pytest.raises(ValueError, match="more than"):
        sender.add("1" * 129)
    assert not sender.is_busy


def heard(digits: str, lost: set[int] = frozenset()) -> str:  # type: ignore[assignment]
    """Send digits in the middle of speech and tell what the other side understands."""
    sender, receiver = RtpSender(Random(3)), DigitReceiver()
    sender.digits.add(digits)
    understood = ""
    for place in range(11 * len(digits) + 20):
        data = sender.next_packet(0, b"\xff" * 160, 101)
        if data is None or place in lost:
            continue
        packet = RtpPacket.parse(data)
        if packet.payload_type == 101:
            event = TelephoneEvent.parse(packet.payload)
            understood += receiver.receive(packet.ssrc, packet.timestamp, event)
    return understood


def test_every_digit_once() -> None:
    assert heard(DIGITS) == DIGITS
    assert heard("1100") == "1100", "the same digit twice is two digits"


def test_a_digit_survives_the_loss_of_its_beginning() -> None:
    assert heard("42", lost={0, 1, 2}) == "42"


def test_an_event_that_is_no_digit() -> None:
    assert DigitReceiver().receive(1, 1, TelephoneEvent(16, 160)) == ""
