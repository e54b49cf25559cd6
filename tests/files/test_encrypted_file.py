"""Encrypted files: CFGENC-15, CFGENC-25, CFGENC-26, PHONE-16."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import vectors
from ringward.files import encrypted_file, profile_encryption, signed_file, trust_list
from ringward.files.encrypted_file import FileKey
from ringward.files.envelope import Fault, RefusedFile, Version, parse
from ringward.pki.certificates import BadCertificate
from ringward.pki.file_ciphers import FileCiphers, unwrap
from ringward.pki.listing import verify_signature

NAME = "SEP001122334455.cnf.xml.enc.sgn"
FILE = f"native/enc/{NAME}"
CLEAR = vectors.read("inputs/SEP001122334455.cnf.xml")
KEY = FileKey(bytes(range(0x10, 0x20)), bytes(range(0xA0, 0xB0)))
CIPHERS = FileCiphers()
contents = st.binary(max_size=100)


@pytest.mark.parametrize("name", [FILE, f"certutils/enc/{NAME}"])
def test_decrypts_what_others_encrypted(name: str) -> None:
    """Also the file of the tool that writes another number as the key's size."""
    found = parse(vectors.read(name))
    assert found.header.encryption is not None
    key = unwrap(vectors.pair("phone-lsc"), found.header.encryption.encrypted_key)
    assert key is not None
    assert encrypted_file.decrypt(found, CIPHERS, key) == CLEAR


def test_is_octet_for_octet_what_others_encrypted() -> None:
    """But for the wrapped key, which is different each time."""
    theirs = parse(vectors.read(FILE))
    assert theirs.header.encryption is not None

    class SameWrapping(FileCiphers):
        def wrap(self, certificate: bytes, key: bytes) -> bytes:
            assert theirs.header.encryption is not None
            return theirs.header.encryption.encrypted_key

    signer = vectors.signer("ccmtftp")
    made = encrypted_file.build(NAME, CLEAR, signer, 1_161_614_802, SameWrapping(), b"", KEY)
    assert made == vectors.read(FILE)


def test_only_the_phone_it_is_for_can_read_it() -> None:
    certificate = vectors.pair("phone-lsc").certificate.der
    made = encrypted_file.build(NAME, CLEAR, vectors.signer("ccmtftp"), 0, CIPHERS, certificate, KEY)
    trust = trust_list.parse(vectors.read("native/ctl/CTLFile.tlv")).trust
    found = signed_file.open_signed(made, NAME, trust, verify_signature, Version.ENCRYPTED_FILE)
    assert found.header.encryption is not None
    wrapped = found.header.encryption.encrypted_key
    assert unwrap(vectors.pair("phone-lsc"), wrapped) == KEY.key
    assert unwrap(vectors.pair("phone-mic"), wrapped) != KEY.key
    assert CLEAR[:40] not in made
    assert KEY.key not in made


@given(contents)
def test_any_content_comes_back(clear: bytes) -> None:
    found = parse(
        encrypted_file.build_with_typed_key("SIP.enc.sgn", clear, vectors.signer("sast1"), 0, CIPHERS, KEY)
    )
    assert encrypted_file.needs_typed_key(found)
    assert encrypted_file.decrypt(found, CIPHERS, KEY.key) == clear


@pytest.mark.parametrize("key", [bytes(16), bytes(15), b""])
def test_another_key_gives_nothing(key: bytes) -> None:
    with pytest.raises(RefusedFile) as refusal:
        encrypted_file.decrypt(parse(vectors.read(FILE)), CIPHERS, key)
    assert refusal.value.fault in (Fault.ENCRYPTION, Fault.CONTENT_HASH)


def test_a_clear_file_is_not_decrypted() -> None:
    with pytest.raises(RefusedFile, match="not encrypted"):
        encrypted_file.decrypt(parse(vectors.read("native/enc/SEP001122334455.cnf.xml.sgn")), CIPHERS, KEY.key)


def test_a_key_that_is_not_rsa_wraps_nothing() -> None:
    with pytest.raises(BadCertificate, match="RSA"):
        CIPHERS.wrap(vectors.pair("httpsec").certificate.der, KEY.key)
    assert unwrap(vectors.pair("httpsec"), b"x") is None


@given(contents, st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_a_profile_comes_back_under_its_key_alone(clear: bytes, key: bytes, nonce: bytes) -> None:
    made = profile_encryption.build(clear, CIPHERS, key, nonce)
    assert profile_encryption.decrypt(made, CIPHERS, key) == clear
    with pytest.raises(RefusedFile):
        profile_encryption.decrypt(made, CIPHERS, bytes([key[0] ^ 1]) + key[1:])
    with pytest.raises(RefusedFile):
        profile_encryption.decrypt(made[:-1] if clear else made[:40], CIPHERS, key)


@given(st.binary(max_size=80))
def test_any_octets_are_a_profile_or_refused(data: bytes) -> None:
    for candidate in (data, b"RWX1" + data):
        with pytest.raises(RefusedFile):
            profile_encryption.decrypt(candidate, CIPHERS, bytes(32))
