"""A desk of the office: a person, a software phone, and what the phone reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ringward.demo.steps import NotObserved
from ringward.domain.rules.call_security import SecurityIcon
from ringward.domain.secret import Secret
from ringward.phone import events
from ringward.phone.boot_orders import Booted
from ringward.phone.call import Call
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.file_security import FileSecurity
from ringward.phone.identity import Identity
from ringward.phone.media import MediaClock
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer, boot
from ringward.phone.sound import Tone, tone_of

EVENT_TIMEOUT = 10.0
"""Seconds in which a phone on the same machine must have noticed anything."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits at a desk, as the administrator enters them."""

    user_id: str
    first_name: str
    last_name: str
    number: str
    device_name: str
    model: str
    digest_credentials: Secret

    @property
    def name(self) -> str:
        """Name for the display."""
        return f"{self.first_name} {self.last_name}"


class Desk:
    """A person's phone. Its state is only what the phone itself has reported."""

    def __init__(self, person: Person, identity: Identity, clock: MediaClock, tell: Tell) -> None:
        self.person = person
        self.identity = identity
        self.state = "off"
        self.hears: Tone | None = None
        self.file = ""
        self.security = FileSecurity()
        """What the phone trusts, and the verdicts about its files."""
        self.phone: Phone | None = None
        self.secured: DeskPhone | None = None
        """The phone with trust lists and a certificate of its own, once it has got them."""
        self.call: Call | None = None
        self._clock = clock
        self._tell = tell

    @property
    def tone(self) -> Tone:
        """What this phone says."""
        return tone_of(self.identity.mac)

    async def boot(self, server: FileServer) -> Booted:
        """Fetch the configuration; the phone exists from then on."""
        self.state = "booting"
        booted = await boot(self.identity, (server,), attempts=3)
        self.file = booted.file
        self.phone = Phone(
            self.identity,
            booted.configuration,
            self._on_event,
            Options(local_host=server.host),
            clock=self._clock,
        )
        self.state = "booted"
        return booted

    def take_secured(self, server: FileServer) -> DeskPhone:
        """Put a phone on the desk that calls CAPF, verifies its files and boots again whenever it is told to."""
        self.secured = DeskPhone(
            self.identity,
            (server,),
            self._on_event,
            Options(local_host=server.host),
            clock=self._clock,
            identity_list=True,
            tell=lambda text: self._tell(f"  {self.person.first_name}'s phone: {text}"),
        )
        self.security = self.secured.security
        self.state = "booting"
        return self.secured

    async def stop(self) -> None:
        """Switch the phone off."""
        if self.secured is not None:
            await self.secured.stop()
        elif self.phone is not None:
            await self.phone.stop()

    @property
    def active(self) -> Phone:
        """The phone, which has booted."""
        if self.secured is not None and self.secured.phone is not None:
            return self.secured.phone
        if self.phone is None:
            raise NotObserved(f"the phone of {self.person.first_name} has not booted")
        return self.phone

    @property
    def current(self) -> Call:
        """The call that the phone has."""
        if self.call is None:
            raise NotObserved(f"the phone of {self.person.first_name} has no call")
        return self.call

    async def sees(self, *kinds: type[events.PhoneEvent], what: str = "") -> events.PhoneEvent:
        """Wait until the phone reports an event of one of these kinds."""
        return await self.waits_for(lambda event: isinstance(event, kinds), what or kinds[0].__name__.lower())

    async def waits_for(self, wanted: Callable[[events.PhoneEvent], bool], what: str) -> events.PhoneEvent:
        """Wait until the phone reports what is wanted; raises :class:`NotObserved`."""
        try:
            async with asyncio.timeout(EVENT_TIMEOUT):
                return await self.active.event(wanted)
        except TimeoutError:
            raise NotObserved(f"the phone of {self.person.first_name} did not report {what}") from None

    async def hears_tone(self, tone: Tone) -> None:
        """Wait until the phone hears another phone's tone."""
        if self.hears != tone:
            await self.waits_for(
                lambda event: isinstance(event, events.Hearing) and event.tone == tone, f"hearing {tone}"
            )

    def _on_event(self, phone: Phone, event: events.PhoneEvent) -> None:
        name = self.person.first_name
        match event:
            case events.Registered(number):
                self.state = "registered"
                self._tell(f"  {name} is registered as {number}")
            case events.RegistrationRefused(number, status, reason):
                self.state = f"refused ({status})"
                self._tell(f"  {name}'s registration as {number} was refused: {status} {reason}")
            case events.Dialling(call):
                self.call, self.state = call, f"calls {call.far_number}"
            case events.Ringing(call):
                self.call, self.state = call, f"rings: {call.far_name or call.far_number}"
                self._tell(f"  {name}'s phone rings: {call.far_name} ({call.far_number})")
            case events.Early(call, status):
                self.state = f"hears it ring at {call.far_number}"
            case events.Talking(call):
                self.call, self.state = call, f"talks with {call.far_number}"
                self._tell(f"  {name} talks with {call.far_number}")
            case events.Held(call, by_far_side):
                self.state = f"held by {call.far_number}" if by_far_side else f"holds {call.far_number}"
                self._tell(f"  {name} {self.state}")
            case events.PartyChanged(call) if call is self.call:
                self.state = standing(call)
                self._tell(f"  {name} {self.state}")
            case events.SecurityShown(_, icon):
                shown = "neither shield nor lock any more" if icon is SecurityIcon.NONE else f"the {icon.value}"
                self._tell(f"  {name}'s phone shows {shown}")
            case events.Transferred(_, target):
                self._tell(f"  {name}'s transfer to {target} is done")
            case events.TransferFailed(_, target, status):
                self._tell(f"  {name}'s transfer to {target} failed: {status}")
            case events.Hearing(_, tone):
                self.hears = tone
            case events.Ended():
                self.call = None
                self.hears = None
                self.state = "registered"
                self._tell(f"  {name}'s call has ended")
            case _:
                pass


def standing(call: Call) -> str:
    """How a connected call stands, and with whom."""
    if call.held_by_far_side:
        return f"held by {call.far_number}"
    return f"{'holds' if call.held_by_us else 'talks with'} {call.far_number}"
