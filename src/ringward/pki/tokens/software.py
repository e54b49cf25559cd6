"""A token for those without hardware: one file, whose key is encrypted with the password (Argon2id, AES-256-GCM).

Wrong passwords are counted in the file before they are tried, so that a broken-off attempt counts too. Unlike
hardware it cannot keep anybody from copying the file and guessing at the copy: the password has to be good, and
the file kept off the network when it is not needed.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringward.domain.secret import Secret
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import BadCertificate, Certificate, KeyKind, KeyPair, write_atomically
from ringward.pki.signing import KeySigner, sign_with
from ringward.pki.tokens.token import (
    Issue,
    Retries,
    TokenDescription,
    TokenError,
    TokenGone,
    TokenLocked,
    TokenSigner,
    WrongTokenPassword,
    check_label,
    check_new_password,
    refuse_default,
)

SUFFIX = ".token"
ATTEMPTS = 8
"""Wrong passwords in a row until the token is locked; people mistype, guessers need millions."""
KIND = "software token"
_FORMAT = "ringward software token 1"
_MAX_FILE_BYTES = 65536
_MEMORY_KIB = 65536
_PASSES = 3
_LANES = 4
"""Argon2id as RFC 9106 section 4 has it for limited memory."""
_SALT_LENGTH = 16
_KEY_LENGTH = 32
_NONCE_LENGTH = 12


class SoftwareToken:
    """The token in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def initialise(cls, path: Path, label: str, password: Secret, issue: Issue) -> SoftwareToken:
        """Make a token with a new key and the certificate that ``issue`` gets for it.

        A token that is there already is never overwritten: trust lists may need it. Raises :class:`TokenError`.
        """
        check_label(label)
        check_new_password(password)
        if path.exists():
            raise TokenError(f"{path} is there already: a token is never overwritten, since phones may rely on it")
        key = KeyKind.RSA_2048.generate()
        if not isinstance(key, rsa.RSAPrivateKey):
            raise AssertionError("the kind says RSA")
        certificate = issue(_NewKey(key))
        KeyPair(certificate, key)
        content = _seal(label, secrets.token_hex(8), certificate, key, password)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, content)
        return cls(path)

    def describe(self) -> TokenDescription:
        """What can be seen without the password."""
        content = _read(self._path)
        left = content.attempts_left
        return TokenDescription(
            place=str(self._path),
            kind=KIND,
            label=content.label,
            serial=content.serial,
            certificate=content.certificate,
            retries=Retries(left, locked=left == 0, last=left == 1, few=left < ATTEMPTS),
        )

    @contextmanager
    def unlock(self, password: Secret) -> Iterator[TokenSigner]:
        """Enter the password; sign until the context ends."""
        with self._locked():
            content, key = self._open(password)
        refuse_default(content.label, password)
        yield _FileSigner(self._path, content.label, KeySigner(KeyPair(content.certificate, key)))

    def change_password(self, current: Secret, new: Secret) -> None:
        """Encrypt the key anew."""
        check_new_password(new)
        with self._locked():
            content, key = self._open(current)
            _write(self._path, _seal(content.label, content.serial, content.certificate, key, new))

    def _open(self, password: Secret) -> tuple[_Content, rsa.RSAPrivateKey]:
        content = _read(self._path)
        if content.attempts_left < 1:
            raise TokenLocked(content.label)
        counted = replace(content, attempts_left=content.attempts_left - 1)
        _write(self._path, counted)
        try:
            clear = content.cipher(password).decrypt(content.nonce, content.sealed_key, content.context())
        except InvalidTag:
            if counted.attempts_left == 0:
                raise TokenLocked(content.label) from None
            raise WrongTokenPassword(content.label, Retries(counted.attempts_left)) from None
        key = serialization.load_der_private_key(clear, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TokenError(f"{self._path} holds a key that is not RSA")
        content = replace(content, attempts_left=ATTEMPTS)
        _write(self._path, content)
        return content, key

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time: many at once must not get more attempts than one."""
        if not self._path.exists():
            raise TokenGone(self._path.name)
        try:
            descriptor = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise TokenError(f"{self._path} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def software_tokens(directory: Path) -> list[SoftwareToken]:
    """The tokens whose files are in a directory, by name."""
    return [SoftwareToken(path) for path in sorted(directory.glob(f"*{SUFFIX}")) if path.is_file()]


class _NewKey:
    """A key that has no certificate yet."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.DER, form)

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        return sign_with(self._key, data, digest)


class _FileSigner:
    """Signs as long as the file is there: one that is taken away signs no more, as with hardware."""

    def __init__(self, path: Path, label: str, signer: KeySigner) -> None:
        self._path = path
        self._label = label
        self._signer = signer

    @property
    def certificate(self) -> bytes:
        return self._signer.certificate

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        if not self._path.exists():
            raise TokenGone(self._label)
        return self._signer.sign(data, digest)


# --- The file
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Content:
    label: str
    serial: str
    attempts_left: int
    certificate: Certificate
    salt: bytes
    nonce: bytes
    sealed_key: bytes

    def context(self) -> bytes:
        """What the seal covers beside the key: label, serial number and certificate cannot be exchanged."""
        parts = (_FORMAT.encode(), self.label.encode(), self.serial.encode(), self.certificate.der)
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    def cipher(self, password: Secret) -> AESGCM:
        secret = hash_secret_raw(
            password.reveal().encode(), self.salt, _PASSES, _MEMORY_KIB, _LANES, _KEY_LENGTH, Type.ID
        )
        return AESGCM(secret)


def _seal(label: str, serial: str, certificate: Certificate, key: rsa.RSAPrivateKey, password: Secret) -> _Content:
    clear = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, nonce = os.urandom(_SALT_LENGTH), os.urandom(_NONCE_LENGTH)
    content = _Content(label, serial, ATTEMPTS, certificate, salt, nonce, b"")
    return replace(content, sealed_key=content.cipher(password).encrypt(nonce, clear, content.context()))


def _write(path: Path, content: _Content) -> None:
    document = {
        "format": _FORMAT,
        "label": content.label,
        "serial": content.serial,
        "attempts_left": content.attempts_left,
        "certificate": _encoded(content.certificate.der),
        "salt": _encoded(content.salt),
        "nonce": _encoded(content.nonce),
        "sealed_key": _encoded(content.sealed_key),
    }
    try:
        write_atomically(path, json.dumps(document, indent=1).encode() + b"\n", mode=0o600)
    except OSError as error:
        raise TokenError(f"the token {path} cannot be written: {error.strerror}") from None


def _read(path: Path) -> _Content:
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise TokenGone(path.name) from None
    except OSError as error:
        raise TokenError(f"the token {path} cannot be read: {error.strerror}") from None
    try:
        return _parse(text)
    except (ValueError, KeyError, TypeError, RecursionError, BadCertificate):
        raise TokenError(f"{path} is no software token, or it is damaged") from None


def _parse(text: bytes) -> _Content:
    document: dict[str, Any] = json.loads(text) if len(text) <= _MAX_FILE_BYTES else {}
    content = _Content(
        label=str(document["label"]),
        serial=str(document["serial"]),
        attempts_left=document["attempts_left"],
        certificate=Certificate(_decoded(document["certificate"])),
        salt=_decoded(document["salt"]),
        nonce=_decoded(document["nonce"]),
        sealed_key=_decoded(document["sealed_key"]),
    )
    left = content.attempts_left
    if document["format"] != _FORMAT or type(left) is not int or not 0 <= left <= ATTEMPTS:
        raise ValueError
    if len(content.salt) != _SALT_LENGTH or len(content.nonce) != _NONCE_LENGTH:
        raise ValueError
    return content


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError from error
