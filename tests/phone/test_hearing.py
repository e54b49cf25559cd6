"""Recognising tones, and nothing else, in what was received."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.phone.hearing import Listener, goertzel, recognise
from ringward.phone.sound import HIGH_BINS, LOW_BINS, Recording, Tone, frames
from ringward.protocols.rtp.g711 import A_LAW, LAWS, MU_LAW

TONES = st.builds(Tone, st.sampled_from(LOW_BINS), st.sampled_from(HIGH_BINS))


def sine(periods: float, count: int = 640) -> list[int]:
    return [round(8000 * math.sin(2 * math.pi * periods * place / count)) for place in range(count)]


def test_goertzel_of_pure_tones() -> None:
    assert goertzel(sine(50), 50) == pytest.approx(1, abs=1e-6)
    assert goertzel(sine(50), 51) == pytest.approx(0, abs=1e-6)
    assert goertzel(sine(50.5), 50) == pytest.approx(4 / math.pi**2, rel=0.01), "half a bin aside"
    assert goertzel([0] * 640, 50) == 0


@given(TONES, st.sampled_from(sorted(LAWS)), st.integers(0, 3))
def test_every_tone_is_recognised_wherever_one_begins_to_listen(tone: Tone, law: str, skipped: int) -> None:
    coded = b"".join(frames(tone, LAWS[law]) * 2)
    assert recognise(coded[160 * skipped :][:640], law) == tone


def test_every_low_and_every_high_frequency() -> None:
    for low in LOW_BINS:
        assert recognise(b"".join(frames(Tone(low, 200), MU_LAW)), "PCMU") == Tone(low, 200)
    for high in HIGH_BINS:
        assert recognise(b"".join(frames(Tone(80, high), A_LAW)), "PCMA") == Tone(80, high)


def coded(samples: list[int]) -> bytes:
    return MU_LAW.encode(samples)


def test_what_is_no_tone() -> None:
    random = Random(1)
    one, other = (MU_LAW.decode(b"".join(frames(tone, MU_LAW))) for tone in (Tone(40, 150), Tone(90, 220)))
    mixed = [(a + b) // 2 for a, b in zip(one, other, strict=True)]
    for name, samples in {
        "silence": [0] * 640,
        "noise": [random.randrange(-16000, 16000) for _ in range(640)],
        "one frequency": sine(40),
        "two phones at once": mixed,
    }.items():
        assert recognise(coded(samples), "PCMU") is None, name
    with pytest.raises(ValueError, match="640"):
        recognise(b"", "PCMU")


def test_a_tone_under_some_noise_is_still_recognised() -> None:
    random = Random(2)
    samples = MU_LAW.decode(b"".join(frames(Tone(64, 202), MU_LAW)))
    noisy = [sample + random.randrange(-2500, 2500) for sample in samples]
    assert recognise(coded(noisy), "PCMU") == Tone(64, 202)


def feed(listener: Listener, frame_list: list[bytes], first: int = 0, now: float = 0.0) -> list[float]:
    """Times at which something changed; a frame each 20 ms from ``now``."""
    return [
        now + place * 0.02
        for place, frame in enumerate(frame_list)
        if listener.receive((first + place) % 65536, frame, "PCMU", now + place * 0.02)
    ]


def test_a_listener_says_what_and_since_when() -> None:
    listener = Listener()
    assert feed(listener, list(frames(Tone(40, 150), MU_LAW)) * 3, 65533, now=10) == [pytest.approx(10.06)]
    assert listener.heard == Tone(40, 150)
    assert listener.since == pytest.approx(10.06)
    assert feed(listener, list(frames(Tone(50, 160), MU_LAW)) * 2, 9, now=20) == [pytest.approx(20.06)]
    assert listener.heard == Tone(50, 160)
    assert listener.silence(30)
    assert (str(listener.heard), listener.since) == ("None", 30)
    assert not listener.silence(31)


def test_frames_must_follow_one_another() -> None:
    listener = Listener()
    for place, frame in enumerate(frames(Tone(40, 150), MU_LAW) * 4):
        assert not listener.receive(2 * place, frame, "PCMU", 0.0)
    assert not listener.receive(100, b"\xff" * 80, "PCMU", 0.0), "another packet time is not for us"
    assert listener.heard is None


def test_a_recording_is_not_taken_for_a_tone() -> None:
    listener = Listener()
    random = Random(3)
    speech = Recording(tuple(random.randrange(-8000, 8000) for _ in range(1600)))
    assert feed(listener, list(frames(speech, MU_LAW))) == []
