"""The certificate linter: looks at a certificate before it is signed or taken in, and says what is wrong with it.

What makes a certificate unfit for its role is an error; what only weakens it is a warning, since roots of
manufacturers and certificates of phones are as old as they are. The rules are those of RFC 5280, and ours where it
leaves a choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from math import gcd, isqrt, prod

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ringward.pki.certificates import BadCertificate, Certificate, describe_key, public_key_of

COMMON_NAME_LIMIT = 64
"""Upper bound of a common name (RFC 5280 appendix A.1, ub-common-name)."""
_SERIAL_OCTETS = 20
"""RFC 5280 section 4.1.2.2."""
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
"""Curves that TLS peers of ours know (RFC 8422)."""
_KNOWN_CRITICAL = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.NameConstraints,
    x509.CertificatePolicies,
    x509.PolicyConstraints,
    x509.InhibitAnyPolicy,
)
"""Extensions that OpenSSL understands, so that they may be critical."""


class Role(Enum):
    """What a certificate is to be used for; each role has rules of its own."""

    SERVER = "server"
    """A server of the cluster: HTTPS, call manager, IPSec, TFTP."""
    AUTHORITY = "certificate authority"
    """CAPF and the token CA: they sign for others."""
    DEVICE = "device"
    """A locally significant certificate."""
    TOKEN = "security token"  # noqa: S105  (not a password)
    """A certificate that signs trust lists."""
    TRUSTED = "trusted certificate"
    """A root or a peer that is put into a trust store; made by others, long ago perhaps."""


class Level(Enum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a certificate."""

    level: Level
    rule: str
    """Name of the rule, for logs and programs."""
    text: str
    """What is wrong, for people."""

    def __str__(self) -> str:
        return self.text


class LintErrors(BadCertificate):
    """A certificate is unfit for its role; carries all findings, warnings too."""

    def __init__(self, subject: str, role: Role, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        reasons = "; ".join(str(each) for each in self.findings if each.level is Level.ERROR)
        super().__init__(f"the certificate of {subject or 'nobody'} cannot serve as {role.value}: {reasons}")


def check(certificate: Certificate, role: Role, now: datetime, issuer: Certificate | None = None) -> list[Finding]:
    """Return the warnings about a certificate. Raises :class:`LintErrors` when it is unfit for its role."""
    findings = list(lint(certificate, role, now, issuer))
    if any(each.level is Level.ERROR for each in findings):
        raise LintErrors(certificate.subject, role, findings)
    return findings


def lint(
    certificate: Certificate, role: Role, now: datetime, issuer: Certificate | None = None
) -> Iterator[Finding]:
    """Everything that is wrong with a certificate. ``issuer`` is that of one which is about to be signed."""
    parsed = certificate.parsed()
    try:
        extensions = parsed.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        yield _error("extensions", "its extensions cannot be read, or one of them is there twice")
        return
    yield from _key(parsed, role)
    yield from _signature(parsed, role)
    yield from _validity(parsed, now, issuer)
    yield from _version_and_serial(parsed, role)
    yield from _names(parsed, extensions, role)
    yield from _constraints(extensions, role)
    yield from _usage(extensions, role)
    yield from _critical(extensions)


def _error(rule: str, text: str) -> Finding:
    return Finding(Level.ERROR, rule, text)


def _warning(rule: str, text: str) -> Finding:
    return Finding(Level.WARNING, rule, text)


def _strictly(role: Role, rule: str, text: str) -> Finding:
    """An error in what we make or serve with; a warning in what others made and we only trust."""
    return Finding(Level.WARNING if role is Role.TRUSTED else Level.ERROR, rule, text)


_MINIMUM_RSA = {Role.SERVER: 2048, Role.AUTHORITY: 2048, Role.DEVICE: 512, Role.TOKEN: 1024, Role.TRUSTED: 1024}
"""Bits. Phones of the guide have keys from 512 bits on (PSP-26), tokens of its time 1024."""
_SMALL_PRIMES = prod(each for each in range(3, 752) if all(each % below for below in range(2, isqrt(each) + 1)))
"""No modulus may have one of these factors (CA/Browser Forum Baseline Requirements 6.1.6)."""
_FERMAT_STEPS = 100
"""As many as certificate authorities try (Baseline Requirements 6.1.1.3)."""
_SQUARES_OF_64, _SQUARES_OF_4095 = (frozenset(each * each % n for each in range(n)) for n in (64, 4095))
"""What squares leave when they are divided by these numbers: a quick look spares nearly all roots."""
_STRONG_RSA = 2048
"""Bits that are thought enough today (NIST SP 800-57 part 1, table 2)."""


def _key(parsed: x509.Certificate, role: Role) -> Iterator[Finding]:
    try:
        key = public_key_of(parsed)
    except BadCertificate as error:
        yield _error("key-kind", str(error))
        return
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            yield _error("key-curve", f"its curve {key.curve.name} is none of {', '.join(_CURVES)}")
        return
    if key.key_size < _MINIMUM_RSA[role]:
        yield _error("key-size", f"its key is {describe_key(key)}; at least {_MINIMUM_RSA[role]} bits are wanted")
    elif key.key_size < _STRONG_RSA:
        yield _warning("key-size", f"its key is {describe_key(key)}, which is weak today")
    yield from _exponent(key)


def _exponent(key: rsa.RSAPublicKey) -> Iterator[Finding]:
    numbers = key.public_numbers()
    if numbers.n % 2 == 0 or numbers.e % 2 == 0 or numbers.e < 3:
        yield _error("key-numbers", "the numbers of its RSA key cannot be those of a key")
        return
    if gcd(numbers.n, _SMALL_PRIMES) != 1 or _has_close_factors(numbers.n):
        yield _error(
            "key-factors", "its RSA key can be taken apart in no time: whoever made it did not do it well"
        )
    if numbers.e < 65537:
        yield _warning("key-exponent", f"the exponent of its RSA key is only {numbers.e}")


def _has_close_factors(modulus: int) -> bool:
    """Whether two factors are so close to each other that Fermat's method finds them at once (CVE-2022-26320)."""
    root = isqrt(modulus) + 1
    rest = root * root - modulus
    for _ in range(_FERMAT_STEPS):
        if rest % 64 in _SQUARES_OF_64 and rest % 4095 in _SQUARES_OF_4095 and isqrt(rest) ** 2 == rest:
            return True
        rest += 2 * root + 1
        root += 1
    return False


def _signature(parsed: x509.Certificate, role: Role) -> Iterator[Finding]:
    try:
        algorithm = parsed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        algorithm = None
    if algorithm is None:
        yield _error("signature-algorithm", "its signature algorithm is none that is known here")
    elif isinstance(algorithm, hashes.MD5):
        yield _error("signature-algorithm", "it is signed with MD5, which can be forged")
    elif isinstance(algorithm, hashes.SHA1):
        yield _strictly(role, "signature-algorithm", "it is signed with SHA-1, which is no longer safe")


def _validity(parsed: x509.Certificate, now: datetime, issuer: Certificate | None) -> Iterator[Finding]:
    begin, end = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    if end <= begin:
        yield _error("validity-order", f"its validity ends ({end:%Y-%m-%d}) before it begins ({begin:%Y-%m-%d})")
    elif end < now:
        yield _error("validity-expired", f"it expired on {end:%Y-%m-%d}")
    elif begin > now:
        yield _error("validity-future", f"it is valid only from {begin:%Y-%m-%d %H:%M} UTC on; check the clocks")
    if issuer is not None and end > issuer.valid_to:
        yield _error(
            "validity-issuer",
            f"it would be valid longer than its issuer, which expires on {issuer.valid_to:%Y-%m-%d}",
        )


def _version_and_serial(parsed: x509.Certificate, role: Role) -> Iterator[Finding]:
    if parsed.version is not x509.Version.v3:
        yield _strictly(role, "version", "it is of version 1, which cannot say what it may be used for")
    serial = parsed.serial_number
    if serial <= 0 or (serial.bit_length() + 8) // 8 > _SERIAL_OCTETS:
        text = f"its serial number is not positive or has more than {_SERIAL_OCTETS} octets"
        yield _strictly(role, "serial-number", text)


def _names(parsed: x509.Certificate, extensions: x509.Extensions, role: Role) -> Iterator[Finding]:
    texts = [str(attribute.value) for name in (parsed.subject, parsed.issuer) for attribute in name]
    if any(not text.isprintable() for text in texts):
        yield _error("name-characters", "a name in it has characters that cannot be shown")
    if not list(parsed.subject):
        yield _error("name-subject", "it has no subject")
    common = [str(each.value) for each in parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if any(len(name) > COMMON_NAME_LIMIT for name in common):
        yield _strictly(role, "name-length", f"its common name has more than {COMMON_NAME_LIMIT} characters")
    if role is Role.TRUSTED:
        return
    if len(common) != 1 or not common[0].strip():
        yield _error("name-common", "its subject must have one common name")
    if role is Role.SERVER and not _has(extensions, x509.SubjectAlternativeName):
        yield _error("name-alternative", "it has no subject alternative names, by which peers know a server")


def _constraints(extensions: x509.Extensions, role: Role) -> Iterator[Finding]:
    found = _find(extensions, x509.BasicConstraints)
    is_authority = found is not None and found.value.ca
    if role is Role.AUTHORITY:
        if not is_authority:
            yield _error("basic-constraints", "it does not say that it is a certificate authority (CA)")
        elif found is not None and not found.critical:
            yield _error("basic-constraints", "its basic constraints must be critical (RFC 5280 4.2.1.9)")
    elif role is not Role.TRUSTED and is_authority:
        yield _error("basic-constraints", "it is a certificate authority (CA); that must not be")


def _usage(extensions: x509.Extensions, role: Role) -> Iterator[Finding]:
    constraints, usage = _find(extensions, x509.BasicConstraints), _find(extensions, x509.KeyUsage)
    signs_others = usage is not None and usage.value.key_cert_sign
    if signs_others and not (constraints is not None and constraints.value.ca):
        yield _strictly(
            role, "key-usage", "its key may sign certificates, but it is no certificate authority (CA)"
        )
    if role is Role.TRUSTED:
        return
    if usage is None:
        yield _error("key-usage", "it does not say what its key may be used for (key usage)")
    elif role is Role.AUTHORITY and not signs_others:
        yield _error("key-usage", "its key usage does not let it sign certificates (keyCertSign)")
    elif not usage.value.digital_signature:
        yield _error("key-usage", "its key usage does not let it sign (digitalSignature)")
    purposes = _find(extensions, x509.ExtendedKeyUsage)
    wanted = {Role.SERVER: ExtendedKeyUsageOID.SERVER_AUTH, Role.DEVICE: ExtendedKeyUsageOID.CLIENT_AUTH}.get(role)
    if wanted is None:
        return
    if purposes is None:
        yield _error("extended-key-usage", "it does not say for what purposes it is (extended key usage)")
    elif wanted not in purposes.value and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in purposes.value:
        purpose = "a TLS server (serverAuth)" if role is Role.SERVER else "a TLS client (clientAuth)"
        yield _error("extended-key-usage", f"its extended key usage does not let it be {purpose}")


def _critical(extensions: x509.Extensions) -> Iterator[Finding]:
    for each in extensions:
        if each.critical and not isinstance(each.value, _KNOWN_CRITICAL):
            yield _error(
                "critical-extension", f"it has a critical extension that is not known: {each.oid.dotted_string}"
            )


def _has(extensions: x509.Extensions, kind: type[x509.ExtensionType]) -> bool:
    return any(isinstance(each.value, kind) for each in extensions)


def _find(extensions: x509.Extensions, kind: type) -> x509.Extension | None:  # type: ignore[type-arg]
    return next((each for each in extensions if isinstance(each.value, kind)), None)
