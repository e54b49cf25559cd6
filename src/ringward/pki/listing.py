"""Certificates as trust lists and signed files show them, and the check of signatures against them."""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.vocabulary import HashAlgorithm
from ringward.pki.certificates import BadCertificate, Certificate, public_key_of
from ringward.pki.signing import is_signed_by

_NAME_ORDER = (
    ("CN", NameOID.COMMON_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("L", NameOID.LOCALITY_NAME),
    ("ST", NameOID.STATE_OR_PROVINCE_NAME),
    ("C", NameOID.COUNTRY_NAME),
)
"""The attributes that phones are shown, in the order of published files; others are left out."""
_KNOWN = 64
"""Certificates whose description is kept: those of a cluster are few, and asked for with every file."""


@lru_cache(_KNOWN)
def listed(der: bytes) -> ListedCertificate:
    """Describe a certificate. Raises :class:`BadCertificate`."""
    parsed = Certificate(der).parsed()
    key = public_key_of(parsed)
    if isinstance(key, rsa.RSAPublicKey):
        public = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        bits = key.key_size
    else:
        public = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        bits = 0
    serial = parsed.serial_number
    return ListedCertificate(
        der,
        _name(parsed.subject),
        _name(parsed.issuer),
        serial.to_bytes(max(1, (serial.bit_length() + 7) // 8), "big"),
        public,
        parsed.signature,
        bits,
    )


def verify_signature(der: bytes, data: bytes, signature: bytes, digest: HashAlgorithm) -> bool:
    """Whether the key of a certificate signed this; a certificate that cannot be read signed nothing."""
    try:
        return is_signed_by(Certificate(der), data, signature, digest)
    except BadCertificate:
        return False


def _name(name: x509.Name) -> str:
    return ";".join(
        f"{short}={attribute.value!s}"
        for short, oid in _NAME_ORDER
        for attribute in name.get_attributes_for_oid(oid)
    )
