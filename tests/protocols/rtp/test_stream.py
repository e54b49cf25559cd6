"""The sending half of a stream."""

from __future__ import annotations

from random import Random

from ringward.protocols.rtp.packet import RtpPacket
from ringward.protocols.rtp.stream import RtpSender

FRAME = b"\xff" * 160


class Fixed(Random):
    """Random values all ones: the next ones wrap."""

    def getrandbits(self, k: int, /) -> int:
        return (1 << k) - 1


def take(sender: RtpSender, frame: bytes = FRAME, event_type: int | None = 101) -> RtpPacket | None:
    data = sender.next_packet(8, frame, event_type)
    return RtpPacket.parse(data) if data is not None else None


def test_numbers_and_timestamps_go_on_and_wrap() -> None:
    sender = RtpSender(Fixed())
    packets = [take(sender) for _ in range(3)]
    assert [(p.sequence, p.timestamp, p.marker) for p in packets if p] == [
        (0xFFFF, 2**32 - 1, True),
        (0, 159, False),
        (1, 319, False),
    ]
    assert (sender.packets, sender.octets) == (3, 480)


def test_silence_sends_nothing_but_time_goes_on() -> None:
    sender = RtpSender(Fixed())
    assert take(sender, b"") is None
    packet = take(sender)
    assert packet is not None
    assert (packet.sequence, packet.timestamp, packet.marker) == (0xFFFF, 159, True)


def test_digits_take_the_place_of_sound_and_keep_their_first_timestamp() -> None:
    sender = RtpSender(Fixed())
    take(sender)
    sender.digits.add("1")
    packets = [take(sender) for _ in range(11)]
    events = [packet for packet in packets if packet and packet.payload_type == 101]
    assert len(events) == 7
    assert {packet.timestamp for packet in events} == {159}
    assert [packet.marker for packet in events] == [True] + [False] * 6
    sound = [packet for packet in packets if packet and packet.payload_type == 8]
    assert [(packet.timestamp, packet.marker) for packet in sound] == [(159 + 160 * 10, True)]


def test_digits_wait_until_a_type_for_them_is_agreed() -> None:
    sender = RtpSender(Fixed())
    sender.digits.add("1")
    packet = take(sender, event_type=None)
    assert packet is not None
    assert packet.payload_type == 8
    assert sender.digits.is_busy
