"""Which trust list is served, and which is not: CTL-09, CTL-13, TFTP-06."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.signers import signer
from ringward.files import trust_list
from ringward.files.trust_list import Record, TrustList, TrustListKind, TrustListRole
from ringward.pki.listing import verify_signature
from ringward.services.tftp.library import FileLibrary, Outcome
from ringward.services.tftp.static_files import StaticFiles
from ringward.services.tftp.trust_lists import ClusterTrustLists, IdentityTrustList
from services.tftp.phones import Source


class Cluster:
    def __init__(self, source: Source, folder: Path) -> None:
        self.identity_is_on = False
        self.signer = signer("pub")
        self.now = 1_700_000_000.0
        static = StaticFiles(folder)
        identity = IdentityTrustList(lambda: self.signer, lambda: "192.0.2.10", clock=lambda: self.now)
        lists = ClusterTrustLists(static, identity, lambda: self.identity_is_on, verify_signature)
        self.library = FileLibrary(source, static, trust_lists=lists)


@pytest.fixture
def cluster(source: Source, folder: Path) -> Cluster:
    return Cluster(source, folder)


def a_list(signed_by: str = "token", host: str = "192.0.2.10") -> bytes:
    token, server = signer(signed_by), signer("pub")
    trust = TrustList(
        (Record(TrustListRole.SAST, token.certificate), Record(TrustListRole.CCM_TFTP, server.certificate, host))
    )
    return trust_list.build(TrustListKind.CTL, trust, token.signer, token.certificate, 1_700_000_000)


@pytest.mark.parametrize("name", ["CTLFile.tlv", "CTLSEP001122334455.tlv", "ctlsep001122334455.tlv"])
def test_every_phone_gets_the_list_of_the_cluster(cluster: Cluster, folder: Path, name: str) -> None:
    assert "CTL client" in cluster.library.find(name).reason
    (folder / "CTLFile.tlv").write_bytes(a_list())
    assert cluster.library.find(name).content == a_list()


def test_a_phone_may_have_a_list_of_its_own(cluster: Cluster, folder: Path) -> None:
    (folder / "CTLFile.tlv").write_bytes(a_list())
    (folder / "CTLSEP001122334455.tlv").write_bytes(a_list(host="192.0.2.11"))
    assert cluster.library.find("CTLSEP001122334455.tlv").content == a_list(host="192.0.2.11")
    assert cluster.library.find("CTLSEP0000000007A0.tlv").content == a_list()


@pytest.mark.parametrize("content", [a_list()[:-7], a_list()[:-1] + b"\x01", b"rubbish"])
def test_a_list_that_no_phone_could_use_is_not_served(cluster: Cluster, folder: Path, content: bytes) -> None:
    (folder / "CTLFile.tlv").write_bytes(content)
    answer = cluster.library.find("CTLFile.tlv")
    assert answer.outcome is Outcome.NOT_FOUND
    assert "cannot be used" in answer.reason
    (folder / "CTLFile.tlv").write_bytes(a_list())
    assert cluster.library.find("CTLFile.tlv").outcome is Outcome.SERVED


def test_the_identity_list_is_made_here_when_it_is_on(cluster: Cluster) -> None:
    assert "is off" in cluster.library.find("ITLSEP001122334455.tlv").reason
    cluster.identity_is_on = True
    content = cluster.library.find("ITLSEP001122334455.tlv").content
    found = trust_list.parse(content)
    assert found.header.signer_version == (1, 0)
    vouched = found.trust.list_signer(found.header.signer)
    found.check(TrustListKind.ITL, vouched, verify_signature)
    assert [record.role for record in found.trust.records] == [TrustListRole.SAST, TrustListRole.CCM_TFTP]
    assert found.trust.knows_host("192.0.2.10")
    cluster.now += 100
    assert cluster.library.find("ITLFile.tlv").content == content
    cluster.signer = signer("pub renewed")
    assert trust_list.parse(cluster.library.find("ITLFile.tlv").content).timestamp == 1_700_000_100


def test_the_identity_list_is_at_hand_for_a_crowd_once_it_is_made(cluster: Cluster, folder: Path) -> None:
    name = "ITLSEP001122334455.tlv"
    cluster.identity_is_on = True
    assert cluster.library.at_once(name) is None, "to sign it would hold up the calls"
    made = cluster.library.find(name)
    assert cluster.library.at_once(name) == made
    assert cluster.library.at_once("ITLSEP001122334455.tlv.sgn") is None
    (folder / "CTLFile.tlv").write_bytes(a_list())
    cluster.library.find("CTLSEP001122334455.tlv")
    assert cluster.library.at_once("CTLSEP001122334455.tlv") is None, "it is on the disk"
    cluster.signer = signer("pub renewed")
    assert cluster.library.at_once(name) is None
    cluster.library.find(name)
    cluster.identity_is_on = False
    assert cluster.library.at_once(name) is None


def test_a_trust_list_is_not_signed_twice(cluster: Cluster, folder: Path) -> None:
    (folder / "CTLFile.tlv").write_bytes(a_list())
    assert "its own signature" in cluster.library.find("CTLFile.tlv.sgn").reason
