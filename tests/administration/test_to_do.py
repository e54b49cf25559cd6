"""What is to be done, in order, and which phones could be more secure."""

from __future__ import annotations

from typing import Any

import pytest

from administration.conftest import Time
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import NotAllowed, Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import Rights
from ringward.domain.rules.reset import DeviceAction
from ringward.domain.service import TFTP
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, Protocol

SECURE, PLAIN, OLD = "SEP00000000000A", "SEP00000000000B", "SEP00000000000C"


class Node:
    """What the node answers."""

    def __init__(self) -> None:
        self.registered: list[str] = []
        self.less_secure: dict[str, str] = {}
        self.runs = True

    def ask(self, command: str) -> Any:
        if command == "registered" and not self.runs:
            raise Refused("the service Cisco CallManager does not run")
        return {
            "status": {"node_name": "node1"},
            "registered": {"devices": self.registered, "less_secure": self.less_secure},
            "files-read": {},
            "services": [{"service": TFTP.name, "since": 1_000_000.0}],
        }[command]


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def office(administration: Administration, ada: Actor, clock: Time) -> Administration:
    profile = PhoneSecurityProfile(
        "Secure", "7961", Protocol.SIP, device_security_mode=DeviceSecurityMode.ENCRYPTED
    )
    administration.records(PhoneSecurityProfile).add(ada, profile)
    nonsecure = nonsecure_profile_name("7961", Protocol.SIP)
    administration.phones.add(ada, Phone(SECURE, "7961", Protocol.SIP, "Secure"))
    administration.phones.add(ada, Phone(PLAIN, "7961", Protocol.SIP, nonsecure, description="At the door"))
    administration.phones.add(ada, Phone(OLD, "7905", Protocol.SIP, nonsecure_profile_name("7905", Protocol.SIP)))
    clock.now += 10
    return administration


def be_mixed(administration: Administration, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the CTL client leaves a cluster: only it sets the mode."""
    mixed = EnterpriseParameters(cluster_security_mode=ClusterSecurityMode.MIXED)
    monkeypatch.setattr("ringward.administration.to_do.enterprise_parameters", lambda view: mixed)


def test_when_all_changes_are_in_force_nothing_is_to_be_done(
    office: Administration, ada: Actor, node: Node
) -> None:
    found = office.to_do.find(ada, node.ask)
    assert found.is_empty
    assert (found.as_json(), found.less_secure) == ([], ())


def test_a_changed_phone_waits_for_its_reset_and_is_reached_while_it_is_registered(
    office: Administration, ada: Actor, node: Node
) -> None:
    """RST-08."""
    for device in (SECURE, PLAIN):
        office.phones.update(ada, device, {"description": "Elsewhere"})
    node.registered.append(PLAIN)
    found = office.to_do.find(ada, node.ask)
    assert [each.device for each in found.phones] == [SECURE, PLAIN]
    actions = {each.device: each.action for each in found.phones}
    assert found.reached(actions[PLAIN]) == [PLAIN]
    other = DeviceAction.RESET if actions[PLAIN] is DeviceAction.RESTART else DeviceAction.RESTART
    assert found.reached(other) == []
    assert [(item["what"], item["registered"]) for item in found.as_json()] == [(SECURE, False), (PLAIN, True)]


def test_services_come_before_phones(office: Administration, ada: Actor, node: Node) -> None:
    office.parameters.set_service(ada, "node1", TFTP.name, {"enable_caching": "false"})
    office.phones.update(ada, PLAIN, {"description": "Elsewhere"})
    found = office.to_do.find(ada, node.ask)
    assert [item["kind"] for item in found.as_json()] == ["service", "phone"] and found.total == 2
    for offset, limit, kinds in (
        (0, 1, ["service"]),
        (1, 1, ["phone"]),
        (1, 5, ["phone"]),
        (2, 5, []),
        (0, 0, []),
    ):
        assert [item["kind"] for item in found.as_json(offset, limit)] == kinds


def test_phones_that_could_be_more_secure_are_named_with_the_reason(
    office: Administration, ada: Actor, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model without TLS is as secure as it can be."""
    assert office.to_do.find(ada, node.ask).less_secure == (), "in a nonsecure cluster no phone could be"
    be_mixed(office, monkeypatch)
    node.registered = [SECURE, PLAIN, OLD]
    (less,) = office.to_do.find(ada, node.ask).less_secure
    assert (less.device, less.description) == (PLAIN, "At the door")
    assert less.reason == "its profile is Non Secure, though a 7961 can be secure"
    node.less_secure[SECURE] = "Non Secure"
    found = office.to_do.find(ada, node.ask).less_secure
    assert found[0].reason == "it is registered as Non Secure, though its profile is Encrypted"
    first = office.to_do.find(ada, node.ask, named=1)
    assert [each.device for each in first.less_secure] == [SECURE] and first.less_secure_total == 2


def test_without_a_call_manager_nobody_is_reached(office: Administration, ada: Actor, node: Node) -> None:
    office.phones.update(ada, PLAIN, {"description": "Elsewhere"})
    node.registered, node.runs = [PLAIN], False
    found = office.to_do.find(ada, node.ask)
    assert not found.registered and len(found.phones) == 1


def test_who_may_not_see_services_sees_phones_alone_and_who_may_see_neither_nothing(
    office: Administration, ada: Actor, node: Node
) -> None:
    office.parameters.set_service(ada, "node1", TFTP.name, {"enable_caching": "false"})
    helper = Actor("helper", Rights("help desk", ("phone.read",)), "there")
    assert not office.to_do.find(helper, node.ask).services
    with pytest.raises(NotAllowed):
        office.to_do.find(Actor("nobody", Rights("none", ()), "there"), node.ask)
