"""RTP packets: golden bytes, refusals, and that every value comes back as it went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.rtp.packet import MAX_PACKET, Extension, MalformedPacket, RtpPacket

WORDS = st.integers(0, 2**32 - 1)
PACKETS = st.builds(
    RtpPacket,
    payload_type=st.one_of(st.integers(0, 71), st.integers(77, 127)),
    sequence=st.integers(0, 0xFFFF),
    timestamp=WORDS,
    ssrc=WORDS,
    payload=st.binary(max_size=400),
    marker=st.booleans(),
    contributors=st.lists(WORDS, max_size=15).map(tuple),
    extension=st.none()
    | st.builds(
        Extension,
        st.integers(0, 0xFFFF),
        st.integers(0, 20).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)),
    ),
)


def test_golden_packet() -> None:
    packet = RtpPacket(0, 0x1234, 0xA0, 0xDEADBEEF, b"\xff\x7f", marker=True)
    assert packet.encode() == bytes.fromhex("80 80 1234 000000a0 deadbeef ff7f")


def test_golden_packet_with_everything() -> None:
    data = bytes.fromhex("b1 08 0001 00000002 00000003 00000004 bede0001 10aa0000 55d5 0002")
    assert RtpPacket.parse(data) == RtpPacket(
        8, 1, 2, 3, b"\x55\xd5", False, (4,), Extension(0xBEDE, bytes.fromhex("10aa0000"))
    )


@given(PACKETS)
def test_round_trip(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.encode()) == packet


@given(st.binary(max_size=200))
def test_any_bytes_are_a_packet_or_refused(data: bytes) -> None:
    try:
        packet = RtpPacket.parse(data)
    except MalformedPacket:
        return
    assert len(packet.payload) <= len(data) - 12


@given(PACKETS, st.integers(1, 255))
def test_padding_is_taken_off(packet: RtpPacket, count: int) -> None:
    data = bytearray(packet.encode() + bytes(count - 1) + bytes([count]))
    data[0] |= 0x20
    assert RtpPacket.parse(bytes(data)) == packet


@pytest.mark.parametrize(
    "data",
    [
        "",
        "80 00 0001 00000002 000000",
        "40 00 0001 00000002 00000003",  # version 1
        "82 00 0001 00000002 00000003 00000004",  # two sources announced, one there
        "90 00 0001 00000002 00000003 bede",  # extension cut in its header
        "90 00 0001 00000002 00000003 bede0002 00000000",  # extension longer than the packet
        "a0 00 0001 00000002 00000003",  # padding announced; the last byte says 3, none is there
        "a0 00 0001 00000002 00000003 00",  # padding of no length
        "80 c8 0001 00000002 00000003",  # an RTCP sender report
    ],
)
def test_refused(data: str) -> None:
    with pytest.raises(MalformedPacket):
        RtpPacket.parse(bytes.fromhex(data))


def test_oversized_is_refused_both_ways() -> None:
    with pytest.raises(MalformedPacket):
        RtpPacket.parse(b"\x80" + bytes(MAX_PACKET))
    with pytest.raises(ValueError, match="at most"):
        RtpPacket(0, 0, 0, 0, bytes(MAX_PACKET)).encode()


@pytest.mark.parametrize(
    "packet",
    [
        RtpPacket(128, 0, 0, 0),
        RtpPacket(72, 0, 0, 0),
        RtpPacket(0, 0x10000, 0, 0),
        RtpPacket(0, 0, -1, 0),
        RtpPacket(0, 0, 0, 0, contributors=(0,) * 16),
        RtpPacket(0, 0, 0, 0, extension=Extension(0, b"abc")),
    ],
)
def test_values_that_do_not_fit_are_not_encoded(packet: RtpPacket) -> None:
    with pytest.raises(ValueError, match=r"."):
        packet.encode()
