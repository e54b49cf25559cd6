"""A certificate as trust lists and signed files show it: the fields that phones compare, and the whole of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """Made by :func:`ringward.pki.listing.listed`, the one place that writes names the way phones read them.

    Phones find a signer by issuer and serial number, octet by octet, so every file of a cluster must show the same
    text for the same certificate.
    """

    der: bytes
    subject: str
    """``CN=...;OU=...;O=...``, whatever the order in the certificate."""
    issuer: str
    serial: bytes
    """Big-endian, without a leading zero octet."""
    public_key: bytes
    """RSA: ``RSAPublicKey`` (PKCS#1, DER); EC: the uncompressed point (X9.62)."""
    signature: bytes = b""
    """The certificate's own; empty where a trust list leaves it out, as token clients do."""
    modulus_bits: int = 0
    """Size of an RSA key; 0 for other keys and where it is not known."""
