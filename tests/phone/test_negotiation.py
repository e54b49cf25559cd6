"""Offer and answer of the phone (RFC 3264)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.calls.media import Codec, Direction, MediaDescription, MediaKey, MediaStream
from ringward.domain.secret import Secret
from ringward.phone.negotiation import Negotiator, NothingInCommon
from ringward.phone.srtp import SUITES, new_keys

_HOSTS = count(10)
PCMU, PCMA = Codec(0, "PCMU", 8000), Codec(8, "PCMA", 8000)
G729, DIGITS = Codec(18, "G729", 8000), Codec(97, "telephone-event", 8000, parameters="0-16")


def negotiator(digits: int | None = 101, preferred: str = "") -> Negotiator:
    return Negotiator("192.0.2.1", 20000, digits, preferred)


def audio(
    *codecs: Codec, direction: Direction = Direction.SEND_RECEIVE, address: str = "192.0.2.2"
) -> MediaStream:
    return MediaStream("audio", address, 30000, codecs or (PCMU,), direction)


def description(*streams: MediaStream) -> MediaDescription:
    return MediaDescription(streams or (audio(),))


def test_what_is_offered() -> None:
    (stream,) = negotiator().offer(held=False).streams
    assert (stream.address, stream.port, stream.direction) == ("192.0.2.1", 20000, Direction.SEND_RECEIVE)
    assert [codec.name for codec in stream.codecs] == ["PCMU", "PCMA", "telephone-event"]
    assert stream.codecs[-1] == Codec(101, "telephone-event", 8000, parameters="0-15")
    (stream,) = negotiator(digits=None, preferred="g711alaw").offer(held=True).streams
    assert [codec.name for codec in stream.codecs] == ["PCMA", "PCMU"]
    assert stream.direction is Direction.SEND_ONLY


def test_the_answer_takes_the_first_codec_that_is_known() -> None:
    own, agreed = negotiator().answer(description(audio(G729, PCMA, PCMU, DIGITS)), held=False)
    assert own.streams[0].codecs == (PCMA, DIGITS)
    assert (agreed.codec, agreed.payload_type, agreed.remote) == ("PCMA", 8, ("192.0.2.2", 30000))
    assert (agreed.digit_type, agreed.own_digit_type) == (97, 97)
    assert (agreed.sends, agreed.receives) == (True, True)


def test_each_side_has_its_own_type_for_digits() -> None:
    made = negotiator()
    made.offer(held=False)
    agreed = made.conclude(description(audio(PCMU, DIGITS)))
    assert (agreed.digit_type, agreed.own_digit_type) == (97, 101)
    assert made.conclude(description(audio(PCMU))).digit_type is None


@pytest.mark.parametrize(
    ("far", "held", "answered", "sends", "receives"),
    [
        (Direction.SEND_RECEIVE, False, Direction.SEND_RECEIVE, True, True),
        (Direction.SEND_RECEIVE, True, Direction.SEND_ONLY, True, False),
        (Direction.SEND_ONLY, False, Direction.RECEIVE_ONLY, False, True),
        (Direction.SEND_ONLY, True, Direction.INACTIVE, False, False),
        (Direction.RECEIVE_ONLY, False, Direction.SEND_ONLY, True, False),
        (Direction.INACTIVE, False, Direction.INACTIVE, False, False),
    ],
)
def test_directions(far: Direction, held: bool, answered: Direction, sends: bool, receives: bool) -> None:
    own, agreed = negotiator().answer(description(audio(direction=far)), held=held)
    assert own.streams[0].direction is answered
    assert (agreed.sends, agreed.receives) == (sends, receives)


def test_the_hold_of_old_phones() -> None:
    _, agreed = negotiator().answer(description(audio(address="0.0.0.0")), held=False)
    assert not agreed.sends


def test_every_stream_is_answered_and_only_one_taken() -> None:
    """MEDIA-01."""
    video = MediaStream("video", "192.0.2.2", 30002, (Codec(97, "H264", 90000),))
    made = negotiator()
    own, _ = made.answer(description(video, audio(), audio()), held=False)
    assert [(stream.kind, stream.port) for stream in own.streams] == [("video", 0), ("audio", 20000), ("audio", 0)]
    again = made.offer(held=True)
    assert [(stream.kind, stream.port) for stream in again.streams] == [
        ("video", 0),
        ("audio", 20000),
        ("audio", 0),
    ]
    assert again.streams[1].codecs[0] == PCMU


@pytest.mark.parametrize(
    "far",
    [
        MediaDescription(()),
        description(audio(G729)),
        description(replace(audio(), port=0)),
        description(replace(audio(), kind="video")),
        description(replace(audio(), profile="RTP/SAVP")),
        description(replace(audio(), address="media.example")),
        description(audio(Codec(0, "PCMU", 16000))),
    ],
)
def test_nothing_in_common(far: MediaDescription) -> None:
    with pytest.raises(NothingInCommon):
        negotiator().answer(far, held=False)
    made = negotiator()
    with pytest.raises(NothingInCommon, match="no offer"):
        made.conclude(description())
    made.offer(held=False)
    with pytest.raises(NothingInCommon):
        made.conclude(far)


@given(
    st.lists(st.sampled_from([PCMU, PCMA, G729, DIGITS]), max_size=4, unique=True),
    st.sampled_from(Direction),
    st.booleans(),
)
def test_two_phones_always_understand_each_other_the_same_way(
    codecs: list[Codec], direction: Direction, held: bool
) -> None:
    """Who sends is who is received, with one codec, whatever was offered."""
    if not {"PCMU", "PCMA"} & {codec.name for codec in codecs}:
        return
    offer = description(audio(*codecs, direction=direction))
    own, agreed = negotiator().answer(offer, held=held)
    (answer,) = own.streams
    assert answer.direction.sends == agreed.sends
    assert answer.direction.receives == agreed.receives
    assert not (agreed.sends and not direction.receives)
    assert not (agreed.receives and not direction.sends)
    assert set(answer.codecs) <= set(codecs)
    assert answer.codecs[0].name == agreed.codec


def keyed(*suites: str, falls_back: bool = True) -> Negotiator:
    """A phone at an address of its own."""
    make = partial(new_keys, suites or SUITES, secrets.token_bytes)
    host = f"192.0.2.{next(_HOSTS)}"
    return Negotiator(host, 20000, 101, new_keys=make, falls_back=falls_back)


def exchange(offerer: Negotiator, answerer: Negotiator, *, held: bool = False) -> tuple[MediaKey, ...]:
    """One offer with its answer: the keys that both agree on, the offerer's and the answerer's."""
    answer, of_answerer = answerer.answer(offerer.offer(held=held), held=False)
    of_offerer = offerer.conclude(answer)
    assert of_offerer.keys == tuple(reversed(of_answerer.keys))
    return of_offerer.keys


class TestEncryptedMedia:
    """RFC 4568, MEDIA-04, MEDIA-07, MEDIA-08."""

    def test_both_know_both_keys_and_each_sends_with_its_own(self) -> None:
        """MEDIA-02."""
        anna, bob = keyed(), keyed()
        offer = anna.offer(held=False)
        answer, of_bob = bob.answer(offer, held=False)
        of_anna = anna.conclude(answer)
        assert of_anna.keys == tuple(reversed(of_bob.keys))
        assert of_anna.keys[0] != of_anna.keys[1]
        assert answer.streams[0].profile == offer.streams[0].profile == "RTP/SAVP"

    def test_the_best_suite_that_both_have_is_taken(self) -> None:
        anna, bob = keyed(*SUITES), keyed("AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80")
        answer, agreement = bob.answer(anna.offer(held=False), held=False)
        assert [key.suite for key in answer.streams[0].keys] == ["AES_CM_128_HMAC_SHA1_80"]
        assert agreement.keys[0].suite == "AES_CM_128_HMAC_SHA1_80"

    def test_hold_and_resume_bring_new_keys_for_both_directions(self) -> None:
        """MEDIA-07."""
        anna, bob = keyed(), keyed()
        seen = [*exchange(anna, bob), *exchange(anna, bob, held=True), *exchange(anna, bob)]
        seen += [*exchange(bob, anna, held=True), *exchange(bob, anna)]
        assert len({key.parameters.reveal() for key in seen}) == 10

    def test_whoever_comes_by_a_transfer_gets_keys_that_nobody_else_was_told(self) -> None:
        """MEDIA-07: both ways of bringing two together, asked for an offer or offered what the other one has."""
        anna, bob, carol = keyed(), keyed(), keyed()
        of_anna, of_bob = exchange(anna, bob)
        assert of_anna not in exchange(anna, carol)
        again = exchange(carol, anna)
        assert of_anna not in again
        assert of_bob not in again

    def test_an_offer_that_only_repeats_is_answered_with_the_key_that_is_in_use(self) -> None:
        """A session refresh interrupts nothing, nor need another key from the same party."""
        anna, bob = keyed(), keyed()
        offer = anna.offer(held=False)
        first, _ = bob.answer(offer, held=False)
        assert bob.answer(offer, held=False)[0] == first
        (stream,) = offer.streams
        (other,) = new_keys(SUITES[:1], secrets.token_bytes)
        answer, _ = bob.answer(description(replace(stream, keys=(other,))), held=False)
        assert answer.streams[0].keys == first.streams[0].keys

    def test_an_answer_is_for_the_offer_whose_tag_it_has(self) -> None:
        """The user resumes before the hold is answered: the offer that waits has other keys already."""
        anna, bob = keyed(), keyed()
        exchange(anna, bob)
        hold, resume = anna.offer(held=True), anna.offer(held=False)
        for offer in (hold, resume):
            answer, of_bob = bob.answer(offer, held=False)
            assert anna.conclude(answer).keys == tuple(reversed(of_bob.keys))
            assert of_bob.keys[1] in offer.streams[0].keys

    def test_a_phone_that_falls_back_speaks_in_the_clear_with_one_that_cannot_encrypt(self) -> None:
        anna, plain = keyed(), negotiator()
        own, agreement = anna.answer(plain.offer(held=False), held=False)
        assert (own.streams[0].profile, own.streams[0].keys, agreement.keys) == ("RTP/AVP", (), ())
        offered = anna.offer(held=False)
        clear = MediaDescription(tuple(stream.in_the_clear() for stream in offered.streams))
        assert anna.conclude(plain.answer(clear, held=False)[0]).keys == ()

    def test_a_phone_that_does_not_fall_back_takes_nothing_in_the_clear(self) -> None:
        anna = keyed(falls_back=False)
        with pytest.raises(NothingInCommon, match="in the clear"):
            anna.answer(description(), held=False)
        anna.offer(held=False)
        with pytest.raises(NothingInCommon, match="in the clear"):
            anna.conclude(description())

    def test_a_demand_that_cannot_be_met_is_refused(self) -> None:
        for bob in (negotiator(), keyed("AES_CM_128_HMAC_SHA1_32")):
            with pytest.raises(NothingInCommon, match="encrypt"):
                bob.answer(keyed("AEAD_AES_256_GCM").offer(held=False), held=False)

    def test_an_answer_with_a_key_that_was_not_offered_is_refused(self) -> None:
        anna, bob = keyed("AES_CM_128_HMAC_SHA1_80"), keyed("AEAD_AES_256_GCM")
        anna.offer(held=False)
        with pytest.raises(NothingInCommon, match="not offered"):
            anna.conclude(bob.offer(held=False))

    @pytest.mark.parametrize("more", ["|1:4", "|2^20|1:4", " KDR=2", " WSH=64 KDR=10"])
    def test_keys_that_are_used_in_a_way_it_does_not_know_are_passed_over(self, more: str) -> None:
        """It would hear nothing: packets carry the identifier of their key, or change their keys as they go on."""
        identifier, _, session = more.partition(" ")
        anna, bob = keyed("AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"), keyed()
        (stream,) = anna.offer(held=False).streams
        best, plain = stream.keys
        odd = replace(best, parameters=Secret(best.parameters.reveal() + identifier), session=session)
        answer, _ = bob.answer(description(replace(stream, keys=(odd, plain))), held=False)
        assert [key.suite for key in answer.streams[0].keys] == ["AES_CM_128_HMAC_SHA1_80"]
        with pytest.raises(NothingInCommon, match="encrypt"):
            bob.answer(description(replace(stream, keys=(odd,))), held=False)
        (own,) = answer.streams[0].keys
        odd = replace(own, parameters=Secret(own.parameters.reveal() + identifier), session=session)
        with pytest.raises(NothingInCommon, match="not offered"):
            anna.conclude(description(replace(answer.streams[0], keys=(odd,))))

    def test_a_lifetime_and_a_hint_at_repeated_packets_change_nothing(self) -> None:
        anna, bob = keyed("AEAD_AES_256_GCM"), keyed()
        (stream,) = anna.offer(held=False).streams
        (key,) = stream.keys
        odd = replace(key, parameters=Secret(f"{key.parameters.reveal()}|2^20"), session="WSH=64 KDR=0")
        answer, _ = bob.answer(description(replace(stream, keys=(odd,))), held=False)
        assert answer.is_encrypted
