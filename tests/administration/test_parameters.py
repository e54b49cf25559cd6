from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import Invalid, NotAllowed, NotFound, Refused
from ringward.domain.server import Server
from ringward.domain.service_parameters import CallManagerParameters, CapfParameters, TftpParameters
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.store.audit import AuditFilter

CALL_MANAGER = CallManagerParameters.title
TFTP = TftpParameters.title


def test_a_fresh_cluster_has_the_defaults(administration: Administration, guest: Actor) -> None:
    """CLUSTER-01 among others."""
    parameters = administration.parameters
    assert parameters.enterprise(guest) == EnterpriseParameters()
    assert parameters.services() == (CALL_MANAGER, TFTP, CapfParameters.title, "Cisco CTL Provider")
    assert parameters.service(guest, "node1", CALL_MANAGER) == CallManagerParameters()


def test_parameters_are_entered_by_name_or_label_and_audited(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    parameters = administration.parameters
    saved = parameters.set_enterprise(ada, {"Cluster ID": "Vienna", "url_idle": "http://192.0.2.1/idle"})
    assert (saved.record.cluster_id, saved.record.url_idle) == ("Vienna", "http://192.0.2.1/idle")
    assert parameters.enterprise(ada) == saved.record
    assert len(saved.notes) == 1
    (entry,) = administration.audit.find(ada, AuditFilter(noun="enterprise-parameters")).entries
    assert entry.before == {"cluster_id": "StandAloneCluster", "url_idle": ""}
    assert entry.after == {"cluster_id": "Vienna", "url_idle": "http://192.0.2.1/idle"}
    assert [each.noun for each in announced] == ["enterprise-parameters"]


def test_old_phones_are_let_in_with_a_warning(administration: Administration, ada: Actor) -> None:
    """SIG-14."""
    parameters = administration.parameters
    (note,) = parameters.set_enterprise(ada, {"Admit Old Phones": "true"}).notes
    assert note.startswith("Warning: TLS 1.0, SHA-1 and keys of 512 bits can be broken today.")
    assert parameters.set_enterprise(ada, {"cluster_id": "Vienna", "admit_old_phones": "true"}).notes == (
        parameters.set_enterprise(ada, {"cluster_id": "Berlin"}).notes
    )
    assert parameters.set_enterprise(ada, {"Admit Old Phones": "false"}).notes == ()


def test_what_was_entered_before_is_kept_and_can_be_set_back(administration: Administration, ada: Actor) -> None:
    parameters = administration.parameters
    parameters.set_enterprise(ada, {"cluster_id": "Vienna"})
    parameters.set_enterprise(ada, {"url_idle_time": "60"})
    assert parameters.enterprise(ada) == EnterpriseParameters(cluster_id="Vienna", url_idle_time=60)
    parameters.set_enterprise(ada, {"cluster_id": "StandAloneCluster", "url_idle_time": "0"})
    assert parameters.enterprise(ada) == EnterpriseParameters()


def test_the_cluster_security_mode_cannot_be_set_here(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    """CLUSTER-04: a crafted request is refused and changes nothing, not even what came with it."""
    for name in ("cluster_security_mode", "Cluster Security Mode"):
        with pytest.raises(Refused, match="CTL client"):
            administration.parameters.set_enterprise(ada, {"cluster_id": "Vienna", name: "1"})
    assert administration.parameters.enterprise(ada) == EnterpriseParameters()
    assert administration.parameters.enterprise(ada).cluster_security_mode is ClusterSecurityMode.NONSECURE
    assert announced == []


def test_wrong_values_and_names_are_refused_all_or_none(administration: Administration, ada: Actor) -> None:
    parameters = administration.parameters
    with pytest.raises(Invalid, match="whole numbers from 0"):
        parameters.set_enterprise(ada, {"cluster_id": "Vienna", "url_idle_time": "soon"})
    with pytest.raises(NotFound, match="nonsense"):
        parameters.set_enterprise(ada, {"cluster_id": "Vienna", "nonsense": "1"})
    assert parameters.enterprise(ada) == EnterpriseParameters()


def test_service_parameters_are_per_server(administration: Administration, ada: Actor) -> None:
    """CLUSTER-21, ADMIN-09."""
    parameters = administration.parameters
    administration.records(Server).add(ada, Server("node2", "192.0.2.2"))
    parameters.set_service(ada, "node2", TFTP, {"maximum_serving_count": "7"})
    assert parameters.service(ada, "node2", TFTP) == TftpParameters(maximum_serving_count=7)
    assert parameters.service(ada, "node1", TFTP) == TftpParameters()
    (entry,) = administration.audit.find(ada, AuditFilter(noun="service-parameters")).entries
    assert (entry.key, entry.after) == ("node2/Cisco TFTP", {"maximum_serving_count": "7"})


def test_rules_between_parameters_are_kept(administration: Administration, ada: Actor) -> None:
    with pytest.raises(Invalid, match="sip_timer_t1"):
        administration.parameters.set_service(ada, "node1", CALL_MANAGER, {"sip_timer_t1": "5000"})
    both = {"sip_timer_t1": "5000", "sip_timer_t2": "6000"}
    with pytest.raises(Invalid):
        administration.parameters.set_service(ada, "node1", CALL_MANAGER, both | {"sip_timer_t2": "4999"})
    assert administration.parameters.service(ada, "node1", CALL_MANAGER) == CallManagerParameters()


def test_servers_with_different_realms_are_pointed_out(administration: Administration, ada: Actor) -> None:
    """SIPD-17: digest credentials are bound to the realm."""
    parameters = administration.parameters
    assert parameters.set_service(ada, "node1", CALL_MANAGER, {"sip_station_realm": "one"}).notes == ()
    administration.records(Server).add(ada, Server("node2", "192.0.2.2"))
    (note,) = parameters.set_service(ada, "node2", CALL_MANAGER, {"sip_station_realm": "two"}).notes
    assert "one, two" in note
    assert parameters.set_service(ada, "node2", CALL_MANAGER, {"sip_station_realm": "one"}).notes == ()


def test_a_server_or_service_that_is_not_there_is_not_found(administration: Administration, ada: Actor) -> None:
    parameters = administration.parameters
    for server, service in (("nowhere", TFTP), ("node1", "Cisco Nothing")):
        with pytest.raises(NotFound):
            parameters.service(ada, server, service)
        with pytest.raises(NotFound):
            parameters.set_service(ada, server, service, {})


def test_who_may_only_look_sets_nothing(administration: Administration, guest: Actor) -> None:
    with pytest.raises(NotAllowed):
        administration.parameters.set_enterprise(guest, {"cluster_id": "Vienna"})
    with pytest.raises(NotAllowed):
        administration.parameters.set_service(guest, "node1", TFTP, {"maximum_serving_count": "7"})


@pytest.mark.parametrize("port", ["3804", "5061", "2443"])
def test_the_ctl_provider_gets_no_port_of_another_service(
    administration: Administration, ada: Actor, port: str
) -> None:
    """PORT-10"""
    with pytest.raises(Invalid, match="a port that is not used by"):
        administration.parameters.set_service(ada, "node1", "Cisco CTL Provider", {"Port Number": port})
    saved = administration.parameters.set_service(ada, "node1", "Cisco CTL Provider", {"Port Number": "3444"})
    assert saved.notes == ("Restart the service Cisco CTL Provider for the change to come into force.",)


def test_hours_in_which_no_certificate_can_be_renewed_are_pointed_out(
    administration: Administration, ada: Actor
) -> None:
    """CAPF-09: parameters are entered one at a time, so it is no error on the way to other hours."""
    capf = CapfParameters.title
    administration.parameters.set_service(ada, "node1", capf, {"renewal_days": "60"})
    saved = administration.parameters.set_service(ada, "node1", capf, {"renewal_begin": "05:00"})
    assert "From 05:00 to 05:00 no certificate is renewed: a phone needs at least 10 minutes." in saved.notes
    saved = administration.parameters.set_service(ada, "node1", capf, {"renewal_end": "08:00"})
    assert not [each for each in saved.notes if "renewed" in each]
