"""What a phone says: a tone of its own, a recording, or silence; always whole frames that repeat for ever.

Every phone's tone is a pair of pure frequencies. All frequencies are multiples of the same step, so that a tone
repeats after four frames and is coded once, not once for each packet; and any two of them can be told apart
exactly over those four frames (:mod:`ringward.phone.hearing`).
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ringward.domain.errors import RingwardError
from ringward.protocols.rtp.g711 import FRAME_SAMPLES, MU_LAW, SAMPLE_RATE, CompandingLaw

PERIOD_FRAMES = 4
"""Frames after which every tone repeats."""
PERIOD_SAMPLES = PERIOD_FRAMES * FRAME_SAMPLES
FREQUENCY_STEP = SAMPLE_RATE / PERIOD_SAMPLES
"""Hertz between neighbouring frequencies: 12.5."""
LOW_BINS = range(32, 132)
"""400 to 1637.5 Hz, counted in steps."""
HIGH_BINS = range(140, 264)
"""1750 to 3287.5 Hz, counted in steps; a telephone line carries 300 to 3400 Hz."""
MAX_RECORDING = 10 * 60 * SAMPLE_RATE
"""Samples of a recording that are read: ten minutes."""
_AMPLITUDE = 8000
"""Of each of the two frequencies, about a quarter of full scale: loud, and far from clipping."""


class UnusableRecording(RingwardError):
    """A sound file that a phone cannot play; says which kinds it can."""


@dataclass(frozen=True, slots=True, order=True)
class Tone:
    """A pair of frequencies."""

    low: int
    """Lower frequency in steps of :data:`FREQUENCY_STEP`."""
    high: int

    def __str__(self) -> str:
        return f"{self.low * FREQUENCY_STEP:g}+{self.high * FREQUENCY_STEP:g} Hz"


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples to be played over and over."""

    samples: tuple[int, ...]


Sound = Tone | Recording | None
"""What to say; None is silence, and no packets at all."""


def tone_of(mac: str) -> Tone:
    """The tone of the phone with this MAC address; phones with neighbouring addresses have different ones."""
    number = int(mac, 16)
    high, low = divmod(number, len(LOW_BINS))
    return Tone(LOW_BINS[low], HIGH_BINS[high % len(HIGH_BINS)])


@lru_cache(maxsize=16384)
def frames(sound: Sound, law: CompandingLaw) -> tuple[bytes, ...]:
    """The payloads of a sound, to be sent in turn; an empty tuple for silence."""
    if sound is None:
        return ()
    samples = _tone_samples(sound) if isinstance(sound, Tone) else array("h", sound.samples)
    coded = law.encode(samples)
    rest = -len(coded) % FRAME_SAMPLES
    coded += law.encode([0]) * rest
    return tuple(coded[start : start + FRAME_SAMPLES] for start in range(0, len(coded), FRAME_SAMPLES))


def _tone_samples(tone: Tone) -> array[int]:
    wave_of = _waves()
    return array(
        "h",
        (
            round(_AMPLITUDE * (low + high))
            for low, high in zip(wave_of(tone.low), wave_of(tone.high), strict=True)
        ),
    )


class _Waves:
    """One period of sine, sampled once; every tone is read out of it in strides."""

    def __init__(self) -> None:
        self._sine = [math.sin(2 * math.pi * place / PERIOD_SAMPLES) for place in range(PERIOD_SAMPLES)]

    def __call__(self, frequency: int) -> list[float]:
        return [self._sine[place * frequency % PERIOD_SAMPLES] for place in range(PERIOD_SAMPLES)]


@lru_cache(maxsize=1)
def _waves() -> _Waves:
    return _Waves()


def read_recording(path: Path) -> Recording:
    """Read a WAV file (8000 Hz, mono, 16 bit) or raw mu-law (``.raw``, ``.ulaw``, as ring tones are).

    Raises :class:`UnusableRecording`.
    """
    try:
        if path.suffix.lower() in (".raw", ".ulaw", ".pcm"):
            with path.open("rb") as file:
                samples = MU_LAW.decode(file.read(MAX_RECORDING))
        else:
            samples = _read_wave(path)
    except (OSError, EOFError, wave.Error) as error:
        raise UnusableRecording(f"{path}: {error}") from None
    if not samples:
        raise UnusableRecording(f"{path} holds no sound")
    return Recording(tuple(samples))


def _read_wave(path: Path) -> array[int]:
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (SAMPLE_RATE, 1, 2):
            raise UnusableRecording(f"{path} is not {SAMPLE_RATE} Hz, mono, 16 bit")
        samples = array("h", file.readframes(MAX_RECORDING))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples
