"""A stream of bytes sealed with a passphrase, or for the holder of a key: nobody else reads or changes it.

The key comes from the passphrase by scrypt (RFC 7914), or is random and wrapped for a public key (RFC 9180). The
bytes are sealed in pieces by AES-256-GCM, each under a nonce of its own that counts, and that says of the last one
that it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar, 2015). So a stream of any
length is written and read in little memory, and nothing of a piece is handed out before all of it is proved right.
"""

from __future__ import annotations

import io
import os
from types import TracebackType
from typing import IO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ringward.domain.errors import RingwardError
from ringward.domain.secret import Secret
from ringward.pki.wrapping_key import IDENTITY_LENGTH, WRAPPED_LENGTH, UnwrappingKey, WrappingKey, WrongKey

SealedFor = Secret | WrappingKey
"""Whoever knows a passphrase, or holds the private half of a key."""
OpenedBy = Secret | UnwrappingKey

_MAGIC = b"Ringward sealed 1\n"
_MAGIC_FOR_KEY = b"Ringward sealed 2\n"
_LOG_COST = 17
"""scrypt's N as a power of two: with r = 8 it takes 128 MiB and a good part of a second for each guess."""
_LEAST_LOG_COST, _MOST_LOG_COST = 10, 18
"""Costs that are taken from a file: it must not make us use all memory (2^18 takes 256 MiB)."""
_BLOCK, _LANES = 8, 1
_SALT_LENGTH = 16
_PREFIX_LENGTH = 7
_COUNT_LENGTH = 4
_KEY_LENGTH = 32
_TAG_LENGTH = 16
_PIECE = 256 * 1024
"""Bytes of a piece; with 2^32 of them a stream may have a pebibyte."""


class StreamBroken(RingwardError):
    """A sealed stream does not open: wrong passphrase, changed, cut off, or no such stream at all."""


class SealingWriter(io.RawIOBase):
    """Seals what is written to it. Only a stream that was closed without an exception is whole."""

    def __init__(self, target: IO[bytes], sealed_for: SealedFor, log_cost: int = _LOG_COST) -> None:
        self._target = target
        self._prefix = os.urandom(_PREFIX_LENGTH)
        if isinstance(sealed_for, Secret):
            salt = os.urandom(_SALT_LENGTH)
            beginning, self._cipher = _MAGIC + bytes([log_cost]) + salt, _cipher(sealed_for, salt, log_cost)
        else:
            key = os.urandom(_KEY_LENGTH)
            beginning, self._cipher = _MAGIC_FOR_KEY + sealed_for.identity + sealed_for.wrap(key), AESGCM(key)
        self._header = beginning + self._prefix
        self._held = bytearray()
        self._count = 0
        target.write(self._header)

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, content: object) -> int:
        """Take some bytes."""
        taken = bytes(content)  # type: ignore[call-overload]  # anything that holds bytes, as io says
        self._held += taken
        while len(self._held) > _PIECE:
            self._seal(bytes(self._held[:_PIECE]), is_last=False)
            del self._held[:_PIECE]
        return len(taken)

    def finish(self) -> None:
        """Write the last piece, without which the stream does not open."""
        self._seal(bytes(self._held), is_last=True)
        self._held.clear()

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._prefix, self._count, is_last=is_last)
        self._target.write(self._cipher.encrypt(nonce, piece, self._header))
        self._count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()


class OpeningReader(io.RawIOBase):
    """Reads what a :class:`SealingWriter` has sealed; raises :class:`StreamBroken`."""

    def __init__(self, source: IO[bytes], opened_by: OpenedBy) -> None:
        self._source = source
        self._header = b""
        magic = self._take(len(_MAGIC))
        if magic not in (_MAGIC, _MAGIC_FOR_KEY):
            raise StreamBroken("this is no file that Ringward has sealed")
        self._cipher = self._by_passphrase(opened_by) if magic == _MAGIC else self._by_key(opened_by)
        self._prefix = self._take(_PREFIX_LENGTH)
        self._sealed = source.read(_PIECE + _TAG_LENGTH)
        self._count = 0
        self._is_over = False
        self._open = memoryview(b"")

    def _take(self, length: int) -> bytes:
        """A part of the header."""
        part = self._source.read(length)
        if len(part) < length:
            raise StreamBroken("this is no file that Ringward has sealed, or it was cut off")
        self._header += part
        return part

    def _by_passphrase(self, opened_by: OpenedBy) -> AESGCM:
        (log_cost,), salt = self._take(1), self._take(_SALT_LENGTH)
        if not _LEAST_LOG_COST <= log_cost <= _MOST_LOG_COST:
            raise StreamBroken("this is no file that Ringward has sealed, or somebody has changed it")
        if not isinstance(opened_by, Secret):
            raise StreamBroken("the file is sealed with a passphrase, not for a key")
        return _cipher(opened_by, salt, log_cost)

    def _by_key(self, opened_by: OpenedBy) -> AESGCM:
        identity, wrapped = self._take(IDENTITY_LENGTH), self._take(WRAPPED_LENGTH)
        if isinstance(opened_by, Secret):
            raise StreamBroken(f"the file is sealed for the key {identity.hex()}: its private half opens it")
        if opened_by.public.identity != identity:
            other = opened_by.public.identity.hex()
            raise StreamBroken(f"the file is sealed for the key {identity.hex()}, and this is {other}")
        try:
            return AESGCM(opened_by.unwrap(wrapped))
        except WrongKey as error:
            raise StreamBroken(f"the file does not open: {error}") from None

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes, fewer only at the end."""
        parts, wanted = [], size if size >= 0 else None
        while wanted is None or wanted > 0:
            if not self._open and not self._next():
                break
            part = self._open[:wanted]
            self._open = self._open[len(part) :]
            parts.append(bytes(part))
            wanted = None if wanted is None else wanted - len(part)
        return b"".join(parts)

    def _next(self) -> bool:
        """Open the next piece; False after the last."""
        if self._is_over:
            return False
        following = self._source.read(_PIECE + _TAG_LENGTH)
        self._is_over = not following
        try:
            nonce = _nonce(self._prefix, self._count, is_last=self._is_over)
            self._open = memoryview(self._cipher.decrypt(nonce, self._sealed, self._header))
        except InvalidTag:
            reason = (
                "it was changed or cut off"
                if self._count
                else "the passphrase is wrong, or it was changed or cut off"
            )
            raise StreamBroken(f"the file does not open: {reason}") from None
        self._sealed = following
        self._count += 1
        return bool(self._open) or self._next()


def _cipher(passphrase: Secret, salt: bytes, log_cost: int) -> AESGCM:
    kdf = Scrypt(salt=salt, length=_KEY_LENGTH, n=1 << log_cost, r=_BLOCK, p=_LANES)
    return AESGCM(kdf.derive(passphrase.reveal().encode()))


def _nonce(prefix: bytes, count: int, *, is_last: bool) -> bytes:
    return prefix + count.to_bytes(_COUNT_LENGTH, "big") + bytes([is_last])
