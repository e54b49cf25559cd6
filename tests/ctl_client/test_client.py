"""The CTL client against real CTL Providers: SCN-03 to SCN-05 with software tokens, and all that is refused."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ctl_client.desk import Workstation, activate, parsed, refusals, refused, roles, void
from harness.cluster import ADMINISTRATOR, TestCluster
from harness.tokens import PASSWORD, issued_by, token_authority
from ringward.administration.administration import Administration
from ringward.ctl_client.client import Change
from ringward.domain.auto_registration import AutoRegistration
from ringward.domain.certificate import CertificateKind, TrustPurpose
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files.trust_list import TrustListRole
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.certificates import Certificate
from ringward.pki.issuing import make_authority, make_self_signed
from ringward.pki.tokens.software import SoftwareToken

MIXED, NONSECURE = ClusterSecurityMode.MIXED, ClusterSecurityMode.NONSECURE
SAST, CCM_TFTP, CAPF = TrustListRole.SAST, TrustListRole.CCM_TFTP, TrustListRole.CAPF


# -- making the first file ----------------------------------------------------------------------------------


def test_the_first_file_brings_mixed_mode(desk: Workstation, cluster: TestCluster) -> None:
    """CTLP-02, CTL-41, SCN-03, CTL-02, CTL-03, CTL-07, CTL-40, CLUSTER-03, CTL-14"""
    desk.token("one"), desk.token("two")
    began = time.monotonic()
    result = desk.go_mixed()
    duration = time.monotonic() - began
    assert result.succeeded, result
    assert duration < 20, "some two seconds on a machine that is not busy"
    assert [(row.status, row.location) for row in result.servers] == [("success", str(cluster.nodes[0].ctl_file))]
    assert any("reset all devices" in step.lower() for step in result.next_steps)
    content = cluster.nodes[0].ctl_file.read_bytes()
    assert roles(content) == [SAST, SAST, CCM_TFTP]
    client = desk.client()
    assert (client.mode, client.content, client.warnings) == (MIXED, content, [])
    client.log_in_everywhere()
    assert client.outdated() == []
    client.close()


def test_mixed_mode_switches_auto_registration_off(desk: Workstation, cluster: TestCluster) -> None:
    """CLUSTER-11, CTL-34, CTL-35: the log says so, and in nonsecure mode it can be switched on again."""
    cluster.administer(
        lambda each: each.auto_registrations.add(ADMINISTRATOR, AutoRegistration("node-1", "5000", "5009"))
    )
    assert desk.go_mixed().succeeded
    logged: list[tuple[dict[str, str], dict[str, str]]] = []

    def look(administration: Administration) -> None:
        assert not administration.auto_registrations.get(ADMINISTRATOR, "node-1").enabled
        entries = administration.audit.find(ADMINISTRATOR).entries
        logged.extend(
            (dict(each.before), dict(each.after)) for each in entries if each.noun == "auto-registration"
        )

    cluster.administer(look)
    assert logged[0] == ({"enabled": "true"}, {"enabled": "false"})
    assert desk.apply(Change(NONSECURE), "one").succeeded
    cluster.administer(lambda each: each.auto_registrations.update(ADMINISTRATOR, "node-1", {"enabled": True}))


def test_capf_is_in_the_file_once_it_has_a_certificate(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-15: activated after the first run, it needs an update."""
    desk.go_mixed()
    cluster.administer(lambda each: activate(each, CertificateKind.CAPF))
    client = desk.client()
    client.log_in_everywhere()
    assert client.outdated() == ["CAPF 127.0.0.1 is missing, or its address or certificate has changed"]
    client.close()
    assert desk.apply(Change(), "one").succeeded
    assert roles(cluster.nodes[0].ctl_file.read_bytes()) == [SAST, SAST, CCM_TFTP, CAPF]


@pytest.mark.parametrize("digest", [HashAlgorithm.SHA256, HashAlgorithm.SHA512])
def test_the_file_can_be_signed_with_other_digests(desk: Workstation, digest: HashAlgorithm) -> None:
    change = Change(MIXED, add=(desk.certificate("one"), desk.certificate("two")), digest=digest)
    assert desk.apply(change, "one").succeeded
    client = desk.client()
    assert parsed(client.content).header.digest is digest
    client.close()


def test_one_token_is_too_few(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-11, TOK-03"""
    desk.token("one")
    assert "2 security tokens at least" in refused(lambda: desk.go_mixed("one"))
    assert not cluster.nodes[0].ctl_file.exists()


def test_a_token_of_an_untrusted_maker_is_refused_until_the_maker_is_trusted(
    desk: Workstation, cluster: TestCluster
) -> None:
    """TOK-02"""
    maker = token_authority()
    path = desk.drawer / "foreign.token"
    SoftwareToken.initialise(path, "foreign", PASSWORD, issued_by(maker, "Foreign token"))
    assert "nobody here trusts for tokens" in desk.go_mixed("one", "foreign").problem
    assert "nobody here trusts for tokens" in refusals(cluster)[0]
    cluster.administer(
        lambda each: void(each.trust_stores.add(ADMINISTRATOR, TrustPurpose.TOKEN, maker.certificate.pem))
    )
    assert desk.go_mixed("one", "foreign").succeeded


def test_certificates_that_are_expired_or_of_the_wrong_kind_make_no_token(
    desk: Workstation, cluster: TestCluster
) -> None:
    now = datetime.now(UTC)
    old = make_authority("Old CA", now=now - timedelta(days=4000))
    SoftwareToken.initialise(
        desk.drawer / "expired.token", "expired", PASSWORD, issued_by(old, "Expired", now - timedelta(days=3900))
    )
    assert "it expired on" in desk.go_mixed("one", "expired").problem
    server = make_self_signed("not-a-token", now=now).certificate
    change = Change(MIXED, add=(desk.certificate("one"), server.der))
    assert "nobody here trusts" in desk.apply(change, "one").problem
    assert not cluster.nodes[0].ctl_file.exists()


# -- updates --------------------------------------------------------------------------------------------------


def test_tokens_come_and_go_but_never_below_two(desk: Workstation, cluster: TestCluster) -> None:
    """SCN-04, CTL-11, CTL-16, CTL-18, CTL-42"""
    desk.go_mixed()
    assert "is not in the present CTL file" in refused(
        lambda: desk.apply(Change(add=(desk.certificate("three"),)), "three")
    )
    assert desk.apply(Change(add=(desk.certificate("three"),)), "one").succeeded
    assert roles(cluster.nodes[0].ctl_file.read_bytes()).count(SAST) == 3
    assert desk.apply(Change(remove=(desk.certificate("one"),)), "three").succeeded
    too_few = Change(remove=(desk.certificate("two"),))
    assert "2 security tokens at least" in refused(lambda: desk.apply(too_few, "three"))
    gone = Change(remove=(desk.certificate("one"),))
    assert "is not in the CTL file" in refused(lambda: desk.apply(gone, "two"))
    client = desk.client()
    assert client.mode is MIXED
    assert {each.subject for each in tokens_of(parsed(client.content).trust)} == {"CN=Token two", "CN=Token three"}
    client.close()


def test_a_token_does_not_sign_the_file_it_is_deleted_from(desk: Workstation) -> None:
    desk.go_mixed("one", "two", "three")
    change = Change(remove=(desk.certificate("one"),))
    assert "would not be in the CTL file that it signs" in refused(lambda: desk.apply(change, "one"))


def test_nonsecure_mode_empties_the_servers_and_mixed_mode_fills_them_again(
    desk: Workstation, cluster: TestCluster
) -> None:
    """SCN-05, CTL-13, CTL-18, CLUSTER-15"""
    desk.go_mixed()
    assert desk.apply(Change(NONSECURE), "one").succeeded
    emptied = parsed(cluster.nodes[0].ctl_file.read_bytes()).trust
    assert not emptied.asks_for_signed_files
    assert [record.certificate is None for record in emptied.records] == [False, False, True]
    assert desk.apply(Change(), "two").succeeded
    client = desk.client()
    assert client.mode is NONSECURE, "an update leaves the mode"
    client.close()
    assert desk.apply(Change(MIXED), "two").succeeded
    assert parsed(cluster.nodes[0].ctl_file.read_bytes()).trust.asks_for_signed_files


def test_when_all_tokens_are_lost_only_an_explicit_new_beginning_helps(desk: Workstation) -> None:
    """TOK-04, CTL-19"""
    desk.go_mixed()
    tokens = (desk.certificate("three"), desk.certificate("four"))
    assert "is not in the present CTL file" in refused(lambda: desk.apply(Change(add=tokens), "three"))
    assert desk.apply(Change(add=tokens, start_over=True), "three").succeeded
    client = desk.client()
    assert {each.der for each in tokens_of(parsed(client.content).trust)} == set(tokens)
    client.close()


# -- several servers ------------------------------------------------------------------------------------------


def test_every_server_gets_the_same_file_or_all_keep_the_old_one(desk: Workstation, cluster: TestCluster) -> None:
    """CTLP-02, SCN-04, CTL-07, CTL-08, CTL-40, CLUSTER-21"""
    desk.go_mixed()
    cluster.administer(lambda each: activate(each, CertificateKind.CAPF))
    second = cluster.add_node()
    result = desk.apply(Change(), "one")
    assert result.succeeded, result
    assert [row.status for row in result.servers] == ["success", "success"]
    content = cluster.nodes[0].ctl_file.read_bytes()
    assert second.ctl_file.read_bytes() == content
    assert roles(content) == [SAST, SAST, CCM_TFTP, CCM_TFTP, CAPF]
    capf = next(parsed(content).trust.having(CAPF)).certificate
    assert capf is not None
    assert (second.directory / "certificates" / "capf.cer").read_bytes() == capf.der
    assert b"BEGIN CERTIFICATE" in (second.directory / "certificates" / "capf.pem").read_bytes()

    second.stop()
    assert f"no CTL Provider answers at 127.0.0.2:{second.port(2444)}" in refused(
        lambda: desk.apply(Change(NONSECURE), "one")
    )
    assert cluster.nodes[0].ctl_file.read_bytes() == content
    second.start()
    (second.directory / "tftp").rename(second.directory / "away")
    (second.directory / "tftp").write_text("in the way")
    kept = desk.apply(Change(NONSECURE), "one")
    assert [row.status.partition(":")[0] for row in kept.servers] == ["kept the old file", "failed"]
    assert any("the new CTL file cannot be written" in reason for reason in refusals(cluster)), "audited"
    assert cluster.nodes[0].ctl_file.read_bytes() == content


def test_openssl_verifies_the_signature_of_the_file(
    desk: Workstation, cluster: TestCluster, tmp_path: Path
) -> None:
    """CTL-05: cut out of the file, the signature is that of the token's key over the rest."""
    desk.go_mixed()
    found = parsed(cluster.nodes[0].ctl_file.read_bytes())
    signer = found.trust.list_signer(found.header.signer)
    assert signer is not None
    (tmp_path / "token.pem").write_bytes(Certificate(signer.der).pem)
    (tmp_path / "signed").write_bytes(found.envelope.signed)
    (tmp_path / "signature").write_bytes(found.envelope.signature)
    key = subprocess.run(
        ["openssl", "x509", "-pubkey", "-noout", "-in", tmp_path / "token.pem"], capture_output=True, check=True
    )
    (tmp_path / "key.pem").write_bytes(key.stdout)
    verify = ["openssl", "dgst", "-sha1", "-verify", "key.pem", "-signature", "signature", "signed"]
    done = subprocess.run(verify, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "Verified OK"
