from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.tftp.packets import (
    MAX_BLOCK_SIZE,
    MAX_REQUEST,
    Acknowledgement,
    Data,
    Error,
    MalformedPacket,
    Mode,
    OptionAcknowledgement,
    Packet,
    ReadRequest,
    WriteRequest,
    encode,
    parse,
    whole_number,
)

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
NAME = TEXT.filter(bool)
OPTIONS = st.lists(st.tuples(NAME.map(str.lower), TEXT), max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
BLOCK = st.integers(0, 0xFFFF)
PACKETS = st.one_of(
    st.builds(ReadRequest, NAME, st.sampled_from(Mode), OPTIONS),
    st.builds(WriteRequest, NAME, st.sampled_from(Mode), OPTIONS),
    st.builds(Data, BLOCK, st.binary(max_size=600)),
    st.builds(Acknowledgement, BLOCK),
    st.builds(Error, st.integers(0, 8), TEXT),
    st.builds(OptionAcknowledgement, OPTIONS.filter(bool)),
)


@given(PACKETS)
def test_what_is_encoded_parses_back(packet: Packet) -> None:
    assert parse(encode(packet)) == packet


@given(st.binary(max_size=600) | st.binary(max_size=80).map(lambda rest: b"\0\1" + rest))
def test_any_octets_are_a_packet_or_malformed_and_nothing_else(datagram: bytes) -> None:
    try:
        packet = parse(datagram)
    except MalformedPacket:
        return
    assert parse(encode(packet)) == packet


@pytest.mark.parametrize(
    ("datagram", "packet"),
    [
        (
            b"\0\1SEP001122334455.cnf.xml\0octet\0blksize\0001428\0tsize\0000\0",
            ReadRequest("SEP001122334455.cnf.xml", Mode.OCTET, (("blksize", "1428"), ("tsize", "0"))),
        ),
        (b"\0\1a\0NetASCII\0", ReadRequest("a", Mode.NETASCII)),
        (b"\0\1a\0OCTET\0BlkSize\000512\0", ReadRequest("a", Mode.OCTET, (("blksize", "512"),))),
        (b"\0\2a\0octet\0", WriteRequest("a")),
        (b"\0\3\0\7abc", Data(7, b"abc")),
        (b"\0\3\0\7", Data(7, b"")),
        (b"\0\4\xff\xff", Acknowledgement(65535)),
        (b"\0\5\0\1File not found\0", Error(1, "File not found")),
        (b"\0\5\0\1", Error(1, "")),
        (b"\0\6timeout\0003\0", OptionAcknowledgement((("timeout", "3"),))),
    ],
)
def test_packets_of_the_rfcs(datagram: bytes, packet: Packet) -> None:
    assert parse(datagram) == packet


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0\4\0",
        b"\0\0\0\0",
        b"\0\7\0\0",
        b"\1\1a\0octet\0",
        b"\0\4\0\1x",
        b"\0\1a\0octet",
        b"\0\1a\0mail\0",
        b"\0\1a\0\0",
        b"\0\1\0octet\0",
        b"\0\1octet\0",
        b"\0\1a\0octet\0blksize\0",
        b"\0\1a\0octet\0blksize\000512\0BLKSIZE\000512\0",
        b"\0\1a\0octet\0\0001\0",
        b"\0\1a\x01\0octet\0",
        b"\0\1\xc3\xa4\0octet\0",
        b"\0\1a\nb\0octet\0",
        b"\0\1" + b"a" * MAX_REQUEST + b"\0octet\0",
        b"\0\6\0\0",
        b"\0\5\0\1text without end",
        b"\0\5\0\1text\0more",
        b"\0\3\0\1" + bytes(MAX_BLOCK_SIZE + 1),
    ],
)
def test_malformed(datagram: bytes) -> None:
    with pytest.raises(MalformedPacket):
        parse(datagram)


def test_malformed_tells_which_request_it_wanted_to_be() -> None:
    with pytest.raises(MalformedPacket) as caught:
        parse(b"\0\1a\0mail\0")
    assert caught.value.opcode == 1


def test_what_no_packet_can_carry_is_refused_when_encoding() -> None:
    for packet in (
        ReadRequest("a\0b"),
        ReadRequest("ä"),
        ReadRequest("a" * 600),
        Data(1, bytes(MAX_BLOCK_SIZE + 1)),
    ):
        with pytest.raises(ValueError):
            encode(packet)


def test_error_messages_are_cut_and_cleaned() -> None:
    assert encode(Error(1, "line\nbreak ä" + "x" * 500))[4:].startswith(b"linebreak x")
    read = parse(b"\0\5\0\1\x1b[2J" + b"y" * 300 + b"\0")
    assert isinstance(read, Error)
    assert read.message.startswith("?[2J")
    assert len(read.message) == 128


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8", 8),
        ("65464", 65464),
        ("7", None),
        ("65465", None),
        ("", None),
        ("-8", None),
        ("+9", None),
        ("٨", None),
    ],
)
def test_whole_number(text: str, number: int | None) -> None:
    assert whole_number(text, 8, 65464) == number
