from __future__ import annotations

import ssl
import stat
import subprocess
from pathlib import Path

import pytest

from harness.foreign import NOW, authority
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import NotFound
from ringward.pki.certificates import BadCertificate, KeyKind, KeyPair
from ringward.pki.issuing import make_self_signed
from ringward.pki.key_store import KeyStore, PendingRequest
from ringward.pki.requests import make_request
from ringward.pki.secrets import SealBroken, SecretBox

NODE, WEB = CertificateKind.NODE, CertificateKind.WEB
BOX = SecretBox({1: bytes(range(32))})


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_self_signed("node-1", now=NOW)


@pytest.fixture
def store(tmp_path: Path, pair: KeyPair) -> KeyStore:
    store = KeyStore(tmp_path / "certificates", BOX)
    store.save(NODE, pair)
    return store


def test_what_was_saved_is_there(store: KeyStore, pair: KeyPair) -> None:
    assert store.kinds() == (NODE,)
    assert store.load(NODE).certificate == store.certificate(NODE) == pair.certificate
    assert store.load(NODE).key.private_numbers() == pair.key.private_numbers()
    with pytest.raises(NotFound, match="web"):
        store.load(WEB)


def test_a_key_is_for_its_owner_alone_and_encrypted(store: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "certificates" / "node.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    command = ["openssl", "pkey", "-in", str(path), "-noout", "-passin", "pass:guess"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_a_key_opens_neither_with_another_cluster_key_nor_as_another_kind(store: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(SealBroken):
        KeyStore(tmp_path / "certificates", SecretBox({1: bytes(32)})).load(NODE)
    (tmp_path / "certificates" / "node.key").rename(tmp_path / "certificates" / "web.key")
    with pytest.raises(SealBroken):
        store.load(WEB)


def test_openssl_loads_what_a_listener_is_given(store: KeyStore, pair: KeyPair) -> None:
    intermediate = authority("Intermediate")
    store.save(NODE, pair, [intermediate.certificate])
    files = store.files(NODE)
    assert files.passphrase is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key, files.passphrase.reveal)
    assert store.chain(NODE) == (pair.certificate, intermediate.certificate)
    assert files.load().certificate == pair.certificate


def test_the_copy_of_the_certificate_follows(store: KeyStore, tmp_path: Path) -> None:
    renewed = make_self_signed("node-1", now=NOW, kind=KeyKind.EC_P256)
    store.save(NODE, renewed)
    assert (tmp_path / "certificates" / "node.pem").read_bytes() == renewed.certificate.pem


def test_a_request_waits_with_its_key(store: KeyStore, tmp_path: Path) -> None:
    assert store.pending(WEB) is None
    key = KeyKind.EC_P256.generate()
    store.save_pending(WEB, PendingRequest(make_request("node-1", key), key))
    pending = store.pending(WEB)
    assert pending is not None
    assert pending.key.private_numbers() == key.private_numbers()
    assert "node-1" in repr(pending) and "PRIVATE" not in repr(pending)
    assert store.kinds() == (NODE,)
    store.forget_pending(WEB)
    assert store.pending(WEB) is None


def test_a_key_file_that_others_can_read_is_refused(store: KeyStore, tmp_path: Path) -> None:
    (tmp_path / "certificates" / "node.key").chmod(0o640)
    with pytest.raises(BadCertificate, match="chmod 600"):
        store.load(NODE)


@pytest.mark.parametrize("content", [b"", b"half a key", b"Sealed-Passphrase: !!\n", b"Sealed-Passphrase: AAAA\n"])
def test_a_damaged_file_is_told_as_such(store: KeyStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "certificates" / "node.key").write_bytes(content)
    with pytest.raises((BadCertificate, SealBroken)):
        store.load(NODE)
