"""The CTL client and an administrator's second factor: without the code nobody is logged in (CTL-32, CTLP-08)."""

from __future__ import annotations

import time

import pytest

from ctl_client.desk import Workstation, refused, void
from harness.cluster import ADMINISTRATOR, TestCluster
from ringward.administration.administration import Administration
from ringward.ctl_client.client import Account, CtlClient
from ringward.domain.rules.one_time_code import code_of, step_at
from ringward.domain.secret import Secret


@pytest.fixture
def codes(cluster: TestCluster) -> list[Secret]:
    """Recovery codes of the cluster's administrator, who has a second factor."""
    made: list[Secret] = []

    def enrol(administration: Administration) -> None:
        offered = administration.second_factors.offer(cluster.user)
        code = code_of(bytes.fromhex(offered.key.reveal()), step_at(int(time.time() * 1000)))
        made.extend(administration.second_factors.enrol(ADMINISTRATOR, cluster.user, offered, code))

    cluster.administer(enrol)
    return made


def client(cluster: TestCluster, desk: Workstation, *codes: Secret) -> CtlClient:
    """A client whose administrator has these codes at hand."""
    left = list(codes)
    return CtlClient(
        Account(cluster.user, cluster.password, (lambda server: left.pop(0)) if codes else None),
        lambda address, port, certificate: certificate.fingerprint_sha256 in desk.fingerprints(),
    )


def test_the_client_asks_for_the_code_and_without_it_nobody_is_logged_in(
    cluster: TestCluster, desk: Workstation, codes: list[Secret]
) -> None:
    port = cluster.nodes[0].port(2444)
    assert "its code is wanted" in refused(lambda: client(cluster, desk).log_in("127.0.0.1", port))
    assert "code is wrong" in refused(lambda: client(cluster, desk, Secret("no code")).log_in("127.0.0.1", port))
    logged_in = client(cluster, desk, codes[0])
    try:
        logged_in.log_in("127.0.0.1", port)
        assert logged_in.cluster.servers
    finally:
        logged_in.close()
    assert "used before" in refused(lambda: client(cluster, desk, codes[0]).log_in("127.0.0.1", port))


def test_where_one_is_demanded_an_account_without_is_refused(cluster: TestCluster, desk: Workstation) -> None:
    cluster.administer(
        lambda administration: void(
            administration.parameters.set_enterprise(ADMINISTRATOR, {"second_factor_demanded": "true"})
        )
    )
    assert "second factor is demanded" in refused(desk.client)
