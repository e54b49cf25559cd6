from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.secret import Secret
from ringward.pki.secrets import (
    PasswordHashing,
    SealBroken,
    SecretBox,
    create_key_file,
    random_password,
    read_key_file,
)

PLACE = ("end_user", "ada", "digest_credentials")
BOX = SecretBox({1: bytes(range(32))})
places = st.lists(st.text(max_size=8), max_size=4).map(tuple)


@given(text=st.text(), place=places)
def test_what_is_sealed_opens_in_its_place(text: str, place: tuple[str, ...]) -> None:
    assert BOX.open(BOX.seal(Secret(text), place), place).reveal() == text


@given(place=places, other=places)
def test_a_sealed_secret_opens_nowhere_else(place: tuple[str, ...], other: tuple[str, ...]) -> None:
    if place != other:
        with pytest.raises(SealBroken):
            BOX.open(BOX.seal(Secret("s"), place), other)


def test_places_whose_parts_are_joined_differently_are_different_places() -> None:
    with pytest.raises(SealBroken):
        BOX.open(BOX.seal(Secret("s"), ("ab", "c")), ("a", "bc"))


@given(position=st.integers(0, 200), flip=st.integers(1, 255))
def test_every_changed_byte_is_noticed(position: int, flip: int) -> None:
    sealed = bytearray(BOX.seal(Secret("a secret of some length"), PLACE))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(SealBroken):
        BOX.open(bytes(sealed), PLACE)


@given(st.binary(max_size=80))
def test_rubbish_is_refused_without_another_error(rubbish: bytes) -> None:
    with pytest.raises(SealBroken):
        BOX.open(rubbish, PLACE)


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert BOX.seal(Secret("s"), PLACE) != BOX.seal(Secret("s"), PLACE)


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    old, new = bytes(32), bytes([1]) * 32
    before = SecretBox({1: old}).seal(Secret("s"), PLACE)
    both = SecretBox({1: old, 2: new})
    assert both.open(before, PLACE) == Secret("s")
    after = both.seal(Secret("s"), PLACE)
    assert after[0] == 2
    with pytest.raises(SealBroken, match="version 2"):
        SecretBox({1: old}).open(after, PLACE)


def test_the_version_byte_cannot_be_exchanged() -> None:
    same = bytes(32)
    both = SecretBox({1: same, 2: same})
    sealed = both.seal(Secret("s"), PLACE)
    with pytest.raises(SealBroken):
        both.open(b"\x01" + sealed[1:], PLACE)


def test_neither_box_nor_error_tells_a_secret() -> None:
    sealed = BOX.seal(Secret("hunter2"), PLACE)
    with pytest.raises(SealBroken) as caught:
        BOX.open(sealed, ("elsewhere",))
    assert "hunter2" not in repr(BOX) + str(caught.value)


@pytest.mark.parametrize("versions", [{}, {0: bytes(32)}, {256: bytes(32)}])
def test_key_versions_fit_into_a_byte(versions: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        SecretBox(versions)


def test_a_key_file_is_for_its_owner_only_and_leaves_no_draft(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        create_key_file(tmp_path / "cluster.key")
    finally:
        os.umask(previous)
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.key"]
    assert stat.S_IMODE((tmp_path / "cluster.key").stat().st_mode) == 0o600


def test_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cluster.key"
    create_key_file(path)
    sealed = read_key_file(path).seal(Secret("s"), PLACE)
    create_key_file(path)
    assert read_key_file(path).open(sealed, PLACE) == Secret("s")
    assert len(list(tmp_path.iterdir())) == 1


def test_many_processes_that_make_the_key_at_once_agree_on_one(tmp_path: Path) -> None:
    path = tmp_path / "cluster.key"
    program = (
        "import sys; from pathlib import Path; from ringward.pki.secrets import create_key_file;"
        "path = Path(sys.argv[1]); sys.stdin.read(); create_key_file(path); print(path.read_text())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    outputs = {process.communicate()[0] for process in processes}
    assert outputs == {path.read_text() + "\n"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "cluster.key"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(SealBroken, match="chmod 600"):
        read_key_file(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"1", b"1 !!!!", b"x AAAA", b"1 AAAA", b"0 " + b"A" * 43 + b"=", b"\xff\xfe", b"1 2 3"],
)
def test_a_damaged_key_file_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cluster.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SealBroken, match=r"backup|cannot be read"):
        read_key_file(path)


def test_a_missing_key_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(SealBroken, match="missing"):
        read_key_file(tmp_path / "cluster.key")


class CountingHasher(PasswordHasher):
    """Cheap, and counts its verifications."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str | bytes] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified.append(hash)
        return super().verify(hash, password)


def test_a_password_is_verified_against_its_hash() -> None:
    hashing = PasswordHashing(CountingHasher())
    stored = hashing.hash(Secret("correct horse"))
    assert "correct horse" not in stored.reveal()
    assert stored.reveal().startswith("$argon2id$")
    assert hashing.verify(stored, Secret("correct horse"))
    assert not hashing.verify(stored, Secret("correct  horse"))
    assert not hashing.verify(Secret("no hash at all"), Secret("correct horse"))


@pytest.mark.parametrize("stored", [None, Secret("")])
def test_an_unknown_user_costs_the_same_work_and_never_succeeds(stored: Secret | None) -> None:
    hasher = CountingHasher()
    hashing = PasswordHashing(hasher)
    assert not hashing.verify(stored, Secret("anything"))
    assert len(hasher.verified) == 1
    parameters = str(hasher.verified[0]).split("$")[:4]
    assert parameters == hashing.hash(Secret("x")).reveal().split("$")[:4]


def test_the_usual_costs_are_those_of_the_rfc() -> None:
    stored = PasswordHashing().hash(Secret("x")).reveal()
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_random_passwords_are_long_and_different() -> None:
    made = {random_password().reveal() for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == 20 and each.isalnum() for each in made)
    assert not set("0O1lI") & set("".join(made))
