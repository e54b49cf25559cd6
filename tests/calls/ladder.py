"""A small office for the call engine: scripted legs, and a ladder of all that the engine orders them to do.

The legs hold the engine to the leg contract: whatever it orders that a leg cannot do in its state is a violation.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence

from ringward.calls.call import Call
from ringward.calls.digit_analysis import Treatment
from ringward.calls.directory import Device, Directory, LineAppearance, RegionCodecs, build_directory
from ringward.calls.engine import CallEngine
from ringward.calls.events import (
    Answered,
    Cause,
    Ended,
    Failed,
    LegEvent,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Party,
    Redirected,
    TransferRequested,
)
from ringward.calls.leg import Leg
from ringward.calls.media import Codec, Direction, MediaDescription, MediaKey, MediaStream
from ringward.calls.records import CallDetailRecord
from ringward.domain.partition import NO_PARTITION
from ringward.domain.rules.call_security import CallSecurity
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode, DoNotDisturb, Protocol, TransportType

CODECS = {
    "PCMU": Codec(0, "PCMU", 8000),
    "PCMA": Codec(8, "PCMA", 8000),
    "G722": Codec(9, "G722", 8000),
    "G729": Codec(18, "G729", 8000),
    "L16": Codec(96, "L16", 16000),
    "event": Codec(101, "telephone-event", 8000, parameters="0-16"),
    "event98": Codec(98, "telephone-event", 8000, parameters="0-16"),
    "CN": Codec(13, "CN", 8000),
    "mystery": Codec(97, "mystery", 8000),
}


def sound(
    name: str,
    codecs: str = "PCMU event",
    direction: Direction = Direction.SEND_RECEIVE,
    profile: str = "RTP/AVP",
    *attributes: tuple[str, str | None],
    keys: tuple[MediaKey, ...] = (),
) -> MediaDescription:
    """One audio stream; the name takes the place of the address, so that ladders are easy to read."""
    stream = MediaStream(
        "audio",
        name,
        4000,
        tuple(CODECS[each] for each in codecs.split()),
        direction,
        profile,
        attributes=attributes,
        keys=keys,
    )
    return MediaDescription((stream,))


def key(name: str, suite: str = "AES_CM_128_HMAC_SHA1_80", tag: int = 1) -> MediaKey:
    """A key of whom the name says."""
    return MediaKey(tag, suite, Secret(f"key of {name}"))


def srtp(
    name: str, codecs: str = "PCMU event", direction: Direction = Direction.SEND_RECEIVE, *keys: MediaKey
) -> MediaDescription:
    """One audio stream that must be encrypted."""
    return sound(name, codecs, direction, "RTP/SAVP", keys=keys or (key(name),))


HOLD = Direction.SEND_ONLY
LISTEN = Direction.RECEIVE_ONLY


def phone(
    device: str,
    *numbers: str,
    partition: str = NO_PARTITION,
    search_space: tuple[str, ...] = (),
    region: str = "Default",
    mode: DeviceSecurityMode = DeviceSecurityMode.NONSECURE,
    max_calls: int = 4,
    busy_trigger: int = 2,
    wideband_when_encrypted: bool = True,
    pickup_group: str = "",
    do_not_disturb: DoNotDisturb = DoNotDisturb.OFF,
    srtp: bool = True,
) -> Device:
    """A configured phone with a line for each number."""
    lines = tuple(
        LineAppearance(
            device,
            index,
            number,
            partition,
            f"User {number}",
            search_space,
            max_calls,
            busy_trigger,
            pickup_group,
            do_not_disturb,
        )
        for index, number in enumerate(numbers, 1)
    )
    return Device(
        device,
        "",
        "7961",
        Protocol.SIP,
        region,
        mode,
        TransportType.UDP,
        lines,
        wideband_when_encrypted=wideband_when_encrypted,
        srtp=srtp,
    )


DEFAULT_REGIONS = {"Default": RegionCodecs("L16-256k", "G711-64k")}


class FakeLeg(Leg):
    """A leg that does nothing but tell what it was ordered, and knows what may be ordered when."""

    __slots__ = (
        "__weakref__",
        "asked_to_offer",
        "awaits",
        "connected",
        "describes",
        "ends",
        "hears",
        "icon",
        "incoming",
        "name",
        "offered",
        "office",
        "on_place",
        "owes",
        "placed",
        "transferring",
    )

    def __init__(
        self,
        office: Office,
        name: str,
        party: Party,
        line: LineAppearance | None,
        security: CallSecurityClass,
        *,
        incoming: bool,
    ) -> None:
        super().__init__(party, line, security)
        self.office = office
        self.name = name
        self.incoming = incoming
        self.placed = False
        self.connected = False
        self.ends = 0
        """How often the leg has come to an end, by an order or by itself; must never be more than once."""
        self.owes = ""
        """What the party has to reply to: ``answer`` to an offer of ours, ``offer`` that we asked for."""
        self.awaits = ""
        """What the party waits for: ``answer`` (or refusal), or ``acceptance``, which cannot be refused."""
        self.asked_to_offer = False
        self.transferring = False
        self.hears: MediaDescription | None = None
        """Where the party sends to: what it has been told and agreed to."""
        self.offered: MediaDescription | None = None
        self.describes: MediaDescription | None = None
        """Where the party listens, as far as that is agreed."""
        self.icon: CallSecurityClass | None = None
        """What the party was last told to show of the call's security."""
        self.on_place: LegEvent | None = None
        """Told from inside the order to place the leg."""

    @property
    def falls_back(self) -> bool:
        return self.name in self.office.falls_back

    def show_security(self, security: CallSecurity) -> None:
        self.icon = security.call_class

    def another(self) -> FakeLeg | None:
        line = self.appearance
        return self.office._leg(line, incoming=False) if line is not None and not self.incoming else None

    # -- what the party does ------------------------------------------------------------------------------

    def tells(self, event: LegEvent) -> None:
        """The party does something; keeps the books of the contract."""
        match event:
            case Ended() | Failed() | Redirected():
                self.ends += 1
                self.connected = False
            case Answered(media=media):
                self.connected = True
                if self.owes == "offer":
                    self.awaits = "acceptance"
                self.owes = ""
                self.describes = media or self.describes
            case MediaOffered():
                self.awaits = "answer"
                self.asked_to_offer = event.media is None
                self.offered = event.media
            case MediaAnswered(media=media) if self.owes == "offer":
                self.owes = ""
                self.awaits = "acceptance"
                self.describes = media
            case MediaAnswered(media=media):
                self.owes = ""
                self.describes = media
                self.hears = self.offered_by_us
            case MediaRefused():
                self.owes = ""
            case TransferRequested():
                self.transferring = True
            case _:
                pass
        if self.listener is not None:
            self.listener(self, event)

    @property
    def offered_by_us(self) -> MediaDescription | None:
        """The latest offer that the engine made."""
        return self.office.offers.get(id(self))

    # -- orders -------------------------------------------------------------------------------------------

    def _ordered(self, words: str, allowed: bool) -> None:
        self.office.steps.append(f"{self.name} {words}")
        if self.ends or not allowed:
            self.office.violations.append(f"{self.name} {words}")

    def _offered(self, media: MediaDescription | None) -> None:
        self.owes = "answer" if media is not None else "offer"
        if media is not None:
            self.office.offers[id(self)] = media

    def place(self, caller: Party, called: Party, media: MediaDescription | None) -> None:
        self._ordered(
            f"place from {caller.number}: {describe(media)}",
            not self.placed and not self.incoming and not self.ends,
        )
        self.placed = True
        self.hears = media
        self._offered(media)
        if self.on_place is not None:
            self.tells(self.on_place)

    def ring(self, called: Party, media: MediaDescription | None) -> None:
        early = f", early {describe(media)}" if media is not None else ""
        self._ordered(f"ring {called.number}{early}", self.incoming and not self.connected)

    def answer(self, called: Party, media: MediaDescription | None) -> None:
        self._ordered(f"answer {called.number}: {describe(media)}", self.incoming and not self.connected)
        self.connected = True
        if self.awaits:
            self.awaits = ""
            self.hears = media
        else:
            self._offered(media)

    def reject(self, cause: Cause) -> None:
        self._ordered(f"reject {cause.name}", self.incoming and not self.connected)
        self.ends += 1

    def offer(self, media: MediaDescription | None) -> None:
        self._ordered(f"offer {describe(media)}", self.connected and not self.owes and not self.awaits)
        self._offered(media)

    def accept(self, media: MediaDescription) -> None:
        self._ordered(f"accept {describe(media)}", self.connected and bool(self.awaits))
        if self.asked_to_offer:
            self._offered(media)
        else:
            self.hears = media
            self.describes = self.offered or self.describes
        self.awaits = ""
        self.asked_to_offer = False
        self.offered = None

    def refuse(self, cause: Cause) -> None:
        self._ordered(f"refuse {cause.name}", self.awaits == "answer")
        self.awaits = ""
        self.asked_to_offer = False
        self.offered = None

    def transfer_progress(self, cause: Cause | None, *, final: bool) -> None:
        news = cause.name if cause is not None else "done" if final else "ringing"
        self._ordered(f"transfer {news}", self.transferring)
        self.transferring = not final

    def identify(self, party: Party) -> None:
        self._ordered(f"identify {party.number}", self.connected)

    def hang_up(self, cause: Cause = Cause.NORMAL) -> None:
        self._ordered(f"hang up {cause.name}", True)
        self.ends += 1
        self.connected = False


def rings(leg: FakeLeg) -> bool:
    """Whether a party rings: it can answer, fail or send the call on."""
    return leg.placed and not leg.connected


def is_there(leg: FakeLeg) -> bool:
    """Whether there is a party that can hang up or give up."""
    return leg.placed or leg.incoming


def may_offer(leg: FakeLeg) -> bool:
    """Whether a party can offer new media."""
    return leg.connected and not leg.owes and not leg.awaits


def owes(leg: FakeLeg) -> bool:
    """Whether a party has to reply to something."""
    return leg.connected and bool(leg.owes)


def may_transfer(leg: FakeLeg) -> bool:
    """Whether a party can ask for a transfer."""
    return leg.connected and not leg.transferring


def describe(media: MediaDescription | None) -> str:
    """Media in a word or two: where, unless it is the usual which codecs, and which way."""
    if media is None:
        return "no offer"
    words = []
    for stream in media.streams:
        names = " ".join(key for key, codec in CODECS.items() if codec in stream.codecs)
        codecs = "" if names == "PCMU event" else f" [{names}]"
        way = "" if stream.direction is Direction.SEND_RECEIVE else f" {stream.direction.value}"
        words.append(f"{stream.address}{codecs}{way}" if stream.port else f"{stream.address} refused")
    return ", ".join(words)


class Office:
    """Phones, the engine, and what happens between them."""

    def __init__(
        self,
        devices: Iterable[Device],
        regions: dict[str, RegionCodecs] | None = None,
        treatments: dict[str, Treatment] | None = None,
    ) -> None:
        """``treatments``: features of numbers, which are in no partition."""
        self.directory: Directory = build_directory(
            devices,
            regions or DEFAULT_REGIONS,
            {(number, NO_PARTITION): treatment for number, treatment in (treatments or {}).items()},
        )
        self.now = 1000.0
        self.records: list[CallDetailRecord] = []
        self.steps: list[str] = []
        self.violations: list[str] = []
        self.offers: dict[int, MediaDescription] = {}
        self.legs: list[FakeLeg] = []
        self.contacts: dict[str, int] = {}
        """Registered contacts of a device; one, unless something else is said here."""
        self.security: dict[str, CallSecurityClass] = {}
        self.falls_back: set[str] = set()
        """Devices that take RTP in answer to an offer of SRTP."""
        self.on_place: dict[str, LegEvent] = {}
        self.changes = 0
        self.seen_calls: dict[int, weakref.ref[Call]] = {}
        self.engine = CallEngine(
            lambda: self.directory,
            self,
            clock=lambda: self.now,
            on_record=self.records.append,
            on_change=self._changed,
        )

    def _changed(self, call: Call) -> None:
        self.changes += 1
        self.seen_calls[call.id] = weakref.ref(call)

    # -- the engine's endpoints ---------------------------------------------------------------------------

    def place(self, appearance: LineAppearance) -> Sequence[Leg]:
        """New legs to the contacts of a line."""
        made = []
        for _ in range(self.contacts.get(appearance.device, 1)):
            leg = self._leg(appearance, incoming=False)
            leg.on_place = self.on_place.get(appearance.device)
            made.append(leg)
        return made

    # -- what the test does -------------------------------------------------------------------------------

    def line(self, device: str, index: int = 1) -> LineAppearance:
        """A line of a phone."""
        return self.directory.devices[device].lines[index - 1]

    def dial(self, device: str, dialled: str, offer: MediaDescription | None, index: int = 1) -> FakeLeg:
        """A phone dials."""
        leg = self._leg(self.line(device, index), incoming=True)
        leg.describes = offer
        leg.awaits = "answer" if offer is not None else ""
        self.engine.incoming(leg, dialled, offer)
        return leg

    def dial_from_outside(self, number: str, dialled: str, offer: MediaDescription | None) -> FakeLeg:
        """Somebody without a configured device calls."""
        leg = FakeLeg(self, number, Party(number), None, CallSecurityClass.NONSECURE, incoming=True)
        leg.awaits = "answer"
        self.legs.append(leg)
        self.engine.incoming(leg, dialled, offer)
        return leg

    def rung(self, name: str) -> FakeLeg:
        """The latest leg that was placed to a phone."""
        return next(leg for leg in reversed(self.legs) if leg.name == name and not leg.incoming)

    def connected(self, caller: str = "A", called: str = "B") -> tuple[FakeLeg, FakeLeg]:
        """Two phones in a call, with the ladder empty; phone B has number 2 and so on."""
        one = self.dial(caller, self.line(called).number, sound(caller))
        other = self.rung(called)
        other.tells(Answered(sound(called)))
        self.ladder()
        return one, other

    def ladder(self) -> list[str]:
        """What the engine has ordered since the last look."""
        steps, self.steps = self.steps, []
        return steps

    def passes(self, seconds: float) -> None:
        """Time passes; what is due happens when it is due."""
        end = self.now + seconds
        while (due := self.engine.deadline()) is not None and due <= end:
            self.now = due
            self.engine.expire(due)
        self.now = end

    def _leg(self, line: LineAppearance, *, incoming: bool) -> FakeLeg:
        security = self.security.get(line.device)
        if security is None:
            mode = self.directory.devices[line.device].security_mode
            security = CallSecurityClass(int(mode))
        leg = FakeLeg(self, line.device, Party(line.number, line.display_name), line, security, incoming=incoming)
        self.legs.append(leg)
        return leg

    def check_is_over(self) -> None:
        """Nothing is left of any call, and every leg has ended exactly once."""
        assert self.violations == []
        assert not self.engine.calls
        assert len(self.engine.occupancy) == 0
        assert not self.engine.parked
        assert self.engine.deadline() is None
        for leg in self.legs:
            assert leg.ends == 1, f"{leg.name} has ended {leg.ends} times"
            assert leg.connection is None and leg.listener is None
        ids = [record.call_id for record in self.records]
        assert sorted(ids) == list(range(1, len(ids) + 1))
