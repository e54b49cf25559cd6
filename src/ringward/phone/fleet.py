"""Many phones in one process, for demonstrations and load: started in step and counted together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from ringward.domain.errors import RingwardError
from ringward.phone import events
from ringward.phone.configuration import Configuration
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.fleet_statistics import FleetStatistics
from ringward.phone.identity import Identity
from ringward.phone.media import MediaClock, PortRange
from ringward.phone.options import Options
from ringward.phone.phone import Owner, Phone
from ringward.phone.retrieval import FileServer

MAX_FETCHING = 100
"""Phones that hunt for files at the same time; each has a socket open for it."""
MEDIA_PORTS = (16384, 32766)
"""What the configuration of a desk phone has; the phones of a fleet share it."""

Item = TypeVar("Item")


class Fleet:
    """Phones that share one clock and one range of media ports."""

    def __init__(
        self, options: Options, *, owner: Owner | None = None, media_ports: tuple[int, int] = MEDIA_PORTS
    ) -> None:
        """``owner`` is told every event of every phone, after it was counted."""
        self.options = options
        self._configured: list[Phone] = []
        self._desk_phones: list[DeskPhone] = []
        self.statistics = FleetStatistics()
        self.boots_failed: dict[Identity, str] = {}
        """Phones that found no configuration, and why."""
        self.clock = MediaClock()
        self._ports = PortRange(*media_ports)
        self._owner = owner

    def add(self, identity: Identity, configuration: Configuration, options: Options | None = None) -> Phone:
        """Add a phone that has its configuration; it is off until started."""
        phone = Phone(
            identity, configuration, self._note, options or self.options, clock=self.clock, ports=self._ports
        )
        self._configured.append(phone)
        return phone

    @property
    def phones(self) -> list[Phone]:
        """The phones that have a configuration, in the order in which they came."""
        booted = (desk_phone.phone for desk_phone in self._desk_phones)
        return [*self._configured, *(phone for phone in booted if phone is not None)]

    def _note(self, phone: Phone, event: events.PhoneEvent) -> None:
        self.statistics.note(event)
        if self._owner is not None:
            self._owner(phone, event)

    async def boot(
        self,
        identities: Iterable[Identity],
        servers: tuple[FileServer, ...],
        *,
        per_second: float = 50.0,
        attempts: int | None = 3,
    ) -> None:
        """Boot phones, so many each second; each goes to work as soon as it has its configuration.

        Returns when every one has one or has given up after ``attempts`` hunts. Booted phones obey resets.
        """
        gate = asyncio.Semaphore(MAX_FETCHING)

        async def boot_one(identity: Identity) -> None:
            desk_phone = DeskPhone(
                identity, servers, self._note, self.options, clock=self.clock, ports=self._ports
            )
            async with gate:
                try:
                    await desk_phone.boot(attempts=attempts)
                except RingwardError as error:
                    self.boots_failed[identity] = str(error)
                    return
            self._desk_phones.append(desk_phone)

        async with asyncio.TaskGroup() as group:
            await in_step(identities, lambda identity: group.create_task(boot_one(identity)), per_second)

    async def start(self, *, per_second: float = 50.0) -> None:
        """Switch on every phone that is off, so many each second."""
        await in_step(self.phones, Phone.start, per_second)

    async def registered(self) -> None:
        """Wait until every phone is registered; set a time-out around it."""
        for phone in self.phones:
            await phone.registered()

    @property
    def registered_count(self) -> int:
        """Phones whose every line is registered now."""
        return sum(phone.is_registered for phone in self.phones)

    async def stop(self) -> None:
        """Switch all phones off."""
        await asyncio.gather(
            *(phone.stop() for phone in self._configured), *(each.stop() for each in self._desk_phones)
        )


async def in_step(items: Iterable[Item], act: Callable[[Item], object], per_second: float) -> None:
    """Do something with each item, so many each second.

    Paced by the clock, not by pauses, so that the rate holds although the doing takes time too.
    """
    loop = asyncio.get_running_loop()
    due = loop.time()
    for item in items:
        await asyncio.sleep(due - loop.time())
        act(item)
        due += 1 / per_second
