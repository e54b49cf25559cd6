"""What a CTL Provider refuses, whatever the client says, and who may work with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from ctl_client.desk import Workstation, parsed, refusals, refused, void
from harness.cluster import ADMINISTRATOR, TestCluster
from harness.ports import OTHER_PORT
from harness.tokens import PASSWORD
from ringward.administration.administration import Administration
from ringward.ctl_client.client import Account, Change, CtlClient
from ringward.ctl_client.connection import ProviderRefusal, UnconfirmedServer, pinned
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import Unavailable
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.service import CTL_PROVIDER
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files import trust_list
from ringward.files.trust_list import TrustListRole
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.tokens.software import ATTEMPTS
from ringward.pki.tokens.token import TokenGone, TokenSigner
from ringward.store.audit import AuditFilter, Outcome

MIXED, NONSECURE = ClusterSecurityMode.MIXED, ClusterSecurityMode.NONSECURE
SAST, CCM_TFTP, CAPF = TrustListRole.SAST, TrustListRole.CCM_TFTP, TrustListRole.CAPF


# -- what the provider refuses, whatever the client says ----------------------------------------------------


class Forger(CtlClient):
    """A client that composes what it likes."""

    def _compose(self, tokens: object, mode: ClusterSecurityMode) -> trust_list.TrustList:
        made = super()._compose(tokens, mode)  # type: ignore[arg-type]
        return trust_list.TrustList(tuple(self.bend(made.records)))

    def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
        raise NotImplementedError

    def check_signer(self, change: Change, signer: bytes) -> None:
        """It does not care."""


class WithoutServer(Forger):
    def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
        return [record for record in records if record.role is SAST]


class OneTokenOnly(Forger):
    def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
        return list(records[1:])


class WrongAddress(Forger):
    def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
        from ipaddress import IPv4Address

        return [
            record if record.role is SAST else replace(record, address=IPv4Address("192.0.2.1"))
            for record in records
        ]


class ServerTwice(Forger):
    def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
        return [*records, records[-1]]


class StrangerIncluded(Forger):
    def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
        return [*records, replace(records[-1], host="evil.example.com")]


@pytest.mark.parametrize(
    ("forger", "reason"),
    [
        (WithoutServer, "cannot be deleted"),
        (OneTokenOnly, "at least 2 security tokens"),
        (WrongAddress, "has the address 192.0.2.1"),
        (ServerTwice, "twice with the same function"),
        (StrangerIncluded, "of no server of this cluster"),
    ],
)
def test_the_provider_itself_keeps_the_rules(
    desk: Workstation, cluster: TestCluster, forger: type[Forger], reason: str
) -> None:
    """CTL-11, CTL-12, CTL-17"""
    change = Change(MIXED, add=(desk.certificate("one"), desk.certificate("two")))
    client = forger(Account(cluster.user, cluster.password), lambda *known: True)
    client.log_in("127.0.0.1", cluster.nodes[0].port(2444))
    with desk.token("two").unlock(PASSWORD) as signer:
        result = client.apply(change, signer)
    client.close()
    assert not result.succeeded
    assert reason in result.problem
    assert reason in refusals(cluster)[0], "audited"
    assert not cluster.nodes[0].ctl_file.exists()


def test_an_update_by_a_token_that_is_not_in_the_file_is_refused_by_the_provider_too(
    desk: Workstation, cluster: TestCluster
) -> None:
    """CTL-16"""

    class Unscrupulous(Forger):
        def bend(self, records: tuple[trust_list.Record, ...]) -> list[trust_list.Record]:
            return list(records)

    desk.go_mixed()
    before = cluster.nodes[0].ctl_file.read_bytes()
    change = Change(add=(desk.certificate("three"),))
    client = Unscrupulous(Account(cluster.user, cluster.password), lambda *known: True)
    client.log_in("127.0.0.1", cluster.nodes[0].port(2444))
    with desk.token("three").unlock(PASSWORD) as signer:
        result = client.apply(change, signer)
    client.close()
    assert "not signed by a security token that is in the present CTL file" in result.problem
    assert cluster.nodes[0].ctl_file.read_bytes() == before


def test_a_token_that_is_pulled_out_in_the_middle_leaves_everything_as_it_was(
    desk: Workstation, cluster: TestCluster
) -> None:
    change = Change(MIXED, add=(desk.certificate("one"), desk.certificate("two")))

    class PulledOut:
        def __init__(self, signer: TokenSigner) -> None:
            self.certificate, self._signer = signer.certificate, signer

        def sign(self, data: bytes, digest: HashAlgorithm) -> bytes:
            signature = self._signer.sign(data, digest)
            (desk.drawer / "two.token").unlink()
            return signature

    client = desk.client()
    with desk.token("two").unlock(PASSWORD) as signer, pytest.raises(TokenGone):
        client.apply(change, PulledOut(signer))
    client.close()
    assert not cluster.nodes[0].ctl_file.exists()


def test_what_fails_at_the_workstation_is_in_the_audit_log_too(desk: Workstation, cluster: TestCluster) -> None:
    """Wrong password, locked token, token that is not in the file, token that is gone: each with its reason."""
    desk.go_mixed()
    before = cluster.nodes[0].ctl_file.read_bytes()
    third = desk.certificate("three")
    client = desk.client()

    def fails(act: Callable[[], object]) -> str:
        def attempt() -> None:
            with client.attempt():
                act()

        return refused(attempt)

    def unlock(name: str, password: Secret) -> None:
        with desk.token(name).unlock(password):
            pass

    told = [fails(lambda: unlock("one", Secret("wrong"))) for _ in range(ATTEMPTS)]
    assert "attempts left" in told[0]
    told.append(fails(lambda: unlock("one", PASSWORD)))
    assert "locked" in told[-1]
    told.append(fails(lambda: client.check_signer(Change(add=(third,)), third)))
    gone = desk.token("two")
    (desk.drawer / "two.token").unlink()
    told.append(fails(lambda: gone.unlock(PASSWORD).__enter__()))
    client.close()
    assert refusals(cluster) == [f"at the CTL client: {reason}"[:500] for reason in reversed(told)]
    assert cluster.nodes[0].ctl_file.read_bytes() == before


def test_a_certificate_that_is_not_the_tokens_proves_nothing_and_is_audited(
    desk: Workstation, cluster: TestCluster
) -> None:
    """CTL-45: who signs must hold the key of the certificate that it shows."""

    class Impostor:
        def __init__(self, certificate: bytes, signer: TokenSigner) -> None:
            self.certificate, self.sign = certificate, signer.sign

    change = Change(MIXED, add=(desk.certificate("one"), desk.certificate("two")))
    client = desk.client()
    with desk.token("two").unlock(PASSWORD) as signer:
        told = refused(lambda: client.apply(change, Impostor(desk.certificate("one"), signer)))
    client.close()
    assert "the token did not prove that it is the one of this certificate" in told
    assert refusals(cluster) == ["the token did not prove that it is the one of this certificate"]
    assert not cluster.nodes[0].ctl_file.exists()


# -- logging in -----------------------------------------------------------------------------------------------


def test_nobody_logs_in_at_a_server_whose_certificate_is_not_confirmed(
    desk: Workstation, cluster: TestCluster
) -> None:
    (fingerprint,) = desk.fingerprints()
    port = cluster.nodes[0].port(2444)
    good = CtlClient(Account(cluster.user, cluster.password), pinned(fingerprint.lower().replace(":", "")))
    good.log_in("127.0.0.1", port)
    good.close()
    bad = CtlClient(Account(cluster.user, cluster.password), pinned("00" * 32))
    with pytest.raises(UnconfirmedServer, match=fingerprint):
        bad.log_in("127.0.0.1", port)


def test_wrong_logins_are_answered_alike_logged_and_lock_the_account(
    desk: Workstation, cluster: TestCluster
) -> None:
    """CTLP-08"""
    port = cluster.nodes[0].port(2444)

    def log_in(user: str, password: str) -> str:
        client = CtlClient(Account(user, Secret(password)), lambda *known: True)
        with pytest.raises(ProviderRefusal) as caught:
            client.log_in("127.0.0.1", port)
        return caught.value.code + " " + str(caught.value).split("): ")[-1]

    wrong = "wrong-credentials the user ID or the password is wrong"
    assert log_in("nobody", "x") == wrong
    assert [log_in(cluster.user, "x") for _ in range(5)] == [wrong] * 5
    assert log_in(cluster.user, cluster.password.reveal()).startswith("locked-out")
    logged: list[str] = []
    cluster.administer(
        lambda each: logged.extend(
            entry.origin
            for entry in each.audit.find(ADMINISTRATOR, AuditFilter(outcome=Outcome.DENIED)).entries
            if entry.permission.endswith(".log-in")
        )
    )
    assert logged == ["CTL client at 127.0.0.1"] * 6


def test_a_read_only_account_may_not_work_with_a_ctl_client(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-32."""
    from ringward.domain.application_user import ApplicationUser

    def add(administration: Administration) -> None:
        users = administration.application_users
        users.add(ADMINISTRATOR, ApplicationUser("rob", Secret("look but not touch")))

    cluster.administer(add)
    client = CtlClient(Account("rob", Secret("look but not touch")), lambda *known: True)
    with pytest.raises(ProviderRefusal) as caught:
        client.log_in("127.0.0.1", cluster.nodes[0].port(2444))
    assert caught.value.code == "not-allowed"


def test_a_sixth_client_is_refused(desk: Workstation) -> None:
    """CTL-33"""
    clients = [desk.client() for _ in range(5)]
    with pytest.raises(ProviderRefusal) as caught:
        desk.client()
    assert caught.value.code == "too-many"
    for client in clients:
        client.close()


def test_of_two_clients_that_began_with_the_same_file_only_one_wins(desk: Workstation) -> None:
    """CTL-33"""
    desk.go_mixed()
    slow = desk.client()
    third, fourth = desk.certificate("three"), desk.certificate("four")
    assert desk.apply(Change(add=(third,)), "one").succeeded
    with desk.token("two").unlock(PASSWORD) as signer:
        result = slow.apply(Change(add=(fourth,)), signer)
    slow.close()
    assert "has changed since the client read it" in result.problem
    client = desk.client()
    assert third in {each.der for each in tokens_of(parsed(client.content).trust)}
    client.close()


def test_while_one_client_commits_another_is_told_to_wait(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-33; whoever leaves without a commit frees the way."""
    change = Change(MIXED, add=(desk.certificate("one"), desk.certificate("two")))

    class Dawdler(CtlClient):
        def _commit(self, saved: object, content: bytes) -> object:  # type: ignore[override]
            return None

    dawdler = Dawdler(Account(cluster.user, cluster.password), lambda *known: True)
    dawdler.log_in("127.0.0.1", cluster.nodes[0].port(2444))
    with desk.token("one").unlock(PASSWORD) as signer:
        dawdler.apply(change, signer)
        assert "another CTL client is committing" in desk.apply(change, "two").problem
        dawdler.close()
        for _ in range(100):
            result = desk.apply(change, "two")
            if result.succeeded:
                break
            time.sleep(0.1)
    assert result.succeeded
    assert any("gave the new CTL file up" in reason for reason in refusals(cluster))


def test_a_client_goes_on_while_the_certificate_of_the_server_is_renewed(
    desk: Workstation, cluster: TestCluster
) -> None:
    """Whoever connects from then on is shown the new one, and whoever is there stays."""
    one, two = desk.certificate("one"), desk.certificate("two")
    client = desk.client()
    shown = client.first.certificate
    cluster.administer(lambda each: void(each.certificates.regenerate(ADMINISTRATOR, CertificateKind.NODE)))
    renewed = None
    for _ in range(600):
        with suppress(UnconfirmedServer, ProviderRefusal):  # the desk expects the new one; or too many are there
            later = desk.client()
            renewed = later.first.certificate
            later.close()
            break
        time.sleep(0.1)
    assert renewed is not None and renewed != shown
    assert client.plan(Change(MIXED, add=(one, two)), two).known == 0
    client.close()


def test_a_provider_that_is_not_there_is_named(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-29, CTLP-01, CLUSTER-25"""
    client = CtlClient(Account("x", Secret("y")), lambda *known: True)
    with pytest.raises(
        Unavailable, match=r"no CTL Provider answers at 127\.0\.0\.1:9 .*\(a node with a port offset"
    ):
        client.log_in("127.0.0.1", 9)
    with pytest.raises(
        Unavailable, match=r"'127\.0\.0\.1:9' does not resolve .*; the port is given apart, as --port"
    ):
        client.log_in("127.0.0.1:9", 2444)
    with pytest.raises(Unavailable, match=r"'no-such-host\.invalid' does not resolve"):
        client.log_in("no-such-host.invalid", 2444)
    cluster.administer(
        lambda each: void(each.records(Server).add(ADMINISTRATOR, Server("node-9", "no-such-host.invalid")))
    )
    cluster.administer(lambda each: each.service_control.activate(ADMINISTRATOR, "node-9", CTL_PROVIDER))
    change = Change(MIXED, add=(desk.certificate("one"), desk.certificate("two")))
    assert "'no-such-host.invalid' of a server does not resolve" in refused(lambda: desk.apply(change, "one"))
    assert not cluster.nodes[0].ctl_file.exists()


def test_another_port_answers_after_a_restart(desk: Workstation, cluster: TestCluster) -> None:
    """CTL-31, PORT-01, PORT-07, CTLP-04"""
    node = cluster.nodes[0]

    def change(administration: Administration) -> None:
        port = {"Port Number": str(OTHER_PORT)}
        administration.parameters.set_service(ADMINISTRATOR, node.name, CTL_PROVIDER.name, port)
        administration.service_control.restart(ADMINISTRATOR, node.name, CTL_PROVIDER)

    cluster.administer(change)
    client = CtlClient(Account(cluster.user, cluster.password), lambda *known: True)
    for _ in range(100):
        with suppress(Unavailable):
            client.log_in(node.address, node.port(OTHER_PORT))
            break
        time.sleep(0.1)
    assert [each.ctl_port for each in client.cluster.servers] == [node.port(OTHER_PORT)]
    client.close()
    with pytest.raises(Unavailable):
        client.log_in(node.address, node.port(2444))


def test_a_provider_that_is_not_active_is_named(desk: Workstation, cluster: TestCluster) -> None:
    """CTLP-01, CLUSTER-12: without it no mixed mode."""
    second = cluster.add_node()
    change = Change(ClusterSecurityMode.MIXED, add=(desk.certificate("one"), desk.certificate("two")))
    cluster.administer(lambda each: each.service_control.deactivate(ADMINISTRATOR, second.name, CTL_PROVIDER))
    told = refused(lambda: desk.apply(change, "one"))
    assert "the CTL Provider is not active on node-2" in told
    assert refusals(cluster) == [f"at the CTL client: {told}"]
    assert not cluster.nodes[0].ctl_file.exists()
