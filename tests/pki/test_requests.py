from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ringward.pki.certificates import BadCertificate, KeyKind
from ringward.pki.requests import SigningRequest, make_request


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.EC_P384])
def test_openssl_verifies_a_signing_request(kind: KeyKind, tmp_path: Path) -> None:
    """CERT-17."""
    request = make_request("node-1", kind.generate(), dns=["node-1.example"], addresses=["192.0.2.5"])
    (tmp_path / "request.pem").write_bytes(request.pem)
    command = ["openssl", "req", "-in", str(tmp_path / "request.pem"), "-noout", "-verify", "-text"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "self-signature verify OK" in done.stderr
    assert "DNS:node-1, DNS:node-1.example, IP Address:192.0.2.5" in done.stdout
    assert "CA:FALSE" in done.stdout and "TLS Web Server Authentication" in done.stdout
    assert SigningRequest.load(request.pem) == request


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(BadCertificate, match="not a readable signing request"):
        SigningRequest.load(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
