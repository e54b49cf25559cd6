"""Certificates: what is in one, what files hold, and what is refused."""

from __future__ import annotations

import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.errors import Unavailable
from ringward.pki.certificates import (
    BadCertificate,
    Certificate,
    KeyKind,
    KeyPair,
    KeyPairFiles,
    write_atomically,
)
from ringward.pki.issuing import make_self_signed

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_self_signed("node-1", now=NOW, dns=["node-1.example"], addresses=["192.0.2.5", "2001:db8::5"])


def test_openssl_reads_what_we_wrote_and_agrees_on_the_fingerprints(pair: KeyPair, tmp_path: Path) -> None:
    files = pair.save(tmp_path / "certificates", "node")

    def ask(*arguments: str) -> str:
        command = ["openssl", "x509", "-in", str(files.certificate), "-noout", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert pair.certificate.fingerprint_sha1 in ask("-fingerprint", "-sha1")
    assert pair.certificate.fingerprint_sha256 in ask("-fingerprint", "-sha256")
    verify = ["openssl", "verify", "-x509_strict", "-no_check_time", "-purpose", "sslserver"]
    subprocess.run([*verify, "-CAfile", str(files.certificate), str(files.certificate)], check=True)


def test_files_keep_the_key_to_the_owner_and_leave_nothing_else(pair: KeyPair, tmp_path: Path) -> None:
    files = pair.save(tmp_path, "node")
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["node.key", "node.pem"]
    assert files.load().certificate == pair.certificate
    assert "PRIVATE" not in repr(files.load())


def test_an_old_key_file_with_wide_access_is_replaced_by_a_closed_one(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    path.write_bytes(b"old")
    path.chmod(0o666)
    write_atomically(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "node.pem").mkdir()
    (tmp_path / "node.pem" / "in the way").touch()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "node.pem", b"new", mode=0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["node.pem"]


def test_the_plain_value_tells_what_is_in_a_certificate(pair: KeyPair) -> None:
    """CERT-24."""
    certificate = pair.certificate
    assert certificate.subject == certificate.issuer and certificate.is_self_issued
    assert certificate.serial_number == certificate.parsed().serial_number
    assert certificate.key_description == "RSA 2048"
    public = serialization.load_der_public_key(certificate.public_key)
    assert public == pair.key.public_key()


def test_pem_and_der_are_the_same_certificate(pair: KeyPair) -> None:
    assert Certificate.load(pair.certificate.pem) == Certificate.load(pair.certificate.der) == pair.certificate


def test_bad_files_are_refused_in_words(pair: KeyPair, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"node\.pem cannot be read"):
        KeyPairFiles.of(tmp_path, "node").load()
    files = pair.save(tmp_path, "node")
    make_self_signed("other", now=NOW, kind=KeyKind.EC_P256).save(tmp_path, "other")
    with pytest.raises(BadCertificate, match="does not belong"):
        KeyPairFiles(files.certificate, tmp_path / "other.key").load()
    files.key.write_bytes(b"nothing")
    with pytest.raises(BadCertificate, match="does not hold a private key"):
        files.load()
    with pytest.raises(BadCertificate, match="2 are in the file"):
        Certificate.load(pair.certificate.pem * 2)


@given(st.binary(max_size=200), st.booleans())
def test_bytes_of_strangers_are_no_certificate(content: bytes, armoured: bool) -> None:
    if armoured:
        content = b"-----BEGIN CERTIFICATE-----\n" + content
    with pytest.raises(BadCertificate):
        Certificate.load(content)
