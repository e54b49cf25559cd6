"""A sealed stream opens whole, with its passphrase, as it was sealed; or not at all."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringward.domain.secret import Secret
from ringward.pki.sealed_stream import OpeningReader, SealingWriter, StreamBroken

PASSPHRASE = Secret("correct horse battery")
PIECE = 256 * 1024
SEALED_PIECE = PIECE + 16
HEADER = 18 + 1 + 16 + 7
LOW_COST = 10


def seal(*parts: bytes, passphrase: Secret = PASSPHRASE) -> bytes:
    target = BytesIO()
    with SealingWriter(target, passphrase, LOW_COST) as writer:
        for part in parts:
            assert writer.write(part) == len(part)
    return target.getvalue()


def unseal(sealed: bytes, passphrase: Secret = PASSPHRASE) -> bytes:
    return OpeningReader(BytesIO(sealed), passphrase).read()


def pieces(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + SEALED_PIECE] for at in range(HEADER, len(sealed), SEALED_PIECE)]


LONG = bytes(range(256)) * 1024 * 3 + b"the rest"
"""Three pieces and a bit."""


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, len(LONG)])
def test_what_was_sealed_is_read_again(size: int) -> None:
    assert unseal(seal(LONG[:size])) == LONG[:size]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=3000), max_size=8), st.integers(1, 5000))
def test_it_may_be_written_and_read_in_any_parts(parts: list[bytes], size: int) -> None:
    reader = OpeningReader(BytesIO(seal(*parts)), PASSPHRASE)
    assert b"".join(iter(lambda: reader.read(size), b"")) == b"".join(parts)


def test_two_seals_of_one_text_have_nothing_in_common() -> None:
    first, second = seal(b"the same"), seal(b"the same")
    assert first[HEADER:] != second[HEADER:]
    assert b"the same" not in first


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(StreamBroken, match="passphrase is wrong"):
        unseal(seal(LONG), Secret("Correct horse battery"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    sealed = bytearray(SHORT)
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StreamBroken):
        unseal(bytes(sealed))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_end_can_be_cut_off(data: st.DataObject) -> None:
    with pytest.raises(StreamBroken):
        unseal(SHORT[: data.draw(st.integers(0, len(SHORT) - 1))])


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=100))
def test_nothing_can_be_appended(more: bytes) -> None:
    with pytest.raises(StreamBroken):
        unseal(SHORT + more)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_other_files_are_no_sealed_ones(content: bytes) -> None:
    with pytest.raises(StreamBroken, match="no file that Ringward has sealed"):
        unseal(content)


SHORT = seal(b"some words that matter")


def test_whole_pieces_cannot_be_dropped_swapped_repeated_or_taken_from_another() -> None:
    sealed = seal(LONG)
    header, (first, second, third, last) = sealed[:HEADER], pieces(sealed)
    other = pieces(seal(LONG))
    assert unseal(header + first + second + third + last) == LONG
    for order in (
        (first, second, third),
        (first, second, last),
        (second, third, last),
        (second, first, third, last),
        (first, second, second, third, last),
        (first, other[1], third, last),
        (first, second, third, last, last),
        (),
    ):
        with pytest.raises(StreamBroken):
            unseal(header + b"".join(order))


def test_what_comes_before_a_break_may_be_read_but_not_to_the_end() -> None:
    sealed = seal(LONG)
    reader = OpeningReader(BytesIO(sealed[:-1]), PASSPHRASE)
    assert reader.read(PIECE) == LONG[:PIECE]
    with pytest.raises(StreamBroken, match="changed or cut off"):
        reader.read()


def test_a_stream_whose_writing_failed_does_not_open() -> None:
    target = BytesIO()
    with pytest.raises(KeyError), SealingWriter(target, PASSPHRASE, LOW_COST) as writer:
        writer.write(LONG)
        raise KeyError
    with pytest.raises(StreamBroken):
        unseal(target.getvalue())


@pytest.mark.parametrize("log_cost", [0, 9, 19, 63, 255])
def test_a_file_cannot_ask_for_more_memory_than_is_sensible(log_cost: int) -> None:
    sealed = bytearray(SHORT)
    sealed[18] = log_cost
    with pytest.raises(StreamBroken, match="changed it"):
        unseal(bytes(sealed))
