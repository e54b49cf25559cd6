"""``ringward certificate`` and ``ringward trust`` as administrators use them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.foreign import authority, certificate, name, sign_request

Ringward = Callable[..., str]
Ask = Callable[..., Any]


def test_the_certificates_of_a_server(ringward: Ringward, ask: Ask) -> None:
    assert [each["kind"] for each in ask("certificate", "list")] == ["node", "web", "ipsec"]
    text = ringward("certificate", "list")
    assert "call manager node" in text and "itself" in text and "RSA 2048" in text
    shown = ringward("certificate", "show", "node")
    for label in ("Version", "Serial number", "Subject Key Identifier", "Key usage", "Fingerprint (SHA-1)"):
        assert label in shown
    assert not [line for line in shown.splitlines() if line.endswith(" ")], "what is piped is not filled up"
    assert "there is no certificate 'capf'" in ringward("certificate", "show", "capf", code=1)


def test_a_certificate_is_regenerated_and_exported(ringward: Ringward, ask: Ask, tmp_path: Path) -> None:
    before = ask("certificate", "show", "node")["fingerprint_sha256"]
    text = ringward("certificate", "regenerate", "node", "--key", "ec-p256")
    after = ask("certificate", "show", "node")
    assert after["fingerprint_sha256"] != before and after["key"] == "EC secp256r1"
    assert "CTL file" in text
    for form, arguments in (("pem", "x509"), ("der", "x509 -inform DER"), ("p7b", "pkcs7 -inform DER")):
        path = tmp_path / f"node.{form}"
        ringward("certificate", "export", "node", "--form", form, "--output", str(path))
        subprocess.run(["openssl", *arguments.split(), "-in", str(path), "-noout"], check=True)
    ringward("certificate", "export", "node", "--form", "jks", code=2)
    ringward("certificate", "regenerate", "node", "--key", "rsa-512", code=2)


def test_a_certificate_signed_elsewhere(ringward: Ringward, ask: Ask, tmp_path: Path) -> None:
    root = authority("Our own CA", now=datetime.now(UTC))
    (tmp_path / "root.pem").write_bytes(root.certificate.pem)
    text = ringward("certificate", "csr", "web", "--output", str(tmp_path / "web.csr"))
    assert "ringward certificate import web FILE" in text
    assert "pending" in ringward("certificate", "show", "web")
    signed = sign_request((tmp_path / "web.csr").read_bytes(), root, now=datetime.now(UTC))
    (tmp_path / "web.pem").write_bytes(signed.pem)
    complaint = ringward("certificate", "import", "web", str(tmp_path / "web.pem"), code=1)
    assert "ringward trust import web FILE" in complaint.replace("\n", " ")
    trusted = ringward("trust", "import", "web", str(tmp_path / "root.pem"))
    assert "Compare its fingerprint" in trusted
    ringward("certificate", "import", "web", str(tmp_path / "web.pem"))
    assert ask("certificate", "show", "web")["issuer"] == "CN=Our own CA"


def test_trust_stores(ringward: Ringward, ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "root.der"
    path.write_bytes(authority("Manufacturing CA", now=datetime.now(UTC)).certificate.der)
    assert "CAPF-trust" in ringward("trust", "stores")
    assert "No certificate is trusted there." in ringward("trust", "list", "capf")
    ringward("trust", "import", "capf", str(path))
    assert [each["subject"] for each in ask("trust", "list")] == ["CN=Manufacturing CA"]
    assert "Manufacturing CA" in ringward("trust", "show", "capf", "Manufacturing CA")
    assert "no longer trusted" in ringward("trust", "remove", "capf", "Manufacturing CA").replace("\n", " ")
    assert ask("trust", "list") == []
    path.write_bytes(b"x" * 70_000)
    assert "larger than" in ringward("trust", "import", "capf", str(path), code=1)
    assert "cannot be read" in ringward("trust", "import", "capf", str(tmp_path / "none"), code=1)


def test_a_revoked_certificate_is_listed(ringward: Ringward, ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "lsc.pem"
    path.write_bytes(certificate(name("SEP001122334455")).pem)
    assert "No certificate is revoked." in ringward("trust", "revoked")
    ringward("trust", "revoke", str(path))
    assert [each["subject"] for each in ask("trust", "revoked")] == ["CN=SEP001122334455"]
    assert "SEP001122334455" in ringward("trust", "revoked")


def test_nothing_expires_soon_after_the_installation(ringward: Ringward) -> None:
    assert "No certificate expires within 60 days." in ringward("certificate", "expiring")
