"""Making certificates: self-signed ones of servers and authorities, and those that CAPF and the token CA issue.

A node's certificate is self-signed, made at installation, and names the server and a GUID of this installation
(CERT-06, CERT-19). Phones trust it because a trust list names it, not because somebody signed it. Therefore it is
no certificate authority: who installs it as trusted (HTTPS-07) trusts this certificate and nothing it could sign.

Nothing is signed that the linter has not seen: it is given the same certificate, signed with a key that nobody
trusts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ringward.pki.certificates import BadCertificate, Certificate, KeyKind, KeyPair, PrivateKey, PublicKey
from ringward.pki.lint import COMMON_NAME_LIMIT, Role, check

DEFAULT_LIFETIME = timedelta(days=5 * 365 + 1)
"""Five years, the custom for self-signed server certificates; upgrades do not reissue them (CERT-19)."""
AUTHORITY_LIFETIME = timedelta(days=10 * 365 + 3)
"""Twice as long as what it signs. Not longer: old phones may count time in 32 bits, which end in January 2038."""
CLOCK_TOLERANCE = timedelta(hours=1)
"""How long before "now" a new certificate is already valid, for phones whose clock is a little behind."""
_IPSEC_END_SYSTEM = ObjectIdentifier("1.3.6.1.5.5.7.3.5")
_COPIED_FROM_ISSUER = (
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.COUNTRY_NAME,
)
"""What a device's subject has from its issuer's, in this order."""
_END_ENTITY = x509.BasicConstraints(ca=False, path_length=None)
_DEVICE_PURPOSES = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, _IPSEC_END_SYSTEM]
)


def make_self_signed(
    name: str,
    *,
    now: datetime,
    dns: Iterable[str] = (),
    addresses: Iterable[str] = (),
    kind: KeyKind = KeyKind.RSA_2048,
    lifetime: timedelta = DEFAULT_LIFETIME,
) -> KeyPair:
    """Make the self-signed certificate of a server called ``name`` with a new key.

    ``dns`` and ``addresses`` are the names and IP addresses it is reached by (RFC 5280 4.2.1.6). The subject
    carries a new GUID as its serial number: a reinstalled server is told from the one before (CERT-06).
    """
    key = kind.generate()
    subject = server_subject(name)
    builder = (
        _builder(subject, subject, key.public_key(), now - CLOCK_TOLERANCE, now + lifetime)
        .add_extension(_END_ENTITY, critical=True)
        .add_extension(end_entity_usage(key.public_key()), critical=True)
        .add_extension(server_purposes(), critical=False)
        .add_extension(server_names(name, dns, addresses), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return KeyPair(_sign(builder, key, Role.SERVER, now), key)


def make_authority(
    name: str, *, now: datetime, kind: KeyKind = KeyKind.RSA_2048, lifetime: timedelta = AUTHORITY_LIFETIME
) -> KeyPair:
    """Make a self-signed certificate authority that signs end entities only: CAPF (CERT-07) or the token CA.

    Its key is also that of a TLS server (CAPF's port), so it may sign and, for RSA key exchange, encipher.
    """
    key = kind.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _checked_name(name))])
    builder = (
        _builder(subject, subject, key.public_key(), now - CLOCK_TOLERANCE, now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key.public_key(), authority=True), critical=True)
    )
    return KeyPair(_sign(builder, key, Role.AUTHORITY, now), key)


def issue_device_certificate(
    authority: KeyPair, public_key: bytes, device_name: str, *, now: datetime, lifetime: timedelta
) -> Certificate:
    """Issue a locally significant certificate for the public key of a device (CERT-02, CAPF-39).

    ``public_key`` is the DER of a SubjectPublicKeyInfo. The subject is the device's name, followed by what the
    issuer's subject says of organisation and place. It ends with the authority's own at the latest. Raises
    :class:`BadCertificate` when the key cannot be read, the authority has expired, or the linter refuses.
    """
    key = load_public_key(public_key)
    issuer = authority.certificate.parsed()
    end = _end_within(authority.certificate, now, lifetime)
    name = x509.NameAttribute(NameOID.COMMON_NAME, _checked_name(device_name))
    subject = x509.Name([name, *_copied_from(authority.certificate)])
    builder = (
        _builder(subject, issuer.subject, key, now, end)
        .add_extension(_END_ENTITY, critical=True)
        .add_extension(end_entity_usage(key), critical=True)
        .add_extension(_DEVICE_PURPOSES, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(device_name)]), critical=False)
        .add_extension(_authority_key(issuer), critical=False)
    )
    return _sign(builder, authority.key, Role.DEVICE, now, authority.certificate)


def issue_token_certificate(
    authority: KeyPair,
    public_key: bytes,
    name: str,
    *,
    now: datetime,
    lifetime: timedelta = DEFAULT_LIFETIME,
) -> Certificate:
    """Issue the certificate of a security token for the public key on it (DER of a SubjectPublicKeyInfo).

    It ends with the authority's own at the latest. Raises :class:`BadCertificate` when the key cannot be read, the
    authority has expired, or the linter refuses.
    """
    key = load_public_key(public_key)
    issuer = authority.certificate.parsed()
    end = _end_within(authority.certificate, now, lifetime)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _checked_name(name))])
    builder = (
        _builder(subject, issuer.subject, key, now - CLOCK_TOLERANCE, end)
        .add_extension(_END_ENTITY, critical=True)
        .add_extension(_usage(key, enciphers=False), critical=True)
        .add_extension(_authority_key(issuer), critical=False)
    )
    return _sign(builder, authority.key, Role.TOKEN, now, authority.certificate)


def load_public_key(content: bytes) -> PublicKey:
    """Read the DER of a SubjectPublicKeyInfo with an RSA or EC key. Raises :class:`BadCertificate`."""
    try:
        key = serialization.load_der_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadCertificate("this is not a readable public key") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadCertificate("the public key is neither RSA nor EC")
    return key


def load_rsa_public_key(content: bytes) -> bytes:
    """The DER of a SubjectPublicKeyInfo for that of a PKCS#1 RSAPublicKey. Raises :class:`BadCertificate`."""
    try:
        key = serialization.load_der_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadCertificate("this is not a readable public key") from None
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


# --- What certificates and signing requests are made of
# ----------------------------------------------------------------------------------


def server_subject(name: str) -> x509.Name:
    """The subject of a server, with a new GUID (CERT-06). Raises :class:`BadCertificate`."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, _checked_name(name)),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, str(uuid.uuid4())),
        ]
    )


def server_names(name: str, dns: Iterable[str], addresses: Iterable[str]) -> x509.SubjectAlternativeName:
    """The names and addresses by which a server is reached."""
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in dict.fromkeys((name, *dns))]
    names += [x509.IPAddress(ip_address(each)) for each in dict.fromkeys(addresses)]
    return x509.SubjectAlternativeName(names)


def server_purposes() -> x509.ExtendedKeyUsage:
    """Both purposes: phones meet the node as a server, peers on a trunk meet it also as a client (CERT-13)."""
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])


def end_entity_usage(key: PublicKey) -> x509.KeyUsage:
    """Signs, and with RSA enciphers: AES128-SHA and NULL-SHA exchange keys by RSA (SYS-18)."""
    return _usage(key)


def _usage(key: PublicKey, *, authority: bool = False, enciphers: bool = True) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=enciphers and isinstance(key, rsa.RSAPublicKey),
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def signing_hash(key: PrivateKey) -> hashes.HashAlgorithm:
    """The hash that goes with a key: no weaker than the key itself (RFC 5480 section 4)."""
    is_large_curve = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256
    return hashes.SHA384() if is_large_curve else hashes.SHA256()


def _checked_name(name: str) -> str:
    if not 1 <= len(name) <= COMMON_NAME_LIMIT or not name.isprintable():
        raise BadCertificate(
            f"{name!r} cannot be a common name: it must have 1 to {COMMON_NAME_LIMIT} printable characters"
        )
    return name


def _end_within(authority: Certificate, now: datetime, lifetime: timedelta) -> datetime:
    if authority.valid_to <= now:
        raise BadCertificate(
            f"the certificate of {authority.subject} expired on {authority.valid_to:%Y-%m-%d}: regenerate it first"
        )
    return min(now + lifetime, authority.valid_to)


@lru_cache(4)
def _copied_from(issuer: Certificate) -> tuple[x509.NameAttribute[str], ...]:
    name = issuer.parsed().subject
    found = (each for oid in _COPIED_FROM_ISSUER for each in name.get_attributes_for_oid(oid))
    return tuple(x509.NameAttribute(each.oid, str(each.value)) for each in found)


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


@cache
def _lint_key() -> ec.EllipticCurvePrivateKey:
    """A key that nobody trusts, for certificates that only the linter sees; EC because that is quick."""
    return ec.generate_private_key(ec.SECP256R1())


def _sign(
    builder: x509.CertificateBuilder, key: PrivateKey, role: Role, now: datetime, issuer: Certificate | None = None
) -> Certificate:
    digest = signing_hash(key)
    check(_signed(builder, _lint_key(), digest), role, now, issuer)
    return _signed(builder, key, digest)


def _signed(builder: x509.CertificateBuilder, key: PrivateKey, digest: hashes.HashAlgorithm) -> Certificate:
    try:
        certificate = builder.sign(key, digest)  # type: ignore[arg-type]  # SHA-256 or SHA-384, which it takes
    except ValueError as error:
        raise BadCertificate(f"the certificate cannot be made: {error}") from error
    return Certificate.of_parsed(certificate)
