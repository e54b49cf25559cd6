"""The certificate that a device shows: whom it names, and whether it is too weak to prove anything."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from ringward.domain.rules import obstacles
from ringward.domain.rules.device_name import device_named_by
from ringward.pki.certificates import (
    BadCertificate,
    common_name_of,
    describe_key,
    fingerprint_sha256,
    parse_der,
    public_key_of,
)

MINIMUM_RSA = 1024
"""Bits of a device's key; shorter ones (PSP-26 has 512) only where old phones are let in."""


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """What is read of a device's certificate, once TLS has verified it."""

    device: str
    """Name of the device that it names; empty for none."""
    fingerprint: str
    """SHA-256, as revocations name it."""
    weakness: str
    """Why it proves nothing by the measure of today; empty for nothing."""
    is_forgeable: bool
    """Whether it is too weak by any measure."""


def read_device_certificate(der: bytes) -> DeviceCertificate:
    """Read a certificate. Raises :class:`BadCertificate`."""
    parsed = parse_der(der)
    key = public_key_of(parsed)
    try:
        digest = parsed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        raise BadCertificate("the signature algorithm of the certificate is not known") from None
    weakness = ""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MINIMUM_RSA:
        weakness = f"its key is {describe_key(key)}, {obstacles.WEAK_KEY}"
    elif isinstance(digest, hashes.SHA1 | hashes.MD5):
        weakness = f"its certificate is signed with {digest.name.upper()}, {obstacles.FORGEABLE}"
    return DeviceCertificate(
        device_named_by(common_name_of(parsed)),
        fingerprint_sha256(der),
        weakness,
        isinstance(digest, hashes.MD5),
    )
