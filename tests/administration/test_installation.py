from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.installation import FIRST_ADMINISTRATOR
from ringward.domain.device_pool import DevicePool
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import Invalid
from ringward.domain.nouns import NOUNS
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.rights import Rights
from ringward.domain.server import Server
from ringward.domain.standard_groups import SUPER_USERS
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode

NODE = Server("node1", "192.0.2.1")


def test_the_first_start_makes_everything_a_cluster_needs(empty: Administration, ada: Actor) -> None:
    """CLUSTER-01, PSP-02."""
    assert not empty.installation.is_done()
    first = empty.installation.run(NODE, "Europe/Vienna")
    assert first is not None and empty.installation.is_done()
    assert empty.records(Server).get(ada, "node1").first_node
    assert empty.records(DevicePool).get(ada, "Default")
    profiles = empty.records(PhoneSecurityProfile).find(ada).records
    assert {(each.model, each.protocol) for each in profiles} == set(CAPABILITIES)
    assert all(each.predefined for each in profiles)
    assert {each.device_security_mode for each in profiles} == {DeviceSecurityMode.NONSECURE}
    assert empty.parameters.enterprise(ada) == EnterpriseParameters()
    assert empty.parameters.enterprise(ada).cluster_security_mode is ClusterSecurityMode.NONSECURE


def test_the_first_administrator_can_log_in_with_the_password_shown(empty: Administration) -> None:
    first = empty.installation.run(NODE)
    assert first is not None
    actor = empty.authentication.administrator(first.name, first.password, "192.0.2.9")
    assert actor == Actor(FIRST_ADMINISTRATOR, Rights(SUPER_USERS, ("*",)), "192.0.2.9")
    assert first.password.reveal() not in repr(first)


def test_the_second_start_changes_nothing(empty: Administration, ada: Actor) -> None:
    empty.installation.run(NODE)
    empty.records(Server).update(ada, "node1", {"description": "basement"})
    before = {noun: empty.records(kind).find(ada) for noun, kind in NOUNS.items()}
    entries = empty.audit.find(ada).total
    assert empty.installation.run(NODE) is None
    assert {noun: empty.records(kind).find(ada) for noun, kind in NOUNS.items()} == before
    assert empty.audit.find(ada).total == entries


def test_a_further_node_adds_its_server_record_only(administration: Administration, ada: Actor) -> None:
    assert administration.installation.run(Server("node2", "192.0.2.2")) is None
    assert not administration.records(Server).get(ada, "node2").first_node
    assert administration.application_users.find(ada).total == 1


def test_a_first_start_that_fails_leaves_nothing(empty: Administration, ada: Actor) -> None:
    with pytest.raises(Invalid):
        empty.installation.run(NODE, "Middle/Earth")
    assert all(empty.records(kind).find(ada).total == 0 for kind in NOUNS.values())
    assert empty.audit.find(ada).total == 0
    assert empty.installation.run(NODE) is not None


def test_what_the_installation_did_is_audited(administration: Administration, ada: Actor) -> None:
    entries = administration.audit.find(ada, limit=1000).entries
    assert {entry.actor for entry in entries} == {"installation"}
    assert {entry.permission for entry in entries} == {"cluster.install"}
    (account,) = [entry for entry in entries if entry.noun == "application-user"]
    assert account.after["password"] == "(set)"
