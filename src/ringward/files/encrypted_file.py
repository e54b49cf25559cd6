"""Encrypted configuration files: ``.enc.sgn`` for phones with a public key, and for those whose key is typed in.

Encrypted first, then signed, so that a phone checks who made a file before it decrypts anything (CFGENC-26). For
7940 and 7960 with SIP software the layout is not published: theirs is the same envelope without a wrapped key, and
with the two codes of this module that say so. See :mod:`ringward.files.profile_encryption` for 7905 and 7912.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from hashlib import sha1
from typing import Protocol

from ringward.domain.vocabulary import HashAlgorithm
from ringward.files.envelope import EncryptionInfo, Envelope, Fault, RefusedFile, Version
from ringward.files.signed_file import FileSigner

KEY_LENGTH = 16
"""Octets of the key of a file and of its vector: AES-128 (CFGENC-25)."""
_BLOCK = 16
_PAD = b"\x0d"
_WRAPPED, _TYPED_IN = 0, 1
"""Key usage. The second is ours: the format knows it, its code is not published."""
_PHONE_KEY, _SYMMETRIC_KEY = 1, 2
"""Key source. The second is ours for the same reason."""
_KEY_BITS = 128


class Ciphers(Protocol):
    """The pki room's ciphers; see :class:`ringward.pki.file_ciphers.FileCiphers`."""

    def encrypt_aes_128(self, key: bytes, iv: bytes, data: bytes) -> bytes: ...
    def decrypt_aes_128(self, key: bytes, iv: bytes, data: bytes) -> bytes: ...
    def rc4(self, key: bytes, data: bytes) -> bytes: ...
    def wrap(self, certificate: bytes, key: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FileKey:
    """Key and vector of one file; never used for another (CFGENC-27)."""

    key: bytes
    iv: bytes

    def __repr__(self) -> str:
        return "FileKey()"


def build(
    name: str, clear: bytes, signer: FileSigner, now: int, ciphers: Ciphers, certificate: bytes, file_key: FileKey
) -> bytes:
    """Encrypt for the holder of a certificate (DER) and sign. ``name`` is the one that is asked for.

    Raises what ``ciphers.wrap`` raises for a certificate that cannot be used.
    """
    wrapped = ciphers.wrap(certificate, file_key.key)
    return _build(name, clear, signer, now, ciphers, file_key, wrapped, _WRAPPED, _PHONE_KEY)


def build_with_typed_key(
    name: str, clear: bytes, signer: FileSigner, now: int, ciphers: Ciphers, file_key: FileKey
) -> bytes:
    """Encrypt with the key that was typed into a 7940 or 7960, and sign (CFGENC-12, CFGENC-15)."""
    return _build(name, clear, signer, now, ciphers, file_key, b"", _TYPED_IN, _SYMMETRIC_KEY)


def decrypt(envelope: Envelope, ciphers: Ciphers, key: bytes) -> bytes:
    """The clear text under the file's key; raises :class:`~ringward.files.envelope.RefusedFile`.

    Files of other makers may have longer padding, and another number as the key's size.
    """
    info = envelope.header.encryption
    if envelope.header.version is not Version.ENCRYPTED_FILE or info is None:
        raise RefusedFile(Fault.ENCRYPTION, "the file is not encrypted")
    if len(key) != KEY_LENGTH or not envelope.body or len(envelope.body) % _BLOCK:
        raise RefusedFile(Fault.ENCRYPTION, "key or content has a wrong length")
    padded = ciphers.decrypt_aes_128(key, info.iv, envelope.body)
    if not 0 < info.pad_length <= len(padded):
        raise RefusedFile(Fault.ENCRYPTION, f"{info.pad_length} octets of padding")
    clear = padded[: len(padded) - info.pad_length]
    if info.content_digest is not HashAlgorithm.SHA1:
        raise RefusedFile(Fault.DIGEST, info.content_digest.value)
    if not hmac.compare_digest(sha1(clear, usedforsecurity=False).digest(), info.content_hash):
        raise RefusedFile(Fault.CONTENT_HASH, "the key is another one, or the file was changed")
    return clear


def needs_typed_key(envelope: Envelope) -> bool:
    """Whether the key of the file is one that was typed in; otherwise it is wrapped for the phone."""
    info = envelope.header.encryption
    return info is not None and info.key_usage == _TYPED_IN


def _build(
    name: str,
    clear: bytes,
    signer: FileSigner,
    now: int,
    ciphers: Ciphers,
    file_key: FileKey,
    wrapped: bytes,
    usage: int,
    source: int,
) -> bytes:
    pad = _BLOCK - len(clear) % _BLOCK
    info = EncryptionInfo(
        iv=file_key.iv,
        pad_length=pad,
        content_hash=sha1(clear, usedforsecurity=False).digest(),
        encrypted_key=wrapped,
        key_usage=usage,
        key_size=_KEY_BITS,
        key_source=source,
    )
    header = signer.header(Version.ENCRYPTED_FILE, name, now)
    body = ciphers.encrypt_aes_128(file_key.key, file_key.iv, clear + _PAD * pad)
    return signer.seal(replace(header, encryption=info), body)
