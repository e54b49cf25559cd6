"""The whole way: an administrator enters phones, they boot, register, and talk through the call manager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from harness.ports import free_offset
from harness.waiting import until
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.phone import Phone as PhoneRecord
from ringward.domain.phone import PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import EVERYTHING
from ringward.domain.vocabulary import Protocol, TransportType
from ringward.phone import events
from ringward.phone.fleet import Fleet
from ringward.phone.identity import Identity, identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer, fetch
from ringward.phone.sound import tone_of
from ringward.protocols.sip.flow import Transport
from ringward.services.control.client import ControlClient
from ringward.services.node import Node
from ringward.services.settings import NodeSettings

HOST = "127.0.0.1"
ADA = Actor("ada", EVERYTHING, "test")
PHONES = tuple(identify(f"00112233440{place}", model) for place, model in enumerate(("7961", "7960", "7970")))


class Office:
    """A node, its administration, and the phones that booted from it."""

    def __init__(self, directory: Path, offset: int) -> None:
        self.node = Node(
            directory,
            NodeSettings.model_validate({"bind_address": HOST, "node_name": "cm", "port_offset": offset}),
            lambda first: None,
        )
        self._directory = directory
        self.files = FileServer(HOST, 69 + offset)
        self.events: list[tuple[Phone, events.PhoneEvent]] = []
        self.fleet = Fleet(Options(local_host=HOST), owner=lambda phone, event: self.events.append((phone, event)))

    async def start(self) -> None:
        await self.node.start()
        self.administration = Administration.open(self._directory)

    async def stop(self) -> None:
        await self.fleet.stop()
        self.administration.close()
        await self.node.stop()

    def enter(self, identity: Identity, number: str, profile: str = "") -> None:
        profile = profile or nonsecure_profile_name(identity.model, Protocol.SIP)
        record = PhoneRecord(
            identity.device_name, identity.model, Protocol.SIP, profile, lines=(PhoneLine(1, number),)
        )
        self.administration.phones.add(ADA, record)

    async def booted(self, *identities: Identity) -> list[Phone]:
        """Boot phones that were entered, until they are registered."""
        await self.order("catch-up")
        await self.fleet.boot(identities, (self.files,))
        assert not self.fleet.boots_failed
        async with asyncio.timeout(60):
            await self.fleet.registered()
        return self.fleet.phones

    async def order(self, command: str, **arguments: str) -> object:
        """Ask the node as the command line does."""
        with ControlClient(self._directory) as client:
            return await asyncio.to_thread(client.ask, command, **arguments)


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(tmp_path / "data", free_offset())
    await made.start()
    yield made
    await made.stop()


def party_changes(office: Office, phone: Phone) -> list[tuple[str, str]]:
    """Who was at the other end before, and is there now, each time that this phone told of a change."""
    told = [event for teller, event in office.events if teller is phone and isinstance(event, events.PartyChanged)]
    return [(event.before, event.call.far_number) for event in told]


def hears(listener: Phone, speaker: Phone) -> bool:
    return bool(listener.calls) and listener.calls[0].report().heard == tone_of(speaker.identity.mac)


async def test_three_phones_boot_talk_hold_and_transfer(office: Office) -> None:
    """PHONE-01: boots, reads its files, registers in the mode it finds there; then calls as people make them."""
    for place, identity in enumerate(PHONES):
        office.enter(identity, f"100{place}")
    anna, bob, carol = sorted(await office.booted(*PHONES), key=lambda phone: phone.identity.mac)
    call = anna.dial("1001")
    await until(lambda: bob.calls)
    assert bob.calls[0].far_number == "1000"
    bob.calls[0].answer()
    await until(lambda: hears(anna, bob) and hears(bob, anna))
    call.hold()
    await until(lambda: bob.calls[0].held_by_far_side and not hears(anna, bob))
    call.resume()
    await until(lambda: hears(anna, bob) and hears(bob, anna))
    call.send_digits("1#")
    await until(lambda: bob.calls[0].report().digits == "1#")
    call.transfer("1002")
    await until(lambda: carol.calls)
    carol.calls[0].answer()
    await until(lambda: not anna.calls and hears(bob, carol) and hears(carol, bob))
    await until(lambda: party_changes(office, bob))
    assert party_changes(office, bob) == [("1000", "1002")], "once, and not for holding and resuming"
    assert not party_changes(office, carol), "it knew from the first ring on who calls"
    carol.calls[0].hang_up()
    await until(lambda: not bob.calls)
    statistics = office.fleet.statistics
    assert (statistics.answered, statistics.sides_ended, statistics.sides_heard) == (1, 3, 3)
    assert statistics.packets_lost == 0


async def test_attended_transfer(office: Office) -> None:
    """Bob holds Anna, asks Carol, and joins the two; before that he tries it with a call that is not there."""
    for place, identity in enumerate(PHONES):
        office.enter(identity, f"100{place}")
    anna, bob, carol = sorted(await office.booted(*PHONES), key=lambda phone: phone.identity.mac)
    anna.dial("1001")
    await until(lambda: bob.calls)
    to_anna = bob.calls[0]
    to_anna.answer()
    await until(lambda: hears(anna, bob))
    to_anna.hold()
    await until(lambda: anna.calls[0].held_by_far_side)
    to_carol = bob.dial("1002")
    to_anna.transfer_to(to_carol)  # nobody has answered there: it is not even asked for
    await until(lambda: carol.calls)
    carol.calls[0].answer()
    await until(lambda: hears(carol, bob))
    to_anna.transfer_to(to_carol)
    await until(lambda: not bob.calls and hears(anna, carol) and hears(carol, anna))
    await until(lambda: (anna.calls[0].far_number, carol.calls[0].far_number) == ("1002", "1000"))
    assert party_changes(office, anna) == [("1001", "1002")]
    assert party_changes(office, carol) == [("1001", "1000")]
    assert not party_changes(office, bob)
    anna.calls[0].hang_up()
    await until(lambda: not carol.calls)


async def test_busy_unknown_and_rejected(office: Office) -> None:
    office.enter(PHONES[0], "1000")
    office.enter(PHONES[2], "1002")
    anna, bob = sorted(await office.booted(PHONES[0], PHONES[2]), key=lambda phone: phone.identity.mac)
    statuses = []
    for number in ("4711", "1002"):
        anna.dial(number)
        if number == "1002":
            await until(lambda: bob.calls)
            bob.calls[0].reject()
        await until(lambda: not anna.calls)
        statuses += [e.status for phone, e in office.events if phone is anna and isinstance(e, events.Ended)]
        office.events.clear()
    assert statuses == [404, 486]


@pytest.mark.parametrize("transport", [TransportType.UDP, TransportType.TCP])
async def test_the_transport_of_the_profile_is_obeyed(office: Office, transport: TransportType) -> None:
    profiles = office.administration.records(PhoneSecurityProfile)
    standard = nonsecure_profile_name("7961", Protocol.SIP)
    profiles.copy(ADA, standard, {"name": "Desk", "transport_type": transport})
    office.enter(PHONES[0], "1000", "Desk")
    (phone,) = await office.booted(PHONES[0])
    assert phone.connection is not None
    assert phone.connection.flow.transport is Transport(transport.value)


async def test_a_reset_brings_the_new_configuration_once_the_call_is_over(office: Office) -> None:
    """TFTP-05, RST-01: ordered as the administrator does it; the phone reads its file again and registers anew."""
    office.enter(PHONES[0], "1000")
    office.enter(PHONES[2], "1002")
    anna, bob = sorted(await office.booted(PHONES[0], PHONES[2]), key=lambda phone: phone.identity.mac)
    anna.dial("1002")
    await until(lambda: bob.calls)
    both = (PhoneLine(1, "1000"), PhoneLine(2, "2777"))
    office.administration.phones.update(ADA, PHONES[0].device_name, {"lines": both})
    await office.order("catch-up")
    assert b"2777" in await fetch(office.files, f"{PHONES[0].device_name}.cnf.xml")
    assert await office.order("reset", device=PHONES[0].device_name) == 1
    await until(lambda: (anna, events.ResetRequested(restart=False)) in office.events)
    assert anna.calls, "a reset does not cut a call off"
    bob.calls[0].reject()
    await until(lambda: office.fleet.registered_count == 2 and anna not in office.fleet.phones)
    numbers = {line.number for phone in office.fleet.phones for line in phone.configuration.lines}
    assert numbers == {"1000", "2777", "1002"}
