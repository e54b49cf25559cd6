"""Unknown phones that ask to be registered: what they are told, and how many of them there may be (CLUSTER-11)."""

from __future__ import annotations

import pytest

from harness.office import Office, Phone, device
from harness.wire import Agent
from ringward.services.call_manager.newcomers import MAX_WAITING, PATIENCE

TOLD = ("cm -> new1: 200 REGISTER", "cm -> new1: NOTIFY")


class Reception(Office):
    """An office in which unknown phones ask for a record, which the test makes or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.unknowns = 0
        self.wanted: list[tuple[str, str]] = []
        self.side.newcomers.connect(lambda device, model: self.wanted.append((device, model)))
        self.configure()

    def unknown(self, name: str = "SEP00000000AAAA", station_type: str = "30018") -> Newcomer:
        self.unknowns += 1
        agent = self.wire.agent(f"new{self.unknowns}", f"10.0.1.{self.unknowns}")
        return Newcomer(self, device(name, name), agent, name, station_type)


class Newcomer(Phone):
    def __init__(self, office: Office, own: object, agent: Agent, name: str, station_type: str) -> None:
        super().__init__(office, own, agent, name)  # type: ignore[arg-type]
        self.station_type = station_type

    @property
    def contact(self) -> str:
        model = f';+u.sip!model.ccm.cisco.com="{self.station_type}"' if self.station_type else ""
        return f'{super().contact};+u.sip!devicename.ccm.cisco.com="{self.device.name}"{model}'

    def ask(self, expires: int = 3600) -> list[str]:
        """Ask to be registered; what it has heard so far."""
        self.request("REGISTER", {"Expires": [str(expires)]})
        return self.log


@pytest.fixture
def office() -> Reception:
    office = Reception()
    office.auto_registration = True
    office.configure()
    return office


def test_a_newcomer_waits_for_its_record_and_is_told_to_read_its_files(office: Reception) -> None:
    new = office.unknown()
    assert new.ask() == []
    assert office.wanted == [("SEP00000000AAAA", "7961")]
    office.devices.append(device("SEP00000000AAAA", "5000"))
    office.configure()
    assert office.wire.ladder[-3:] == [TOLD[0], TOLD[1], "new1 -> cm: 200 NOTIFY"]
    assert len(office.side.registrations) == 0, "it is not registered before it comes with its number"


def test_a_newcomer_that_has_not_read_its_file_yet_is_told_again(office: Reception) -> None:
    office.devices.append(device("SEP00000000AAAA", "5000"))
    office.configure()
    assert office.unknown().ask() == ["response 200"]
    assert set(TOLD) <= set(office.wire.ladder)
    assert office.wanted == []


def test_without_auto_registration_a_newcomer_is_a_stranger(office: Reception) -> None:
    office.auto_registration = False
    office.configure()
    assert office.unknown().ask() == ["response 401"]
    assert office.wanted == []


@pytest.mark.parametrize(
    ("name", "station_type"),
    [("SEP00000000AAAA", ""), ("SEP00000000AAAA", "999"), ("SEP00000000AAAA", "x"), ("alice", "30018")],
)
def test_who_does_not_say_what_it_is_is_a_stranger(office: Reception, name: str, station_type: str) -> None:
    assert office.unknown(name, station_type).ask() == ["response 401"]
    assert office.wanted == []


def test_who_takes_a_registration_back_is_no_newcomer(office: Reception) -> None:
    assert office.unknown().ask(expires=0) == ["response 401"]
    assert office.wanted == []


def test_a_number_of_somebody_else_cannot_be_had_so(office: Reception) -> None:
    """A configured phone that asks for a number that is not its own is challenged as ever."""
    office.devices.append(device("SEP00000000AAAA", "5000"))
    office.configure()
    new = office.unknown()
    new.number = "7777"
    assert new.ask() == ["response 401"]


def test_when_no_record_can_be_made_nobody_else_tries_until_the_configuration_changes(office: Reception) -> None:
    new = office.unknown()
    new.ask()
    office.side.newcomers.failed("SEP00000000AAAA", office.wire.now)
    assert new.log == ["response 403"]
    other = office.unknown("SEP00000000BBBB")
    assert other.ask() == ["response 401"]
    assert len(office.wanted) == 1
    office.configure()
    other.agent.notes.clear()
    assert other.ask() == []
    assert len(office.wanted) == 2


def test_a_flood_of_newcomers_is_told_to_ask_again(office: Reception) -> None:
    for number in range(MAX_WAITING):
        assert office.unknown(f"SEP{number:012X}").ask() == []
    late = office.unknown("SEP0000000BBBBB")
    assert late.ask() == ["response 503"]
    assert len(office.wanted) == MAX_WAITING
    office.wire.run(PATIENCE + 1)
    late.agent.notes.clear()
    assert late.ask() == []
    assert office.wanted[-1] == ("SEP0000000BBBBB", "7961")


def test_a_newcomer_that_asks_twice_gets_one_record(office: Reception) -> None:
    new = office.unknown()
    new.ask()
    assert new.ask() == ["response 503"]
    assert len(office.wanted) == 1
