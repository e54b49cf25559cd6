"""Certificates of others, good and bad in every way that a test asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ringward.pki.certificates import Certificate, KeyPair, PrivateKey

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
USAGE = {
    "digital_signature": True,
    "key_encipherment": True,
    "content_commitment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}
KEY = ec.generate_private_key(ec.SECP256R1())
"""One for all who do not care."""


def name(*common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common])


def certificate(
    subject: x509.Name | None = None,
    *,
    key: Any = KEY,
    issuer: KeyPair | None = None,
    begin: datetime = NOW - timedelta(days=1),
    end: datetime = NOW + timedelta(days=365),
    serial: int = 0x0102030405060708,
    ca: bool | None = False,
    ca_critical: bool = True,
    usage: dict[str, bool] | None = USAGE,
    purposes: tuple[x509.ObjectIdentifier, ...] = (
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CLIENT_AUTH,
    ),
    names: tuple[str, ...] = ("node-1",),
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    digest: Any = None,
) -> Certificate:
    """A certificate that is right as a server's unless the test says otherwise."""
    subject = name("node-1") if subject is None else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.parsed().subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=ca_critical)
    if usage is not None:
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    signed = builder.sign(issuer.key if issuer else key, digest or hashes.SHA256())
    return Certificate(signed.public_bytes(serialization.Encoding.DER))


def authority(subject: str, issuer: KeyPair | None = None, *, now: datetime = NOW) -> KeyPair:
    """Somebody else's certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = certificate(
        name(subject),
        key=key,
        issuer=issuer,
        begin=now - timedelta(days=1),
        end=now + timedelta(days=3650),
        ca=True,
        usage=USAGE | {"key_encipherment": False, "key_cert_sign": True},
        purposes=(),
        names=(),
        extra=((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),),
    )
    return KeyPair(made, key)


def sign_request(
    request: bytes, issuer: KeyPair, *, now: datetime = NOW, common_name: str | None = None
) -> Certificate:
    """The answer of an authority to a signing request in PEM form."""
    asked = x509.load_pem_x509_csr(request)
    builder = (
        x509.CertificateBuilder()
        .subject_name(asked.subject if common_name is None else name(common_name))
        .issuer_name(issuer.certificate.parsed().subject)
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365))
    )
    for extension in asked.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    signed = builder.sign(issuer.key, hashes.SHA256())
    return Certificate(signed.public_bytes(serialization.Encoding.DER))


def rsa_key(bits: int, exponent: int = 65537) -> PrivateKey:
    return rsa.generate_private_key(exponent, bits)
