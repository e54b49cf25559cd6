"""The office: configured through the administrator's use cases, staffed with software phones."""

from __future__ import annotations

import asyncio
import random
import secrets
from types import TracebackType
from typing import Any, Self

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.demo.desk import Desk, Person, Tell
from ringward.demo.node_process import NodeProcess
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import PermissionsRole, Protocol
from ringward.phone.identity import identify
from ringward.phone.media import MediaClock
from ringward.phone.retrieval import FileServer

PROFILE = "Office - {model} with digest"
NOTICE_TIME = 0.5
"""Seconds after which the node has noticed what another process saved; it looks four times a second."""
TALK = (3.0, 8.0)
"""Seconds that calls last while the office works on."""
_STAFF = (
    ("alice", "Alice", "Archer", "1001", "7961"),
    ("bob", "Bob", "Baker", "1002", "7970"),
    ("carol", "Carol", "Carter", "1003", "7941"),
    ("dave", "Dave", "Dyer", "1004", "7960"),
    ("erin", "Erin", "Ellis", "1005", "7911"),
)
_ADMINISTRATOR = Actor("demonstration", PermissionsRole.ADMINISTRATOR, "make demo")


def _desk(
    user_id: str, first_name: str, last_name: str, number: str, model: str, clock: MediaClock, tell: Tell
) -> Desk:
    device_name = f"SEP02000000{number}"
    person = Person(user_id, first_name, last_name, number, device_name, model, Secret(secrets.token_hex(12)))
    return Desk(person, identify(device_name, model), clock, tell)


class Office:
    """Five people, their phones, and the node that serves them."""

    def __init__(self, node: NodeProcess, tell: Tell) -> None:
        self.node = node
        self.tell = tell
        clock = MediaClock()
        self.desks = [_desk(*each, clock, tell) for each in _STAFF]

    async def __aenter__(self) -> Self:
        self.tell("The administrator configures users, security profiles, numbers and phones")
        await asyncio.to_thread(self._configure)
        await asyncio.sleep(NOTICE_TIME)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(desk.phone.stop() for desk in self.desks if desk.phone is not None))

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
            for desk in self.desks:
                self._configure_desk(administration, desk.person)
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
            _ADMINISTRATOR, DirectoryNumber(number=person.number, alerting_name=person.name)
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
                ),
            ),
        )

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
        return {each["device"]: each for each in found["registered"]}

    async def calls(self) -> list[dict[str, Any]]:
        """The calls that the node says are up."""
        calls: list[dict[str, Any]] = await self.node.ask("calls")
        return calls

    async def work_on(self) -> None:
        """Go on for ever: people call each other, talk a while, and hang up."""
        while True:
            idle = [desk for desk in self.desks if desk.phone is not None and desk.phone.is_idle]
            if len(idle) > 1:
                caller, called = random.sample(idle, 2)
                call = caller.active.dial(called.person.number)
                await asyncio.sleep(1.5)
                if called.call is not None:
                    called.call.answer()
                await asyncio.sleep(random.uniform(*TALK))  # noqa: S311
                call.hang_up()
            await asyncio.sleep(1.0)
