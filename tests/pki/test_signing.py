"""Signatures of servers, verified by ourselves and by OpenSSL."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import KeyKind, KeyPair
from ringward.pki.issuing import make_self_signed
from ringward.pki.signing import KeySigner, is_signed_by

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DATA = b"what phones shall believe"


@pytest.fixture(scope="module", params=[KeyKind.RSA_2048, KeyKind.EC_P256])
def pair(request: pytest.FixtureRequest) -> KeyPair:
    return make_self_signed("node-1", now=NOW, kind=request.param)


@pytest.mark.parametrize("digest", list(HashAlgorithm))
def test_openssl_verifies_a_signature(pair: KeyPair, digest: HashAlgorithm, tmp_path: Path) -> None:
    signer = KeySigner(pair)
    signature = signer.sign(DATA, digest)
    assert signer.certificate == pair.certificate.der
    assert is_signed_by(pair.certificate, DATA, signature, digest)
    (tmp_path / "certificate.pem").write_bytes(pair.certificate.pem)
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "data").write_bytes(DATA)
    key = subprocess.run(
        ["openssl", "x509", "-pubkey", "-noout", "-in", tmp_path / "certificate.pem"],
        capture_output=True,
        check=True,
    ).stdout
    (tmp_path / "key.pem").write_bytes(key)
    function = "-" + digest.value.replace("-", "").lower()
    command = ["openssl", "dgst", function, "-verify", "key.pem", "-signature", "signature", "data"]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_another_text_another_hash_and_another_key_are_noticed(pair: KeyPair) -> None:
    signature = KeySigner(pair).sign(DATA, HashAlgorithm.SHA256)
    assert not is_signed_by(pair.certificate, DATA + b"!", signature, HashAlgorithm.SHA256)
    assert not is_signed_by(pair.certificate, DATA, signature, HashAlgorithm.SHA512)
    assert not is_signed_by(pair.certificate, DATA, signature[:-1], HashAlgorithm.SHA256)
    other = make_self_signed("node-2", now=NOW).certificate
    assert not is_signed_by(other, DATA, signature, HashAlgorithm.SHA256)


def test_a_signer_does_not_show_its_key(pair: KeyPair) -> None:
    assert "PRIVATE" not in repr(KeySigner(pair)) and "node-1" in repr(KeySigner(pair))
