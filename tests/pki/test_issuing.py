"""What certificates we make say, by our own reading, OpenSSL's and pkilint's."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from ringward.domain.vocabulary import KeySize
from ringward.pki import certificates
from ringward.pki.certificates import BadCertificate, Certificate, KeyKind, KeyPair, key_size_of, public_key_of
from ringward.pki.issuing import (
    issue_device_certificate,
    issue_token_certificate,
    make_authority,
    make_self_signed,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PHONE = "SEP001122334455"
YEAR = timedelta(days=365)


def public_bytes(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_self_signed("node-1", now=NOW, dns=["node-1.example"], addresses=["192.0.2.5", "2001:db8::5"])


@pytest.fixture(scope="module")
def capf() -> KeyPair:
    return make_authority("CAPF-0a1b2c3d", now=NOW)


@pytest.fixture(scope="module")
def lsc(capf: KeyPair) -> Certificate:
    key = rsa.generate_private_key(65537, 1024)
    return issue_device_certificate(capf, public_bytes(key), PHONE, now=NOW, lifetime=YEAR)


def test_extensions_name_the_server_and_give_it_no_authority(pair: KeyPair) -> None:
    extensions = pair.certificate.parsed().extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node-1", "node-1.example"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address("192.0.2.5"), ipaddress.ip_address("2001:db8::5")]
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and not constraints.value.ca
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.key_encipherment
    assert not usage.value.key_cert_sign
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(purposes) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert extensions.get_extension_for_class(x509.SubjectKeyIdentifier)


def test_validity_starts_a_little_before_now_and_lasts_five_years(pair: KeyPair) -> None:
    assert pair.certificate.valid_from == NOW - timedelta(hours=1)
    assert pair.certificate.valid_to == NOW + timedelta(days=1826)


def test_two_installations_of_one_name_differ_in_their_guid(pair: KeyPair) -> None:
    other = make_self_signed("node-1", now=NOW, kind=KeyKind.EC_P256)
    assert pair.certificate.common_name == other.certificate.common_name == "node-1"
    assert pair.certificate.subject != other.certificate.subject


@pytest.mark.parametrize(
    ("kind", "size"), [(KeyKind.RSA_3072, 3072), (KeyKind.EC_P256, 256), (KeyKind.EC_P384, 384)]
)
def test_kinds_of_keys(kind: KeyKind, size: int) -> None:
    public = make_self_signed("n", now=NOW, kind=kind).certificate.parsed().public_key()
    assert isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    assert public.key_size == size


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_name_that_is_no_common_name_is_refused(name: str) -> None:
    with pytest.raises(BadCertificate, match="1 to 64"):
        make_self_signed(name, now=NOW)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.EC_P384])
def test_an_authority_signs_end_entities_only_and_serves_tls(kind: KeyKind) -> None:
    extensions = make_authority("CAPF-0a1b2c3d", now=NOW, kind=kind).certificate.parsed().extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value.ca and constraints.value.path_length == 0
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign and usage.digital_signature
    assert usage.key_encipherment is (kind is KeyKind.RSA_2048)


def test_a_locally_significant_certificate_names_the_device(lsc: Certificate, capf: KeyPair) -> None:
    """CAPF-39, CERT-02."""
    assert lsc.common_name == PHONE
    assert lsc.issuer == capf.certificate.subject
    assert (lsc.valid_from, lsc.valid_to) == (NOW, NOW + YEAR)
    extensions = lsc.parsed().extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [PHONE]
    purposes = [each.dotted_string for each in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value]
    assert purposes == ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.5"]
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.key_encipherment
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and not constraints.value.ca


def test_openssl_verifies_what_authorities_issue(lsc: Certificate, capf: KeyPair, tmp_path: Path) -> None:
    token = issue_token_certificate(
        capf, public_bytes(KeyKind.RSA_2048.generate()), "Token 0001", now=NOW, lifetime=YEAR
    )
    (tmp_path / "capf.pem").write_bytes(capf.certificate.pem)
    for certificate, purpose in ((lsc, "sslclient"), (lsc, "sslserver"), (token, "any")):
        (tmp_path / "issued.pem").write_bytes(certificate.pem)
        at = str(int((NOW + timedelta(days=1)).timestamp()))
        command = ["openssl", "verify", "-x509_strict", "-attime", at, "-purpose", purpose]
        subprocess.run([*command, "-CAfile", tmp_path / "capf.pem", tmp_path / "issued.pem"], check=True)


def test_nothing_outlives_the_authority_that_issued_it(capf: KeyPair) -> None:
    key = public_bytes(KeyKind.EC_P256.generate())
    late = capf.certificate.valid_to - timedelta(days=1)
    issued = issue_device_certificate(capf, key, PHONE, now=late, lifetime=YEAR)
    assert issued.valid_to == capf.certificate.valid_to
    with pytest.raises(BadCertificate, match=r"expired on .*: regenerate it first"):
        issue_device_certificate(capf, key, PHONE, now=late + YEAR, lifetime=YEAR)


def test_what_the_library_has_made_is_not_parsed_again(capf: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what the linter looks at nor what is issued."""
    key = public_bytes(rsa.generate_private_key(65537, 2048))

    def parse(der: bytes) -> x509.Certificate:
        raise AssertionError("parsed again")

    monkeypatch.setattr(certificates, "parse_der", parse)
    made = issue_device_certificate(capf, key, PHONE, now=NOW, lifetime=YEAR)
    monkeypatch.undo()
    again = Certificate(made.der)
    assert made == again and made.subject == again.subject


def test_keys_that_cannot_be_used_are_refused(capf: KeyPair) -> None:
    strange = public_bytes(ec.generate_private_key(ec.SECP256K1()))
    with pytest.raises(BadCertificate, match="its curve secp256k1 is none of"):
        issue_device_certificate(capf, strange, PHONE, now=NOW, lifetime=YEAR)
    with pytest.raises(BadCertificate, match="not a readable public key"):
        issue_device_certificate(capf, b"0", PHONE, now=NOW, lifetime=YEAR)
    with pytest.raises(BadCertificate, match="printable"):
        issue_device_certificate(capf, strange, "SEP\n", now=NOW, lifetime=YEAR)


PKILINT_KNOWN = {
    # A node is reached by its plain host name too (HTTPS-05); pkilint wants names of two labels and more.
    "pkix.invalid_domain_name_syntax",
    # An LSC names its device as a URI without a scheme, because phones and the guide's CAPF do.
    "pkix.invalid_uri_syntax",
}


def pkilint(certificate: Certificate, path: Path) -> set[str]:
    """The errors that pkilint reports against RFC 5280."""
    path.write_bytes(certificate.pem)
    command = [str(Path(sys.executable).with_name("lint_pkix_cert")), "lint", "-s", "ERROR", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in out.stderr, out.stderr
    return set(re.findall(r"(pkix\.[a-z0-9_.]+) \((?:ERROR|FATAL)\)", out.stdout))


@pytest.mark.parametrize("size", KeySize, ids=lambda each: each.value)
def test_pkilint_finds_no_error_in_a_certificate_for_any_key(capf: KeyPair, tmp_path: Path, size: KeySize) -> None:
    """PSP-26, CERT-02: for each key that CAPF can ask for; an EC key signs, and enciphers nothing."""
    issued = issue_device_certificate(capf, public_bytes(device_key(size)), PHONE, now=NOW, lifetime=YEAR)
    assert key_size_of(public_key_of(issued.parsed())) is size
    usage = issued.parsed().extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment is not size.is_elliptic
    assert pkilint(issued, tmp_path / "certificate.pem") <= PKILINT_KNOWN


def device_key(size: KeySize) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """A key of a phone; made by OpenSSL, since our own library makes none of 512 bits."""
    how = ("EC", "ec_paramgen_curve:P-") if size.is_elliptic else ("RSA", "rsa_keygen_bits:")
    command = ["openssl", "genpkey", "-algorithm", how[0], "-pkeyopt", f"{how[1]}{size.bits}"]
    key = load_pem_private_key(subprocess.run(command, capture_output=True, check=True).stdout, None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def test_pkilint_finds_no_error(lsc: Certificate, capf: KeyPair, pair: KeyPair, tmp_path: Path) -> None:
    token = issue_token_certificate(
        capf, public_bytes(KeyKind.RSA_2048.generate()), "Token 0001", now=NOW, lifetime=YEAR
    )
    for certificate in (pair.certificate, capf.certificate, lsc, token):
        assert pkilint(certificate, tmp_path / "certificate.pem") <= PKILINT_KNOWN
