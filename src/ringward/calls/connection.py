"""A connection: the place that one leg has in one call."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from ringward.calls.events import Cause
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.directory import Device
    from ringward.calls.leg import Leg
    from ringward.calls.line_occupancy import LineOccupancy
    from ringward.calls.media import MediaDescription


_MODES = {
    CallSecurityClass.NONSECURE: DeviceSecurityMode.NONSECURE,
    CallSecurityClass.AUTHENTICATED: DeviceSecurityMode.AUTHENTICATED,
    CallSecurityClass.ENCRYPTED: DeviceSecurityMode.ENCRYPTED,
}
"""A leg's class as the mode its device is registered in."""
_ENCRYPTED = CallSecurityClass.ENCRYPTED


class ConnectionState(IntEnum):
    """How far a leg has come."""

    WAITING = 0
    """An incoming leg whose caller waits for an answer."""
    PLACED = 1
    """An outgoing leg that has not told anything yet."""
    ALERTING = 2
    """An outgoing leg whose party rings."""
    CONNECTED = 3
    ENDED = 4


class Connection:
    """A leg in a call: its state, its media, and the line it keeps occupied."""

    __slots__ = ("call", "device", "holding", "leg", "media", "occupancy", "state", "told")

    def __init__(
        self, call: Call, leg: Leg, device: Device | None, state: ConnectionState, occupancy: LineOccupancy
    ) -> None:
        self.call: Call | None = call
        """The call it is in; None once the leg has ended."""
        self.leg = leg
        self.device = device
        """The configured device behind the leg, if there is one."""
        self.state = state
        self.media: MediaDescription | None = None
        """How the party wants to receive: its latest offer or answer."""
        self.told: MediaDescription | None = None
        """The latest description of the other party that this one was given."""
        self.holding = False
        """Whether this party has put the other one on hold."""
        self.occupancy = occupancy
        leg.connection = self
        occupancy.add(self)

    @property
    def mode(self) -> DeviceSecurityMode:
        """The mode in which the party's device is registered."""
        return _MODES[self.leg.security]

    @property
    def has_srtp(self) -> bool:
        """Whether the party's device is able to encrypt media."""
        return self.device is None or self.device.srtp

    @property
    def awaits_reset(self) -> bool:
        """Whether the party's device is registered in a lower mode than its profile had when the call began."""
        return self.device is not None and self.mode < self.device.security_mode

    @property
    def encrypts(self) -> bool:
        """Whether the party may be sent media keys, and can do something with them (MEDIA-10, MODEL-03)."""
        return self.leg.security is _ENCRYPTED and (self.device is None or self.device.srtp)

    def offered(self, media: MediaDescription) -> None:
        """Keep what the party offered; only an offer puts on hold (RFC 3264 section 8.4)."""
        self.media = media
        self.holding = media.is_held

    def answered(self, media: MediaDescription) -> None:
        """Keep what the party answered; an answer can end a hold of its own, never begin one."""
        self.media = media
        if self.holding:
            self.holding = media.is_held

    def accept(self, media: MediaDescription) -> None:
        """Give the party the answer to its offer; to one that waits since it called, it is what connects it."""
        if self.state is not ConnectionState.WAITING:
            self.leg.accept(media)
            return
        self.state = ConnectionState.CONNECTED
        other = self.call.other(self) if self.call is not None else None
        self.leg.answer(other.leg.party if other is not None else self.leg.party, media)

    def release(self) -> None:
        """The leg has ended: from here on it belongs to no call and nothing of it is heard."""
        self.state = ConnectionState.ENDED
        self.call = None
        self.leg.connection = None
        self.leg.listener = None
        self.occupancy.remove(self)

    def hang_up(self, cause: Cause) -> None:
        """End the leg, unless it has ended already. Released first, so that nothing it does can come back."""
        if self.call is None:
            return
        waiting = self.state is ConnectionState.WAITING
        self.release()
        if waiting:
            self.leg.reject(cause)
        else:
            self.leg.hang_up(cause)
