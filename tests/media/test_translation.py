"""SDP to neutral media and back."""

from __future__ import annotations

from base64 import b64encode

import pytest

from harness.office import sdp
from ringward.calls.media import Codec, Direction
from ringward.media.translation import MediaWriter, UnsupportedMedia, read_media
from ringward.protocols.sdp.description import MalformedDescription

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


def test_no_other_key_material_crosses_from_one_leg_to_the_other() -> None:
    """The key here is malformed, and a fingerprint or ICE is for media that we do not speak of."""
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


def crypto(*lines: str) -> bytes:
    """An offer that demands encryption, with these crypto attributes."""
    text = "".join(f"a=crypto:{line}\r\n" for line in lines)
    return sdp("10.0.0.1").replace(b"RTP/AVP", b"RTP/SAVP") + text.encode()


K30, K44, K46 = (b64encode(bytes(size)).decode() for size in (30, 44, 46))


@pytest.mark.parametrize(
    "line",
    [
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30}",
        f"2 AES_CM_128_HMAC_SHA1_32 inline:{K30}|2^20|1:4",
        f"999999999 AES_256_CM_HMAC_SHA1_80 inline:{K46}|1048576",
        f"3 AEAD_AES_256_GCM inline:{K44}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30} WSH=64 KDR=0",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30}|2^20 KDR=24 FEC_ORDER=SRTP_FEC",
    ],
)
def test_keys_are_read_and_written_as_they_came(line: str) -> None:
    """RFC 4568 section 9.1, RFC 6188, RFC 7714. Without its derivation rate a key decrypts only the beginning."""
    (stream,) = read_media(crypto(line)).streams
    assert stream.is_encrypted and stream.demands_encryption
    written = MediaWriter(1, "10.0.0.254").write(read_media(crypto(line)))
    assert f"a=crypto:{line}\r\n".encode() in written
    assert b"RTP/SAVP" in written


@pytest.mark.parametrize(
    "line",
    [
        f"1  AES_CM_128_HMAC_SHA1_80 \tinline:{K30} ",
        f"1 aes_cm_128_hmac_sha1_80 Inline:{K30}",
        f"01 AES_CM_128_HMAC_SHA1_80 inline:{K30}",
    ],
)
def test_a_key_may_be_written_in_other_ways(line: str) -> None:
    """RFC 4568 section 9: what phones take for the same is handed on as all of them write it."""
    written = MediaWriter(1, "10.0.0.254").write(read_media(crypto(line)))
    assert f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{K30}\r\n".encode() in written


def test_a_session_parameter_that_may_be_passed_over_is() -> None:
    """RFC 4568 section 6.3.7."""
    line = f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30}"
    written = MediaWriter(1, "10.0.0.254").write(read_media(crypto(f"{line} -X=1 WSH=128")))
    assert f"a=crypto:{line} WSH=128\r\n".encode() in written


def test_what_fills_up_the_digits_of_a_key_need_not_be_there() -> None:
    line = f"1 AEAD_AES_256_GCM inline:{K44}"
    assert line.endswith("=")
    assert read_media(crypto(line.rstrip("="))) == read_media(crypto(line))


def test_of_two_keys_with_one_tag_it_is_the_first() -> None:
    lines = (f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30}", f"1 AEAD_AES_256_GCM inline:{K44}")
    (stream,) = read_media(crypto(*lines)).streams
    assert [key.suite for key in stream.keys] == ["AES_CM_128_HMAC_SHA1_80"]


def test_a_key_prints_nothing_of_itself() -> None:
    key = b64encode(bytes(range(30))).decode()
    media = read_media(crypto(f"1 AES_CM_128_HMAC_SHA1_80 inline:{key}"))
    assert key not in repr(media) + str(media)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["1 AES_CM_128_HMAC_SHA1_80 inline:short"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K44}"],
        [f"1 F8_128_HMAC_SHA1_80 inline:{K30}"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30} UNENCRYPTED_SRTP"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30} KDR=1 UNAUTHENTICATED_SRTP"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30} KDR=25"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30} X=1"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30} FEC_KEY=inline:{K30}"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30}A="],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30}=="],
        [f"1 AEAD_AES_256_GCM inline:{K44}="],
        [f"1 AES_CM_128_HMAC_SHA1_80 uri:{K30}"],
        [f"x AES_CM_128_HMAC_SHA1_80 inline:{K30}"],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{K30};inline:{K30}"],
    ],
)
def test_a_demand_for_encryption_without_a_usable_key_is_unsupported(lines: list[str]) -> None:
    with pytest.raises(UnsupportedMedia):
        read_media(crypto(*lines))


def test_encryption_by_dtls_is_unsupported() -> None:
    with pytest.raises(UnsupportedMedia):
        read_media(sdp("10.0.0.1").replace(b"RTP/AVP", b"UDP/TLS/RTP/SAVP"))


def test_a_key_beside_a_plain_profile_is_an_offer_that_may_be_taken() -> None:
    line = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{K30}\r\n".encode()
    (stream,) = read_media(sdp("10.0.0.1") + line).streams
    assert stream.is_encrypted and not stream.demands_encryption


def test_more_keys_than_any_phone_has_are_passed_over() -> None:
    lines = [f"{tag} AES_CM_128_HMAC_SHA1_80 inline:{K30}" for tag in range(1, 100)]
    (stream,) = read_media(crypto(*lines)).streams
    assert len(stream.keys) == 16


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
