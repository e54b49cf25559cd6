"""Keys for whom something is sealed: anybody with the public one seals, the holder of the private one alone opens.

The key of a sealed stream is wrapped by HPKE in its base mode (RFC 9180): DHKEM with X25519, HKDF with SHA-256,
AES-256-GCM.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from ringward.domain.errors import RingwardError

IDENTITY_LENGTH = 8
"""Octets by which a key is named; whoever made two keys with one name would have sealed for both himself."""
WRAPPED_LENGTH = 32 + 32 + 16
"""Octets of a wrapped key: the ephemeral public key, the key, the tag."""
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_INFO = b"Ringward: key of a sealed stream"


class WrongKey(RingwardError):
    """A text is no such key, or a key does not open what was wrapped for another."""


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """The public key; it is no secret."""

    der: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :attr:`text` gives; raises :class:`WrongKey`."""
        try:
            key = cls(base64.b64decode(text, validate=True))
            if not isinstance(load_der_public_key(key.der), X25519PublicKey):
                raise WrongKey("this is a public key of another kind")
            key.wrap(bytes(32))  # some points are no keys
        except (ValueError, binascii.Error):
            raise WrongKey("this is no public key for backups: ringward backup new-key makes one") from None
        return key

    @property
    def text(self) -> str:
        """SubjectPublicKeyInfo in base64, on one line."""
        return base64.b64encode(self.der).decode()

    @property
    def identity(self) -> bytes:
        """By which it is found which private key is needed."""
        return sha256(self.der).digest()[:IDENTITY_LENGTH]

    def wrap(self, key: bytes) -> bytes:
        """Wrap 32 octets."""
        public = load_der_public_key(self.der)
        assert isinstance(public, X25519PublicKey)  # noqa: S101  (see parse)
        return _SUITE.encrypt(key, public, _INFO)


class UnwrappingKey:
    """The private key."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def make(cls) -> Self:
        """A new key pair."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, der: bytes) -> Self:
        """Read what :meth:`der` gives; raises :class:`WrongKey`."""
        try:
            private = load_der_private_key(der, None)
        except (ValueError, TypeError):
            raise WrongKey("this is no private key for backups") from None
        if not isinstance(private, X25519PrivateKey):
            raise WrongKey("this is a private key of another kind")
        return cls(private)

    def der(self) -> bytes:
        """PKCS #8, in the clear: whoever stores it seals it."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public(self) -> WrappingKey:
        """The other half."""
        return WrappingKey(
            self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    def unwrap(self, wrapped: bytes) -> bytes:
        """What was wrapped for this key; raises :class:`WrongKey`."""
        try:
            return _SUITE.decrypt(wrapped, self._private, _INFO)
        except (InvalidTag, ValueError):
            raise WrongKey("this key does not open it: it was sealed for another, or changed") from None
