"""Which phones changes wait for (RST-01 to RST-26), resolved to phones and remembered until done."""

from __future__ import annotations

from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.date_time_group import DateTimeGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rules.reset import DeviceAction, Scope
from ringward.domain.server import Server
from ringward.domain.service import CALL_MANAGER, CTL_PROVIDER
from ringward.domain.vocabulary import CertificateOperation, Protocol, Switch
from ringward.store.phone_places import devices_in

A, B = "SEP00000000000A", "SEP00000000000B"
MODEL = "7961"
PROFILE = nonsecure_profile_name(MODEL, Protocol.SIP)


@pytest.fixture
def office(administration: Administration, ada: Actor) -> Administration:
    administration.phones.add(ada, Phone(A, MODEL, Protocol.SIP, PROFILE, lines=(PhoneLine(1, "1001"),)))
    administration.phones.add(ada, Phone(B, MODEL, Protocol.SIP, PROFILE, lines=(PhoneLine(1, "1002"),)))
    return administration


def due(office: Administration, actor: Actor, read: dict[str, float] | None = None) -> list[tuple[str, str]]:
    return [(each.device, each.action.name) for each in office.due_resets.find(actor, read or {})]


def test_a_new_phone_waits_for_nothing(office: Administration, guest: Actor) -> None:
    assert due(office, guest) == []


def test_a_change_waits_until_the_phone_was_told(office: Administration, ada: Actor) -> None:
    """RST-02, RST-16; R-21: a reset does what a restart does, and not the other way round."""
    office.phones.update(ada, A, {"description": "Anna"})
    assert due(office, ada) == [(A, "RESTART")]
    office.phones.update(ada, A, {"web_access": Switch.DISABLED})
    (found,) = office.due_resets.find(ada, {})
    assert (found.action, found.requirements) == (DeviceAction.RESET, ("RST-02", "RST-16"))
    assert found.reasons == (f"Phone {A}: Description", f"Phone {A}: Web Access")
    office.phones.reset(ada, A, lambda: 1, restart=True)
    assert due(office, ada) == [(A, "RESET")]
    office.phones.reset(ada, A, lambda: 1)
    assert due(office, ada) == []


def test_or_until_it_has_read_its_file(office: Administration, ada: Actor, clock: Any) -> None:
    office.phones.update(ada, A, {"description": "Anna"})
    assert due(office, ada, {A: clock.now - 5, B: clock.now + 5}) == [(A, "RESTART")]
    assert due(office, ada, {A: clock.now + 5}) == []


def test_what_comes_later_is_added_to_what_was_known(office: Administration, ada: Actor) -> None:
    """The log is read on from where it was read last."""
    office.parameters.set_enterprise(ada, {"url_services": "http://192.0.2.1/"})
    assert [name for name, _ in due(office, ada)] == [A, B]
    office.phones.update(ada, A, {"description": "Anna"})
    office.phones.reset(ada, B, lambda: 1)
    office.phones.add(ada, Phone("SEP00000000000C", MODEL, Protocol.SIP, PROFILE))
    (found,) = office.due_resets.find(ada, {})
    assert found.device == A
    assert found.reasons[-1] == f"Phone {A}: Description"
    office.parameters.set_enterprise(ada, {"url_services": "http://192.0.2.2/"})
    assert [name for name, _ in due(office, ada)] == [A, B, "SEP00000000000C"]


def test_a_file_that_was_read_does_what_is_older_only(office: Administration, ada: Actor, clock: Any) -> None:
    office.parameters.set_enterprise(ada, {"url_services": "http://192.0.2.1/"})
    clock.now += 10
    office.phones.update(ada, A, {"description": "Anna"})
    read = {A: clock.now - 5, B: clock.now - 5}
    (found,) = office.due_resets.find(ada, read)
    assert (found.device, found.reasons) == (A, (f"Phone {A}: Description",))
    assert len(office.due_resets.find(ada, {})) == 2, "what a node has seen is not remembered for another one"


def test_what_needs_nothing_is_not_due(office: Administration, ada: Actor) -> None:
    office.phones.update(ada, A, {"calling_search_space": None})
    office.records(DirectoryNumber).update(ada, "1001", {"alerting_name": "Anna"})
    office.parameters.set_service(ada, "node1", CALL_MANAGER.name, {"sip_station_realm": "lab"})
    assert due(office, ada) == []


def test_all_phones_of_a_profile_also_after_it_was_renamed(office: Administration, ada: Actor) -> None:
    """RST-26."""
    office.records(PhoneSecurityProfile).add(ada, PhoneSecurityProfile("Desk", MODEL, Protocol.SIP))
    office.phones.update(ada, A, {"security_profile": "Desk"})
    office.phones.reset(ada, A, lambda: 1)
    assert due(office, ada) == []
    office.records(PhoneSecurityProfile).update(ada, "Desk", {"digest_authentication": True})
    office.records(PhoneSecurityProfile).update(ada, "Desk", {"name": "Desks"})
    (found,) = office.due_resets.find(ada, {})
    assert (found.device, found.reasons) == (
        A,
        ("Phone Security Profile Desk: Enable Digest Authentication", "Phone Security Profile Desk: Name"),
    )


def test_all_phones_of_a_server_and_phones_added_later(office: Administration, ada: Actor) -> None:
    """RST-07: what was changed before a phone was added, it has never known otherwise."""
    office.records(Server).update(ada, "node1", {"ethernet_phone_port": 2010})
    office.phones.add(ada, Phone("SEP00000000000C", MODEL, Protocol.SIP, PROFILE))
    assert due(office, ada) == [(A, "RESET"), (B, "RESET")]


def test_a_number_and_a_parameter(office: Administration, ada: Actor) -> None:
    office.records(DirectoryNumber).update(ada, "1002", {"number": "1003"})
    assert due(office, ada) == [(B, "RESTART")]
    office.parameters.set_enterprise(ada, {"url_services": "http://192.0.2.1/"})
    assert due(office, ada) == [(A, "RESTART"), (B, "RESTART")]


def test_a_certificate_operation_that_is_over_asks_for_no_reset(office: Administration, ada: Actor) -> None:
    """RST-18: giving it does."""
    office.phones.update(ada, A, {"certificate_operation": CertificateOperation.INSTALL_UPGRADE})
    assert due(office, ada) == [(A, "RESET")]
    office.phones.reset(ada, A, lambda: 1)
    office.phones.update(ada, A, {"certificate_operation": CertificateOperation.NONE})
    assert due(office, ada) == []


def test_every_scope_of_the_table_is_resolved(office: Administration, ada: Actor) -> None:
    office.end_users.add(ada, EndUser("anna", "Anna"))
    office.phones.update(ada, A, {"digest_user": "anna"})
    with office._operations.look() as view:
        phone = view.get(Phone, A)
        pool = view.get(DevicePool, phone.device_pool)
        (server,) = view.get(CallManagerGroup, pool.call_manager_group).servers
        places = (
            (Scope.THIS_PHONE, Phone.noun, A),
            (Scope.PROFILE, PhoneSecurityProfile.noun, phone.security_profile),
            (Scope.NUMBER, DirectoryNumber.noun, phone.lines[0].directory_number),
            (Scope.GROUP, DateTimeGroup.noun, pool.date_time_group),
            (Scope.GROUP, CallManagerGroup.noun, pool.call_manager_group),
            (Scope.POOL, DevicePool.noun, pool.name),
            (Scope.DIGEST_USER, EndUser.noun, "anna"),
            (Scope.SERVER, Server.noun, server),
            (Scope.SIP_SERVER, Server.noun, server),
            (Scope.DEFAULT_BRIDGE, "", ""),
            (Scope.ALL_PHONES, "", ""),
            (Scope.ALL_DEVICES, "", ""),
        )
        assert {scope for scope, _, _ in places} | {Scope.NONE} == set(Scope)
        for scope, noun, key in places:
            assert A in devices_in(view.connection, scope, noun, key), scope
            if noun:
                assert devices_in(view.connection, scope, noun, "another") == [], scope
        assert devices_in(view.connection, Scope.NONE, "", "") == []
        assert devices_in(view.connection, Scope.NUMBER, DirectoryNumber.noun, "no/key/at all") == []


def test_the_ctl_provider_asks_for_restarts_of_services_alone(
    office: Administration, ada: Actor, clock: Any
) -> None:
    """RST-10."""
    started = {"Cisco TFTP": clock.now, CALL_MANAGER.name: clock.now}
    clock.now += 10
    office.service_control.activate(ada, "node1", CTL_PROVIDER)
    assert office.service_control.restarts_due(ada, "node1", started) == {
        CALL_MANAGER.name: ["Service node1/Cisco CTL Provider: activate"],
        "Cisco TFTP": ["Service node1/Cisco CTL Provider: activate"],
    }
    assert due(office, ada) == []
