"""A workstation with a CTL client, and looks at what came of its work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cluster import ADMINISTRATOR, TestCluster
from harness.tokens import PASSWORD
from ringward.administration.administration import Administration
from ringward.ctl_client.client import Account, Change, CtlClient, Result
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import RingwardError
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.trust_list import TrustListRole
from ringward.pki.key_store import KeyStore
from ringward.pki.secrets import read_key_file
from ringward.pki.tokens.software import SoftwareToken
from ringward.store.audit import AuditFilter, Outcome


class Workstation:
    """A CTL client's desk: it knows the cluster's certificates and has a drawer of software tokens."""

    def __init__(self, cluster: TestCluster, drawer: Path) -> None:
        self.cluster = cluster
        self.drawer = drawer

    def fingerprints(self) -> set[str]:
        found = set()
        for node in self.cluster.nodes:
            keys = KeyStore(node.directory / "certificates", read_key_file(node.directory / "cluster.key"))
            found.add(keys.certificate(CertificateKind.NODE).fingerprint_sha256)
        return found

    def client(self) -> CtlClient:
        """A client that is logged in at the first node."""
        client = CtlClient(
            Account(self.cluster.user, self.cluster.password),
            lambda address, port, certificate: certificate.fingerprint_sha256 in self.fingerprints(),
        )
        client.log_in("127.0.0.1", self.cluster.nodes[0].port(2444))
        return client

    def token(self, name: str) -> SoftwareToken:
        """A token from the drawer, made with a certificate of the cluster's token CA if it is not there."""
        path = self.drawer / f"{name}.token"
        if not path.exists():
            client = self.client()
            try:
                SoftwareToken.initialise(path, name, PASSWORD, lambda key: client.issue(key, f"Token {name}"))
            finally:
                client.close()
        return SoftwareToken(path)

    def certificate(self, name: str) -> bytes:
        certificate = self.token(name).describe().certificate
        assert certificate is not None
        return certificate.der

    def apply(self, change: Change, signer: str) -> Result:
        """Make a change with one token, in a session of its own, as the command does it."""
        client = self.client()
        try:
            with client.attempt(), self.token(signer).unlock(PASSWORD) as unlocked:
                return client.apply(change, unlocked)
        finally:
            client.close()

    def go_mixed(self, *tokens: str) -> Result:
        """The first CTL file (CTL-38)."""
        names = tokens or ("one", "two")
        change = Change(ClusterSecurityMode.MIXED, add=tuple(map(self.certificate, names)))
        return self.apply(change, names[-1])


def parsed(content: bytes) -> trust_list.TrustListFile:
    return trust_list.parse(content)


def roles(content: bytes) -> list[TrustListRole]:
    return [record.role for record in parsed(content).trust.records]


def refusals(cluster: TestCluster) -> list[str]:
    """The reasons of denied attempts in the audit log, newest first."""
    found: list[str] = []

    def look(administration: Administration) -> None:
        denied = administration.audit.find(ADMINISTRATOR, AuditFilter(outcome=Outcome.DENIED)).entries
        found.extend(entry.after.get("reason", "") for entry in denied)

    cluster.administer(look)
    return found


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(RingwardError) as caught:
        act()
    return str(caught.value)


def void(value: object) -> None:
    return None


def activate(administration: Administration, kind: CertificateKind) -> None:
    administration.certificates.activate(ADMINISTRATOR, kind)
