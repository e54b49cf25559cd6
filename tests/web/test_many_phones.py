"""Pages over many phones ask the database as often as over few: it counts, and only what is shown is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.statements import statements_of
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, Protocol
from web.conftest import Browser, Node

FEW, MANY = 3, 60
PAGES = (
    "/CMAdmin/",
    "/CMAdmin/phone",
    "/CMAdmin/to-do",
    "/CMAdmin/certificate-operations",
    "/CMAdmin/enrol-phones",
    "/CMAdmin/encrypt-files",
    "/CMAdmin/secure-cluster",
    "/CMService/alarms",
)


@pytest.fixture
def add_phones(administration: Administration, root: Actor) -> Callable[[range], None]:
    plain = nonsecure_profile_name("7961", Protocol.SIP)
    secure = PhoneSecurityProfile(
        "Secure", "7961", Protocol.SIP, device_security_mode=DeviceSecurityMode.ENCRYPTED
    )
    administration.records(PhoneSecurityProfile).add(root, secure)

    def add(numbers: range) -> None:
        for number in numbers:
            profile = (plain, "Secure")[number % 2]
            administration.phones.add(root, Phone(f"SEP{number:012}", "7961", Protocol.SIP, profile))

    return add


@pytest.mark.parametrize("path", PAGES)
def test_no_query_per_phone(
    path: str,
    ada: Browser,
    administration: Administration,
    root: Actor,
    node: Node,
    add_phones: Callable[[range], None],
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mixed = EnterpriseParameters(cluster_security_mode=ClusterSecurityMode.MIXED)
    monkeypatch.setattr("ringward.administration.to_do.enterprise_parameters", lambda view: mixed)

    def open_it(url: str) -> tuple[int, str]:
        clock.now += 10
        administration.parameters.set_enterprise(root, {"url_services": url})  # all phones wait for it
        ada.get(path)  # what is remembered between pages is remembered now
        with statements_of(administration.database) as statements:
            page = ada.get(path)
        assert page.status == 200
        return len(statements), page.words

    add_phones(range(FEW))
    few, _ = open_it("http://192.0.2.1/")
    add_phones(range(FEW, MANY))
    devices = [f"SEP{number:012}" for number in range(MANY)]
    node.answers["registered"] = {"devices": devices, "less_secure": dict.fromkeys(devices[1::2], "Non Secure")}
    many, words = open_it("http://192.0.2.2/")
    assert many <= few + 3, f"{few} statements for {FEW} phones, {many} for {MANY}"
    if path == "/CMAdmin/to-do":
        assert f"Tell {MANY} phones" in words and f"could be: {MANY} phones" in words
