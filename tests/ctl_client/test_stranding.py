"""Phones that would be left behind by a new CTL file, and files that somebody else has touched."""

from __future__ import annotations

from dataclasses import replace
from http.client import HTTPConnection

import pytest

from ctl_client.desk import Workstation, refusals
from harness.cluster import ADMINISTRATOR, TestCluster
from ringward.administration.administration import Administration
from ringward.administration.trust_list import FetchedTrustList
from ringward.ctl_client.client import Change
from ringward.ctl_client.connection import ProviderRefusal
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone
from ringward.domain.vocabulary import ClusterSecurityMode, Protocol
from ringward.files.trust_list import TrustListRole
from ringward.store.trust_lists import hash_of

MIXED, NONSECURE = ClusterSecurityMode.MIXED, ClusterSecurityMode.NONSECURE
SAST, CCM_TFTP, CAPF = TrustListRole.SAST, TrustListRole.CCM_TFTP, TrustListRole.CAPF


# -- phones and files -----------------------------------------------------------------------------------------

DEVICE = "SEP001122334455"


def cluster_has_phone(administration: Administration) -> bool:
    return administration.configuration().find(Phone, DEVICE) is not None


def hold(cluster: TestCluster, content: bytes) -> None:
    """A phone fetches a list."""

    def work(administration: Administration) -> None:
        if not cluster_has_phone(administration):
            administration.phones.add(
                ADMINISTRATOR,
                Phone(DEVICE, "7970", Protocol.SIP, "7970 - Standard SIP Non-Secure Profile"),
            )
        administration.ctl_file.record_fetched([FetchedTrustList(DEVICE, content, 1)])

    cluster.administer(work)


def test_no_phone_is_left_behind_unless_it_is_said_so(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-16, CTL-19: the plan names the phone and the reason."""
    desk.go_mixed()
    hold(cluster, cluster.nodes[0].ctl_file.read_bytes())
    assert desk.apply(Change(add=(desk.certificate("three"),)), "one").succeeded
    client = desk.client()
    removal = Change(remove=(desk.certificate("one"), desk.certificate("two")), add=(desk.certificate("four"),))
    plan = client.plan(removal, desk.certificate("three"))
    assert (plan.known, plan.stranded) == (1, 1)
    assert plan.phones[0].device == DEVICE
    assert "does not know the token CN=Token three" in plan.phones[0].reason
    assert plan.phones[0].reason.endswith("it would take the present CTL file, which does: reset it first")
    assert client.plan(Change(), desk.certificate("two")).stranded == 0
    client.close()
    result = desk.apply(removal, "three")
    assert "phones would no longer trust the cluster: 1, first SEP001122334455" in result.problem
    hold(cluster, cluster.nodes[0].ctl_file.read_bytes())
    assert desk.apply(removal, "three").succeeded, "the phone has fetched the file in between"


def test_a_phone_keeps_what_it_holds_when_it_cannot_take_the_next(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-19: erased by hand, it takes the next one."""
    desk.go_mixed()
    hold(cluster, cluster.nodes[0].ctl_file.read_bytes())
    change = Change(add=(desk.certificate("three"), desk.certificate("four")), start_over=True)
    assert "would no longer trust" in desk.apply(change, "three").problem
    assert desk.apply(replace(change, override=True), "three").succeeded
    hold(cluster, cluster.nodes[0].ctl_file.read_bytes())
    client = desk.client()
    assert client.plan(Change(), desk.certificate("three")).stranded == 1
    client.forget_phone(DEVICE)
    assert client.plan(Change(), desk.certificate("three")).known == 0
    with pytest.raises(ProviderRefusal, match="there is no CTL file known to be held by"):
        client.forget_phone(DEVICE)
    client.close()


def test_a_file_that_somebody_changed_is_told_audited_and_replaced(
    desk: Workstation, cluster: TestCluster
) -> None:
    """Whether phones or a CTL client come across it first: each change is in the audit log, once."""
    desk.go_mixed()
    path = cluster.nodes[0].ctl_file
    good = path.read_bytes()
    changed = f"{path} was changed by somebody else than the CTL client, and is not served"

    def warnings() -> list[str]:
        client = desk.client()
        client.close()
        return client.warnings

    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert [ctl_file_served(cluster) for _ in range(2)] == [404, 404]
    assert warnings() == [changed]
    assert refusals(cluster) == [f"{changed}; its SHA-256 is {hash_of(path.read_bytes())}"]
    path.write_bytes(b"rubbish")
    assert warnings() == [changed]
    assert ctl_file_served(cluster) == 404
    assert refusals(cluster)[0] == f"{changed}; its SHA-256 is {hash_of(b'rubbish')}"
    assert desk.apply(Change(), "one").succeeded
    assert ctl_file_served(cluster) == 200
    path.unlink()
    assert ctl_file_served(cluster) == 404
    assert "is missing" in warnings()[0]
    assert len(refusals(cluster)) == 3
    assert "is missing" in refusals(cluster)[0]


def ctl_file_served(cluster: TestCluster) -> int:
    """The status with which the file server answers a phone that asks for the CTL file."""
    node = cluster.nodes[0]
    connection = HTTPConnection(node.address, node.port(6970), timeout=60)
    try:
        connection.request("GET", f"/CTL{DEVICE}.tlv")
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_mode_cannot_be_set_otherwise(cluster: TestCluster) -> None:
    """CLUSTER-04"""

    def set_it(administration: Administration) -> None:
        with pytest.raises(Refused):
            administration.parameters.set_enterprise(ADMINISTRATOR, {"Cluster Security Mode": "1"})
        assert administration.configuration().enterprise.cluster_security_mode is NONSECURE

    cluster.administer(set_it)
