"""Offer and answer of the phone (RFC 3264)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.calls.media import Codec, Direction, MediaDescription, MediaStream
from ringward.phone.negotiation import Negotiator, NothingInCommon

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
