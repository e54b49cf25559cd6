from __future__ import annotations

import pytest

from calls.ladder import HOLD, describe, key, sound, srtp
from ringward.calls.media import Direction, MediaDescription
from ringward.calls.media_negotiation import answer_from, answerable, is_settled, narrower, permitted


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
    offer = sound("A", "PCMU", keys=(key("A"),))
    assert permitted(offer, None, with_keys=False) == sound("A", "PCMU")
    assert permitted(offer, None, with_keys=True) is offer


def test_an_encrypted_stream_is_not_offered_over_plain_signalling() -> None:
    offer = srtp("A", "PCMU")
    assert permitted(offer, None, with_keys=False) is None
    assert permitted(offer, None, with_keys=True) is offer
    assert permitted(offer, None, with_keys=False, falls_back=True) == sound("A", "PCMU")


class TestAnswers:
    def test_an_answer_in_the_clear_is_kept_from_who_demands_encryption(self) -> None:
        assert answerable(srtp("A"), sound("B"), with_keys=True, falls_back=False) is None
        answer = sound("B")
        assert answerable(srtp("A"), answer, with_keys=True, falls_back=True) is answer
        assert answerable(sound("A"), answer, with_keys=True, falls_back=False) is answer

    def test_keys_are_taken_out_of_an_answer_over_plain_signalling(self) -> None:
        answer = sound("B", keys=(key("B"),))
        assert answerable(sound("A"), answer, with_keys=False, falls_back=False) == sound("B")
        assert answerable(srtp("A"), srtp("B"), with_keys=False, falls_back=False) is None

    def test_an_answer_made_up_here_has_the_best_suite_of_both_under_the_tag_of_the_offer(self) -> None:
        """RFC 4568 section 5.1.2."""
        weak, strong = "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM"
        offer = srtp("A", "PCMU", Direction.SEND_RECEIVE, key("A", weak, 1), key("A", strong, 7))
        peer = srtp("B", "PCMU", Direction.SEND_RECEIVE, key("B", weak, 1), key("B", strong, 2))
        answer = answer_from(offer, peer)
        assert answer is not None
        (chosen,) = answer.streams[0].keys
        assert (chosen.suite, chosen.tag, chosen.parameters.reveal()) == (strong, 7, "key of B")

    def test_without_a_suite_in_common_it_is_in_the_clear(self) -> None:
        offer = srtp("A", "PCMU", Direction.SEND_RECEIVE, key("A", "AEAD_AES_256_GCM"))
        assert answer_from(offer, srtp("B", "PCMU")) == sound("B", "PCMU")


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
