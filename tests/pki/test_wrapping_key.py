"""What is sealed for a public key opens with its private half, and with nothing else (SVC-09, RFC 9180)."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ringward.domain.backup_schedule import is_backup_key
from ringward.domain.secret import Secret
from ringward.pki.backup_key import read_backup_key, write_backup_key
from ringward.pki.sealed_stream import OpeningReader, SealingWriter, StreamBroken
from ringward.pki.wrapping_key import UnwrappingKey, WrappingKey, WrongKey

KEY = UnwrappingKey.make()
TEXT = bytes(range(256)) * 4096 + b"the rest"
PASSPHRASE = Secret("correct horse battery")


def seal(key: WrappingKey) -> bytes:
    target = BytesIO()
    with SealingWriter(target, key) as writer:
        writer.write(TEXT)
    return target.getvalue()


SEALED = seal(KEY.public)


def test_the_private_half_opens_what_was_sealed_for_the_public_one() -> None:
    assert OpeningReader(BytesIO(SEALED), KEY).read() == TEXT
    assert seal(KEY.public)[30:] != SEALED[30:]
    assert TEXT[:64] not in SEALED


def test_neither_another_key_nor_a_passphrase_opens_it_and_both_are_told_which_key_is_wanted() -> None:
    for other in (UnwrappingKey.make(), PASSPHRASE):
        with pytest.raises(StreamBroken, match=KEY.public.identity.hex()):
            OpeningReader(BytesIO(SEALED), other).read()


def test_a_key_does_not_open_what_a_passphrase_sealed() -> None:
    target = BytesIO()
    with SealingWriter(target, PASSPHRASE, 10) as writer:
        writer.write(b"text")
    with pytest.raises(StreamBroken, match="sealed with a passphrase"):
        OpeningReader(BytesIO(target.getvalue()), KEY)


@pytest.mark.parametrize("place", [0, 17, 18, 30, 60, 100, 107, 112, 120, -1])
def test_a_changed_octet_anywhere_is_noticed(place: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1
    with pytest.raises(StreamBroken):
        OpeningReader(BytesIO(bytes(changed)), KEY).read()


@pytest.mark.parametrize("length", [0, 17, 18, 25, 60, 106, 112, 300_000])
def test_a_part_of_it_does_not_open(length: int) -> None:
    with pytest.raises(StreamBroken):
        OpeningReader(BytesIO(SEALED[:length]), KEY).read()


def test_a_public_key_is_one_line_that_a_schedule_takes() -> None:
    text = KEY.public.text
    assert is_backup_key(text)
    assert WrappingKey.parse(text) == KEY.public


def test_what_is_no_such_key_is_refused() -> None:
    signing = Ed25519PrivateKey.generate().public_key()
    other = b64encode(signing.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    nothing = b64encode(KEY.public.der[:12] + bytes(32)).decode()
    for text in ("", "ü", "AAAA", other, nothing):
        with pytest.raises(WrongKey):
            WrappingKey.parse(text)
    with pytest.raises(WrongKey):
        UnwrappingKey.load(b"nothing")


def test_the_file_of_a_private_key_is_for_its_owner_and_opens_with_its_passphrase(tmp_path: Path) -> None:
    file = tmp_path / "backup.key"
    write_backup_key(file, KEY, PASSPHRASE)
    assert file.stat().st_mode & 0o777 == 0o600
    assert KEY.der() not in file.read_bytes()
    assert read_backup_key(file, PASSPHRASE).public == KEY.public
    with pytest.raises(StreamBroken):
        read_backup_key(file, Secret("another passphrase"))
    with pytest.raises(FileExistsError):
        write_backup_key(file, UnwrappingKey.make(), PASSPHRASE)
    assert read_backup_key(file, PASSPHRASE).public == KEY.public
