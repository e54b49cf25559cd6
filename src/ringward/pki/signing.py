"""Signing bytes with the key of a server, as files and messages need it, and verifying such signatures.

Security tokens sign in the same shape (``certificate`` and ``sign``), so whoever signs does not ask with what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import Certificate, KeyPair, PrivateKey, public_key_of

HASHES: Mapping[HashAlgorithm, hashes.HashAlgorithm] = MappingProxyType(
    {
        HashAlgorithm.SHA1: hashes.SHA1(),  # noqa: S303  (phones of the guide's time verify nothing else)
        HashAlgorithm.SHA256: hashes.SHA256(),
        HashAlgorithm.SHA384: hashes.SHA384(),
        HashAlgorithm.SHA512: hashes.SHA512(),
    }
)
_PKCS1 = padding.PKCS1v15()


class KeySigner:
    """Signs with a key in memory: RSA as PKCS#1 v1.5, EC as ECDSA (DER)."""

    def __init__(self, pair: KeyPair) -> None:
        self._sign = _signing_with(pair.key)
        self.certificate = pair.certificate.der
        """The signer's certificate (DER)."""

    def __repr__(self) -> str:
        return f"KeySigner({Certificate(self.certificate).subject!r})"

    def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
        """The signature over ``data``."""
        return self._sign(data, digest)


def sign_with(key: PrivateKey, data: bytes, digest: HashAlgorithm) -> bytes:
    """The signature of a key that has no certificate yet."""
    return _signing_with(key)(data, digest)


def _signing_with(key: PrivateKey) -> Callable[[bytes, HashAlgorithm], bytes]:
    """How a key signs; found out once for all that it signs."""
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda data, digest: key.sign(data, _PKCS1, HASHES[digest])
    return lambda data, digest: key.sign(data, ec.ECDSA(HASHES[digest]))


def is_signed_by(certificate: Certificate, data: bytes, signature: bytes, digest: HashAlgorithm) -> bool:
    """Whether the key of a certificate made this signature over ``data``. Raises :class:`BadCertificate`."""
    key = public_key_of(certificate.parsed())
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _PKCS1, HASHES[digest])
        else:
            key.verify(signature, data, ec.ECDSA(HASHES[digest]))
    except InvalidSignature:
        return False
    return True
