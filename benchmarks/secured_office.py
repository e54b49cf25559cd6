"""A cluster in mixed mode whose phones are encrypted and have their certificates, made without anybody's hands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.ringward import administer, running_node
from ringward.administration.administration import Administration
from ringward.domain.certificate import CertificateKind
from ringward.domain.change import Action
from ringward.phone.enrolment import public_part
from ringward.pki.certificates import KeyPair, KeyPairFiles
from ringward.store import feed
from ringward.store.parameters import write_enterprise_texts

PROFILE = "Encrypted 7961"
TOGETHER = 100  # certificates issued in one transaction
KEY_FILE = "key.pem"
"""The one key that all phones have: what is measured is the server."""


def prepare(data: Path, devices: Path, numbers: Sequence[tuple[str, str]]) -> KeyPair:
    """Make the data directory of a node with these phones (device, directory number).

    ``devices`` gets the certificate of each, ``DEVICE.pem``, and their key. Returns the key pair of CAPF.
    """
    log = data.with_suffix(".log")
    with running_node(data, log):
        pass  # its first start makes the cluster
    administer("service activate", data, "capf")
    with running_node(data, log):
        pass  # CAPF makes its key
    options = ["--model", "7961", "--protocol", "SIP", "--device-security-mode", "Encrypted", "--key-size", "2048"]
    administer("phone-security-profile add", data, PROFILE, *options, "--tftp-encrypted-config", "true")
    rows = [f"{device},7961,{PROFILE},{number}" for device, number in numbers]
    table = data.with_suffix(".csv")
    table.write_text("\n".join(["device_name,model,security_profile,line_1_directory_number", *rows, ""]))
    administer("phone import", data, str(table))
    administer("capf set install", data, "--mode", "null", "--where", "device_name^=SEP")
    devices.mkdir()
    administration = Administration.open(data)
    try:
        # As the CTL client leaves the cluster.
        with administration.database.writing() as connection:
            write_enterprise_texts(connection, {"cluster_security_mode": "1"})
            feed.append(connection, 0, "enterprise-parameters", "", Action.UPDATED)
        authority = administration.key_store.load(CertificateKind.CAPF)
        _enrol(administration, authority, [device for device, _ in numbers], devices)
    finally:
        administration.close()
    administer("parameter set", data, "Identity Trust List", "true")
    return authority


def phones_of(devices: Path) -> list[KeyPairFiles]:
    """The certificates that :func:`prepare` left, each with the key of all."""
    return [KeyPairFiles(path, devices / KEY_FILE) for path in sorted(devices.glob("SEP*.pem"))]


def _enrol(administration: Administration, authority: KeyPair, names: list[str], devices: Path) -> None:
    """Every phone's certificate, as CAPF issues it."""
    key = rsa.generate_private_key(65537, 2048)
    public = public_part(key)
    for begin in range(0, len(names), TOGETHER):
        some = names[begin : begin + TOGETHER]
        with administration.enrolment.together(some) as enrolment:
            for name in some:
                pending = enrolment.pending(name)
                assert pending is not None
                certificate = enrolment.issue(pending, public, authority, 1)
                enrolment.installed(pending, certificate)
                (devices / f"{name}.pem").write_bytes(certificate.pem)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (devices / KEY_FILE).write_bytes(text)
