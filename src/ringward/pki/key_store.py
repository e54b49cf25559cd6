"""The key pairs of this server, by kind, as files: keys for the owner alone and encrypted at rest.

``KIND.key`` holds everything: the passphrase of the key, sealed with the cluster key; the key, encrypted with it;
the certificate and those that it leads to. It is replaced in one piece, so key and certificate always belong
together. ``KIND.pem`` is a copy of the certificate for whoever wants to compare or trust it. ``KIND.request``
holds the key of a certificate that was asked for elsewhere and has not come yet.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import NotFound
from ringward.domain.secret import Secret
from ringward.pki.certificates import (
    BadCertificate,
    Certificate,
    KeyPair,
    KeyPairFiles,
    PrivateKey,
    load_private_key,
    read_bounded,
    write_atomically,
)
from ringward.pki.requests import SigningRequest
from ringward.pki.secrets import SecretBox

_LABEL = b"Sealed-Passphrase: "
_PLACE = "certificates"
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A signing request that was handed out, with its key."""

    request: SigningRequest
    key: PrivateKey

    def __repr__(self) -> str:
        return f"PendingRequest({self.request.subject!r})"


class KeyStore:
    """See the module. What does not exist is ``NotFound``; what cannot be opened is ``SealBroken``."""

    def __init__(self, directory: Path, box: SecretBox) -> None:
        self.directory = directory
        """Where the files are."""
        self._box = box

    def kinds(self) -> tuple[CertificateKind, ...]:
        """The kinds of which there is a key pair."""
        return tuple(kind for kind in CertificateKind if self._path(kind).exists())

    def certificate(self, kind: CertificateKind) -> Certificate:
        """The certificate of a kind."""
        return self.chain(kind)[0]

    def chain(self, kind: CertificateKind) -> tuple[Certificate, ...]:
        """The certificate of a kind, and those of the authorities between it and its root."""
        return Certificate.load_chain(self._read(kind, self._path(kind)))

    def load(self, kind: CertificateKind) -> KeyPair:
        """The key pair of a kind."""
        content = self._read(kind, self._path(kind))
        key = load_private_key(content, self._passphrase(kind, content), self._path(kind))
        return KeyPair(Certificate.load_chain(content)[0], key)

    def files(self, kind: CertificateKind) -> KeyPairFiles:
        """Where a TLS listener finds the key pair of a kind, and what opens it."""
        path = self._path(kind)
        return KeyPairFiles(path, path, self._passphrase(kind, self._read(kind, path)))

    def save(self, kind: CertificateKind, pair: KeyPair, intermediates: Iterable[Certificate] = ()) -> None:
        """Replace the key pair of a kind. The key stays as it was if the pair cannot be written whole."""
        certificates = b"".join(each.pem for each in (pair.certificate, *intermediates))
        self._write(kind, self._path(kind), pair.key, certificates)
        write_atomically(self.directory / f"{kind.value}.pem", pair.certificate.pem, mode=0o644)

    def pending(self, kind: CertificateKind) -> PendingRequest | None:
        """The signing request that was handed out for a kind and not answered yet."""
        path = self._pending_path(kind)
        if not path.exists():
            return None
        content = read_bounded(path)
        key = load_private_key(content, self._passphrase(kind, content), path)
        return PendingRequest(SigningRequest.load(content), key)

    def save_pending(self, kind: CertificateKind, pending: PendingRequest) -> None:
        """Keep a signing request with its key; a former one is forgotten."""
        self._write(kind, self._pending_path(kind), pending.key, pending.request.pem)

    def forget_pending(self, kind: CertificateKind) -> None:
        """Forget the signing request of a kind, if there is one."""
        self._pending_path(kind).unlink(missing_ok=True)

    def _path(self, kind: CertificateKind) -> Path:
        return self.directory / f"{kind.value}.key"

    def _pending_path(self, kind: CertificateKind) -> Path:
        return self.directory / f"{kind.value}.request"

    def _read(self, kind: CertificateKind, path: Path) -> bytes:
        if not path.exists():
            raise NotFound("certificate", kind.value)
        if path.stat().st_mode & 0o077:
            raise BadCertificate(f"the key file {path} is open to others than its owner: run chmod 600 on it")
        return read_bounded(path)

    def _write(self, kind: CertificateKind, path: Path, key: PrivateKey, rest: bytes) -> None:
        passphrase = Secret(secrets.token_urlsafe())
        sealed = base64.b64encode(self._box.seal(passphrase, (_PLACE, kind.value)))
        encryption = serialization.BestAvailableEncryption(passphrase.reveal().encode())
        encrypted = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, encryption)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, _LABEL + sealed + b"\n" + encrypted + rest, mode=0o600)

    def _passphrase(self, kind: CertificateKind, content: bytes) -> Secret:
        line, _, _ = content.partition(b"\n")
        try:
            sealed = base64.b64decode(line.removeprefix(_LABEL), validate=True)
        except binascii.Error:
            sealed = b""
        if not line.startswith(_LABEL) or not sealed:
            raise BadCertificate(f"the file of the {kind.value} key is damaged: restore it from a backup")
        return self._box.open(sealed, (_PLACE, kind.value))
