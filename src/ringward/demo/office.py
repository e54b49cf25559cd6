"""The office: configured through the administrator's use cases, staffed with software phones."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.demo.desk import Desk, Person, Tell
from ringward.demo.node_process import NodeProcess
from ringward.demo.security_tokens import Workstation
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Unavailable
from ringward.domain.hunt_pilot import HuntPilot
from ringward.domain.line_group import LineGroup
from ringward.domain.park_number import ParkNumber
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.pickup_group import PickupGroup
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CertificateOperation,
    DeviceSecurityMode,
    DistributionAlgorithm,
    Protocol,
)
from ringward.phone.identity import identify
from ringward.phone.media import MediaClock
from ringward.phone.retrieval import FileServer, ServerSilent, boot

PROFILE = "Office - {model} with digest"
SECURE_PROFILE = "Office - {model} {mode} with digest"
NOTICE_TIME = 60.0
"""Seconds within which a node, however busy the machine is, has noticed what another process saved."""
TALK = (3.0, 8.0)
"""Seconds that calls last while the office works on."""
PARK_PLACE = "701"
PICKUP_GROUP = "600"
PICKUP_CODE = "*8"
"""As the service parameter Directed Call Pickup Code is preset."""
HUNT_PILOT = "1100"
_IN_PICKUP_GROUP = frozenset({"1002", "1003"})
_HUNTED = ("1002", "1005")
_HUNT_TIME = 2
"""Seconds that each phone rings for the hunt pilot."""
_SHARED = {"1004": "1003"}
"""Whose phone has whose number on its second button."""
_STAFF = (
    ("alice", "Alice", "Archer", "1001", "7961"),
    ("bob", "Bob", "Baker", "1002", "7970"),
    ("carol", "Carol", "Carter", "1003", "7941"),
    ("dave", "Dave", "Dyer", "1004", "7960"),
    ("erin", "Erin", "Ellis", "1005", "7911"),
)
_ADMINISTRATOR = Actor("demonstration", EVERYTHING, "make demo")


def _desk(
    user_id: str, first_name: str, last_name: str, number: str, model: str, clock: MediaClock, tell: Tell
) -> Desk:
    device_name = f"SEP02000000{number}"
    person = Person(user_id, first_name, last_name, number, device_name, model, Secret(secrets.token_hex(12)))
    return Desk(person, identify(device_name, model), clock, tell)


def _shared_line(person: Person) -> tuple[PhoneLine, ...]:
    number = _SHARED.get(person.number)
    if number is None:
        return ()
    return (PhoneLine(button=2, directory_number=number, label=number, display_name=person.name),)


@dataclass(frozen=True, slots=True)
class CallVerdict:
    """How secure a call was, by what the node said, what the phones showed, and what came over the network."""

    between: str
    """Modes of the two phones."""
    who: str
    security: str
    reason: str
    icon: str
    suite: str
    """Crypto suite of the media, empty for media in the clear."""


class Office:
    """Five people, their phones, and the node that serves them."""

    def __init__(self, node: NodeProcess, tell: Tell) -> None:
        self.node = node
        self.tell = tell
        clock = MediaClock()
        self.workstation = Workstation(node)
        """Where the administrator keeps the security tokens."""
        self.verdicts: list[CallVerdict] = []
        """How secure calls were, and why."""
        self.desks = [_desk(*each, clock, tell) for each in _STAFF]

    async def __aenter__(self) -> Self:
        self.tell("The administrator configures users, security profiles, numbers and phones")
        await asyncio.to_thread(self._configure)
        await self._until_noticed()
        return self

    async def _until_noticed(self) -> None:
        """The node learns a moment later of what another process saved."""
        try:
            async with asyncio.timeout(NOTICE_TIME):
                while not all([await self._serves(desk) for desk in self.desks]):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Unavailable(f"the node has not noticed the phones within {NOTICE_TIME:.0f} s") from None

    async def _serves(self, desk: Desk) -> bool:
        """Whether the node has the phone's file as it is meant to be."""
        try:
            booted = await boot(desk.identity, (self.file_server,), attempts=1)
        except ServerSilent:  # the file has no line yet
            return False
        line = booted.configuration.lines[0]
        meant = (desk.person.number, desk.person.user_id)
        return desk.identity.mac in booted.file and (line.number, line.auth_name) == meant

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(desk.stop() for desk in self.desks))

    def _configure(self) -> None:
        administration = Administration.open(self.node.directory)
        try:
            for model in sorted({desk.person.model for desk in self.desks}):
                administration.records(PhoneSecurityProfile).add(
                    _ADMINISTRATOR,
                    PhoneSecurityProfile(
                        name=PROFILE.format(model=model),
                        model=model,
                        protocol=Protocol.SIP,
                        digest_authentication=True,
                    ),
                )
            administration.records(PickupGroup).add(_ADMINISTRATOR, PickupGroup(PICKUP_GROUP))
            administration.records(ParkNumber).add(_ADMINISTRATOR, ParkNumber("70X"))
            for desk in self.desks:
                self._configure_desk(administration, desk.person)
            administration.records(LineGroup).add(
                _ADMINISTRATOR,
                LineGroup(
                    "Reception",
                    distribution_algorithm=DistributionAlgorithm.TOP_DOWN,
                    rna_reversion_timeout=_HUNT_TIME,
                    members=_HUNTED,
                ),
            )
            administration.records(HuntPilot).add(_ADMINISTRATOR, HuntPilot(HUNT_PILOT, hunt_list=("Reception",)))
        finally:
            administration.close()

    def _configure_desk(self, administration: Administration, person: Person) -> None:
        administration.end_users.add(
            _ADMINISTRATOR,
            EndUser(
                user_id=person.user_id,
                first_name=person.first_name,
                last_name=person.last_name,
                digest_credentials=person.digest_credentials,
            ),
        )
        administration.records(DirectoryNumber).add(
            _ADMINISTRATOR,
            DirectoryNumber(
                number=person.number,
                alerting_name=person.name,
                pickup_group=PICKUP_GROUP if person.number in _IN_PICKUP_GROUP else None,
            ),
        )
        administration.phones.add(
            _ADMINISTRATOR,
            Phone(
                device_name=person.device_name,
                model=person.model,
                protocol=Protocol.SIP,
                security_profile=PROFILE.format(model=person.model),
                description=f"Desk of {person.name}",
                owner=person.user_id,
                digest_user=person.user_id,
                lines=(
                    PhoneLine(
                        button=1,
                        directory_number=person.number,
                        label=person.number,
                        display_name=person.name,
                    ),
                    *_shared_line(person),
                ),
            ),
        )

    def encrypt_files(self, desk: Desk) -> Secret:
        """Have a phone's configuration encrypted; returns the symmetric key, to be entered at the phone."""
        administration = Administration.open(self.node.directory)
        try:
            profile = PROFILE.format(model=desk.person.model)
            administration.records(PhoneSecurityProfile).update(
                _ADMINISTRATOR, profile, {"tftp_encrypted_config": True}
            )
            key, _ = administration.phones.generate_symmetric_key(_ADMINISTRATOR, desk.person.device_name)
        finally:
            administration.close()
        return key

    def secure(self, modes: Mapping[str, DeviceSecurityMode]) -> None:
        """Give people's phones secure profiles, and let CAPF install certificates in them."""
        administration = Administration.open(self.node.directory)
        try:
            for user_id, mode in modes.items():
                person = self.desk(user_id).person
                profile = SECURE_PROFILE.format(model=person.model, mode=mode.label)
                administration.records(PhoneSecurityProfile).add(
                    _ADMINISTRATOR,
                    PhoneSecurityProfile(
                        name=profile,
                        model=person.model,
                        protocol=Protocol.SIP,
                        device_security_mode=mode,
                        digest_authentication=True,
                        tftp_encrypted_config=True,
                    ),
                )
                administration.phones.update(_ADMINISTRATOR, person.device_name, {"security_profile": profile})
            wanted = WantedOperation(
                CertificateOperation.INSTALL_UPGRADE, authentication_mode=CapfAuthenticationMode.NULL_STRING
            )
            devices = [self.desk(user_id).person.device_name for user_id in modes]
            administration.certificate_operations.give(_ADMINISTRATOR, wanted, devices=devices)
        finally:
            administration.close()

    # -- what can be seen of it ---------------------------------------------------------------------------

    @property
    def file_server(self) -> FileServer:
        """Where the phones get their files."""
        return FileServer(self.node.address, 69 + self.node.port_offset)

    def desk(self, user_id: str) -> Desk:
        """The desk of a person."""
        return next(desk for desk in self.desks if desk.person.user_id == user_id)

    async def registrations(self) -> dict[str, dict[str, Any]]:
        """What the node says is registered, by device."""
        found = await self.node.ask("phones")
        return {each["device"]: each for each in reversed(found["registered"])}  # of each phone the first line

    async def calls(self) -> list[dict[str, Any]]:
        """The calls that the node says are up."""
        calls: list[dict[str, Any]] = await self.node.ask("calls")
        return calls

    async def work_on(self) -> None:
        """Go on for ever: people call each other, talk a while, and hang up."""
        while True:
            idle = [desk for desk in self.desks if desk.phone is not None and desk.active.is_idle]
            if len(idle) > 1:
                caller, called = random.sample(idle, 2)
                call = caller.active.dial(called.person.number)
                await asyncio.sleep(1.5)
                if called.call is not None:
                    called.call.answer()
                await asyncio.sleep(random.uniform(*TALK))  # noqa: S311
                call.hang_up()
            await asyncio.sleep(1.0)
