from __future__ import annotations

import pytest

from calls.ladder import HOLD, describe, sound
from ringward.calls.media import Direction, MediaDescription
from ringward.calls.media_negotiation import is_settled, narrower, permitted


@pytest.mark.parametrize(
    ("limit", "left"),
    [
        (None, "L16 G722 PCMU PCMA G729 mystery event CN"),
        ("L16-256k", "L16 G722 PCMU PCMA G729 mystery event CN"),
        ("G722-64k", "G722 PCMU PCMA G729 event CN"),
        ("G711-64k", "PCMU PCMA G729 event CN"),
        ("G729-8k", "G729 event CN"),
    ],
)
def test_a_limit_allows_itself_and_what_is_narrower(limit: str | None, left: str) -> None:
    """ADMIN-33."""
    offer = sound("A", "L16 G722 PCMU PCMA G729 mystery event CN")
    assert permitted(offer, limit, with_keys=False) == sound("A", left)


def test_nothing_to_take_out_gives_the_same_object() -> None:
    offer = sound("A", "PCMU event")
    assert permitted(offer, "G711-64k", with_keys=False) is offer


@pytest.mark.parametrize("codecs", ["PCMU", "PCMU event CN"])
def test_nothing_left(codecs: str) -> None:
    assert permitted(sound("A", codecs), "G729-8k", with_keys=False) is None


def test_one_of_two_streams_is_refused() -> None:
    offer = MediaDescription((*sound("A", "PCMU").streams, *sound("B", "G729").streams))
    result = permitted(offer, "G729-8k", with_keys=False)
    assert describe(result) == "A refused, B [G729]"


def test_an_offer_without_audio_is_left_alone() -> None:
    offer = MediaDescription(())
    assert permitted(offer, "G729-8k", with_keys=False) is offer


def test_the_wideband_codec_is_passed_over() -> None:
    """MEDIA-17."""
    offer = sound("A", "L16 G722 PCMU")
    assert permitted(offer, "L16-256k", with_keys=True, with_wideband=False) == sound("A", "G722 PCMU")
    assert permitted(offer, "G729-8k", with_keys=True, with_wideband=False) is None


def test_keys_are_not_sent_over_plain_signalling() -> None:
    """MEDIA-10: whoever reads the signalling would have the media as well."""
    key = ("crypto", "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA")
    offer = sound("A", "PCMU", Direction.SEND_RECEIVE, "RTP/AVP", key, ("ptime", "20"))
    kept = permitted(offer, None, with_keys=False)
    assert kept == sound("A", "PCMU", Direction.SEND_RECEIVE, "RTP/AVP", ("ptime", "20"))
    assert permitted(offer, None, with_keys=True) is offer


def test_an_encrypted_stream_is_not_offered_over_plain_signalling() -> None:
    offer = sound("A", "PCMU", Direction.SEND_RECEIVE, "RTP/SAVP", ("crypto", "1 x inline:AAAA"))
    assert permitted(offer, None, with_keys=False) is None
    assert permitted(offer, None, with_keys=True) is offer


def test_the_narrower_limit() -> None:
    assert narrower("L16-256k", "G729-8k") == narrower("G729-8k", "L16-256k") == "G729-8k"
    assert narrower("G722-64k", "G722-64k") == "G722-64k"


@pytest.mark.parametrize(
    ("told", "own", "peer", "settled"),
    [
        (sound("A"), sound("B"), sound("A"), True),
        (sound("A"), sound("B"), sound("A2"), False),
        (sound("A"), sound("B"), sound("A", direction=HOLD), False),
        (sound("A", "PCMU PCMA"), sound("B", "PCMU"), sound("A", "PCMU"), True),
        (sound("A", "PCMU PCMA"), sound("B", "PCMU PCMA"), sound("A", "PCMA"), False),
        (sound("A", "PCMU"), sound("B", "PCMA"), sound("A", "PCMU"), True),
        (None, sound("B"), sound("A"), False),
        (sound("A"), None, sound("A"), True),
        (sound("A"), sound("B"), MediaDescription(()), False),
    ],
)
def test_who_has_to_be_told_again(
    told: MediaDescription | None, own: MediaDescription | None, peer: MediaDescription, settled: bool
) -> None:
    assert is_settled(told, own, peer) is settled
