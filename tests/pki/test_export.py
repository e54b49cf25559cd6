from __future__ import annotations

import subprocess

from harness.foreign import authority, certificate
from ringward.pki.export import ExportForm, export


def openssl(arguments: str, content: bytes) -> bytes:
    return subprocess.run(["openssl", *arguments.split()], input=content, capture_output=True, check=True).stdout


def test_openssl_reads_each_form() -> None:
    """HTTPS-09, CERT-05."""
    issuer = authority("CA")
    chain = (certificate(issuer=issuer), issuer.certificate)
    assert openssl("x509 -outform DER", export(chain, ExportForm.PEM)) == chain[0].der
    assert openssl("x509 -inform DER -outform DER", export(chain, ExportForm.DER)) == chain[0].der
    shown = openssl("pkcs7 -inform DER -print_certs", export(chain, ExportForm.PKCS7))
    assert shown.count(b"BEGIN CERTIFICATE") == 2
