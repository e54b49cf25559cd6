from __future__ import annotations

import subprocess

from harness.foreign import NOW, certificate, rsa_key
from ringward.pki.certificate_fields import certificate_fields, serial_text
from ringward.pki.issuing import make_self_signed


def test_every_field_is_shown_as_openssl_reads_it() -> None:
    """CERT-24, HTTPS-08."""
    made = make_self_signed("node-1", now=NOW, addresses=["192.0.2.5"]).certificate
    fields = dict(certificate_fields(made))
    text = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-text", "-serial", "-fingerprint", "-sha256"],
        input=made.der,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert fields["Version"] == "3"
    assert f"serial={fields['Serial number'].replace(':', '')}" in text
    assert fields["Signature algorithm"] in text
    assert (fields["Valid from"], fields["Valid to"]) == ("2026-05-04 11:00:00 UTC", "2031-05-04 12:00:00 UTC")
    assert fields["Subject"] == fields["Issuer"] and "CN=node-1" in fields["Subject"]
    assert fields["Public key"].startswith("RSA 2048, exponent 65537, modulus ")
    assert fields["Subject Key Identifier"] in text
    assert fields["Key usage"] == "digital signature, key encipherment (critical)"
    assert fields["Enhanced key usage"] == "TLS server, TLS client"
    assert fields["Subject Alternative Name"] == "node-1, 192.0.2.5"
    assert fields["Fingerprint (SHA-256)"] in text
    assert len(fields["Fingerprint (SHA-1)"].split(":")) == 20


def test_a_curve_point_and_a_small_serial() -> None:
    assert dict(certificate_fields(certificate(serial=1)))["Serial number"] == "01"
    assert "EC secp256r1, point 04:" in dict(certificate_fields(certificate()))["Public key"]
    assert dict(certificate_fields(certificate(key=rsa_key(1024))))["Public key"].startswith("RSA 1024")
    assert serial_text(-1) == "-01"
