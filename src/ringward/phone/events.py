"""What a phone tells its owner. Every event names the line or the call it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringward.domain.rules.call_security import SecurityIcon
from ringward.phone.sound import Tone

if TYPE_CHECKING:
    from ringward.phone.call import Call
    from ringward.phone.configuration import Member
    from ringward.phone.media import MediaReport


@dataclass(frozen=True, slots=True)
class Registered:
    """A line is registered anew, not merely refreshed."""

    number: str
    member: Member
    expires: int
    """Seconds granted."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A line is no longer registered because the phone said so."""

    number: str


@dataclass(frozen=True, slots=True)
class RegistrationRefused:
    """The call manager refused a line; the phone tries again later."""

    number: str
    status: int
    reason: str
    again_in: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class MemberLost:
    """A call manager does not answer, or the connection to it broke; the phone goes on to the next."""

    member: Member
    reason: str


@dataclass(frozen=True, slots=True)
class ResetRequested:
    """The call manager asks the phone to read its files again (RST-01)."""

    restart: bool
    """Whether a restart is enough; a reset is what switching off and on does."""


@dataclass(frozen=True, slots=True)
class MessagesTold:
    """The call manager says whether messages wait for a line (RFC 3842)."""

    number: str
    waiting: bool
    """Whether the lamp is on."""
    new: int
    old: int


@dataclass(frozen=True, slots=True)
class Dialling:
    """We call somebody."""

    call: Call


@dataclass(frozen=True, slots=True)
class Early:
    """The far side rings."""

    call: Call
    status: int


@dataclass(frozen=True, slots=True)
class Ringing:
    """Somebody calls us; the phone rings."""

    call: Call


@dataclass(frozen=True, slots=True)
class Talking:
    """The call is connected, or goes on after it was held."""

    call: Call


@dataclass(frozen=True, slots=True)
class Held:
    """The call is on hold."""

    call: Call
    by_far_side: bool


@dataclass(frozen=True, slots=True)
class PartyChanged:
    """Somebody else is at the other end of a connected call, after a transfer or a pickup."""

    call: Call
    before: str
    """The number that was at the other end until now."""


@dataclass(frozen=True, slots=True)
class SecurityShown:
    """The phone shows another icon of a call's security than before (PHONE-07)."""

    call: Call
    icon: SecurityIcon


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The far side would not let us hold or resume; the call is as before."""

    call: Call
    status: int


@dataclass(frozen=True, slots=True)
class Transferring:
    """The far side asked us to call somebody else."""

    call: Call
    target: str


@dataclass(frozen=True, slots=True)
class Transferred:
    """The transfer that we asked for is done."""

    call: Call
    target: str


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The transfer that we asked for came to nothing; the call is still ours."""

    call: Call
    target: str
    status: int


@dataclass(frozen=True, slots=True)
class DigitHeard:
    """The far side pressed a key."""

    call: Call
    digit: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """Another tone is heard, or (None) none any more."""

    call: Call
    tone: Tone | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over, or never came about."""

    call: Call
    status: int
    """200 after a connected call, else the SIP status that ended it."""
    reason: str
    report: MediaReport


PhoneEvent = (
    Registered
    | Unregistered
    | RegistrationRefused
    | MemberLost
    | ResetRequested
    | MessagesTold
    | Dialling
    | Early
    | Ringing
    | Talking
    | Held
    | PartyChanged
    | SecurityShown
    | OfferRefused
    | Transferring
    | Transferred
    | TransferFailed
    | DigitHeard
    | Hearing
    | Ended
)
