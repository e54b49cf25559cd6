"""Phones that come into being because they asked to be registered (CLUSTER-11)."""

from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.auto_registration import AutoRegistration
from ringward.domain.change import Action
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import InUse, Invalid, Refused
from ringward.domain.partition import Partition
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.vocabulary import Protocol
from ringward.store import feed
from ringward.store.audit import Outcome
from ringward.store.parameters import write_enterprise_texts

ONE, TWO, THREE = (f"SEP00000000000{number}" for number in (1, 2, 3))


@pytest.fixture
def office(administration: Administration, ada: Actor) -> Administration:
    administration.records(Partition).add(ada, Partition("New"))
    administration.records(DirectoryNumber).add(ada, DirectoryNumber("5001", "New"))
    administration.records(DirectoryNumber).add(ada, DirectoryNumber("5000"))
    administration.auto_registrations.add(ada, AutoRegistration("node1", "5000", "5002", partition="New"))
    return administration


def mixed(administration: Administration) -> None:
    """As the CTL client leaves it."""
    with administration.database.writing() as connection:
        write_enterprise_texts(connection, {"cluster_security_mode": "1"})
        feed.append(connection, 0, "enterprise-parameters", "", Action.UPDATED)


def test_a_new_phone_gets_the_next_free_number_and_a_nonsecure_profile(office: Administration, ada: Actor) -> None:
    """CLUSTER-11, PSP-02: numbers that there are already in this partition are passed over."""
    first = office.auto_registrations.take_in("node1", ONE, "7961")
    second = office.auto_registrations.take_in("node1", TWO, "7970")
    assert [line.directory_number for phone in (first, second) for line in phone.lines] == ["5000/New", "5002/New"]
    assert first == office.phones.get(ada, ONE)
    assert first.security_profile == nonsecure_profile_name("7961", Protocol.SIP)
    assert (first.description, first.device_pool) == ("Auto 5000", "Default")


def test_the_audit_log_tells_who_came_and_who_could_not(office: Administration, ada: Actor) -> None:
    for device in (ONE, TWO):
        office.auto_registrations.take_in("node1", device, "7961")
    with pytest.raises(Refused, match="no number from 5000 to 5002 is free"):
        office.auto_registrations.take_in("node1", THREE, "7961")
    found = office.audit.find(ada).entries
    entries = [each for each in found if (each.actor, each.noun) == ("auto-registration", "phone")]
    assert {(each.key, each.outcome) for each in entries} == {
        (ONE, Outcome.ADDED),
        (TWO, Outcome.ADDED),
        (THREE, Outcome.DENIED),
    }


def test_nobody_is_taken_in_where_it_is_off(office: Administration, ada: Actor) -> None:
    office.auto_registrations.update(ada, "node1", {"enabled": False})
    with pytest.raises(Refused, match="off on node1"):
        office.auto_registrations.take_in("node1", ONE, "7961")
    office.auto_registrations.remove(ada, "node1")
    with pytest.raises(Refused, match="off on node1"):
        office.auto_registrations.take_in("node1", ONE, "7961")
    assert office.phones.find(ada).total == 0


def test_it_does_not_work_in_mixed_mode_and_cannot_be_switched_on(office: Administration, ada: Actor) -> None:
    """CLUSTER-11, CTL-34."""
    mixed(office)
    with pytest.raises(Refused, match="mixed mode"):
        office.auto_registrations.take_in("node1", ONE, "7961")
    with pytest.raises(Refused, match="mixed mode"):
        office.auto_registrations.update(ada, "node1", {"last": "5009"})
    assert not office.auto_registrations.update(ada, "node1", {"enabled": False, "last": "5009"}).record.enabled


def test_it_names_what_there_must_be(office: Administration, ada: Actor) -> None:
    for wrong in ({"partition": "Nowhere"}, {"device_pool": "Nowhere"}, {"calling_search_space": "Nowhere"}):
        with pytest.raises(Invalid, match="Nowhere"):
            office.auto_registrations.update(ada, "node1", wrong)
    with pytest.raises(Invalid, match="existing server"):
        office.auto_registrations.add(ada, AutoRegistration("node9", "1", "2"))
    office.records(DevicePool).add(ada, DevicePool("Lobby", "Default", "CMLocal", "Default"))
    office.auto_registrations.update(ada, "node1", {"device_pool": "Lobby"})
    with pytest.raises(InUse):
        office.records(DevicePool).remove(ada, "Lobby")
    assert office.auto_registrations.take_in("node1", ONE, "7961").device_pool == "Lobby"
