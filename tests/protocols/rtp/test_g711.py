"""G.711 against the tables of the recommendation and against a second implementation."""

from __future__ import annotations

import warnings
from array import array
from typing import Any

import pytest

from ringward.protocols.rtp.g711 import A_LAW, LAWS, MU_LAW, CompandingLaw

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    audioop: Any = pytest.importorskip("audioop")

ALL_SAMPLES = range(-32768, 32768)
ALL_BYTES = bytes(range(256))


@pytest.mark.parametrize(
    ("law", "byte", "sample"),
    [
        # ITU-T G.711 tables 1 and 2: decision values at the ends of the range and around zero.
        (MU_LAW, 0x00, -32124),
        (MU_LAW, 0x80, 32124),
        (MU_LAW, 0xFF, 0),
        (MU_LAW, 0xFE, 8),
        (MU_LAW, 0x7E, -8),
        (MU_LAW, 0xF0, 120),
        (MU_LAW, 0xEF, 132),
        (A_LAW, 0xAA, 32256),
        (A_LAW, 0x2A, -32256),
        (A_LAW, 0xD5, 8),
        (A_LAW, 0x55, -8),
        (A_LAW, 0xC5, 264),
    ],
)
def test_decoded_values(law: CompandingLaw, byte: int, sample: int) -> None:
    assert law.decode(bytes([byte]))[0] == sample
    assert law.encode([sample]) == bytes([byte])


@pytest.mark.parametrize(("law", "name"), [(MU_LAW, "ulaw"), (A_LAW, "alaw")])
def test_every_value_as_the_standard_library_has_it(law: CompandingLaw, name: str) -> None:
    samples = array("h", ALL_SAMPLES)
    assert law.encode(samples) == getattr(audioop, f"lin2{name}")(samples.tobytes(), 2)
    assert law.decode(ALL_BYTES).tobytes() == getattr(audioop, f"{name}2lin")(ALL_BYTES, 2)


@pytest.mark.parametrize("law", LAWS.values())
def test_a_byte_survives_except_the_second_zero(law: CompandingLaw) -> None:
    again = law.encode(law.decode(ALL_BYTES))
    changed = [byte for byte in ALL_BYTES if again[byte] != byte]
    assert changed == ([0x7F] if law is MU_LAW else [])  # mu-law has +0 and -0


def test_names_and_types_as_registered() -> None:
    assert {law.name: law.payload_type for law in LAWS.values()} == {"PCMU": 0, "PCMA": 8}
