"""Signatures as CAPF clients make them: RSA over the bare digest, without the name of the hash; EC as ECDSA.

The padding is checked whole. A check of its last octets alone, as is found elsewhere, can be forged for keys with
a small exponent.
"""

from __future__ import annotations

from typing import cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import BadCertificate, Certificate, PrivateKey, public_key_of
from ringward.pki.signing import HASHES


def sign_bare(key: PrivateKey, data: bytes, digest: HashAlgorithm) -> bytes:
    """Sign. Raises :class:`BadCertificate` when the key is too short for the digest."""
    try:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(_digest(data, digest), padding.PKCS1v15(), utils.NoDigestInfo())
        return key.sign(data, ec.ECDSA(HASHES[digest]))
    except ValueError as error:
        raise BadCertificate(f"the key cannot sign with {digest.value}: {error}") from None


def is_bare_signature(certificate: Certificate, data: bytes, signature: bytes, digest: HashAlgorithm) -> bool:
    """Whether the key of a certificate made this signature; a certificate that cannot be read made none."""
    try:
        key = public_key_of(certificate.parsed())
        if isinstance(key, rsa.RSAPublicKey):
            unnamed = cast(
                "hashes.HashAlgorithm", utils.NoDigestInfo()
            )  # which verify() takes, but its type hides
            key.verify(signature, _digest(data, digest), padding.PKCS1v15(), unnamed)
        else:
            key.verify(signature, data, ec.ECDSA(HASHES[digest]))
    except (InvalidSignature, UnsupportedAlgorithm, BadCertificate, ValueError):
        return False
    return True


def _digest(data: bytes, digest: HashAlgorithm) -> bytes:
    hashing = hashes.Hash(HASHES[digest])
    hashing.update(data)
    return hashing.finalize()
