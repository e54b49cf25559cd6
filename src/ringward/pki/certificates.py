"""Certificates and key pairs as values: made, read, written to files, shown.

A node's certificate is self-signed, made at installation, and names the server and a GUID of this installation
(CERT-06, CERT-19). Phones trust it because a trust list names it, not because somebody signed it. Therefore it is
no certificate authority: who installs it as trusted (HTTPS-07) trusts this certificate and nothing it could sign.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ringward.domain.errors import RingwardError, Unavailable

DEFAULT_LIFETIME = timedelta(days=5 * 365 + 1)
"""Five years, the custom for self-signed server certificates; upgrades do not reissue them (CERT-19)."""
CLOCK_TOLERANCE = timedelta(hours=1)
"""How long before "now" a new certificate is already valid, for phones whose clock is a little behind."""
_COMMON_NAME_LIMIT = 64
"""Upper bound of a common name (RFC 5280 appendix A.1, ub-common-name)."""
_MAX_FILE_BYTES = 65536
"""No certificate or key that we read is near this size."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class BadCertificate(RingwardError):
    """Bytes that should be a certificate or a key are none, or the two do not belong together."""


class KeyKind(Enum):
    """Kinds of keys we make. RSA comes first because AES128-SHA and NULL-SHA (SYS-18) need an RSA key."""

    RSA_2048 = "RSA 2048"
    RSA_3072 = "RSA 3072"
    RSA_4096 = "RSA 4096"
    EC_P256 = "EC P-256"
    EC_P384 = "EC P-384"

    def generate(self) -> PrivateKey:
        """Make a new private key of this kind."""
        if self is KeyKind.EC_P256:
            return ec.generate_private_key(ec.SECP256R1())
        if self is KeyKind.EC_P384:
            return ec.generate_private_key(ec.SECP384R1())
        return rsa.generate_private_key(public_exponent=65537, key_size=int(self.value.split()[1]))


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate; equal when its bytes are."""

    der: bytes

    def __post_init__(self) -> None:
        self.parsed()

    @classmethod
    def load(cls, content: bytes) -> Certificate:
        """Read one certificate, PEM or DER (CERT-16). Raises :class:`BadCertificate`."""
        if b"-----BEGIN CERTIFICATE-----" not in content:
            return cls(content)
        try:
            found = x509.load_pem_x509_certificates(content)
        except ValueError:
            raise BadCertificate("this is not a readable PEM certificate") from None
        if len(found) != 1:
            raise BadCertificate(f"one certificate is wanted, but {len(found)} are in the file")
        return cls(found[0].public_bytes(serialization.Encoding.DER))

    def parsed(self) -> x509.Certificate:
        """The crypto library's view of it, for other modules of this room. Raises :class:`BadCertificate`."""
        try:
            return x509.load_der_x509_certificate(self.der)
        except ValueError:
            raise BadCertificate("this is neither a PEM nor a DER certificate (.pem, .der)") from None

    @property
    def pem(self) -> bytes:
        """The certificate in PEM form."""
        return self.parsed().public_bytes(serialization.Encoding.PEM)

    @property
    def subject(self) -> str:
        """The subject's distinguished name (RFC 4514)."""
        return self.parsed().subject.rfc4514_string()

    @property
    def common_name(self) -> str:
        """The first common name of the subject; empty if it has none."""
        names = self.parsed().subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else ""

    @property
    def valid_from(self) -> datetime:
        """First moment of its validity (UTC)."""
        return self.parsed().not_valid_before_utc

    @property
    def valid_to(self) -> datetime:
        """Last moment of its validity (UTC)."""
        return self.parsed().not_valid_after_utc

    @property
    def fingerprint_sha1(self) -> str:
        """SHA-1 over the DER form, as people compare it (HTTPS-07): capitals and colons."""
        return self.parsed().fingerprint(hashes.SHA1()).hex(":").upper()  # noqa: S303  (identifies, proves nothing)

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256 over the DER form: capitals and colons."""
        return self.parsed().fingerprint(hashes.SHA256()).hex(":").upper()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, which never shows itself."""

    certificate: Certificate
    key: PrivateKey

    def __post_init__(self) -> None:
        if self.key.public_key() != self.certificate.parsed().public_key():
            raise BadCertificate(f"the key does not belong to the certificate {self.certificate.subject}")

    def __repr__(self) -> str:
        return f"KeyPair({self.certificate.subject!r})"

    def save(self, directory: Path, name: str) -> KeyPairFiles:
        """Write both files, the key readable for the owner only; each appears whole or not at all."""
        files = KeyPairFiles.of(directory, name)
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(files.key, key, mode=0o600)
        write_atomically(files.certificate, self.certificate.pem, mode=0o644)
        return files


@dataclass(frozen=True, slots=True)
class KeyPairFiles:
    """Where a key pair lies on disk; TLS contexts read it from there."""

    certificate: Path
    key: Path

    @classmethod
    def of(cls, directory: Path, name: str) -> KeyPairFiles:
        """The files of the key pair ``name`` in ``directory``."""
        return cls(directory / f"{name}.pem", directory / f"{name}.key")

    def load(self) -> KeyPair:
        """Read the pair. Raises :class:`Unavailable` (a file is missing) or :class:`BadCertificate`."""
        content = []
        for path in (self.certificate, self.key):
            try:
                with path.open("rb") as file:
                    content.append(file.read(_MAX_FILE_BYTES))
            except OSError as error:
                raise Unavailable(f"{path} cannot be read: {error.strerror}") from None
        try:
            key = serialization.load_pem_private_key(content[1], password=None)
        except (ValueError, TypeError):
            raise BadCertificate(f"{self.key} does not hold a private key in PEM form") from None
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise BadCertificate(f"{self.key} holds a key that is neither RSA nor EC")
        return KeyPair(Certificate.load(content[0]), key)


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
    if not 1 <= len(name) <= _COMMON_NAME_LIMIT:
        raise BadCertificate(
            f"{name!r} cannot be a common name: it must have 1 to {_COMMON_NAME_LIMIT} characters"
        )
    key = kind.generate()
    public = key.public_key()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, str(uuid.uuid4())),
        ]
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in dict.fromkeys((name, *dns))]
    alternatives += [x509.IPAddress(ip_address(each)) for each in dict.fromkeys(addresses)]
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=isinstance(public, rsa.RSAPublicKey),
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    # Both purposes: phones meet the node as a server, peers at the far end of a trunk also as a client (CERT-13).
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    digest = hashes.SHA384() if kind is KeyKind.EC_P384 else hashes.SHA256()
    certificate = builder.sign(key, digest)
    return KeyPair(Certificate(certificate.public_bytes(serialization.Encoding.DER)), key)


def write_atomically(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that is never seen half written, and never with wider access than ``mode``."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
