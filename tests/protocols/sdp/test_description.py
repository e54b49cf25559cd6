"""Session descriptions (RFC 4566)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.sdp.description import (
    MAX_ATTRIBUTES,
    MAX_DESCRIPTION,
    MAX_SECTIONS,
    MalformedDescription,
    encode_description,
    parse_description,
)

OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=tool:x\r\n"
    b"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
    b"m=video 0 RTP/AVP 96\r\n"
)


def test_offer_is_read() -> None:
    found = parse_description(OFFER)
    audio, video = found.sections
    assert (audio.kind, audio.port, audio.profile, audio.formats) == ("audio", 4000, "RTP/AVP", ("0", "8", "101"))
    assert found.address_of(audio) == "10.0.0.1"
    assert ("sendrecv", None) in audio.attributes and ("fmtp", "101 0-15") in audio.attributes
    assert (video.kind, video.port) == ("video", 0)


def test_what_was_read_is_written() -> None:
    found = parse_description(OFFER)
    written = encode_description(found, session_id=7, version=2, origin_address="::1")
    assert b"o=- 7 2 IN IP6 ::1\r\n" in written
    again = parse_description(written)
    assert (again.address, again.sections, again.attributes) == (found.address, found.sections, found.attributes)


def test_bare_line_feeds_are_read() -> None:
    assert parse_description(OFFER.replace(b"\r\n", b"\n")).sections[0].port == 4000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"v=1\r\n",
        OFFER.replace(b"4000", b"70000"),
        OFFER.replace(b"c=IN IP4 10.0.0.1\r\n", b""),
        OFFER.replace(b"c=IN IP4 10.0.0.1", b"c=IN IP4 10.0.0.1 extra"),
        OFFER.replace(b"RTP/AVP 0 8 101", b"RTP/AVP"),
        OFFER.replace(b"s=-", b"nonsense"),
        OFFER + b"\xff\xff",
        OFFER + b"a=x\r\n" * (MAX_ATTRIBUTES + 1),
        OFFER + b"m=audio 1 RTP/AVP 0\r\n" * MAX_SECTIONS,
        OFFER + b" " * MAX_DESCRIPTION,
    ],
)
def test_malformed_descriptions(data: bytes) -> None:
    with pytest.raises(MalformedDescription):
        parse_description(data)


@given(
    st.lists(st.sampled_from([*OFFER.split(b"\r\n"), b"m=", b"c=", b"a", b"=", b"m=audio x RTP/AVP 0", b"\x80"]))
)
def test_any_lines_are_read_or_refused(lines: list[bytes]) -> None:
    try:
        found = parse_description(b"v=0\r\n" + b"\r\n".join(lines))
    except MalformedDescription:
        return
    again = parse_description(encode_description(found, session_id=1, version=1, origin_address="10.0.0.1"))
    assert [section.formats for section in again.sections] == [section.formats for section in found.sections]
