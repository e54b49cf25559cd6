"""Service activation and control center: what is wanted is stored, logged, announced (SVC-01, SVC-02, SVC-04)."""

from __future__ import annotations

from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement
from ringward.domain.errors import NotAllowed, NotFound, Refused
from ringward.domain.server import Server
from ringward.domain.service import ADMINISTRATION_WEB, CALL_MANAGER, CAPF, CTL_PROVIDER, TFTP, ServiceState


def test_a_fresh_server_runs_all_but_what_trust_needs(administration: Administration, guest: Actor) -> None:
    """CTLP-05, CAPF-02."""
    found = administration.service_control.every(guest)
    assert [(each.server, each.service, each.state.runs) for each in found] == [
        ("node1", TFTP, True),
        ("node1", CALL_MANAGER, True),
        ("node1", CAPF, False),
        ("node1", CTL_PROVIDER, False),
        ("node1", ADMINISTRATION_WEB, True),
    ]


def test_the_pages_can_be_stopped_but_nobody_shall_be_without_them_for_good(
    administration: Administration, ada: Actor
) -> None:
    control = administration.service_control
    with pytest.raises(Refused, match=r'always activated; .* ringward service stop "Tomcat"'):
        control.deactivate(ada, "node1", ADMINISTRATION_WEB)
    assert control.wanted("node1")[ADMINISTRATION_WEB.name].runs
    control.stop(ada, "node1", ADMINISTRATION_WEB)
    assert not control.wanted("node1")[ADMINISTRATION_WEB.name].runs


def test_each_act_is_stored_audited_and_announced(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    control = administration.service_control
    assert control.stop(ada, "node1", TFTP).state == ServiceState(True, False)
    assert control.wanted("node1")[TFTP.name] == ServiceState(True, False)
    assert control.start(ada, "node1", TFTP).state == ServiceState(True, True)
    assert control.restart(ada, "node1", TFTP).state == ServiceState(True, True, 1)
    assert control.deactivate(ada, "node1", TFTP).state.activated is False
    assert control.activate(ada, "node1", TFTP).state == ServiceState(True, True, 1)
    assert [each.key for each in announced] == ["node1/Cisco TFTP"] * 5
    assert control.wanted("node1")[CALL_MANAGER.name] == ServiceState(True, True)
    entries = administration.audit.find(ada).entries
    told = [(each.permission, each.before["state"], each.after["state"]) for each in entries[:5]]
    assert told == [
        ("service.activate", "not activated", "started"),
        ("service.deactivate", "started", "not activated"),
        ("service.restart", "started", "restarted"),
        ("service.start", "stopped", "started"),
        ("service.stop", "started", "stopped"),
    ]


def test_what_is_so_already_is_logged_but_not_announced(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    administration.service_control.start(ada, "node1", TFTP)
    assert announced == []
    assert administration.audit.find(ada).entries[0].permission == "service.start"


def test_activating_does_not_start_what_was_stopped(administration: Administration, ada: Actor) -> None:
    administration.service_control.stop(ada, "node1", TFTP)
    assert administration.service_control.activate(ada, "node1", TFTP).state.started is False


@pytest.mark.parametrize("act", ["start", "stop", "restart"])
def test_what_is_not_activated_cannot_be_controlled(administration: Administration, ada: Actor, act: str) -> None:
    administration.service_control.deactivate(ada, "node1", TFTP)
    with pytest.raises(Refused, match='not activated on node1; first: ringward service activate "TFTP"'):
        getattr(administration.service_control, act)(ada, "node1", TFTP)


def test_a_first_node_service_is_refused_elsewhere(administration: Administration, ada: Actor) -> None:
    """CAPF-02, SVC-04."""
    administration.installation.run(Server("node2", "192.0.2.2"))
    with pytest.raises(Refused, match="runs on the first node only, and node2 is another one"):
        administration.service_control.activate(ada, "node2", CAPF)
    assert administration.service_control.activate(ada, "node1", CAPF).state.runs
    assert not administration.service_control.wanted("node2")[CAPF.name].runs


def test_restarts_that_are_due_are_known_from_the_changes_since_the_start(
    administration: Administration, ada: Actor, clock: Any
) -> None:
    """RST-07, RST-08: and nothing is due for what needs no restart here (RST-28)."""
    control, began = administration.service_control, clock.now
    started = {TFTP.name: began, CALL_MANAGER.name: began}
    clock.now += 10
    administration.records(Server).update(ada, "node1", {"description": "x"})
    administration.parameters.set_service(ada, "node1", CALL_MANAGER.name, {"sip_station_realm": "lab"})
    assert control.restarts_due(ada, "node1", started) == {}
    administration.records(Server).update(ada, "node1", {"sip_phone_secure_port": 5071})
    administration.parameters.set_service(ada, "node1", TFTP.name, {"maximum_serving_count": "7"})
    assert control.restarts_due(ada, "node1", started) == {
        CALL_MANAGER.name: ["Cisco Unified CallManager node1: SIP Phone Secure Port"],
        TFTP.name: ["Cisco TFTP on node1: Maximum Serving Count"],
    }
    assert control.restarts_due(ada, "node2", started) == {}
    clock.now += 10
    again = {TFTP.name: began, CALL_MANAGER.name: clock.now}
    assert list(control.restarts_due(ada, "node1", again)) == [TFTP.name]
    assert control.restarts_due(ada, "node1", {}) == {}


def test_guests_may_look_and_nothing_more(administration: Administration, guest: Actor) -> None:
    with pytest.raises(NotAllowed):
        administration.service_control.stop(guest, "node1", TFTP)
    assert administration.service_control.wanted("node1")[TFTP.name].runs


def test_a_server_that_is_none_is_named(administration: Administration, ada: Actor) -> None:
    with pytest.raises(NotFound, match="there is no server 'node9'"):
        administration.service_control.stop(ada, "node9", TFTP)
