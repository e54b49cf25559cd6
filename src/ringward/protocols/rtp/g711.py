"""G.711: speech at 8000 samples a second, one byte each (ITU-T G.711; RFC 3551 section 4.5.14).

Both laws cut the range of a sample into eight segments on each side of zero, each twice as wide as the one before
it and divided into sixteen steps. The tables are made from that rule once, when a law is first used.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

SAMPLE_RATE = 8000
"""Samples, and so bytes, per second; also the clock of the RTP timestamp."""
FRAME_SAMPLES = 160
"""Samples in 20 ms, the packet time that every phone takes (RFC 3551 section 4.2)."""

_MU_BIAS = 33
_MU_CLIP = 8158
"""Greatest 14-bit magnitude that mu-law can say."""


class CompandingLaw:
    """One of the two laws: a table each way between 16-bit samples and bytes."""

    __slots__ = ("_decode", "_encode", "_make", "_shift", "name", "payload_type")

    def __init__(
        self, name: str, payload_type: int, shift: int, make: Callable[[], tuple[bytes, array[int]]]
    ) -> None:
        self.name = name
        """Encoding name as in SDP."""
        self.payload_type = payload_type
        """Static payload type (RFC 3551 section 6)."""
        self._shift = shift
        self._make = make
        self._encode = b""
        self._decode: array[int] = array("h")

    def encode(self, samples: Iterable[int]) -> bytes:
        """One byte for each 16-bit sample."""
        self._load()
        table, shift, mask = self._encode, self._shift, len(self._encode) - 1
        return bytes([table[sample >> shift & mask] for sample in samples])

    def decode(self, data: bytes) -> array[int]:
        """One 16-bit sample for each byte."""
        self._load()
        table = self._decode
        return array("h", [table[byte] for byte in data])

    def _load(self) -> None:
        if not self._encode:
            self._encode, self._decode = self._make()

    def __repr__(self) -> str:
        return self.name


def _mu_law_byte(sample: int) -> int:
    """The byte for a 14-bit sample."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, _MU_CLIP) + _MU_BIAS
    segment = magnitude.bit_length() - 6
    return ~(sign | segment << 4 | magnitude >> (segment + 1) & 0x0F) & 0xFF


def _mu_law_sample(byte: int) -> int:
    """The 16-bit sample of a byte: the middle of its step."""
    byte = ~byte & 0xFF
    magnitude = ((byte & 0x0F) * 2 + _MU_BIAS << (byte >> 4 & 7)) - _MU_BIAS
    return -4 * magnitude if byte & 0x80 else 4 * magnitude


def _a_law_byte(sample: int) -> int:
    """The byte for a 13-bit sample; every other bit is turned over, so that silence is not a row of zeros."""
    sign, magnitude = (0, -sample - 1) if sample < 0 else (0x80, sample)
    segment = max(0, magnitude.bit_length() - 5)
    return (sign | segment << 4 | magnitude >> max(1, segment) & 0x0F) ^ 0x55


def _a_law_sample(byte: int) -> int:
    """The 16-bit sample of a byte: the middle of its step."""
    byte ^= 0x55
    segment, step = byte >> 4 & 7, (byte & 0x0F) * 2 + 1
    magnitude = step if segment == 0 else step + 32 << segment - 1
    return 8 * magnitude if byte & 0x80 else -8 * magnitude


def _tables(bits: int, to_byte: Callable[[int], int], to_sample: Callable[[int], int]) -> tuple[bytes, array[int]]:
    half = 1 << bits - 1
    positive = bytes(to_byte(sample) for sample in range(half))
    negative = bytes(to_byte(sample) for sample in range(-half, 0))
    return positive + negative, array("h", (to_sample(byte) for byte in range(256)))


MU_LAW = CompandingLaw("PCMU", 0, 2, lambda: _tables(14, _mu_law_byte, _mu_law_sample))
A_LAW = CompandingLaw("PCMA", 8, 3, lambda: _tables(13, _a_law_byte, _a_law_sample))

LAWS = {MU_LAW.name: MU_LAW, A_LAW.name: A_LAW}
"""The laws by encoding name."""
