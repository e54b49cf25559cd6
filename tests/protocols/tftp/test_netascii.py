from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.tftp import netascii


def test_line_ends_and_lone_returns() -> None:
    assert netascii.encode(b"one\ntwo\rthree\r\n") == b"one\r\ntwo\r\0three\r\0\r\n"
    assert netascii.decode(b"one\r\ntwo\r\0x\ry") == b"one\ntwo\rx\ry"


@given(st.binary(max_size=64) | st.text("\r\n\0a", max_size=30).map(str.encode))
def test_round_trip(content: bytes) -> None:
    assert netascii.decode(netascii.encode(content)) == content
