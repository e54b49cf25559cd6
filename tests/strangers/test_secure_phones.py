"""A desk phone of others with a certificate of ours, on a node of its own that is in mixed mode."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.capture import Capture
from harness.foreign import rsa_key
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.certificate import CertificateKind
from ringward.domain.change import Action
from ringward.domain.rights import EVERYTHING
from ringward.pki.certificates import KeyPair
from ringward.pki.issuing import issue_device_certificate
from ringward.protocols.rtp.g711 import MU_LAW
from ringward.store import feed
from ringward.store.parameters import write_enterprise_texts
from strangers.baresip import Account, Baresip, is_tone
from strangers.node import Node, eventually

pytestmark = pytest.mark.stranger

ALICE, BOB, PLAIN = "SEP000000003001", "SEP000000003002", "SEP000000003003"
ADMINISTRATOR = Actor("test", EVERYTHING, "test")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = Node(tmp_path_factory.mktemp("mixed"))
    node.start()
    try:
        words = ("phone-security-profile", "add", "Encrypted", "--model", "7961", "--protocol", "SIP")
        node.administer(*words, "--device-security-mode", "Encrypted")
        administration = Administration.open(node.data)
        administration.certificates.activate(ADMINISTRATOR, CertificateKind.CAPF)
        with administration.database.writing() as connection:
            write_enterprise_texts(connection, {"cluster_security_mode": "1"})
            feed.append(connection, 0, "enterprise-parameters", "", Action.UPDATED)
        administration.close()
        node.add_phones(
            [
                {
                    "device_name": name,
                    "model": "7961",
                    "protocol": "SIP",
                    "security_profile": "Encrypted",
                    "line_1_directory_number": name[-4:],
                }
                for name in (ALICE, BOB)
            ]
        )
        words = ("phone", "add", PLAIN, "--model", "Third-party SIP", "--line", "1=3003")
        node.administer(*words)
        yield node
    finally:
        status = node.stop()
    assert status == 0
    assert not node.tracebacks(), node.log.read_text()


def enrol(node: Node, device: str, directory: Path) -> Path:
    """The certificate and key of a phone, issued by CAPF of the node, in one file."""
    key = rsa_key(2048)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    administration = Administration.open(node.data)
    capf = administration.key_store.load(CertificateKind.CAPF)
    administration.close()
    lifetime = timedelta(days=9)
    certificate = issue_device_certificate(capf, public, device, now=datetime.now(UTC), lifetime=lifetime)
    files = KeyPair(certificate, key).save(directory / device, "phone")
    together = directory / f"{device}.pem"
    together.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    return together


def phone(
    node: Node,
    device: str,
    directory: Path,
    certificate: Path | None,
    *,
    answers: bool = False,
    encryption: str = "",
    tone: int = 440,
) -> Baresip:
    account = Account(device[-4:], "", "", node.sips_port, "tls", encryption)
    return Baresip(directory, account, tone, node.certificate, answers=answers, own=certificate)


def refusal(node: Node, device: str, *, since: float) -> str:
    """Why a phone was refused last, as the administrator reads it; empty if that was before a moment."""
    refused = [each for each in node.ask("phones")["refused"] if each["device"] == device and each["at"] >= since]
    return next((str(each["reason"]) for each in refused), "")


def test_phones_with_certificates_of_ours_register_and_call_over_tls(node: Node, tmp_path: Path) -> None:
    """SIG-02, SIG-05, SIG-06, CERT-02."""
    alice = phone(node, ALICE, tmp_path, enrol(node, ALICE, tmp_path))
    bob = phone(node, BOB, tmp_path, enrol(node, BOB, tmp_path), answers=True)
    try:
        assert eventually(lambda: node.registered() == {"3001", "3002"}), alice.log.read_text()
        shown = {each["device"]: each for each in node.ask("phones")["registered"]}
        assert (shown[ALICE]["transport"], shown[ALICE]["security_mode"]) == ("TLS", "Encrypted")
        alice.order("dial", f"sip:3002@127.0.0.1:{node.sips_port};transport=tls")
        alice.saw("CALL_ESTABLISHED")
        bob.saw("CALL_ESTABLISHED")
        alice.order("hangup")
        bob.saw("CALL_CLOSED")
    finally:
        alice.put_away()
        bob.put_away()


def security_of_the_call(node: Node) -> str:
    return next((str(call["security"]) for call in node.ask("calls", "--live")), "")


def record_of(node: Node, call: int) -> list[dict[str, Any]]:
    """The record of a call, which is stored a moment after its end."""
    return [each for each in node.ask("calls") if each["call_id"] == call]


def listened_to(capture: Capture, receiver: Baresip) -> array[int]:
    """What whoever listens on the network hears that a phone is told: the payloads of its packets, decoded."""
    first, last = receiver.rtp_ports
    packets = capture.read([], f"udp.dstport >= {first} && udp.dstport <= {last}", "udp.payload")
    payloads = [bytes.fromhex(payload.replace(":", ""))[12:172] for (payload,) in packets]
    speech = b"".join(payload for payload in payloads if len(payload) == 160)
    assert len(speech) > 4000
    return MU_LAW.decode(speech[:4000])


def signalling_of(capture: Capture, port: int) -> bytes:
    """What whoever listens on the network reads of the signalling at a port."""
    packets = capture.read([], f"tcp.port == {port} && tcp.len > 0", "tcp.payload")
    return b"".join(bytes.fromhex(payload.replace(":", "")) for (payload,) in packets)


def test_media_of_secure_phones_is_encrypted_and_nobody_else_hears_it(node: Node, tmp_path: Path) -> None:
    """SIG-04, MEDIA-04, MEDIA-15, MEDIA-18, CALL-03, CALL-04: through hold and resume as well."""
    capture = Capture(tmp_path / "secure.pcapng")
    alice = phone(node, ALICE, tmp_path, enrol(node, ALICE, tmp_path), encryption="srtp-mand")
    bob = phone(node, BOB, tmp_path, enrol(node, BOB, tmp_path), answers=True, encryption="srtp-mand", tone=1000)
    try:
        assert eventually(lambda: {"3001", "3002"} <= node.registered()), alice.log.read_text()
        alice.order("dial", f"sip:3002@127.0.0.1:{node.sips_port};transport=tls")
        alice.saw("CALL_ESTABLISHED")
        assert eventually(lambda: alice.hears(1000) and bob.hears(440))
        (live,) = node.ask("calls", "--live")
        assert live["security"] == "encrypted"
        alice.order("hold")
        assert eventually(lambda: any(call["held_by"] for call in node.ask("calls", "--live")))
        alice.order("resume")
        assert eventually(lambda: not any(call["held_by"] for call in node.ask("calls", "--live")))
        assert eventually(lambda: alice.hears(1000) and bob.hears(440))
        assert security_of_the_call(node) == "encrypted"
        alice.order("hangup")
        bob.saw("CALL_CLOSED")
    finally:
        alice.put_away()
        bob.put_away()
        capture.end()
    assert not is_tone(listened_to(capture, bob), 440)
    overheard = signalling_of(capture, node.sips_port)
    assert len(overheard) > 4000
    for word in (b"SIP/2.0", b"inline:", b"INVITE", b"sip:3002"):
        assert word not in overheard
    assert "inline:" not in node.log.read_text()
    kept = {
        call["call_id"]: call["security_class"] for call in eventually(lambda: record_of(node, live["call_id"]))
    }
    assert kept == {live["call_id"]: "encrypted"}


def test_an_optional_key_falls_back_and_a_listener_hears_everything(node: Node, tmp_path: Path) -> None:
    """MEDIA-08: the call is up, in RTP, and shown as nonsecure with the reason. It also proves the test above."""
    capture = Capture(tmp_path / "plain.pcapng")
    alice = phone(node, ALICE, tmp_path, enrol(node, ALICE, tmp_path), encryption="srtp")
    plain = Baresip(tmp_path, Account("3003", "", "", node.sip_port, "tcp"), 1000, node.certificate, answers=True)
    try:
        assert eventually(lambda: {"3001", "3003"} <= node.registered()), alice.log.read_text()
        alice.order("dial", f"sip:3003@127.0.0.1:{node.sips_port};transport=tls")
        alice.saw("CALL_ESTABLISHED")
        assert eventually(lambda: alice.hears(1000) and plain.hears(440))
        (call,) = node.ask("calls", "--live")
        assert call["security"] == "nonsecure"
        assert call["security_reason"] == "nonsecure because the called phone's profile is Non Secure"
    finally:
        alice.put_away()
        plain.put_away()
        capture.end()
    assert is_tone(listened_to(capture, plain), 440)


def test_a_phone_that_demands_encryption_is_refused_a_call_without(node: Node, tmp_path: Path) -> None:
    alice = phone(node, ALICE, tmp_path, enrol(node, ALICE, tmp_path), encryption="srtp-mand")
    plain = Baresip(tmp_path, Account("3003", "", "", node.sip_port, "tcp"), 1000, node.certificate, answers=True)
    try:
        assert eventually(lambda: {"3001", "3003"} <= node.registered()), alice.log.read_text()
        alice.order("dial", f"sip:3003@127.0.0.1:{node.sips_port};transport=tls")
        assert "488" in str(alice.saw("CALL_CLOSED"))
    finally:
        alice.put_away()
        plain.put_away()


def test_a_phone_without_a_certificate_or_with_anothers_is_refused(node: Node, tmp_path: Path) -> None:
    """PHONE-02, CAPF-39."""

    def is_refused(since: float, reason: str) -> bool:
        return refusal(node, ALICE, since=since).endswith(reason)

    for certificate, reason in (
        (None, "it showed no certificate of its own"),
        (enrol(node, BOB, tmp_path), f"it showed the certificate of {BOB}"),
    ):
        begun = time.time()
        one = phone(node, ALICE, tmp_path, certificate)
        try:
            assert eventually(partial(is_refused, begun, reason))
        finally:
            one.put_away(at_once=True)
        (tmp_path / "3001").rename(tmp_path / f"before {certificate is None}")
    assert "3001" not in node.registered()


def test_a_revoked_phone_is_disconnected_and_does_not_come_back(node: Node, tmp_path: Path) -> None:
    certificate = enrol(node, ALICE, tmp_path)
    alice = phone(node, ALICE, tmp_path, certificate)
    try:
        assert eventually(lambda: "3001" in node.registered()), alice.log.read_text()
        node.administer("trust", "revoke", str(tmp_path / ALICE / "phone.pem"))
        assert eventually(lambda: "3001" not in node.registered())
    finally:
        alice.put_away(at_once=True)
    begun = time.time()
    again = phone(node, ALICE, tmp_path / "again", certificate)
    try:
        assert eventually(lambda: refusal(node, ALICE, since=begun) == "its certificate was revoked")
    finally:
        again.put_away(at_once=True)
