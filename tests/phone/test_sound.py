"""What a phone says."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from ringward.phone.sound import (
    HIGH_BINS,
    LOW_BINS,
    Recording,
    Tone,
    UnusableRecording,
    frames,
    read_recording,
    tone_of,
)
from ringward.protocols.rtp.g711 import A_LAW, MU_LAW


def test_phones_with_neighbouring_addresses_sound_different() -> None:
    first = 0x001122334000
    count = len(LOW_BINS) * len(HIGH_BINS)
    assert count > 10_000
    assert len({tone_of(f"{first + place:012x}") for place in range(count)}) == count


def test_a_tone_is_four_frames() -> None:
    coded = frames(Tone(41, 161), MU_LAW)
    assert [len(frame) for frame in coded] == [160] * 4
    assert len(set(coded)) == 4
    peak = max(MU_LAW.decode(b"".join(coded)))
    assert 14000 < peak < 16500, "loud and not clipped"


def test_silence_has_no_frames() -> None:
    assert frames(None, A_LAW) == ()


def test_a_recording_is_filled_up_to_whole_frames() -> None:
    coded = frames(Recording((1000,) * 161), A_LAW)
    assert [len(frame) for frame in coded] == [160, 160]
    assert coded[1] == A_LAW.encode([1000] + [0] * 159)


def test_names() -> None:
    assert str(Tone(40, 141)) == "500+1762.5 Hz"


def write_wave(path: Path, rate: int = 8000, samples: bytes = b"\x01\x00\xff\xff") -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return path


def test_recordings(tmp_path: Path) -> None:
    assert read_recording(write_wave(tmp_path / "a.wav")) == Recording((1, -1))
    raw = tmp_path / "ring.raw"
    raw.write_bytes(b"\xff\x00\x80")
    assert read_recording(raw) == Recording((0, -32124, 32124))


def test_unusable_recordings(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"RIFF....")
    (tmp_path / "empty.raw").write_bytes(b"")
    write_wave(tmp_path / "fast.wav", rate=44100)
    write_wave(tmp_path / "nothing.wav", samples=b"")
    for name in ("noise.wav", "empty.raw", "fast.wav", "nothing.wav", "absent.wav"):
        with pytest.raises(UnusableRecording, match=name):
            read_recording(tmp_path / name)
