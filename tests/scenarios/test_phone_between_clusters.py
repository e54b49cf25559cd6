"""SCN-06: a phone moves to another secure cluster, is rejected there, and works once its CTL file is erased."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ctl_client.desk import Workstation
from harness.cluster import ADMINISTRATOR, TestCluster
from ringward.administration.administration import Administration
from ringward.ctl_client.client import Change
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.vocabulary import ClusterSecurityMode, Protocol
from ringward.files.trust_list import TrustListKind
from ringward.phone.boot_orders import Booted
from ringward.phone.file_security import FileSecurity
from ringward.phone.identity import identify
from ringward.phone.retrieval import FileServer, ServerSilent, boot
from ringward.phone.security_menu import UNLOCK, SecurityMenu

DEVICE, MODEL = "SEP001122334455", "7970"
PHONE = identify(DEVICE, MODEL)


class Site:
    """A cluster in mixed mode that has the phone configured."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.cluster = TestCluster(directory)
        self.desk = Workstation(self.cluster, directory / "drawer")

    def open(self) -> None:
        self.cluster.start()
        self.cluster.administer(_add_phone)
        assert self.desk.go_mixed().succeeded
        assert _eventually(lambda: self.boots(FileSecurity()).endswith(".sgn"))
        self.forget()

    def boot(self, security: FileSecurity) -> Booted:
        """Switch a phone on here, with what its flash holds."""
        node = self.cluster.nodes[0]
        server = FileServer(node.address, node.port(69))
        return asyncio.run(boot(PHONE, (server,), security=security, attempts=1))

    def boots(self, security: FileSecurity) -> str:
        """The file that a phone reads; empty while the services still follow the last change."""
        try:
            return self.boot(security).file
        except ServerSilent:
            return ""

    def known(self) -> tuple[int, int]:
        """Phones whose CTL file is known, and how many of them do not know the third token."""
        client = self.desk.client()
        try:
            plan = client.plan(Change(add=(self.desk.certificate("three"),)), self.desk.certificate("three"))
            return plan.known, plan.stranded
        finally:
            client.close()

    def forget(self) -> None:
        assert _eventually(lambda: self.known()[0] == 1)
        client = self.desk.client()
        client.forget_phone(DEVICE)
        client.close()


def _add_phone(administration: Administration) -> None:
    profile = "7970 - Standard SIP Non-Secure Profile"
    phone = Phone(DEVICE, MODEL, Protocol.SIP, profile, lines=(PhoneLine(1, "1001"),))
    administration.phones.add(ADMINISTRATOR, phone)


def _eventually(look: Callable[[], bool]) -> bool:
    for _ in range(300):
        if look():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    home, away = Site(tmp_path / "home"), Site(tmp_path / "away")
    try:
        home.open()
        away.open()
        yield home, away
    finally:
        home.cluster.stop()
        away.cluster.stop()


def test_a_phone_of_another_cluster_is_rejected_until_its_file_is_erased(sites: tuple[Site, Site]) -> None:
    """SCN-06, CTL-19, CTL-20, PHONE-04, PHONE-05"""
    home, away = sites
    flash = FileSecurity()
    first = home.boot(flash)
    assert first.file.endswith(".sgn")
    assert flash.verdicts[first.file].startswith("verified")
    held = flash.trust.held(TrustListKind.CTL)
    assert held is not None
    assert held.content == home.cluster.nodes[0].ctl_file.read_bytes()
    assert _eventually(lambda: home.known() == (1, 1)), "the node knows what the phone has fetched"

    there = away.boot(flash)
    assert there.kept, "it goes on with the configuration that it had"
    kept = flash.trust.held(TrustListKind.CTL)
    assert kept is not None
    assert kept.content == held.content, "the other cluster's CTL file is signed by a stranger's token"
    assert any("refused" in verdict for verdict in flash.verdicts.values())

    menu = SecurityMenu(PHONE, flash)
    with pytest.raises(Refused, match="locked"):
        menu.erase_trust_lists()
    menu.press(UNLOCK)
    menu.erase_trust_lists()
    moved = away.boot(flash)
    assert moved.file.endswith(".sgn")
    assert not moved.kept
    assert flash.verdicts[moved.file].startswith("verified")


def test_a_phone_follows_its_cluster_through_every_change(tmp_path: Path) -> None:
    """SCN-04, SCN-05 as a phone sees them: CTL-10, CTL-16, CLUSTER-08, CLUSTER-15"""
    site = Site(tmp_path / "site")
    try:
        site.open()
        flash = FileSecurity()
        assert site.boot(flash).file.endswith(".sgn")
        assert site.desk.apply(Change(add=(site.desk.certificate("three"),)), "one").succeeded
        assert site.boot(flash).file.endswith(".sgn")
        held = flash.trust.held(TrustListKind.CTL)
        assert held is not None
        assert held.content == site.cluster.nodes[0].ctl_file.read_bytes(), "verified by a token in the old file"
        assert site.desk.apply(Change(ClusterSecurityMode.NONSECURE), "three").succeeded
        assert _eventually(lambda: site.boots(flash) == f"{DEVICE}.cnf.xml")
        assert not flash.trust.asks_for_signed_files
        assert site.desk.apply(Change(ClusterSecurityMode.MIXED), "three").succeeded
        assert _eventually(lambda: site.boots(flash) == f"{DEVICE}.cnf.xml.sgn")
    finally:
        site.cluster.stop()
