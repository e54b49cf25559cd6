"""Recognises by Goertzel's algorithm whose tone is heard, from the decoded samples of what was received.

The strongest frequency of each of the two groups is found coarsely in one frame, then exactly in four. A tone
counts as heard only if the pair carries nearly all of the power: noise, speech or two tones mixed do not pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from ringward.phone.sound import HIGH_BINS, LOW_BINS, PERIOD_FRAMES, PERIOD_SAMPLES, Tone
from ringward.protocols.rtp.g711 import FRAME_SAMPLES, LAWS

MIN_SHARE = 0.9
"""Part of the power that the two frequencies must have; the rest is what G.711 adds by rounding (about 1 %)."""
MIN_PART = 0.1
"""Part of the power that each of the two must have alone."""
MIN_POWER = 1000.0
"""Mean square below which there is silence; a tone of ours has 64 million."""
_NEAR = PERIOD_FRAMES
"""How far the exact frequency may be from the coarse one, in steps: one coarse bin."""


def goertzel(samples: Sequence[int], frequency: float) -> float:
    """Share of the samples' power at ``frequency``, given in periods over the whole of the samples.

    1 for a pure tone of that frequency, 0 for a pure one of another whole number of periods; 0 for silence.
    """
    total = sum(sample * sample for sample in samples)
    if not total:
        return 0.0
    return 2 * _power(samples, frequency) / (total * len(samples))


def _power(samples: Sequence[int], frequency: float) -> float:
    """Squared magnitude of one bin of the Fourier transform (G. Goertzel, 1958)."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / len(samples))
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    return last * last + before * before - coefficient * last * before


@lru_cache(maxsize=16384)
def recognise(coded: bytes, law_name: str) -> Tone | None:
    """The tone in four coded frames, None if there is none.

    Remembers its answers: a tone repeats byte for byte, so a stream costs one calculation, not fifty a second.
    """
    if len(coded) != PERIOD_SAMPLES:
        raise ValueError(f"{len(coded)} samples, {PERIOD_SAMPLES} are needed")
    samples = LAWS[law_name].decode(coded)
    total = sum(sample * sample for sample in samples)
    if total / len(samples) < MIN_POWER:
        return None
    first = samples[:FRAME_SAMPLES]
    low, low_power = _strongest(samples, first, LOW_BINS)
    high, high_power = _strongest(samples, first, HIGH_BINS)
    scale = 2 / (total * len(samples))
    low_share, high_share = low_power * scale, high_power * scale
    if low_share + high_share < MIN_SHARE or min(low_share, high_share) < MIN_PART:
        return None
    return Tone(low, high)


def _strongest(samples: Sequence[int], first: Sequence[int], bins: range) -> tuple[int, float]:
    coarse = max(
        range(bins.start // PERIOD_FRAMES, bins.stop // PERIOD_FRAMES + 1), key=lambda each: _power(first, each)
    )
    near = range(
        max(bins.start, coarse * PERIOD_FRAMES - _NEAR), min(bins.stop, coarse * PERIOD_FRAMES + _NEAR + 1)
    )
    power, best = max((_power(samples, each), each) for each in near)
    return best, power


class Listener:
    """Listens to one stream: hand it the frames in order, and ask what is heard."""

    __slots__ = ("_frames", "_next", "heard", "last_heard", "since")

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._next: int | None = None
        self.heard: Tone | None = None
        """The tone in the last four frames in a row, None if there was none in them or none yet."""
        self.last_heard: Tone | None = None
        """The last tone that there was at all."""
        self.since: float | None = None
        """Time from which on :attr:`heard` has been what it is."""

    def receive(self, sequence: int, frame: bytes, law_name: str, now: float) -> bool:
        """Take one frame; True if what is heard has changed.

        Four frames in a row are needed: after a gap or for frames of another length the count begins again.
        """
        if len(frame) != FRAME_SAMPLES:
            self._frames.clear()
            return False
        if sequence != self._next:
            self._frames.clear()
        self._next = (sequence + 1) % 65536
        self._frames.append(frame)
        if len(self._frames) < PERIOD_FRAMES:
            return False
        heard = recognise(b"".join(self._frames), law_name)
        self._frames.clear()
        if heard == self.heard:
            return False
        self.heard, self.since = heard, now
        self.last_heard = heard or self.last_heard
        return True

    def silence(self, now: float) -> bool:
        """Nothing has come for a while; True if something was heard before."""
        self._frames.clear()
        changed = self.heard is not None
        if changed:
            self.heard, self.since = None, now
        return changed
