from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.foreign import certificate, name
from ringward.pki.certificates import BadCertificate, Certificate
from ringward.pki.device_certificate import read_device_certificate

PHONE = "SEP001122334455"


@pytest.mark.parametrize("common", [PHONE, f"CP-7970G-{PHONE}", f"CP-7961G-GE-{PHONE}"])
def test_an_lsc_and_a_mic_name_their_device(common: str) -> None:
    """CERT-01, CERT-02, CAPF-39."""
    made = certificate(name(common))
    shown = read_device_certificate(made.der)
    assert (shown.device, shown.fingerprint) == (PHONE, made.fingerprint_sha256)
    assert not shown.weakness and not shown.is_forgeable


@pytest.mark.parametrize("common", ["CP-7970G", f"XX-7970G-{PHONE}", f"CP-7970G-{PHONE}0", f"CP--{PHONE}"])
def test_a_name_that_only_resembles_one_names_no_phone(common: str) -> None:
    assert read_device_certificate(certificate(name(common)).der).device != PHONE


@pytest.mark.parametrize(
    ("bits", "digest", "weakness", "is_forgeable"),
    [
        (1024, "sha256", "", False),
        (512, "sha256", "its key is RSA 512, which is too short", False),
        (1024, "sha1", "its certificate is signed with SHA1, which can be forged", False),
        (1024, "md5", "its certificate is signed with MD5, which can be forged", True),
    ],
)
def test_weak_certificates_are_known_as_such(
    tmp_path: Path, bits: int, digest: str, weakness: str, is_forgeable: bool
) -> None:
    command = (
        f"openssl req -x509 -newkey rsa:{bits} -noenc -keyout key.pem -subj /CN={PHONE} -{digest} -out own.pem"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    shown = read_device_certificate(Certificate.load((tmp_path / "own.pem").read_bytes()).der)
    assert (shown.weakness, shown.is_forgeable) == (weakness, is_forgeable)


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(BadCertificate):
        read_device_certificate(b"nothing")


def test_a_name_that_cannot_be_read_is_refused() -> None:
    """Names are read only when they are asked for: of a phone's certificate its common name alone."""
    made = certificate(name(PHONE))
    with pytest.raises(BadCertificate):
        read_device_certificate(made.der.replace(PHONE.encode(), b"\xff" * len(PHONE)))
