"""Certificates and key pairs as values: read, written to files, shown. :mod:`ringward.pki.issuing` makes them."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import KeySize

MAX_FILE_BYTES = 65536
"""No certificate or key that we read is near this size."""

_PEM_BEGIN = b"-----BEGIN CERTIFICATE-----"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


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


UNREADABLE = "the names, times or numbers in this certificate cannot be read"


def parse_der(der: bytes) -> x509.Certificate:
    """The crypto library's view of a certificate, which reads a field only when it is asked for it.

    For those who need but one or two of them, of each phone that comes. Raises :class:`BadCertificate`.
    """
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        raise BadCertificate("this is neither a PEM nor a DER certificate (.pem, .der)") from None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate; equal when its bytes are."""

    der: bytes
    _parsed: x509.Certificate = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._keep(parse_der(self.der))

    def _keep(self, parsed: x509.Certificate) -> None:
        object.__setattr__(self, "_parsed", parsed)
        try:  # the library reads these only when it is asked for them
            _ = (parsed.version, parsed.serial_number, parsed.subject, parsed.issuer)
            _ = (parsed.not_valid_before_utc, parsed.not_valid_after_utc)
        except (ValueError, TypeError):
            raise BadCertificate(UNREADABLE) from None

    @classmethod
    def of_parsed(cls, parsed: x509.Certificate) -> Certificate:
        """One that the crypto library has read, or made, already. Raises :class:`BadCertificate`."""
        made = object.__new__(cls)
        object.__setattr__(made, "der", parsed.public_bytes(serialization.Encoding.DER))
        made._keep(parsed)
        return made

    @classmethod
    def load(cls, content: bytes) -> Certificate:
        """Read one certificate, PEM or DER (CERT-16). Raises :class:`BadCertificate`."""
        if _PEM_BEGIN not in content:
            return cls(content)
        found = cls.load_chain(content)
        if len(found) != 1:
            raise BadCertificate(f"one certificate is wanted, but {len(found)} are in the file")
        return found[0]

    @classmethod
    def load_chain(cls, content: bytes) -> tuple[Certificate, ...]:
        """Read a certificate in PEM form and those that follow it. Raises :class:`BadCertificate`."""
        try:
            found = x509.load_pem_x509_certificates(content)
        except (ValueError, x509.InvalidVersion):
            raise BadCertificate("this is not a readable PEM certificate") from None
        return tuple(map(cls.of_parsed, found))

    def parsed(self) -> x509.Certificate:
        """The crypto library's view of it, for other modules of this room."""
        return self._parsed

    @property
    def pem(self) -> bytes:
        """The certificate in PEM form."""
        return self.parsed().public_bytes(serialization.Encoding.PEM)

    @property
    def subject(self) -> str:
        """The subject's distinguished name (RFC 4514)."""
        return name_text(self.parsed().subject)

    @property
    def issuer(self) -> str:
        """The issuer's distinguished name (RFC 4514)."""
        return name_text(self.parsed().issuer)

    @property
    def serial_number(self) -> int:
        """The serial number; with the issuer it names the certificate."""
        return self.parsed().serial_number

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same, as in a root."""
        parsed = self.parsed()
        return parsed.subject == parsed.issuer

    @property
    def public_key(self) -> bytes:
        """The subject's public key (DER of SubjectPublicKeyInfo). Raises :class:`BadCertificate`."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return public_key_of(self.parsed()).public_bytes(serialization.Encoding.DER, form)

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The DNS names among the subject's alternative names."""
        names = self._alternative_names()
        return tuple(names.get_values_for_type(x509.DNSName)) if names is not None else ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The IP addresses among the subject's alternative names."""
        names = self._alternative_names()
        return tuple(map(str, names.get_values_for_type(x509.IPAddress))) if names is not None else ()

    def _alternative_names(self) -> x509.SubjectAlternativeName | None:
        try:
            return self.parsed().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            return None

    @property
    def is_authority(self) -> bool:
        """Whether it says of itself that it is a certificate authority."""
        try:
            return self.parsed().extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
            return False

    def is_issued_by(self, issuer: Certificate) -> bool:
        """Whether ``issuer`` signed it: the names fit, and so does the signature."""
        try:
            self.parsed().verify_directly_issued_by(issuer.parsed())
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    @property
    def key_description(self) -> str:
        """Kind and size of the public key in words: ``RSA 2048``, ``EC secp256r1``."""
        return describe_key(public_key_of(self.parsed()))

    @property
    def common_name(self) -> str:
        """The first common name of the subject; empty if it has none."""
        return common_name_of(self.parsed())

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
        return fingerprint_sha256(self.der)


def common_name_of(certificate: x509.Certificate) -> str:
    """The first common name of the subject; empty if it has none. Raises :class:`BadCertificate`."""
    try:
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, TypeError):
        raise BadCertificate(UNREADABLE) from None
    return str(names[0].value) if names else ""


def fingerprint_sha256(der: bytes) -> str:
    """SHA-256 over the DER form of a certificate: capitals and colons."""
    return sha256(der).digest().hex(":").upper()


def name_text(name: x509.Name) -> str:
    """A distinguished name as text (RFC 4514)."""
    return name.rfc4514_string({NameOID.SERIAL_NUMBER: "serialNumber"})


def public_key_of(certificate: x509.Certificate) -> PublicKey:
    """The RSA or EC public key of a certificate. Raises :class:`BadCertificate` for any other kind of key."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate("the public key of the certificate cannot be read") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadCertificate("the key of the certificate is neither RSA nor EC")
    return key


def describe_key(key: PublicKey) -> str:
    """Kind and size of a public key in words."""
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else f"EC {key.curve.name}"


def key_size_of(key: PublicKey) -> KeySize | None:
    """Which of the keys that CAPF can ask for this one is; None if it is none of them."""
    is_elliptic = not isinstance(key, rsa.RSAPublicKey)
    found = (each for each in KeySize if (each.is_elliptic, each.bits) == (is_elliptic, key.key_size))
    size = next(found, None)
    if isinstance(key, ec.EllipticCurvePublicKey) and size is not None and key.curve.name != f"secp{size.bits}r1":
        return None  # such as secp256k1, which is of the same length
    return size


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
    passphrase: Secret | None = None
    """Opens the key if it is encrypted."""

    @classmethod
    def of(cls, directory: Path, name: str) -> KeyPairFiles:
        """The files of the key pair ``name`` in ``directory``."""
        return cls(directory / f"{name}.pem", directory / f"{name}.key")

    def load(self) -> KeyPair:
        """Read the pair. Raises :class:`Unavailable` (a file is missing) or :class:`BadCertificate`."""
        certificate, key = read_bounded(self.certificate), read_bounded(self.key)
        return KeyPair(Certificate.load_chain(certificate)[0], load_private_key(key, self.passphrase, self.key))


def load_private_key(content: bytes, passphrase: Secret | None, path: Path) -> PrivateKey:
    """Read an RSA or EC key in PEM form. Raises :class:`BadCertificate`, which names the path."""
    try:
        key = serialization.load_pem_private_key(content, passphrase.reveal().encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadCertificate(f"{path} does not hold a private key in PEM form that can be opened") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadCertificate(f"{path} holds a key that is neither RSA nor EC")
    return key


def read_bounded(path: Path) -> bytes:
    """The content of a file with certificates or keys. Raises :class:`Unavailable` or :class:`BadCertificate`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise BadCertificate(f"{path} is larger than {MAX_FILE_BYTES} bytes: it is no certificate")
    return content


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
