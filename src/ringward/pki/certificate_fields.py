"""Every field of a certificate in words, as the certificate viewer shows them (CERT-24, HTTPS-08)."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ringward.pki.certificates import Certificate, describe_key, name_text, public_key_of

Field = tuple[str, str]
"""Label and text."""

_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "TLS server",
    ExtendedKeyUsageOID.CLIENT_AUTH: "TLS client",
    ExtendedKeyUsageOID.CODE_SIGNING: "code signing",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "mail",
    ExtendedKeyUsageOID.TIME_STAMPING: "time stamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSP signing",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "any",
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5"): "IPSec end system",
}
_USAGES = {
    "digital_signature": "digital signature",
    "content_commitment": "content commitment",
    "key_encipherment": "key encipherment",
    "data_encipherment": "data encipherment",
    "key_agreement": "key agreement",
    "key_cert_sign": "signing certificates",
    "crl_sign": "signing revocation lists",
}


def certificate_fields(certificate: Certificate) -> tuple[Field, ...]:
    """All fields of a certificate, then its fingerprints. Raises :class:`BadCertificate` for one with a strange
    key."""
    parsed = certificate.parsed()
    return (
        ("Version", str(parsed.version.value + 1)),
        ("Serial number", serial_text(parsed.serial_number)),
        ("Signature algorithm", _signature_algorithm(parsed)),
        ("Issuer", certificate.issuer),
        ("Valid from", f"{certificate.valid_from:%Y-%m-%d %H:%M:%S} UTC"),
        ("Valid to", f"{certificate.valid_to:%Y-%m-%d %H:%M:%S} UTC"),
        ("Subject", certificate.subject),
        ("Public key", _public_key(parsed)),
        *_extensions(parsed),
        ("Fingerprint (SHA-1)", certificate.fingerprint_sha1),
        ("Fingerprint (SHA-256)", certificate.fingerprint_sha256),
    )


def certificate_json(certificate: Certificate) -> dict[str, str]:
    """A certificate as JSON: what ``--json`` prints and the programming interface answers."""
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial_number": serial_text(certificate.serial_number),
        "key": certificate.key_description,
        "valid_from": certificate.valid_from.isoformat(),
        "valid_to": certificate.valid_to.isoformat(),
        "fingerprint_sha1": certificate.fingerprint_sha1,
        "fingerprint_sha256": certificate.fingerprint_sha256,
    }


def serial_text(number: int) -> str:
    """A serial number as OpenSSL shows it: octets with colons."""
    octets = abs(number).to_bytes(max(1, (abs(number).bit_length() + 7) // 8), "big").hex(":").upper()
    return f"-{octets}" if number < 0 else octets


def _signature_algorithm(parsed: x509.Certificate) -> str:
    try:
        digest = parsed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    name = parsed.signature_algorithm_oid._name  # the library's table of names has no other door
    if digest is None or name == "Unknown OID":
        return parsed.signature_algorithm_oid.dotted_string
    return name


def _public_key(parsed: x509.Certificate) -> str:
    key = public_key_of(parsed)
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big").hex(":").upper()
        return f"{describe_key(key)}, exponent {numbers.e}, modulus {modulus}"
    point = key.public_numbers()
    size = (key.key_size + 7) // 8
    text = (b"\x04" + point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")).hex(":").upper()
    return f"{describe_key(key)}, point {text}"


def _extensions(parsed: x509.Certificate) -> Iterator[Field]:
    try:
        extensions = list(parsed.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        yield "Extensions", "cannot be read"
        return
    for extension in extensions:
        label, text = _extension(extension)
        yield label, f"{text} (critical)" if extension.critical else text


def _extension(extension: x509.Extension[x509.ExtensionType]) -> Field:
    value = extension.value
    if isinstance(value, x509.SubjectKeyIdentifier):
        return "Subject Key Identifier", value.digest.hex(":").upper()
    if isinstance(value, x509.AuthorityKeyIdentifier):
        return "Authority Key Identifier", (value.key_identifier or b"").hex(":").upper()
    if isinstance(value, x509.KeyUsage):
        return "Key usage", ", ".join(text for name, text in _USAGES.items() if getattr(value, name))
    if isinstance(value, x509.ExtendedKeyUsage):
        return "Enhanced key usage", ", ".join(_PURPOSES.get(oid, oid.dotted_string) for oid in value)
    if isinstance(value, x509.BasicConstraints):
        depth = "" if value.path_length is None else f", path length {value.path_length}"
        return "Basic constraints", f"certificate authority{depth}" if value.ca else "end entity"
    if isinstance(value, x509.SubjectAlternativeName):
        return "Subject Alternative Name", ", ".join(_general_name(name) for name in value)
    return f"Extension {extension.oid.dotted_string}", value.public_bytes().hex(":").upper()


def _general_name(name: x509.GeneralName) -> str:
    value = name.value
    return name_text(value) if isinstance(value, x509.Name) else str(value)
