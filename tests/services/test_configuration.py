"""The one reading of the configuration, and what the call manager makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.calls.features.forward import ForwardRules
from ringward.calls.features.hunt import HuntGroup, HuntRules
from ringward.calls.features.park import ParkRules
from ringward.calls.features.pickup import DirectedPickup, GroupPickup
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.hunt_pilot import HuntPilot
from ringward.domain.line_group import LineGroup
from ringward.domain.park_number import ParkNumber
from ringward.domain.partition import NO_PARTITION, Partition
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.pickup_group import PickupGroup
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.vocabulary import (
    DeviceSecurityMode,
    DistributionAlgorithm,
    DoNotDisturb,
    Protocol,
    TransportType,
)
from ringward.services.call_manager.configuration import stations_of
from ringward.services.call_manager.stations import Stations
from ringward.services.configuration import PresentConfiguration

ACTOR = Actor("tester", EVERYTHING, "test")


@pytest.fixture
def administration(tmp_path: Path) -> Iterator[Administration]:
    administration = Administration.open(tmp_path / "data", create=True)
    administration.installation.run(Server("node-1", "192.0.2.1"))
    yield administration
    administration.close()


def add_phone(administration: Administration, name: str, **more: Any) -> None:
    values: dict[str, Any] = {"model": "7961", "protocol": Protocol.SIP} | more
    values.setdefault("security_profile", nonsecure_profile_name(values["model"], values["protocol"]))
    administration.phones.add(ACTOR, Phone(name, **values))


def stations(administration: Administration) -> Stations:
    return stations_of(administration.configuration(), "node-1")


def test_a_line_reaches_the_partitions_of_its_own_space_before_those_of_its_phone(
    administration: Administration,
) -> None:
    """AUTHZ-02."""
    for name in ("A", "B", "C"):
        administration.records(Partition).add(ACTOR, Partition(name))
    spaces = administration.records(CallingSearchSpace)
    spaces.add(ACTOR, CallingSearchSpace("line", partitions=("B", "A")))
    spaces.add(ACTOR, CallingSearchSpace("phone", partitions=("A", "C")))
    line = PhoneLine(1, "1001/A", display_name="Anna")
    add_phone(administration, "SEP001122334455", calling_search_space="phone", lines=(line,))
    administration.records(DirectoryNumber).update(ACTOR, "1001/A", {"calling_search_space": "line"})
    (appearance,) = stations(administration).directory.devices["SEP001122334455"].lines
    assert tuple(dict.fromkeys(appearance.search_space)) == ("B", "A", "C")
    assert (appearance.number, appearance.partition, appearance.display_name) == ("1001", "A", "Anna")


def test_numbers_forward_by_their_fields_and_the_service_parameter(administration: Administration) -> None:
    administration.records(Partition).add(ACTOR, Partition("A"))
    spaces = administration.records(CallingSearchSpace)
    spaces.add(ACTOR, CallingSearchSpace("own", partitions=()))
    spaces.add(ACTOR, CallingSearchSpace("forward", partitions=("A",)))
    numbers = administration.records(DirectoryNumber)
    numbers.add(ACTOR, DirectoryNumber("1001", calling_search_space="own"))
    numbers.add(ACTOR, DirectoryNumber("1002", forward_no_answer="1003", calling_search_space="forward"))
    numbers.add(
        ACTOR,
        DirectoryNumber(
            "1003",
            forward_all="1",
            forward_busy="2",
            forward_unregistered="3",
            no_answer_ring_duration=30,
            calling_search_space="own",
            forward_search_space="forward",
        ),
    )
    plan = stations(administration).directory.dial_plan
    assert plan.match("1001", ()) is None  # no phone and no destination: nobody can be reached there
    short, long = plan.match("1002", ()), plan.match("1003", ())
    assert short is not None and long is not None
    assert short.treatment == ForwardRules(no_answer="1003", ring_time=12.0, search_space=("A",))
    assert long.treatment == ForwardRules("1", "2", "", "3", 30.0, ("A",))


def test_hunt_pilots_hunt_through_their_line_groups(administration: Administration) -> None:
    administration.records(Partition).add(ACTOR, Partition("A"))
    administration.records(CallingSearchSpace).add(ACTOR, CallingSearchSpace("all", partitions=("A",)))
    for number in (DirectoryNumber("1001"), DirectoryNumber("1002", "A")):
        administration.records(DirectoryNumber).add(ACTOR, number)
    groups = administration.records(LineGroup)
    groups.add(ACTOR, LineGroup("First", members=("1002/A", "1001"), rna_reversion_timeout=7))
    groups.add(ACTOR, LineGroup("Second", distribution_algorithm=DistributionAlgorithm.BROADCAST))
    pilots = administration.records(HuntPilot)
    pilots.add(
        ACTOR,
        HuntPilot(
            "5000",
            hunt_list=("Second", "First"),
            maximum_hunt_timer=90,
            forward_no_answer="1",
            forward_busy="2",
            forward_search_space="all",
        ),
    )
    entry = stations(administration).directory.dial_plan.match("5000", ())
    assert entry is not None
    assert entry.treatment == HuntRules(
        (
            HuntGroup("Second", (), DistributionAlgorithm.BROADCAST, 10.0),
            HuntGroup("First", (("1002", "A"), ("1001", NO_PARTITION)), DistributionAlgorithm.LONGEST_IDLE, 7.0),
        ),
        ForwardRules(busy="2", no_answer="1", search_space=("A",)),
        90.0,
    )


def test_park_numbers_go_by_the_service_parameter(administration: Administration) -> None:
    administration.records(ParkNumber).add(ACTOR, ParkNumber("70X", reversion_number="1001"))
    administration.parameters.set_service(
        ACTOR, "node-1", "Cisco CallManager", {"call_park_reversion_timer": "30"}
    )
    entry = stations(administration).directory.dial_plan.match("705", ())
    assert entry is not None and entry.treatment == ParkRules(30.0, "1001")


def test_pickup_groups_have_lines_a_number_and_a_code(administration: Administration) -> None:
    plan = stations(administration).directory.dial_plan
    assert plan.match("*81001", ()) is None  # nobody is in a group: there is no code
    administration.records(PickupGroup).add(ACTOR, PickupGroup("600"))
    add_phone(
        administration,
        "SEP001122334455",
        lines=(PhoneLine(1, "1001"), PhoneLine(2, "1002")),
        do_not_disturb=DoNotDisturb.RINGER_OFF,
    )
    administration.records(DirectoryNumber).update(ACTOR, "1001", {"pickup_group": "600"})
    directory = stations(administration).directory
    assert [line.number for line in directory.pickup_groups["600"]] == ["1001"]
    by_number, by_code = directory.dial_plan.match("600", ()), directory.dial_plan.match("*81001", ())
    assert by_number is not None and by_number.treatment == GroupPickup("600")
    assert by_code is not None and by_code.treatment == DirectedPickup("*8")
    assert {line.do_not_disturb for line in directory.devices["SEP001122334455"].lines} == {
        DoNotDisturb.RINGER_OFF
    }


def test_a_secure_profile_has_no_force_in_a_nonsecure_cluster(administration: Administration) -> None:
    """CLUSTER-07."""
    profile = PhoneSecurityProfile(
        "secure", "7961", Protocol.SIP, device_security_mode=DeviceSecurityMode.ENCRYPTED
    )
    administration.records(PhoneSecurityProfile).add(ACTOR, profile)
    add_phone(administration, "SEP001122334455", security_profile="secure")
    device = stations(administration).directory.devices["SEP001122334455"]
    assert device.security_mode is DeviceSecurityMode.NONSECURE
    assert device.transport is not TransportType.TLS


def test_digest_users_are_known_by_their_checksums(administration: Administration) -> None:
    profile = PhoneSecurityProfile("p", "7961", Protocol.SIP, digest_authentication=True)
    administration.records(PhoneSecurityProfile).add(ACTOR, profile)
    administration.end_users.add(ACTOR, EndUser("anna", digest_credentials=Secret("geheim")))
    administration.end_users.add(ACTOR, EndUser("ben"))
    add_phone(administration, "SEP001122334455", security_profile="p", digest_user="anna")
    present = stations(administration)
    assert present.directory.devices["SEP001122334455"].digest_required
    assert [device.name for device in present.by_digest_user["anna"]] == ["SEP001122334455"]
    assert {user for user, _ in present.checksums} == {"anna"}
    assert "geheim" not in repr(present)


def test_every_sip_model_makes_a_station(administration: Administration) -> None:
    for number, (model, protocol) in enumerate(CAPABILITIES):
        lines = (PhoneLine(1, f"{1000 + number}"),)
        add_phone(administration, f"SEP0011223344{number:02X}", model=model, protocol=protocol, lines=lines)
    expected = sum(protocol is Protocol.SIP for _, protocol in CAPABILITIES)
    found = stations(administration).directory.devices.values()
    assert sum(device.protocol is Protocol.SIP for device in found) == expected


def test_the_present_configuration_changes_only_when_told(administration: Administration) -> None:
    present = PresentConfiguration(administration.configuration, "node-1")
    add_phone(administration, "SEP001122334455")
    assert present.current.find(Phone, "SEP001122334455") is None
    before = present.current.sequence
    present.refresh()
    assert present.current.find(Phone, "SEP001122334455") is not None
    assert present.current.sequence > before
    assert present.server.address == "192.0.2.1"
