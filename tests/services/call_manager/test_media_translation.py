"""SDP to neutral media and back."""

from __future__ import annotations

import pytest

from harness.office import sdp
from ringward.calls.media import Codec, Direction
from ringward.protocols.sdp.description import MalformedDescription
from ringward.services.call_manager.media_translation import MediaWriter, UnsupportedMedia, read_media

PHONE = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=sendonly\r\n"
    b"m=audio 4000 RTP/AVP 0 9 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-15\r\na=ptime:20\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret\r\n"
    b"a=fingerprint:sha-256 AA\r\na=ice-ufrag:x\r\na=rtcp:4001\r\n"
)


def test_codecs_direction_and_packet_time() -> None:
    (stream,) = read_media(PHONE).streams
    assert stream.codecs == (
        Codec(0, "PCMU", 8000),
        Codec(9, "G722", 8000),
        Codec(96, "opus", 48000, 2),
        Codec(101, "telephone-event", 8000, 1, "0-15"),
    )
    assert stream.direction is Direction.SEND_ONLY  # of the session, where the stream says nothing
    assert stream.packet_time == 20


def test_no_key_material_crosses_from_one_leg_to_the_other() -> None:
    written = MediaWriter(1, "10.0.0.254").write(read_media(PHONE))
    assert b"a=rtcp:4001" in written
    for secret in (b"crypto", b"inline", b"fingerprint", b"ice"):
        assert secret not in written


def test_version_grows_only_with_a_change() -> None:
    writer = MediaWriter(9, "10.0.0.254")
    media = read_media(PHONE)
    first = writer.write(media)
    assert writer.write(media) == first
    changed = writer.write(media.with_direction(Direction.INACTIVE))
    assert b"o=- 9 1 IN IP4 10.0.0.254" in first
    assert b"o=- 9 2 IN IP4 10.0.0.254" in changed
    assert b"a=inactive" in changed


def test_round_trip() -> None:
    media = read_media(PHONE)
    assert read_media(MediaWriter(1, "10.0.0.254").write(media)) == media


def test_hold_by_the_old_address_is_seen() -> None:
    assert read_media(sdp("0.0.0.0")).is_held


def test_demand_for_encryption_is_unsupported() -> None:
    with pytest.raises(UnsupportedMedia):
        read_media(PHONE.replace(b"RTP/AVP", b"RTP/SAVP"))


@pytest.mark.parametrize(
    "said",
    [b" opus", b" opus/x", b" opus/1/2/x", b" opus/48000/0", b" opus/0", b" opus/" + b"9" * 5000, b"", b" /8000"],
)
def test_codecs_that_are_not_understood_are_left_out(said: bytes) -> None:
    (stream,) = read_media(PHONE.replace(b"96 opus/48000/2", b"96" + said)).streams
    assert [codec.name for codec in stream.codecs] == ["PCMU", "G722", "telephone-event"]


@pytest.mark.parametrize("formats", ["0 200", "0 x", "0 " + "1" * 5000])
def test_payload_types_are_numbers(formats: str) -> None:
    with pytest.raises(MalformedDescription):
        read_media(sdp("10.0.0.1", formats=formats))


@pytest.mark.parametrize("line", ["m=image 6000 udptl t38", "m=video 6000 RTP/AVP 31\r\na=rtpmap:31 LPC"])
def test_streams_that_are_not_understood_are_refused_and_nothing_else_is(line: str) -> None:
    audio, other = read_media(sdp("10.0.0.1") + line.encode() + b"\r\n").streams
    assert audio.port == 4000
    assert (other.port, other.codecs) == (0, ())
